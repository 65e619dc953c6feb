"""Measure a reader on the documents that training never saw, and fit its probability there.

python -m qa.models.train.measure DATA READER.onnx --tokenizer FILE [--calibration FILE | --calibrate FILE]
"""

import argparse
import json
import logging
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm import tqdm

from qa.models.train.figures import WEIGHTS, auroc, false_answers, fit, interval
from qa.models.train.nearmiss import Pair, without_answer
from qa.models.train.quotes import Speeches
from qa.models.train.sources import BM25, Collection, load_development, mentions
from qa.models.train.surface import key_words, misspelt
from qa.text import sentence_spans

QUESTION_PIECES, PIECES, SPAN_PIECES = 48, 320, 30
RIVALS = 3
"""Passages of the same article, nearest by search, that must score lower than the one that answers."""
SPEECHES = 150
log = logging.getLogger("measure")


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader says of one question and passage: the best span and two logits."""

    start: int
    end: int
    margin: float
    answerable: float


class OnnxReader:
    """A reader as it is shipped, one text at a time, with its two logits apart."""

    def __init__(self, path: Path, tokenizer: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls, self._sep = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))

    def __call__(self, question: str, passage: str) -> Read:
        """The best span, and what speaks for there being one."""
        scores, offsets, nothing, answerable = self._read(question, passage)
        row, column = np.unravel_index(scores.argmax(), scores.shape)
        return Read(offsets[row][0], offsets[column][1], float(scores[row, column]) - nothing, answerable)

    def scores(self, question: str, passage: str) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
        """The logits of all spans by first and last piece, -inf where there can be none, and the pieces' offsets."""
        return self._read(question, passage)[:2]

    def _read(self, question: str, passage: str) -> tuple[NDArray[np.float32], list[tuple[int, int]], float, float]:
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_PIECES]
        read = self._tokenizer.encode(passage, add_special_tokens=False)
        begin = len(asked) + 2
        offsets = read.offsets[: PIECES - begin - 1]
        ids = np.array([[self._cls, *asked, self._sep, *read.ids[: len(offsets)], self._sep]], np.int64)
        types = (np.arange(ids.shape[1]) >= begin).astype(np.int64)[None]
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        start, end, answerable = self._session.run(["start", "end", "answerable"], inputs)
        sentence = np.searchsorted([b for _, b in sentence_spans(passage)], [a for a, _ in offsets], side="right")
        scores = start[0, begin:-1, None] + end[0, None, begin:-1]
        first, last = np.indices(scores.shape)
        fits = (last >= first) & (last - first < SPAN_PIECES) & (sentence[first] == sentence[last])
        return np.where(fits, scores, -np.inf), offsets, float(start[0, 0] + end[0, 0]), float(answerable[0])


@dataclass(frozen=True, slots=True)
class Judged:
    """One reading beside the truth."""

    pair: Pair
    golds: tuple[str, ...]
    read: Read

    @property
    def answer(self) -> str:
        """The words that the reader marked."""
        return self.pair.passage[self.read.start : self.read.end]

    @property
    def right_sentence(self) -> float:
        """1 where the marked words lie in the sentence of the answer."""
        own = next((b for _, b in sentence_spans(self.pair.passage) if b > self.pair.start), 0)
        marked = next((b for _, b in sentence_spans(self.pair.passage) if b > self.read.start), -1)
        return float(own == marked)

    @property
    def exact(self) -> float:
        """SQuAD's exact match: case, articles and punctuation do not count."""
        return float(any(_normal(self.answer) == _normal(gold) for gold in self.golds))

    @property
    def token_f1(self) -> float:
        """SQuAD's token F1 with the best of the answers that people marked."""
        return max(_f1(_normal(self.answer), _normal(gold)) for gold in self.golds)


def _normal(text: str) -> list[str]:
    return re.sub(r"\b(?:a|an|the)\b", " ", re.sub(r"[^\w\s]", "", text.lower())).split()


def _f1(got: list[str], gold: list[str]) -> float:
    same = sum((Counter(got) & Counter(gold)).values())
    return 2 * same / (len(got) + len(gold)) if same else 0.0


def judge(collection: Collection, reader: OnnxReader, change: Callable[[str], str] = str) -> list[Judged]:
    """Every question of a collection beside its own passage, the question first put through `change`."""
    judged = []
    for asked in tqdm(collection.asked, desc=collection.name, leave=False):
        pair = Pair(change(asked.question), collection.passages[asked.passage], asked.start, asked.end)
        judged.append(Judged(pair, asked.golds, reader(pair.question, pair.passage)))
    return judged


def rivals(collection: Collection, reader: OnnxReader) -> list[list[Read]]:
    """For each question, the passages of its article that are nearest by search and hold no answer to it."""
    passages, siblings = collection.passages, collection.siblings()
    searches = {name: BM25([passages[n] for n in numbers]) for name, numbers in siblings.items()}
    found = []
    for asked in tqdm(collection.asked, desc=collection.name, leave=False):
        document = collection.documents[asked.passage]
        near = [siblings[document][n] for n in searches[document].nearest(asked.question, RIVALS + 4)]
        told = [n for n in near if n == asked.passage or any(mentions(passages[n], gold) for gold in asked.golds)]
        found.append([reader(asked.question, passages[n]) for n in [n for n in near if n not in told][:RIVALS]])
    return found


def deleted(collection: Collection, reader: OnnxReader) -> list[Read]:
    """Each question beside what is left of its passage without the answer."""
    reads = []
    for asked in tqdm(collection.asked, desc=collection.name, leave=False):
        whole = Pair(asked.question, collection.passages[asked.passage], asked.start, asked.end)
        if left := without_answer(whole, asked.golds):
            reads.append(reader(left.question, left.passage))
    return reads


def quotations(texts: list[str], reader: OnnxReader, shuffle: random.Random) -> list[Judged]:
    """Questions about what somebody said, on passages made as for training but of other sentences and names."""
    speeches = Speeches(texts, shuffle)
    pairs = [pair for _ in range(SPEECHES) for pair in speeches.pairs()]
    golds = [(pair.passage[pair.start : pair.end],) if pair.start >= 0 else () for pair in pairs]
    return [Judged(pair, gold, reader(pair.question, pair.passage)) for pair, gold in zip(pairs, golds, strict=True)]


@dataclass(frozen=True, slots=True)
class Development:
    """Everything that one reader says on the documents held out."""

    wikipedia: list[Judged]
    misspelt: list[Judged]
    key_words: list[Judged]
    rivals: list[list[Read]]
    deleted: list[Read]
    """The Wikipedia passages without the sentences that hold an answer."""
    squad: list[Judged]
    quotations: list[Judged]


def read_all(data: Path, reader: OnnxReader) -> Development:
    """Ask a reader every question of the documents held out; a few minutes on one core."""
    wikipedia, squad = load_development(data)
    shuffle = random.Random(5)
    return Development(
        judge(wikipedia, reader),
        judge(wikipedia, reader, lambda question: misspelt(question, shuffle)),
        judge(wikipedia, reader, lambda question: key_words(question, shuffle)),
        rivals(wikipedia, reader),
        deleted(wikipedia, reader),
        judge(squad, reader),
        quotations(wikipedia.passages + squad.passages, reader, random.Random(5)),
    )


def calibrate(development: Development) -> dict[str, float]:
    """The reader's probability on Wikipedia: own passages against what is left without the answer and a rival each.

    SQuAD takes no part: a reader that begins with weights which have seen these documents would be too sure of itself.
    """
    right = [one.read for one in development.wikipedia]
    wrong = development.deleted + [reads[0] for reads in development.rivals if reads]
    return fit(*([(read.margin, read.answerable) for read in reads] for reads in (right, wrong)))


def table(development: Development, calibration: dict[str, float]) -> list[str]:
    """The figures as rows of a Markdown table, each with n and its interval."""
    rows: list[str] = []

    def scores(reads: Iterable[Read]) -> list[float]:
        weights = [calibration[name] for name in WEIGHTS]
        return [float(np.dot(weights, (read.margin, read.answerable, 1.0))) for read in reads]

    def row(name: str, figure: Callable[..., float], *samples: Sequence[float]) -> None:
        value, low, high = interval(figure, *samples)
        rows.append(f"| {name} | {' / '.join(str(len(one)) for one in samples)} | {value:.3f} ({low:.3f}-{high:.3f}) |")

    squad, quoted = ([one for one in judged if one.golds] for judged in (development.squad, development.quotations))
    forms = (("misspelt", development.misspelt), ("in key words", development.key_words))
    for name, judged in (("Wikipedia", development.wikipedia), *forms, ("SQuAD 2.0", squad), ("quotations", quoted)):
        row(f"{name}: right sentence", np.mean, [one.right_sentence for one in judged])
        row(f"{name}: exact match", np.mean, [one.exact for one in judged])
        row(f"{name}: token F1", np.mean, [one.token_f1 for one in judged])
        row(f"{name}: P >= .5", np.mean, [float(score >= 0) for score in scores(one.read for one in judged)])
    hardest = [max(scores(reads)) for reads in development.rivals if reads]
    missed, others = (
        scores(one.read for one in judged if not one.golds) for judged in (development.squad, development.quotations)
    )
    for name, judged, wrong in (
        ("hardest of the article", development.wikipedia, hardest),
        ("answer deleted", development.wikipedia, scores(development.deleted)),
        ("SQuAD 2.0 near misses", squad, missed),
        ("quotations of others", quoted, others),
    ):
        right = scores(one.read for one in judged)
        row(f"{name}: AUROC", auroc, right, wrong)
        for kept in (0.9, 0.8):
            row(f"{name}: false answers, {kept:.0%} kept", partial(false_answers, kept=kept), right, wrong)
        row(f"{name}: false answers, P >= .5", np.mean, [float(score >= 0) for score in wrong])
    return rows


def main() -> None:
    """Read the command line, print the table, write the calibration if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the public sets")
    parser.add_argument("reader", type=Path, help="the reader's ONNX file, of any precision")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--calibration", type=Path, help="use this calibration instead of fitting one")
    parser.add_argument("--calibrate", type=Path, help="where to write the fitted calibration")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    given = json.loads(options.calibration.read_text()) if options.calibration else None
    development = read_all(options.data, OnnxReader(options.reader, options.tokenizer))
    calibration = given or calibrate(development)
    log.info("| figure | n | value (95 %% interval) |\n|---|---|---|\n%s", "\n".join(table(development, calibration)))
    if options.calibrate:
        options.calibrate.write_text(json.dumps(calibration, indent=1) + "\n")


if __name__ == "__main__":
    main()
