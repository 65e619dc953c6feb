"""The ablation: a part that helps is seen to help, one that does nothing is seen to do nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from qa.assemble import open_stages
from qa.config import Config
from qa.evaluate.ablate import (
    CONFIDENCE,
    FUSED,
    LEXICAL,
    READ,
    READER,
    SENTENCES,
    WHOLE,
    Ablation,
    Added,
    Asked,
    ablate,
    ask,
    compare,
    render,
)
from qa.evaluate.cases import Case, Split
from qa.evaluate.figures import Figure, NotScored
from qa.evaluate.sets import PublicSet, indexed
from qa.index import Index
from qa.models.reader import Reader
from qa.service import Stages
from qa.types import Article, Evidence, Passage, Quote

SENTENCE = "The {} bridge was built in 19{:02} by {}."
BRIDGES = ["stone", "iron", "wooden", "old", "new", "hanging", "narrow", "northern", "royal", "railway"]
ARTICLE = Article(
    "bridges",
    "Bridges",
    "\n\n".join(f"{SENTENCE.format(name, i, 'the town')} Nobody remembers why." * 4 for i, name in enumerate(BRIDGES)),
)


def case(id_: str, question: str, gold: str = "") -> Case:
    start = ARTICLE.text.index(gold)
    quotes = (Quote(ARTICLE.id, ARTICLE.title, None, gold, start, start + len(gold)),) if gold else ()
    return Case(id_, "fact", Split.TEST, question, (), quotes, 1, ())


CASES = [
    *(
        case(name, f"When was the {name} bridge built?", SENTENCE.format(name, i, "the town"))
        for i, name in enumerate(BRIDGES)
    ),
    case("cost", "What did the bridges cost?"),
    case("opened", "Who opened the harbour?"),
]


class Idle(Reader):
    """A part that does nothing: reads, and leaves every passage where it was."""

    def rerank(self, question: str, evidence: Sequence[Evidence], count: int) -> list[Evidence]:
        read = {item.passage.id: item for item in super().rerank(question, evidence, count)}
        return [read[item.passage.id] for item in evidence]


class Harmful(Reader):
    """Puts the passages that it read in the wrong order."""

    def rerank(self, question: str, evidence: Sequence[Evidence], count: int) -> list[Evidence]:
        return [*reversed(super().rerank(question, evidence, count))]


@pytest.fixture(scope="module")
def own() -> Iterator[Config]:
    config = Config.model_validate({"index": {"chunk_tokens": 48}})
    with indexed(PublicSet("bridges", "", (ARTICLE,), tuple(CASES), ()), config) as own:
        yield own


@pytest.fixture(scope="module")
def opened(own: Config) -> Iterator[tuple[Index, Stages]]:
    index, stages = open_stages(own)
    yield index, stages
    index.close()


def added(ablation: Ablation, part: str) -> Added:
    return next(added for added in ablation.added if added.part == part)


def run(opened: tuple[Index, Stages], own: Config, reader: Reader) -> list[Asked]:
    index, stages = opened
    return ask(index, replace(stages, reader=reader), own.retrieval, CASES, lambda _done, _total: None)


def test_a_part_that_does_nothing_is_seen_to_add_nothing(opened: tuple[Index, Stages], own: Config) -> None:
    found = added(compare(run(opened, own, Idle())), "the reader")
    assert found.change == Figure(0, 0, 0, len(BRIDGES))
    assert found.verdict == "adds nothing that shows"


def test_a_part_that_does_harm_is_seen_to_cost(opened: tuple[Index, Stages], own: Config) -> None:
    assert added(compare(run(opened, own, Harmful())), "the reader").verdict == "costs"


def test_every_way_searches_as_the_service_would(opened: tuple[Index, Stages], own: Config) -> None:
    index, stages = opened
    for item in run(opened, own, stages.reader):
        fused = stages.search(item.case.question, None)
        assert item.orders[FUSED] == fused
        for way, rank in ((SENTENCES, "dense_rank"), (LEXICAL, "lexical_rank")):
            ids = [one.passage.id for one in item.orders[way]]
            assert all(ids[getattr(one, rank) - 1] == one.passage.id for one in fused if getattr(one, rank))
        assert {one.passage.id for one in item.orders[READ]} == {one.passage.id for one in fused}
        assert len(item.orders[WHOLE]) == min(own.retrieval.passages, len(index.passages))


def test_the_command_gives_every_figure_with_its_interval_and_a_verdict_on_each_part(own: Config) -> None:
    steps: list[tuple[int, int]] = []
    ablation = ablate(own, CASES, lambda done, total: steps.append((done, total)))
    assert steps[-1][0] == steps[-1][1] == len(steps)
    for figures in ablation.search.values():
        for of in figures.values():
            assert isinstance(of, Figure)
            assert 0 <= of.low <= of.value <= of.high <= 1
            assert of.n == len(BRIDGES)
    text = render(ablation)
    assert all(way in text for way in (*ablation.search, READER, CONFIDENCE))
    assert [one.part for one in ablation.added if f"{one.part}, against {one.against}: {one.verdict}" in text] == [
        one.part for one in ablation.added
    ]


def evidence(*ids: int) -> list[Evidence]:
    spans = [(id_, 10 * id_, 10 * id_ + 10) for id_ in ids]
    return [Evidence(Passage(str(i), ARTICLE.id, "", None, ARTICLE.text[a:b], a, b), 0.5) for i, a, b in spans]


def asked(right_first: set[str], answerable: bool = True, confidence: float = 0.5, reader: float = 0.5) -> Asked:
    """A question whose answer is in the first ten characters; some ways have that passage first, the others second."""
    gold = (Quote(ARTICLE.id, "", None, ARTICLE.text[2:5], 2, 5),) if answerable else ()
    ways = (WHOLE, SENTENCES, LEXICAL, FUSED, READ)
    orders = {way: evidence(0, 1) if way in right_first else evidence(1, 0) for way in ways}
    return Asked(replace(CASES[0], gold=gold), orders, {CONFIDENCE: confidence, READER: reader})


def test_fusion_must_beat_the_better_of_its_parts() -> None:
    ablation = compare([asked({LEXICAL, FUSED, READ})] * 9 + [asked({SENTENCES, READ})])
    fusion = added(ablation, "fusion")
    assert (fusion.against, fusion.verdict) == (LEXICAL, "adds nothing that shows")
    assert ablation.search[LEXICAL]["MRR"] == pytest.approx(ablation.search[FUSED]["MRR"])
    hits = ablation.search[LEXICAL]["hit rate@1"]
    assert isinstance(hits, Figure)
    assert hits.value == pytest.approx(0.9)
    assert added(compare([asked({FUSED})] * 10), "fusion").verdict == "adds"


def test_confidence_is_compared_where_there_are_both_kinds_of_question() -> None:
    yes, no = asked(set(), confidence=0.9, reader=0.4), asked(set(), answerable=False, confidence=0.1, reader=0.6)
    both = added(compare([yes, no] * 20), CONFIDENCE)
    assert both.verdict == "adds"
    only = compare([yes])
    assert isinstance(only.knowing[CONFIDENCE], NotScored)
    assert "not scored" in render(only)
    assert isinstance(compare([no]).search[FUSED]["MRR"], NotScored)
    assert "not scored" in render(compare([no]))
