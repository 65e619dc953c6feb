"""Public question sets: what is read from each format, what is refused, and that gold is always where it says."""

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.assemble import open_qa
from qa.config import Config
from qa.errors import ConfigError
from qa.evaluate.sets import PublicSet, indexed, load_set

BRIDGE = "The bridge was built in 1903. It is 52 metres long."
TOWER = "The tower is 30 metres high.\nIts architect was Ada Stone."


def asked(id_: str, question: str, *answers: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {"id": id_, "question": question, "answers": [{"text": t, "answer_start": s} for t, s in answers], **more}


def squad(*paragraphs: tuple[str, list[dict[str, Any]]], title: str = "Old_Caf%C3%A9_bridge") -> dict[str, Any]:
    return {"version": "x", "data": [{"title": title, "paragraphs": [{"context": c, "qas": q} for c, q in paragraphs]}]}


def clapnq(id_: str, title: str, text: str, *selected: list[str]) -> str:
    output = [{"answer": " ".join(sentences), "selected_sentences": sentences} for sentences in selected]
    passage = {"title": title, "text": text, "sentences": []}
    return json.dumps({"id": id_, "input": f"question {id_}", "passages": [passage], "output": output})


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def spans(path: Path, *rows: tuple[str, object, str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "references", "corpus_id"])
        writer.writerows([question, json.dumps(references), corpus] for question, references, corpus in rows)
    return path


def golds(public: PublicSet) -> list[list[str]]:
    texts = {article.id: article.text for article in public.articles}
    for case in public.cases:
        assert all(texts[gold.article_id][gold.start : gold.end] == gold.quote for gold in case.gold)
    return [[gold.quote for gold in case.gold] for case in public.cases]


def test_squad_makes_one_article_of_a_title_and_finds_answers_in_all_its_paragraphs(tmp_path: Path) -> None:
    when = asked("when", "When was the bridge built?", ("1903", 24), ("in 1903", 21), ("1903", 24))
    who = asked("who", "Who drew the tower?", ("Ada Stone", 47))
    absent = asked(
        "cost", "What did it cost?", is_impossible=True, plausible_answers=[{"text": "52", "answer_start": 36}]
    )
    public = load_set(write(tmp_path / "any.name", squad((BRIDGE, [when, absent]), (TOWER, [who]))))
    assert [(article.title, article.text) for article in public.articles] == [
        ("Old Café bridge", f"{BRIDGE}\n\n{TOWER}")
    ]
    assert golds(public) == [["1903", "in 1903"], [], ["Ada Stone"]]
    assert [case.answers for case in public.cases] == [("1903", "in 1903"), (), ("Ada Stone",)]
    assert [case.needed for case in public.cases] == [1, 1, 1]
    assert public.left_out == ()
    assert "CC BY-SA" in public.note


def test_clapnq_takes_the_sentences_that_any_annotator_selected_and_each_passage_once(tmp_path: Path) -> None:
    built, long = BRIDGE.split(". ")[0] + ".", "It is 52 metres long."
    yes = [clapnq("a", "Bridge", BRIDGE, [built], [built, long]), clapnq("b", "Bridge", BRIDGE, [long])]
    write(tmp_path / "yes.jsonl", "\n".join(yes) + "\n")
    write(tmp_path / "no.jsonl", clapnq("c", "Bridge", TOWER, []))
    write(tmp_path / "README.md", "Not a set.")
    public = load_set(tmp_path)
    assert [(article.title, article.text) for article in public.articles] == [("Bridge", TOWER), ("Bridge", BRIDGE)]
    assert {case.id: found for case, found in zip(public.cases, golds(public), strict=True)} == {
        "a": [built, long],
        "b": [long],
        "c": [],
    }
    assert {case.kind for case in public.cases} == {"answerable", "unanswerable"}


def test_chunk_spans_are_of_the_corpus_beside_the_table(tmp_path: Path) -> None:
    write(tmp_path / "the_bridge.md", BRIDGE)
    reference = {"content": "52 metres", "start_index": 36, "end_index": 45}
    public = load_set(spans(tmp_path / "table", ("How long, in metres?", [reference], "the_bridge")))
    assert golds(public) == [["52 metres"]]
    assert [(case.question, case.kind) for case in public.cases] == [("How long, in metres?", "the_bridge")]
    assert load_set(tmp_path).cases == public.cases


@pytest.mark.parametrize(
    ("answer", "question"), [(("1904", 24), "When?"), (("1903", 23), "When?"), (("1903", 24), "?!"), (("", 3), "When?")]
)
def test_what_cannot_be_used_is_left_out_and_said(tmp_path: Path, answer: tuple[str, int], question: str) -> None:
    good = asked("good", "How long?", ("52 metres", 36))
    public = load_set(write(tmp_path / "set", squad((BRIDGE, [asked("bad", question, answer), good]))))
    assert [case.id for case in public.cases] == ["good"]
    assert public.left_out
    assert all(line.startswith("bad: ") for line in public.left_out)


def test_a_clapnq_question_whose_sentence_is_not_in_its_passage_does_not_become_unanswerable(tmp_path: Path) -> None:
    lines = [clapnq("lost", "Bridge", BRIDGE, ["It is red."]), clapnq("kept", "Bridge", BRIDGE, [])]
    public = load_set(write(tmp_path / "set", "\n".join(lines)))
    assert [case.id for case in public.cases] == ["kept"]
    assert "It is red." in public.left_out[0]


@given(
    st.lists(st.tuples(st.text(), st.lists(st.tuples(st.text(max_size=5), st.integers(0, 20)))), max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10), st.integers(1, 5)), max_size=4),
)
def test_gold_is_the_articles_text_at_its_offsets_and_no_question_is_lost(
    paragraphs: list[tuple[str, list[tuple[str, int]]]], cuts: list[tuple[int, int, int]]
) -> None:
    marked = [
        [*answers, *((context[start : start + size], start) for place, start, size in cuts if place == number)]
        for number, (context, answers) in enumerate(paragraphs)
    ]
    total = sum(map(len, marked))
    number = iter(range(total))
    content = squad(
        (BRIDGE, [asked("first", "How long?", ("52 metres", 36))]),
        *(
            (context, [asked(f"q{next(number)}", "Which one?", answer) for answer in answers])
            for (context, _), answers in zip(paragraphs, marked, strict=True)
        ),
    )
    with TemporaryDirectory() as folder:
        public = load_set(write(Path(folder) / "set", content))
    assert golds(public)[0] == ["52 metres"]
    assert all(case.gold for case in public.cases)
    left_out = {line.split(":")[0] for line in public.left_out}
    assert {case.id for case in public.cases} | left_out == {"first", *(f"q{i}" for i in range(total))}
    assert left_out.isdisjoint(case.id for case in public.cases)


def test_a_limit_draws_the_same_questions_each_time_in_the_proportion_of_the_set(tmp_path: Path) -> None:
    answerable = [asked(f"a{i}", "How long?", ("52 metres", 36)) for i in range(30)]
    absent = [asked(f"u{i}", "What did it cost?", is_impossible=True) for i in range(10)]
    path = write(tmp_path / "set", squad((BRIDGE, [*answerable, *absent])))
    drawn = load_set(path, limit=8)
    assert sum(case.answerable for case in drawn.cases) == 6
    assert len(drawn.cases) == 8
    assert drawn == load_set(path, limit=8)
    assert load_set(path, limit=100) == load_set(path)


REFERENCE = [{"content": "52 metres", "start_index": 36, "end_index": 45}]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty", " \n", "is empty"),
        ("notes", "Dear diary", "SQuAD JSON, CLAPNQ JSONL"),
        ("json", '{"rows": []}', "SQuAD JSON, CLAPNQ JSONL"),
        ("broken", json.dumps(squad((BRIDGE, [])), indent=1)[:-20], "line 9"),
        ("fields", {"data": [{"paragraphs": [{"qas": []}]}]}, "data.0.paragraphs.0.context: Field required"),
        ("none", squad((BRIDGE, [])), "no question"),
        ("unusable", squad((BRIDGE, [asked("a", "When?", ("1904", 24))])), "1904"),
        ("second", clapnq("a", "Bridge", BRIDGE, []) + '\n{"id": "b"', "line 2"),
        ("columns", "question,references,corpus_id\nWhy?,,bridge\n", "line 2"),
        ("quotes", 'question,references,corpus_id\nWhy?,"[],bridge\n', "line 2: no valid CSV"),
        ("cell", "question,references,corpus_id\nWhy?,nothing,bridge\n", "line 2, references"),
    ],
)
def test_a_damaged_set_is_an_error_that_says_where(tmp_path: Path, name: str, content: object, says: str) -> None:
    write(tmp_path / "bridge.md", BRIDGE)
    path = write(tmp_path / name, content)
    with pytest.raises(ConfigError) as error:
        load_set(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    table = spans(tmp_path / "table.csv", ("How long?", REFERENCE, "bridge"))
    with pytest.raises(ConfigError, match=r"bridge\.md is missing"):
        load_set(table)
    with pytest.raises(ConfigError, match="nowhere"):
        load_set(tmp_path / "nowhere")
    write(tmp_path / "bridge.md", BRIDGE)
    write(tmp_path / "squad.json", squad((BRIDGE, [])))
    with pytest.raises(ConfigError, match=r"several formats .*table\.csv"):
        load_set(tmp_path)
    (tmp_path / "latin").write_bytes(
        json.dumps(squad((BRIDGE, [])), ensure_ascii=False).encode().replace(b"T", b"\xe9")
    )
    with pytest.raises(ConfigError, match="latin"):
        load_set(tmp_path / "latin")
    with pytest.raises(ConfigError, match="1 or more"):
        load_set(table, limit=0)


def test_a_set_is_asked_through_the_whole_service_and_leaves_the_own_index_alone(
    tmp_path: Path, config: Config
) -> None:
    when = asked("when", "When was the bridge built?", ("1903", 24))
    public = load_set(write(tmp_path / "set", squad((BRIDGE, [when]), (TOWER, []))))
    seen: list[tuple[int, int]] = []
    with indexed(public, config, lambda done, total: seen.append((done, total))) as own:
        qa = open_qa(own)
        assert qa.articles == public.articles
        answer = qa.ask("When was the bridge built?")
        assert answer.short_answer == "1903"
        assert own.index.folder != config.index.folder
    assert seen == [(1, 1)]
    assert not own.index.folder.exists()
