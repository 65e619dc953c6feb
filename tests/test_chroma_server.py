"""The index on a Chroma server: the same results, many readers, one writer at a time from anywhere."""

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from chromatest import TOKEN, ChromaServer, Guard
from test_index_versions import Hashing, article, assert_holds, bring
from webtest import SEEDS

from qa.assemble import sync_articles
from qa.config import Config
from qa.errors import ConfigError, IndexLocked, IndexMissing, IndexUnavailable
from qa.index import open_index, tidy, writing
from qa.index.chroma import close, connect
from qa.live import Live
from qa.service import QA

OPENER = "Who opened the meeting in {}?"


@pytest.fixture
def remote(chroma_server: ChromaServer, tmp_path: Path) -> Config:
    """Each test has a database of its own."""
    return chroma_server.config(tmp_path / "words", database=f"db{tmp_path.name}-{time.time_ns()}")


def test_the_articles_that_ship_are_answered_as_from_a_folder(remote: Config, qa: QA) -> None:
    with writing(remote):
        sync_articles(remote.model_copy(update={"articles": remote.articles.model_copy(update={"folder": SEEDS})}))
    question = "Where would a NATO headquarters be created?"
    live = Live(remote)
    here, there = qa.ask(question), live().ask(question)
    live.close()
    assert (there.text, there.trace.index) == (here.text, here.trace.index)
    assert [(c.quote, c.start) for c in there.citations] == [(c.quote, c.start) for c in here.citations]


def test_a_reader_keeps_its_version_until_what_it_reads_is_tidied_away(remote: Config) -> None:
    before, after = [article("a", 0), article("b", 0)], [article("a", 1), article("c", 0)]
    bring(remote, before)
    reader = open_index(remote)
    bring(remote, after)
    for gone in before:
        (hit,) = reader.nearest(Hashing().embed([gone.text.partition(". ")[0] + "."])[0].tolist(), 1)
        assert (hit.passage.article_id, round(hit.similarity, 3)) == (gone.id, 1.0)
    reader.close()
    with writing(remote):
        tidy(remote)
    index = open_index(remote)
    assert_holds(index, after)
    index.close()


def test_workers_go_over_to_a_new_version_without_a_wrong_answer_in_between(remote: Config, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    remote = remote.model_copy(
        update={
            "articles": remote.articles.model_copy(update={"folder": folder}),
            "chroma": remote.chroma.model_copy(update={"grace_seconds": 30}),
        }
    )

    def publish(town: str) -> None:
        (folder / "news.txt").write_text(f"The meeting\n\nThe meeting in {town} was opened by Jan Novak of {town}.")
        with writing(remote):
            sync_articles(remote)

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


def test_while_the_server_is_down_the_remedy_is_named_and_afterwards_all_is_well(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    server = ChromaServer(tmp_path / "chroma")
    with ExitStack() as stack:
        stack.callback(server.stop)
        config = server.config(tmp_path / "words")
        with pytest.raises(IndexMissing, match="qa ingest"):
            open_index(config)
        bring(config, [article("a", 0)])
        index = open_index(config)
        server.stop()
        with pytest.raises(IndexUnavailable, match=r"cannot be reached.*chroma\.url"):
            index.vectors(["a:0-31"])
        with pytest.raises(IndexUnavailable, match=r"cannot be reached.*chroma\.url"):
            open_index(config)
        server.start()
        assert_holds(index, [article("a", 0)])
        index.close()


def test_of_many_who_want_to_write_one_may(remote: Config) -> None:
    with writing(remote), pytest.raises(IndexLocked, match=r"process \d+ on .* is writing"), writing(remote):
        pass
    together = threading.Barrier(8)
    outcomes: Counter[str] = Counter()

    def want() -> None:
        together.wait()
        try:
            with writing(remote):
                outcomes["wrote"] += 1
                finished.wait()
        except IndexLocked:
            outcomes["waits"] += 1
        finally:
            if outcomes["waits"] == 7:
                finished.set()

    finished = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(want)
    assert outcomes == {"wrote": 1, "waits": 7}


def test_who_died_while_writing_is_succeeded_by_just_one(remote: Config) -> None:
    holder = """
import sys, time
from qa.config import Config
from qa.index import writing
with writing(Config.model_validate_json(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", holder, remote.model_dump_json()], stdout=subprocess.PIPE, text=True, cwd=SEEDS.parent
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.communicate()
    with pytest.raises(IndexLocked, match=r"if it has died, try again in \d+ s"), writing(remote):
        pass
    client = connect(remote)
    (lease,) = [one for one in client.list_collections() if one.name.endswith("-writer")]
    lease.modify(metadata={**(lease.metadata or {}), "until": time.time() - 1})  # as if a minute had passed
    outcomes: Counter[str] = Counter()
    finished = threading.Event()

    def want() -> None:
        try:
            with writing(remote):
                outcomes["wrote"] += 1
                finished.wait(30)
        except IndexLocked:
            outcomes["waits"] += 1
        if outcomes["waits"] == 5:
            finished.set()

    with ThreadPoolExecutor(6) as pool:
        for _ in range(6):
            pool.submit(want)
    assert outcomes == {"wrote": 1, "waits": 5}
    assert not [one.name for one in client.list_collections() if "-writer" in one.name]
    close(client)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate, key


@pytest.fixture(params=[("Authorization", f"Bearer {TOKEN}"), ("X-Chroma-Token", TOKEN)], ids=lambda param: param[0])
def guarded(
    request: pytest.FixtureRequest, chroma_server: ChromaServer, remote: Config, certificate: tuple[Path, Path]
) -> Iterator[Config]:
    header, value = request.param
    guard = Guard(chroma_server.port, header, value, *certificate)
    changes = {"url": f"https://localhost:{guard.port}", "token_header": header}
    yield remote.model_copy(update={"chroma": remote.chroma.model_copy(update=changes)})
    guard.close()


def test_tls_and_a_token_lead_to_a_server_behind_a_proxy(guarded: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IndexUnavailable, match=r"refuses us.*CHROMA_TOKEN"):
        open_index(guarded)
    monkeypatch.setenv("CHROMA_TOKEN", TOKEN)
    bring(guarded, [article("a", 0)])
    index = open_index(guarded)
    assert_holds(index, [article("a", 0)])
    index.close()


def test_a_certificate_that_is_not_trusted_is_an_error(guarded: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMA_TOKEN", TOKEN)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(IndexUnavailable, match=r"(?i)certificate"):
        open_index(guarded)


def test_more_than_one_worker_wants_a_server(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("server: {workers: 2}\n")
    with pytest.raises(ConfigError, match=r"server\.workers.*chroma\.mode: server"):
        Config.load(tmp_path / "config.yaml", {})
