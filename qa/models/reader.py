"""The reader: finds the words of a passage that answer a question, and says how likely it is that any do."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from math import exp, log
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from qa.models.onnx import WEIGHTS, Model, open_tokenizer, unusable, verified
from qa.text import sentence_spans
from qa.types import Evidence, Passage, Span

MAX_PIECES = 320
"""Word pieces of question and passage together; the rest of the passage is not read."""
MAX_QUESTION_PIECES = 48
MAX_SPAN_PIECES = 30
MAX_SPANS = 3
FUSED_WEIGHT, SIMILARITY_WEIGHT = 60.0, 6.0
"""Logits that a fused score and a cosine of 1 are worth beside the reader's own when passages are put in order. Against
its probability less .03 for each place in the search, this raised hit rate@1 on the development sets: Wikipedia .844 ->
.862, CLAPNQ .836 -> .863, the project's own .929 -> .935."""
READ_FIRST, SURE = 2, 0.8
"""Once one of the first passages answers this surely, the rest of its article is not read: on the development sets that
saves reading for a third to a half of the questions and changed the sentence that answers in 2 of 1,800."""
REMEMBERED_PASSAGES = 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader found in one passage."""

    answerability: float
    """Probability that the passage answers the question, 0 to 1."""
    spans: tuple[Span, ...]
    """Up to three answers that do not overlap, best first, each within one sentence."""


@dataclass(frozen=True, slots=True)
class _Pieces:
    """A passage as the model sees it; everything runs over its word pieces."""

    ids: list[int]
    starts: NDArray[np.int64]
    """Where in the passage the piece's word begins: an answer is made of whole words."""
    ends: NDArray[np.int64]
    """Where the word ends."""
    followers: NDArray[np.int64]
    """How many pieces come after this one in its sentence."""


class Reader:
    """Extractive question answering; threads may share one.

    Args:
        weights_folder: holds `reader.onnx`, `tokenizer.json` and `calib.json`.
        threads: how many passages are read at the same time, one core each.

    Raises:
        ModelError: a file is missing or damaged.
    """

    def __init__(self, weights_folder: Path = WEIGHTS, threads: int = 2) -> None:
        self._model = Model(weights_folder / "reader.onnx")
        self._tokenizer = open_tokenizer(weights_folder)
        self._calibration = _load_calibration(weights_folder / "calib.json")
        self._cls, self._sep = self._tokenizer.encode("").ids
        self._pieces = lru_cache(REMEMBERED_PASSAGES)(self._split)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    def rerank(self, question: str, evidence: Sequence[Evidence], count: int) -> list[Evidence]:
        """Read the first `count` passages of some evidence and put those first that answer; the rest stays behind.

        Passages that cannot win any more are not read; those of other articles are, since they may bear the answer out
        or contradict it. What the search found stays a vote: its fused score, and the nearness of the best sentence.
        """
        first = self._answerable(question, evidence[: min(READ_FIRST, count)])
        settled = {item.passage.article_id for item in first if (item.answerability or 0.0) >= SURE}
        open_ = [item for item in evidence[READ_FIRST:count] if item.passage.article_id not in settled]
        read = [*first, *self._answerable(question, open_)]
        seen = {item.passage.id for item in read}
        return [*sorted(read, key=_merit, reverse=True), *(item for item in evidence if item.passage.id not in seen)]

    def _answerable(self, question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
        readings = self.read(question, [item.passage for item in evidence])
        return [
            replace(item, answerability=reading.answerability, spans=reading.spans)
            for item, reading in zip(evidence, readings, strict=True)
        ]

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """Look for the answer to a question in each of the passages, one reading for each, in their order.

        Only a question's first 48 word pieces count. Where question or passage is empty, the answerability is 0.
        """
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION_PIECES]
        return list(self._pool.map(partial(self._read, asked), passages))

    def _read(self, asked: list[int], passage: Passage) -> Reading:
        pieces = self._pieces(passage.text)
        read = pieces.ids[: MAX_PIECES - len(asked) - 3]
        if not asked or not read:
            return Reading(0.0, ())
        head = [self._cls, *asked, self._sep]
        start, end, answerable = self._model([*head, *read, self._sep], [0] * len(head) + [1] * (len(read) + 1))
        nothing = start[0] + end[0]
        spans = _best_spans(start[len(head) : -1] - nothing, end[len(head) : -1], pieces, passage)
        return Reading(self._probability(spans[0].score, float(answerable)) if spans else 0.0, spans)

    def _probability(self, margin: float, answerable: float) -> float:
        of_margin, of_answerable, bias = self._calibration
        return 1 / (1 + exp(-(of_margin * margin + of_answerable * answerable + bias)))

    def _split(self, text: str) -> _Pieces:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        words = np.array(encoding.word_ids, np.int64)
        offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        starts = offsets[np.searchsorted(words, words, side="left"), 0]
        ends = offsets[np.searchsorted(words, words, side="right") - 1, 1]
        sentences = np.searchsorted([end for _, end in sentence_spans(text)], starts, side="right")
        followers = np.searchsorted(sentences, sentences, side="right") - 1 - np.arange(len(words))
        return _Pieces(encoding.ids, starts, ends, followers)


def _merit(item: Evidence) -> float:
    """What puts passages in order, in logits."""
    probability = min(max(item.answerability or 0.0, 1e-4), 1 - 1e-4)
    nearest = max((match.similarity for match in item.matches), default=0.0)
    return log(probability / (1 - probability)) + FUSED_WEIGHT * item.fused_score + SIMILARITY_WEIGHT * nearest


def _best_spans(
    start: NDArray[np.float32], end: NDArray[np.float32], pieces: _Pieces, passage: Passage
) -> tuple[Span, ...]:
    """The spans with the largest `start + end`, none of which overlaps a better one.

    The logits run over those pieces of the passage that were read. Row i, column k of a table is the span from piece i
    to piece i + k.
    """
    read = len(start)
    padded = np.pad(end, (0, MAX_SPAN_PIECES - 1), constant_values=-np.inf)
    scores = start[:, None] + sliding_window_view(padded, MAX_SPAN_PIECES)
    scores[np.arange(MAX_SPAN_PIECES) > pieces.followers[:read, None]] = -np.inf
    starts = pieces.starts[:read, None]
    ends = sliding_window_view(np.pad(pieces.ends[:read], (0, MAX_SPAN_PIECES - 1), mode="edge"), MAX_SPAN_PIECES)
    spans: list[Span] = []
    while len(spans) < MAX_SPANS and (score := float(scores.max())) > -np.inf:
        best = np.unravel_index(scores.argmax(), scores.shape)
        a, b = int(starts[best[0], 0]), int(ends[best])
        text = passage.text[a:b]
        if any(character.isalnum() for character in text):
            spans.append(Span(passage.start + a, passage.start + b, text, score))
        scores[(starts < b) & (ends > a)] = -np.inf
    return tuple(spans)


def _load_calibration(path: Path) -> tuple[float, float, float]:
    """Weights of the margin and of the answerable logit, and the bias, of a logistic regression."""
    try:
        weights = json.loads(verified(path))
        return float(weights["w_margin"]), float(weights["w_ans"]), float(weights["b"])
    except (ValueError, KeyError, TypeError) as error:
        raise unusable(path) from error
