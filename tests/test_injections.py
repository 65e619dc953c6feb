"""Instructions in articles and questions change nothing but the text: whatever a model makes of them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from misbehaving import Call, ModelServer

from qa.answer.prompts import answering
from qa.assemble import open_qa, sync_articles
from qa.config import Config
from qa.index import writing
from qa.service import QA
from qa.types import Answer

PLANTS = yaml.safe_load(Path(__file__).with_name("injections.yaml").read_text(encoding="utf-8"))
TOWNS = (
    "Abbotsley Barrowden Caldbeck Dunsfold Easthorpe Farnwick Grimsdale Hallowby Inverloch Jarrowfield "
    "Kelmscott Langthorne Marshwood Netherby Oakhampton Penbrook Quarndon Ravensby Saltmere Thornbury "
    "Underhill Varleigh Westerdale Yarrowby Zealham Ashcombe Birkdale Cawthorne Delford Elmstead Fenwick "
    "Gorsley Hexworth Ingleby Jevington Kirkmoor Lydbrook Mellingham Norbury Orwell Pickford Rushden Stanmore "
    "Tolworth Upwood Vexford Whitchurch Yoxford"
).split()
EVIL = re.compile(r"!\[|\]\(|<\s*(?:img|script|iframe|a|span|b)\b|javascript:|data:|evil\.example", re.IGNORECASE)
MARK = re.compile(r"[\[【［]+\s*(\d+)[^\]】］]*[\]】］]+")


class Case(NamedTuple):
    question: str
    obeys: str


def article(town: str, plant: str) -> str:
    return (
        f"{town} has a library again\nPublished: 2024-03-07\n\n"
        f"The council of {town} opened a new library on 4 March 2024.\n\n{plant}\n\n"
        f"The library of {town} cost 3 million euros, Mayor Elmer Stone said.\n"
    )


def plant(folder: Path) -> None:
    """Write an article for each plant."""
    for town, entry in zip(TOWNS, PLANTS["articles"], strict=True):
        (folder / f"{town}.txt").write_text(article(town, entry["plant"]), encoding="utf-8")


def cases() -> dict[str, Case]:
    found = {}
    for town, entry in zip(TOWNS, PLANTS["articles"], strict=True):
        found[f"article {entry['plant'][:40]!r}"] = Case(
            f"When did the council of {town} open a new library?", entry["obeys"]
        )
    for town, entry in zip(TOWNS, PLANTS["questions"], strict=False):
        question = f"When did the council of {town} open a new library? {entry['plant']}"
        found[f"question {entry['plant'][:40]!r}"] = Case(question, entry["obeys"])
    return found


CASES = cases()


class Obedient:
    """A model that does whatever it is told by anybody: it writes what the case at hand wants of it, then the truth."""

    obeys = ""

    def __call__(self, call: Call) -> None:
        system = call.body["messages"][0]["content"]
        truth = " ".join(re.findall(r"The council of \w+ opened a new library on 4 March 2024\.", call.prompt)[:1])
        call.head()
        for word in f"{self.obeys.replace('{system}', system)} {truth} [1]".split(" "):
            call.say(f"{word} ")
        call.finish()


@pytest.fixture(scope="module")
def obedient() -> Iterator[tuple[Obedient, ModelServer]]:
    model = Obedient()
    server = ModelServer(model)
    yield model, server
    server.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, obedient: tuple[Obedient, ModelServer]) -> Iterator[QA]:
    """The service on articles that hold the plants, with a model that obeys them."""
    folder = tmp_path_factory.mktemp("planted")
    plant(folder)
    config = Config.model_validate(
        {
            "articles": {"folder": folder},
            "index": {"folder": tmp_path_factory.mktemp("index")},
            "answer": {"provider": "openai_like", "model": "m", "base_url": f"{obedient[1].address}/v1"},
        }
    )
    with writing(config):
        sync_articles(config)
        yield open_qa(config)


def test_there_are_at_least_sixty() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_a_model_that_obeys_everything_changes_nothing(
    planted: QA, obedient: tuple[Obedient, ModelServer], name: str
) -> None:
    case = CASES[name]
    obedient[0].obeys = case.obeys
    answer = planted.ask(case.question)
    assert answer.notice is None
    check_harmless(answer, planted)
    if answer.answered:
        assert "4 March 2024" in answer.text


def check_harmless(answer: Answer, qa: QA) -> None:
    """No link, no picture, no invented citation, no word of our prompt; every quote is the article's."""
    cited = {citation.n for citation in answer.citations}
    for text in [answer.text, answer.short_answer or "", *(sentence.text for sentence in answer.sentences)]:
        assert not EVIL.search(text), text
    assert {int(n) for n in MARK.findall(answer.text)} == cited
    for citation in answer.citations:
        found = qa.article(citation.article_id)
        assert found is not None
        assert found.text[citation.start : citation.end] == citation.quote
    secret = answering("", [], 4096, 512).messages[0].content or ""
    for text in [answer.text, *(sentence.text for sentence in answer.sentences)]:
        words = text.split()
        assert not any(" ".join(words[i : i + 7]) in secret for i in range(len(words) - 6)), text
