"""Damage to what is on the disk: whoever reads it is told, `qa ingest` makes it whole again, and no article is touched.

DAMAGES says how often the files are damaged at random, SEED how: `make kill` does it 200 times.
"""

import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from killtest import articles_of, assert_nothing_else, assert_searchable, ingest, read, run_to_the_end, with_own_mounts
from test_index_versions import Hashing, article, bring
from test_kill import written
from webtest import SEEDS

from qa.config import Config
from qa.errors import IndexUnavailable
from qa.index import open_index, read_ahead, sync, writing
from qa.index.trust import in_good_order
from qa.lexical import open_words

DAMAGES = int(os.environ.get("DAMAGES", "3"))
SEED = int(os.environ.get("SEED", "0"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with articles and an index of so many sentences that Chroma keeps their vectors in files."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "articles").mkdir()
    for name in "abcdefgh":
        sentences = " ".join(f"Sentence {n} of {name} is here." for n in range(140))
        (folder / "articles" / f"{name}.txt").write_text(f"Article {name}\n\n{sentences}")
    file = written(folder)
    run_to_the_end(ingest(file, model=False), file)
    assert list(folder.rglob("index_metadata.pickle"))
    return folder


def digest(folder: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(folder.iterdir()))).hexdigest()


def flip(rng: random.Random, content: bytearray) -> None:
    for _ in range(rng.choice([1, 10, 100])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def flip_head(rng: random.Random, content: bytearray) -> None:
    for _ in range(rng.choice([1, 4, 20])):
        content[rng.randrange(min(100, len(content)))] = rng.choice([0, 255, rng.randrange(256)])


def blank(rng: random.Random, content: bytearray) -> None:
    start = rng.randrange(len(content))
    content[start : start + 4_096] = bytes(len(content[start : start + 4_096]))


def overwrite(rng: random.Random, content: bytearray) -> None:
    content[:] = rng.randbytes(len(content))


def cut(rng: random.Random, content: bytearray) -> None:
    del content[rng.randrange(len(content)) :]


def damage(rng: random.Random, file: Path) -> str:
    how: Callable[[random.Random, bytearray], None] | None
    how = rng.choice([flip, flip_head, blank, overwrite, cut, None])
    content = bytearray(file.read_bytes())
    file.unlink()
    if how:
        how(rng, content)
        file.write_bytes(content)
    elif rng.random() < 0.5:
        file.mkdir()
    return how.__name__ if how else "none"


@pytest.mark.timeout(60 + 30 * DAMAGES)
def test_damaged_files_crash_nobody_and_are_made_whole(whole: Path, tmp_path: Path) -> None:
    for number in range(DAMAGES):
        rng = random.Random(SEED * 10_000 + number)
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        file, config = folder / "config.yaml", Config.load(folder / "config.yaml")
        before = digest(config.articles.folder)
        vectors = next(folder.rglob("index_metadata.pickle")).parent
        names = [config.index.folder / config.fingerprint / "chroma.sqlite3", *sorted(vectors.iterdir())]
        damaged = rng.choice(names)
        what = f"{number}: {damage(rng, damaged)} of {damaged.name}"
        assert read(file) in (0, 4), what
        process = ingest(file, model=False)
        process.join(100)
        assert process.exitcode == 0, (what, file.with_suffix(".log").read_text())
        assert "Traceback" not in file.with_suffix(".log").read_text(), what
        index = open_index(config)
        assert_searchable(index, articles_of(config), Hashing())
        index.close()
        assert_nothing_else(config, articles_of(config))
        assert digest(config.articles.folder) == before
        shutil.rmtree(folder)


def test_a_sentence_whose_name_is_damaged_is_missed(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "broken")
    file = tmp_path / "broken" / "config.yaml"
    config = Config.load(file)
    names = next((tmp_path / "broken").rglob("index_metadata.pickle"))
    content = names.read_bytes()
    name = re.search(rb"[a-h]-[0-9a-f]{10}@[0-9a-f]{12}:[0-9]+-[0-9]+", content)
    assert name
    before, _, after = content.rpartition(name[0])  # that by which it is told what a search has found
    names.write_bytes(before + name[0].replace(b"@", b"A") + after)
    assert read(file) == 4
    run_to_the_end(ingest(file, model=False), file)
    index = open_index(config)
    assert_searchable(index, articles_of(config), Hashing())
    index.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "data").mkdir()
    return Config.model_validate({"index": {"folder": tmp_path / "data"}})


ARTICLES = [article(name, 2) for name in "abcdef"]


def assert_intact(config: Config) -> None:
    """What is there is found, and an ingest finds nothing to do."""
    index = open_index(config)
    assert_searchable(index, ARTICLES, Hashing())
    index.close()
    with writing(config):
        report = sync(ARTICLES, config, Hashing(), lambda _done, _total: None)
    assert (report.rebuilt, report.unchanged) == (False, len(ARTICLES))


def test_a_loss_without_a_trace_is_noticed_though_the_vectors_are_being_read(config: Config) -> None:
    bring(config, ARTICLES)
    index = open_index(config)
    with in_good_order(config):  # as if nothing had happened
        index.store.sentences.delete(ids=index.store.sentences.get(include=[])["ids"][::2])
    index.close()
    read_ahead(config)
    with writing(config):
        report = sync(ARTICLES, config, Hashing(), lambda _done, _total: None)
    assert (report.rebuilt, report.added) == (True, len(ARTICLES))
    assert_intact(config)


def test_nothing_is_read_ahead_that_was_changed(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Config] = []
    monkeypatch.setattr("qa.index.trust._read_vectors", read.append)
    read_ahead(config)
    bring(config, ARTICLES)
    (database,) = config.index.folder.glob("*/chroma.sqlite3")
    database.write_bytes(b"This is no database.")
    read_ahead(config)
    assert not read
    bring(config, ARTICLES)
    read_ahead(config)
    assert read
    assert_intact(config)


def test_damage_that_kills_and_leaves_no_trace_kills_once(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "broken")
    file = written(tmp_path / "broken")
    run_to_the_end(ingest(file, model=False), file)
    (damaged,) = [path for path in (tmp_path / "broken").rglob("data_level0.bin") if path.stat().st_size > 1_000_000]
    times = damaged.stat()
    damaged.write_bytes(b"\xff" * times.st_size)
    os.utime(damaged, ns=(times.st_atime_ns, times.st_mtime_ns))
    start = """
import sys, time
from pathlib import Path
from qa.config import Config
from qa.index import read_ahead
config = Config.load(Path(sys.argv[1]))
read_ahead(config)
time.sleep(1)
"""
    command = [sys.executable, "-c", start, file]
    first, second = (subprocess.run(command, cwd=SEEDS.parent, timeout=60, check=False).returncode for _ in range(2))
    assert first in (0, -signal.SIGSEGV)
    assert second == 0
    config = Config.load(file)
    run_to_the_end(ingest(file, model=False), file)
    index = open_index(config)
    assert_searchable(index, articles_of(config), Hashing())
    index.close()


def mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)


def fill_the_disk(config: Config) -> None:
    mount("-t", "tmpfs", "-o", "size=6m", "tmpfs", config.index.folder)
    bring(config, ARTICLES)
    filler = config.index.folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4_096)
    (config.index.folder / f"{config.fingerprint}.trusted").unlink(missing_ok=True)
    with pytest.raises(IndexUnavailable, match=r"Make room|full"):
        bring(config, [*ARTICLES, *(article(f"more-{n}", 40) for n in range(40))])
    filler.unlink()
    assert_intact(config)


def make_read_only(config: Config) -> None:
    bring(config, ARTICLES)
    for part in (config.index.folder, config.index.folder / config.fingerprint):
        mount("--bind", part, part)
        mount("-o", "remount,ro,bind", part)
        with pytest.raises(IndexUnavailable, match=r"index\.folder"):
            bring(config, [*ARTICLES, article("more", 1)])
        subprocess.run(["umount", "--lazy", part], check=True)
        assert_intact(config)


@pytest.mark.parametrize("spoil", [fill_the_disk, make_read_only])
def test_a_disk_that_is_full_or_read_only_is_named_and_the_index_is_kept(
    config: Config, spoil: Callable[[Config], None]
) -> None:
    if os.geteuid() or not shutil.which("unshare") or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("nothing can be mounted here")
    assert with_own_mounts(spoil, config) == 0


def test_a_database_that_another_process_holds_is_not_taken_for_damaged(config: Config) -> None:
    bring(config, ARTICLES)
    (config.index.folder / f"{config.fingerprint}.trusted").unlink()
    with contextlib.closing(sqlite3.connect(config.index.folder / config.fingerprint / "chroma.sqlite3")) as other:
        other.execute("begin exclusive")
        with pytest.raises(IndexUnavailable, match="Another program"):
            bring(config, ARTICLES)
    assert_intact(config)


@pytest.mark.parametrize("broken", [b"", b"\0" * 1_000, None])
def test_words_that_are_damaged_are_counted_again(config: Config, broken: bytes | None) -> None:
    bring(config, ARTICLES)
    index = open_index(config)
    expected = open_words(index).lexical.search("sentence 2 of b", 5)
    for file in [f for f in config.index.folder.glob("*-words/*/**/*") if f.is_file()]:
        file.unlink()
        if broken is None:
            file.mkdir()
        else:
            file.write_bytes(broken)
        assert open_words(index).lexical.search("sentence 2 of b", 5) == expected
    index.close()
