"""What is known of the passages' words: an index for BM25 and the vocabulary, kept on disk beside the vectors.

Both are made from the passages of one version of an index, once on each machine, and read from there by each process;
the arrays of BM25 are mapped into memory, so that processes share them. Nothing here is lost when the folder is: it is
made again.
"""

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import bm25s
import numpy as np
import numpy.typing as npt
from filelock import FileLock

from qa.index import Index
from qa.text import stem
from qa.types import Article, Passage
from qa.vocabulary import WordCounts

_log = logging.getLogger(__name__)
logging.getLogger("bm25s").setLevel(logging.WARNING)  # it turns its own debug messages on

_FORMAT = 1
"""Raise it when the files change, or how text is cut into words."""
_SUMS, _COUNTS = "sha256.json", "words.json"

Progress = Callable[[int, int], None]
"""Called with the number of passages done and of all."""


class LexicalIndex:
    """BM25 over passages with their titles and dates (Robertson and Zaragoza, 2009; bm25s).

    Args:
        bm25: its scores; None where the passages have no word but stop words.
    """

    def __init__(self, bm25: bm25s.BM25 | None) -> None:
        self._bm25 = bm25

    def search(self, question: str, count: int, within: npt.NDArray[np.bool_] | None = None) -> list[tuple[int, float]]:
        """The numbers and scores of the best passages, the best first; one that shares no word with it is not found.

        Args:
            question: whose words are looked for.
            count: of passages, at most.
            within: for each passage whether it counts; all count without.
        """
        if self._bm25 is None:
            return []
        (words,) = bm25s.tokenize(question, stemmer=_stems, return_ids=False, show_progress=False)
        if not words:
            return []
        scores = self._bm25.get_scores(words, weight_mask=within)
        found = np.flatnonzero(scores > 0)  # few of many: `retrieve` would sort the others, too
        best = found[np.argpartition(-scores[found], count)[:count]] if len(found) > count else found
        return [(int(number), float(scores[number])) for number in best[np.argsort(-scores[best], kind="stable")]]


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that is known of the words of an index."""

    lexical: LexicalIndex
    counts: WordCounts


def open_words(index: Index, progress: Progress = lambda _done, _total: None) -> Words:
    """What is known of the words of an index: from the disk, or made and put there.

    Where it cannot be put there it is made for this process alone, and the log says so.
    """
    folder = index.config.index.folder / f"{index.config.fingerprint}-words"
    kept = folder / f"{_FORMAT}-{index.version.content}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):  # of several workers one makes it, the others wait for it
            if words := _load(kept):
                return words
            made = _make(index, progress)
            _save(made, kept)
            return _load(kept) or Words(LexicalIndex(made.bm25), made.counts)
    except OSError as error:
        _log.warning(
            "The words of the articles cannot be kept in %s (%s): every start, and every process, counts them anew. "
            "Make it writable, or name another index.folder.",
            folder,
            error.strerror,
        )
        made = _make(index, progress)
        return Words(LexicalIndex(made.bm25), made.counts)


@dataclass(frozen=True, slots=True)
class _Made:
    bm25: bm25s.BM25 | None
    counts: WordCounts


def _make(index: Index, progress: Progress) -> _Made:
    counts = WordCounts()
    tokenizer = bm25s.tokenization.Tokenizer(stemmer=stem)

    def texts() -> Iterator[str]:
        for done, passage in enumerate(index.passages, start=1):
            counts.add(f"{passage.title}\n{passage.text}")
            yield _searched(passage, index.articles[passage.article_id])
            if not done % 100:
                progress(done, len(index.passages))

    tokens = list(tokenizer.streaming_tokenize(texts(), allow_empty=False))
    if not any(tokens):
        return _Made(None, counts)
    bm25 = bm25s.BM25()
    bm25.index((tokens, tokenizer.get_vocab_dict()), show_progress=False)
    return _Made(bm25, counts)


def _searched(passage: Passage, article: Article) -> str:
    """What BM25 sees of a passage. The date is there as a question would say it: 31 May 2024."""
    published = f"{date.fromisoformat(article.published):%d %B %Y}" if article.published else ""
    return f"{passage.title}\n{published}\n\n{passage.text}"


def _stems(words: Sequence[str]) -> list[str]:
    return [stem(word) for word in words]


def _save(made: _Made, folder: Path) -> None:
    """Put it on the disk under its name when it is whole, and remove what stands for other versions."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        new = Path(unfinished) / folder.name
        new.mkdir()
        if made.bm25:
            made.bm25.save(new / "bm25", show_progress=False)
        (new / _COUNTS).write_text(made.counts.to_json(), encoding="utf-8")
        (new / _SUMS).write_text(json.dumps(_sums(new)), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        new.replace(folder)
    for other in folder.parent.iterdir():
        if other.is_dir() and other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _load(folder: Path) -> Words | None:
    """What is there, if it is what was saved."""
    try:
        if json.loads((folder / _SUMS).read_text(encoding="utf-8")) != _sums(folder):
            _log.warning("%s is damaged; it is made anew.", folder)
            return None
        counts = WordCounts.from_json((folder / _COUNTS).read_text(encoding="utf-8"))
        stored = folder / "bm25"
        return Words(LexicalIndex(bm25s.BM25.load(stored, mmap=True) if stored.exists() else None), counts)
    except (FileNotFoundError, ValueError):
        return None


def _sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file, by its name."""
    sums = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != _SUMS:
            with path.open("rb") as file:
                sums[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return sums
