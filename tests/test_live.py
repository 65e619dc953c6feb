"""Workers over an index on a Chroma server: they go over to what is new, and say when they cannot answer."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chromatest import ChromaServer
from test_index_versions import article, bring
from webtest import SEEDS

from qa.assemble import sync_articles
from qa.config import Config
from qa.errors import IndexUnavailable
from qa.index import writing
from qa.live import Live
from qa.service import QA
from web import create_app

Publish = Callable[[str], None]


@pytest.fixture
def publish(remote: Config, tmp_path: Path) -> Publish:
    """Puts an article into force that says that the meeting is in a town; what it replaces is kept."""
    folder = tmp_path / "articles"
    folder.mkdir()
    config = remote.model_copy(
        update={
            "articles": remote.articles.model_copy(update={"folder": folder}),
            "chroma": remote.chroma.model_copy(update={"grace_seconds": 30}),
        }
    )

    def publish(town: str) -> None:
        (folder / "news.txt").write_text(f"The meeting\n\nThe meeting in {town} was opened by Jan Novak of {town}.")
        with writing(config):
            sync_articles(config)

    return publish


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_articles_that_ship_are_answered_as_from_a_folder(remote: Config, qa: QA) -> None:
    with writing(remote):
        sync_articles(remote.model_copy(update={"articles": remote.articles.model_copy(update={"folder": SEEDS})}))
    question = "Where would a NATO headquarters be created?"
    live = Live(remote)
    here, there = qa.ask(question), live().ask(question)
    live.close()
    assert (there.text, there.trace.index) == (here.text, here.trace.index)
    assert [(c.quote, c.start) for c in there.citations] == [(c.quote, c.start) for c in here.citations]


def test_workers_go_over_to_a_new_version_without_a_wrong_answer_in_between(remote: Config, publish: Publish) -> None:
    publish("Brno")
    live = Live(remote)
    answers: Counter[str] = Counter()
    wrong: list[str] = []
    over = threading.Event()

    def keep_asking() -> None:
        while not over.is_set():
            answer = live().ask("Who opened the meeting?")
            quote = answer.citations[0].quote if answer.citations else answer.text
            town = "Brno" if "in Brno" in quote else "Plzen" if "in Plzen" in quote else ""
            answers[town] += 1
            if not answer.answered or answer.short_answer is None or "Jan Novak" not in answer.short_answer or not town:
                wrong.append(quote)

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(keep_asking) for _ in range(2)]
        while not answers["Brno"]:
            time.sleep(0.01)
        publish("Plzen")
        deadline = time.monotonic() + 60
        while not answers["Plzen"] and time.monotonic() < deadline:
            time.sleep(0.01)
        over.set()
        for one in asking:
            one.result()
    live.close()
    assert not wrong
    assert answers["Brno"]
    assert answers["Plzen"]
    assert live().version == 2


def test_an_answer_may_go_on_with_its_version_while_others_come(remote: Config, publish: Publish) -> None:
    publish("Brno")
    live = Live(remote)
    qa = live()
    for number, town in enumerate(("Plzen", "Zlin"), start=2):
        publish(town)
        wait_for(lambda number=number: live().version == number)  # type: ignore[misc]
    assert "Brno" in qa.ask("Who opened the meeting?").text
    assert "Zlin" in live().ask("Who opened the meeting?").text
    live.close()


def test_a_service_that_starts_before_the_first_ingest_becomes_ready(remote: Config) -> None:
    live = Live(remote)
    with pytest.raises(IndexUnavailable, match="qa ingest"):
        live()
    with writing(remote):
        sync_articles(remote.model_copy(update={"articles": remote.articles.model_copy(update={"folder": SEEDS})}))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            assert live().articles
            break
        except IndexUnavailable:
            time.sleep(0.05)
    assert live().ask("Where would a NATO headquarters be created?").answered
    live.close()


def test_workers_are_not_ready_while_the_server_is_gone(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    server = ChromaServer(tmp_path / "chroma")
    config = server.config(tmp_path / "words")
    bring(config, [article("a", 0)])
    live = Live(config)
    client = create_app(live, config).test_client()

    def status() -> int:
        return client.get("/readyz").status_code

    assert status() == 200
    server.stop()
    wait_for(lambda: status() == 503)
    assert client.get("/articles").status_code == 200, "what needs no vectors is there still"
    server.start()
    wait_for(lambda: status() == 200)
    live.close()
    server.stop()
