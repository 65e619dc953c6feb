"""Sentences that may answer a question, and what speaks for and against each.

The reader's probability alone is a coarse gate: a passage on the right topic without the asked fact fools it. So it is
combined with what can be checked: whether the question's names, numbers and rare words are there, and whether the kind
of answer fits the question word. The weights are logistic, fitted by `qa.models.train.confidence`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.answer.question import Expects, Kind, Question
from qa.answer.quotes import quote, standalone
from qa.text import STOP_WORDS, stem, words
from qa.types import Article, Evidence, Match, Span
from qa.vocabulary import Vocabulary, related

NO_SPAN = -12.0
"""Margin of a sentence in which the reader marked nothing; the lower end of the scale for all."""
FEATURES = (
    "margin",  # the reader's best span in the sentence against "no answer here"
    "answerable",  # logit of the reader's probability for the passage
    "similarity",  # cosine of question and sentence
    "sentence_coverage",  # share of the question's terms in the sentence, weighted by rarity
    "passage_coverage",  # the same for the passage with its title
    "missing_names",  # share of the question's names and numbers that the passage lacks
    "unknown_words",  # share of the question's terms that no article has
    "misfit",  # the span is not of the type that the question word asks for
    "missing_counted",  # what "how many ..." counts is not in the sentence
    "agreement",  # another passage gives the same span
    "missing_speaker",  # share of the name of whoever is to be quoted that the quote lacks
    "no_speech",  # somebody is to be quoted, and nobody speaks
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may answer."""

    evidence: Evidence
    match: Match
    text: str
    span: Span | None
    features: tuple[float, ...]
    """In the order of FEATURES."""


def candidates(
    question: Question, evidence: Sequence[Evidence], articles: Mapping[str, Article], vocabulary: Vocabulary
) -> list[Candidate]:
    """Every sentence of the passages that were read, with its best span and its features."""
    read = [item for item in evidence if item.answerability is not None]
    spans = [(item.passage.id, stems(span.text)) for item in read for span in item.spans[:1]]
    found = []
    for item in read:
        article = articles[item.passage.article_id]
        for match in item.matches:
            text = article.text[match.start : match.end]
            span = _span_within(question, item, match)
            quoted = quote(article, standalone(article, match.start, match.end)).quote
            elsewhere = [answer for id_, answer in spans if id_ != item.passage.id]
            agreed = span is not None and stems(span.text) in elsewhere
            features = _features(question, item, match, span, quoted, agreed, vocabulary)
            found.append(Candidate(item, match, text, span, features))
    return found


def _span_within(question: Question, item: Evidence, match: Match) -> Span | None:
    """The reader's best span in a sentence that does more than repeat the question."""
    return next(
        (
            span
            for span in item.spans
            if match.start <= span.start and span.end <= match.end and not stems(span.text) <= question.terms
        ),
        None,
    )


def _features(
    question: Question,
    item: Evidence,
    match: Match,
    span: Span | None,
    quoted: str,
    agreed: bool,
    vocabulary: Vocabulary,
) -> tuple[float, ...]:
    # A sentence is judged by what is quoted with it: the speaker of its speech, what its "it" is.
    sentence = stems(quoted)
    passage = stems(item.passage.title) | stems(item.passage.text)
    probability = min(max(item.answerability or 0.0, 1e-4), 1 - 1e-4)
    topic = question.terms - question.speaker
    known = frozenset(term for term in question.terms if vocabulary.knows(term))
    return (
        max(span.score, NO_SPAN) if span else NO_SPAN,
        math.log(probability / (1 - probability)),
        match.similarity,
        _coverage(topic, sentence, vocabulary),
        _coverage(question.terms, passage, vocabulary),
        1 - _coverage(question.names, passage, vocabulary),
        1 - _share(question.terms, known, vocabulary),
        float(span is not None and not fits(question.expects, span.text)),
        1 - _coverage(question.counted, sentence, vocabulary),
        float(agreed),
        1 - _coverage(question.speaker, sentence, vocabulary),
        float(question.kind is Kind.QUOTATION and not _SPEECH.search(quoted)),
    )


@lru_cache(maxsize=8_192)
def stems(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(stem(word) for word in words(text) if word.lower() not in STOP_WORDS)


def _coverage(terms: frozenset[str], text: frozenset[str], vocabulary: Vocabulary) -> float:
    return _share(terms, frozenset(t for t in terms if t in text or any(related(t, w) for w in text)), vocabulary)


def _share(terms: frozenset[str], found: frozenset[str], vocabulary: Vocabulary) -> float:
    total = sum(vocabulary.rarity(term) for term in terms)
    return sum(vocabulary.rarity(term) for term in found) / total if total else 1.0


_SPEECH = re.compile(
    r"[“”\"]|\b(?:sa(?:id|ys)|told|add(?:ed|s)|not(?:ed|es)|stress(?:ed|es)|emphasi[sz]ed?|announced|call(?:ed|ing)"
    r"|declared|argued|warned|wrote|explained|stated|asked|replied|described|remark(?:ed|ing)|according to|claimed"
    r"|insisted|mentioned|blamed|promised|praised|thinks?|believes?)\b",
    re.IGNORECASE,
)
_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_NUMBER = re.compile(
    r"\d|\b(?:zero|no|none|one|once|two|twice|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|tens|half|quarters?|third"
    r"|several|many|few|single|double|couple|pair|both|all|\w+(?:ty)-\w+)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    rf"\d|\b(?:{'|'.join(f'{name}' for name in (_MONTHS + ' ' + _DAYS).split())})\b"
    r"|(?i:\b(?:today|yesterday|tomorrow|now|ago|before|after|during|since|until|when|while|day|night|morning|afternoon"
    r"|evening|week|month|year|decade|century|spring|summer|autumn|fall|winter|season|noon|midnight|soon|later|earlier"
    r"|annual|daily|weekly|monthly|first|last|next|always|never|once|immediately|summit|meeting|war)s?\b)",
)
_DURATION = re.compile(
    r"\b(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|centur(?:y|ies)|long|short|forever|until"
    r"|since|permanent\w*|temporar\w*|brief\w*|multi-year|annual)\b|-(?:minute|hour|day|week|month|year)s?\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"[A-ZÀ-Ž]|\b(?:he|she|they|we|minister|president|chief|leader|head|member|official|people|person|man|woman|men|women"
    r"|children|nobody|everyone|expert|scientist|researcher|player|team|group|company|government|police|officer"
    r"|worker|volunteer|resident|student|teacher|doctor|family|mother|father|\w+(?:ers|ors|ists|ians|ants|ents|ees))s?\b",
)


def fits(expects: Expects, answer: str) -> bool:
    """Whether an answer is of the type that a question word asks for; generous, since a misfit counts heavily."""
    if expects is Expects.NUMBER:
        return bool(_NUMBER.search(answer))
    if expects is Expects.WHEN:
        return bool(_TIME.search(answer))
    if expects is Expects.DURATION:
        return bool(_DURATION.search(answer) or _NUMBER.search(answer))
    if expects is Expects.WHO:
        return bool(_PEOPLE.search(answer))
    if expects is Expects.WHERE:
        return not re.fullmatch(r"[\d\s.,:%€$£-]+", answer)
    return True
