"""Sentences that may answer a question, and what speaks for and against each.

The reader's probability alone is a coarse gate: a passage on the right topic without the asked fact fools it. So it is
combined with what can be checked: the question's names, numbers and rare words, and the kind of answer.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.answer.fits import contradicts, fits
from qa.answer.question import Expects, Kind, Question
from qa.answer.quotes import quote, standalone
from qa.text import STOP_WORDS, stem, words
from qa.types import Article, Evidence, Match, Quote, Span
from qa.vocabulary import Vocabulary, among

RANKING = ("margin", "answerable", "similarity", "coverage", "fused")
"""What puts sentences in order: the reader's best span in the sentence against "no answer here", the logit of its
probability for the passage, the cosine of question and sentence, the share of the question's terms that are quoted,
weighted by rarity, and the passage's score in the search."""
GATING = ("margin", "answerable", "similarity", "misfit", "missing_counted", "unknown_names")
"""What says whether the best sentence answers at all: besides the reader, whether the span is not of the kind that the
question word asks for (to prefer spans that are would hide just this), what "how many ..." counts is not there, or a
name of the question is in no article."""
QUOTING = ("similarity", "coverage", "missing_names", "unknown_names", "missing_speaker", "no_speech")
"""What decides where somebody's words are asked for: whether it is they who speak, and of the matter in question."""
NO_SPAN = -12.0
"""Margin of a sentence in which the reader marked nothing; the lower end of the scale for all."""
_SPEECH = re.compile(
    r"[“”\"]|\b(?:sa(?:id|ys)|told|add(?:ed|s)|not(?:ed|es)|stress(?:ed|es)|emphasi[sz]ed?|announced|call(?:ed|ing)"
    r"|declared|argued|warned|wrote|explained|stated|asked|replied|described|remark(?:ed|ing)|according to|claimed"
    r"|insisted|mentioned|blamed|promised|praised|thinks?|believes?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer."""

    evidence: Evidence
    match: Match
    sentences: tuple[tuple[int, int], ...]
    """Offsets of the sentence and of whatever it needs to stand alone."""
    quote: Quote
    """The exact words of these sentences."""
    span: Span | None
    features: Mapping[str, float]
    """By the names in RANKING, GATING and QUOTING."""


def candidates(
    question: Question, evidence: Sequence[Evidence], articles: Mapping[str, Article], vocabulary: Vocabulary
) -> list[Candidate]:
    """Every sentence of the passages that were read, with its best span and its features."""
    found = []
    for item in evidence:
        if item.answerability is None:
            continue
        article = articles[item.passage.article_id]
        for match in item.matches:
            span = _span_within(question, item, match)
            sentences = tuple(standalone(article, match.start, match.end))
            quoted = quote(article, sentences)
            features = _features(question, item, match, span, quoted.quote, vocabulary)
            found.append(Candidate(item, match, sentences, quoted, span, features))
    return found


def _span_within(question: Question, item: Evidence, match: Match) -> Span | None:
    """The reader's best span in a sentence that does more than repeat the question."""
    within = (span for span in item.spans if match.start <= span.start and span.end <= match.end)
    return next((span for span in within if not stems(span.text) <= question.terms), None)


def _features(
    question: Question, item: Evidence, match: Match, span: Span | None, quoted: str, vocabulary: Vocabulary
) -> dict[str, float]:
    # A sentence is judged by what is quoted with it: the speaker of its speech, what its "it" is.
    sentence = stems(quoted)
    passage = stems(item.passage.title) | stems(item.passage.text)
    probability = min(max(item.answerability or 0.0, 1e-4), 1 - 1e-4)
    # A term that no article has says nothing about one sentence or another.
    topic = frozenset(term for term in question.terms - question.speaker if vocabulary.knows(term))
    return {
        "margin": max(span.score, NO_SPAN) if span else NO_SPAN,
        "answerable": math.log(probability / (1 - probability)),
        "similarity": match.similarity,
        "coverage": _coverage(topic, sentence, vocabulary),
        "fused": item.fused_score,
        "misfit": float(span is not None and not _fitting(question, span.text)),
        "missing_counted": 1 - _coverage(question.counted, sentence, vocabulary),
        "missing_names": 1 - _coverage(question.names, passage, vocabulary),
        "unknown_names": float(not all(vocabulary.knows(name) for name in question.names)),
        "missing_speaker": 1 - _coverage(question.speaker, sentence, vocabulary),
        "no_speech": float(question.kind is Kind.QUOTATION and not _SPEECH.search(quoted)),
    }


def _fitting(question: Question, answer: str) -> bool:
    """Whether an answer is of the kind that is asked for, and nobody that the question named itself."""
    *_, last = words(answer) or [""]
    named = question.expects is Expects.WHO and stem(last) in question.names and question.names != question.terms
    return fits(question.expects, answer) and not named and not contradicts(question.text, answer)


@lru_cache(maxsize=8_192)
def stems(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(stem(word) for word in words(text) if word.lower() not in STOP_WORDS)


def _coverage(terms: frozenset[str], text: frozenset[str], vocabulary: Vocabulary) -> float:
    """The share of the terms, weighted by rarity, that a text has; all where there are none."""
    total = sum(vocabulary.rarity(term) for term in terms)
    return sum(vocabulary.rarity(term) for term in terms if among(term, text)) / total if total else 1.0
