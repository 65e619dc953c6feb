"""The index on a Chroma server: the same results, many readers, one writer at a time from anywhere."""

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from chromatest import TOKEN, ChromaServer, Guard
from test_index_versions import Hashing, article, assert_holds, bring, vector
from webtest import SEEDS

from qa.config import Config
from qa.errors import ConfigError, IndexLocked, IndexMissing, IndexUnavailable
from qa.index import Vectors, open_index, tidy, writing
from qa.index.chroma import close, connect

OPENER = "Who opened the meeting in {}?"


def test_a_reader_keeps_its_version_until_what_it_reads_is_tidied_away(remote: Config) -> None:
    before, after = [article("a", 0), article("b", 0)], [article("a", 1), article("c", 0)]
    bring(remote, before)
    reader = open_index(remote)
    bring(remote, after)
    for gone in before:
        (hit,) = reader.nearest(Hashing().embed([gone.text.partition(". ")[0] + "."])[0].tolist(), 1)
        assert (hit.passage.article_id, round(hit.match.similarity, 3)) == (gone.id, 1.0)
    reader.close()
    with writing(remote):
        tidy(remote)
    index = open_index(remote)
    assert_holds(index, after)
    index.close()


def test_a_writer_that_slept_too_long_changes_nothing_any_more(remote: Config) -> None:
    before = [article("a", 0), article("b", 0)]
    bring(remote, before)

    class Slept(Hashing):
        """Somebody else takes over while this one embeds."""

        def embed(self, texts: Sequence[str]) -> Vectors:
            client = connect(remote)
            (lease,) = [one for one in client.list_collections() if one.name.endswith("-writer")]
            lease.modify(metadata={**(lease.metadata or {}), "id": "another's"})
            close(client)
            return super().embed(texts)

    with pytest.raises(IndexLocked, match="taken over"):
        bring(remote, [article("a", 1), article("c", 0)], Slept())
    index = open_index(remote)
    assert_holds(index, before)
    assert {known["until"] for known in index.store.articles.get()["metadatas"] or ()} == {0}
    index.close()


def test_what_is_left_is_found_among_much_that_was_removed(remote: Config) -> None:
    articles = [article(f"a{n}", 0) for n in range(60)]
    bring(remote, articles)
    bring(remote, articles[:3])
    index = open_index(remote)
    assert len(index.nearest(vector("Sentence 0 of a50 is in edition 0.").tolist(), 40)) == 9
    index.close()


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
