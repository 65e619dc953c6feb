"""Which sentences of the articles bear out a sentence of an answer, and how well."""

import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qa.cite.belonging import around
from qa.cite.checks import conflicts, problems
from qa.cite.names import common_words
from qa.cite.numbering import Statement
from qa.cite.quantities import quantities
from qa.text import WORD, content_words, stem
from qa.types import Quote, Support

WEIGHTS = Path(__file__).with_name("support.json")
MOST_QUOTES = 3
FEATURES = ("judged", "worst", "covered", "novel", "similarity", "conflicts", "owner")
"""What is weighed; the module's weights say how much each counts."""
_HINTED = 0.15
"""What the model's own mark adds to a quote's share of the sentence: it decides between equals, no more."""
_NEAR = 0.35
"""How much similarity counts beside shared words in finding the quotes."""
_BEFORE = 0.1
"""What speaks for the sentence before a chosen one: it says who "he" is."""
_WORTH = 0.12
"""Share of a sentence's content that a further quote must add to be cited too."""
_TRIED = 8
"""Further quotes that are tried when something of the sentence is not in those chosen."""
_QUOTATION_MARKS = str.maketrans('“”„«»"‘’‚', "'" * 9)
_GAP = 4
"""Characters between two sentences that follow each other: a space, or a paragraph's end."""
Judge = Callable[[str, str], tuple[float, float]]
"""Logits that a claim (the first text) follows from a few sentences (the second): as a whole, and that word of it which
follows least."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """A sentence of an answer with the quotes that bear it out best."""

    text: str
    quotes: tuple[Quote, ...]
    """At most three, best first; kept also where they do not suffice."""
    support: Support
    score: float
    """Probability, 0 to 1, that the quotes bear the sentence out."""
    problems: tuple[str, ...] = ()
    """What no quote has: "number: 40"; any of them makes the sentence unsupported."""


def align(
    sentence: str,
    quotes: Sequence[Quote],
    similarity: Sequence[float],
    judge: Judge,
    hinted: Collection[int] = (),
) -> Aligned:
    """Find the quotes that bear a sentence out, and say how well.

    Args:
        sentence: one sentence of an answer, without marks.
        quotes: the sentences of the evidence.
        similarity: cosine of the sentence and each quote.
        judge: an opinion on whether a few sentences bear a claim out, weighed beside what can be checked by rule.
        hinted: places of the quotes that the writer referred to.
    """
    for at in sorted(range(len(quotes)), key=lambda n: n not in hinted):
        if _same_words(sentence, quotes[at].quote):
            return Aligned(sentence, (quotes[at],), Support.VERBATIM, 1.0)
    all_texts = [quote.quote for quote in quotes]
    apart = [at for at in range(1, len(quotes)) if not _follows(quotes[at - 1], quotes[at])]
    chosen = choose(sentence, all_texts, similarity, hinted, apart)
    found = tuple(quotes[at] for at in chosen)
    texts = [all_texts[at] for at in sorted(chosen)]
    wrong = problems(sentence, stretches(all_texts, chosen, apart))
    table = weights()
    score = probability(table, features(sentence, texts, [similarity[at] for at in chosen], judge))
    good = bool(found and content_words(sentence)) and not wrong and score >= table["threshold"]
    return Aligned(sentence, found, Support.SUPPORTED if good else Support.UNSUPPORTED, score, tuple(wrong))


def statement(aligned: Aligned) -> Statement:
    """A sentence as `number` takes it."""
    return Statement((aligned.text,), aligned.quotes, aligned.score, aligned.support, aligned.problems)


def choose(
    sentence: str,
    texts: Sequence[str],
    similarity: Sequence[float],
    hinted: Collection[int] = (),
    apart: Collection[int] = (),
) -> list[int]:
    """Places of the fewest texts that share what can be found of a sentence's content, best first, at most three.

    Args:
        sentence: one sentence of an answer.
        texts: the sentences of the evidence, in their order.
        similarity: cosine of the sentence and each text.
        hinted: places of the texts that the writer referred to.
        apart: places of the texts that do not follow the text before them in an article.
    """
    left = {stem(word): rarity(word) for word in content_words(sentence)}
    total = sum(left.values()) or 1.0
    stems = [{stem(word) for word in WORD.findall(text)} for text in texts]
    chosen: list[int] = []
    while len(chosen) < min(MOST_QUOTES, len(texts)):
        gains = [sum(weight for word, weight in left.items() if word in found) / total for found in stems]
        worth = {
            n: gain + _NEAR * similarity[n] * (not chosen) + _HINTED * (n in hinted) + _BEFORE * (n + 1 in chosen)
            for n, gain in enumerate(gains) if n not in chosen
        }  # fmt: skip
        best = max(worth, key=worth.__getitem__)
        if chosen and (wrong := problems(sentence, stretches(texts, chosen, apart))):
            likely = sorted(worth, key=worth.__getitem__, reverse=True)[:_TRIED]
            remaining = {n: len(problems(sentence, stretches(texts, [*chosen, n], apart))) for n in likely}
            mending = min(likely, key=remaining.__getitem__)
            if remaining[mending] < len(wrong):
                best = mending
            elif gains[best] < _WORTH:
                break
        elif chosen and gains[best] < _WORTH:
            break
        chosen.append(best)
        left = {word: weight for word, weight in left.items() if word not in stems[best]}
    return chosen


def stretches(texts: Sequence[str], places: Iterable[int], apart: Collection[int] = ()) -> list[str]:
    """The texts at some places, those together that follow each other."""
    joined: list[str] = []
    last = -2
    for place in sorted(places):
        if place == last + 1 and place not in apart:
            joined[-1] += f"\n{texts[place]}"
        else:
            joined.append(texts[place])
        last = place
    return joined


def features(sentence: str, texts: Sequence[str], similarity: Sequence[float], judge: Judge) -> dict[str, float]:
    """What is weighed of a sentence and the quotes that were chosen for it."""
    text = " ".join(texts)
    told = {stem(word) for word in WORD.findall(text)}
    own = {stem(word): rarity(word) for word in content_words(sentence)}
    missing = [weight for word, weight in own.items() if word not in told]
    judged, worst = judge(sentence, text)
    return {
        "judged": judged,
        "worst": worst,
        "covered": 1 - sum(missing) / (sum(own.values()) or 1.0),
        "novel": float(len(missing)),
        "similarity": max(similarity, default=0.0),
        "conflicts": float(min(2, len(conflicts(sentence, text)))),
        "owner": owner(sentence, text),
    }


@cache
def weights() -> Mapping[str, float]:
    """The weight of each feature, the `bias` and the `threshold`."""
    table: dict[str, float] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return table


def probability(table: Mapping[str, float], weighed: Mapping[str, float]) -> float:
    """How likely a sentence is borne out, 0 to 1, by a table of weights."""
    logit = table["bias"] + sum(table.get(name, 0.0) * value for name, value in weighed.items())
    return 1 / (1 + math.exp(-max(min(logit, 30.0), -30.0)))


def rarity(word: str) -> float:
    """How much a word tells: names and rare words most."""
    rank = common_words().get(word.lower())
    return 1.0 if rank is None else min(1.0, 0.25 + 0.08 * math.log1p(rank))


def owner(sentence: str, text: str) -> float:
    """By how many words the sentence's numbers keep other numbers' company; 0 or less is as it should be."""
    worst = 0.0
    told = [(other, around(text, other.start, other.end)) for other in quantities(text)]
    for one in quantities(sentence):
        mine = around(sentence, one.start, one.end)
        same = [len(mine & theirs) for other, theirs in told if one.agrees(other)]
        others = [len(mine & theirs) for other, theirs in told if other.unit == one.unit and other.value != one.value]
        if same and others:
            worst = max(worst, float(max(others) - max(same)))
    return min(worst, 4.0)


def _follows(before: Quote, quote: Quote) -> bool:
    return quote.article_id == before.article_id and 0 <= quote.start - before.end <= _GAP


def _same_words(sentence: str, quote: str) -> bool:
    return _bare(sentence) == _bare(quote) != ""


def _bare(text: str) -> str:
    """A text without what may differ between two copies: case, kinds of quotation marks, the last stop."""
    return " ".join(text.translate(_QUOTATION_MARKS).split()).strip("'. ").casefold()
