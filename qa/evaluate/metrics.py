"""The measures of one question, as pure functions; README.md defines each with its source.

Two texts meet if they are of the same article and share a character. Gold is a clause of one sentence, so a sentence
or a passage that meets it holds the answer.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from qa.types import Citation, Evidence, Passage, Quote, Sentence


def meet(one: Passage | Quote, other: Quote) -> bool:
    """Whether two stretches of articles share a character."""
    return one.article_id == other.article_id and one.start < other.end and other.start < one.end


def hit(evidence: Sequence[Evidence], gold: Sequence[Quote], k: int) -> bool:
    """Whether one of the first `k` passages meets gold. Its mean over questions is the hit rate at k, or success@k."""
    return any(meet(found.passage, quote) for found in evidence[:k] for quote in gold)


def reciprocal_rank(evidence: Sequence[Evidence], gold: Sequence[Quote]) -> float:
    """1 / the rank of the first passage that meets gold, 0 if none does; its mean is MRR (Voorhees, TREC-8, 1999)."""
    for rank, found in enumerate(evidence, 1):
        if any(meet(found.passage, quote) for quote in gold):
            return 1 / rank
    return 0.0


def ndcg(evidence: Sequence[Evidence], gold: Sequence[Quote], k: int) -> float:
    """Normalised discounted cumulative gain of the first `k` passages (Järvelin & Kekäläinen, TOIS 2002).

    A passage gains 1 for each gold quote that it is the first to meet, discounted by log2(1 + rank). The ideal has the
    same gains in descending order, and a passage of its own for each gold quote that was not found.
    """
    gains, missing = [], list(gold)
    for found in evidence:
        still = [quote for quote in missing if not meet(found.passage, quote)]
        gains.append(len(missing) - len(still))
        missing = still
    ideal = sorted(gains + [1] * len(missing), reverse=True)
    return _discounted(gains[:k]) / _discounted(ideal[:k]) if gold else 0.0


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(1 + rank) for rank, gain in enumerate(gains, 1))


def gold_cited(citations: Sequence[Quote], gold: Sequence[Quote]) -> int:
    """How many of the gold quotes are met by a citation."""
    return sum(any(meet(citation, quote) for citation in citations) for quote in gold)


def precise(citations: Sequence[Quote], gold: Sequence[Quote]) -> int:
    """How many of the citations meet gold; their share is the citation precision."""
    return sum(any(meet(citation, quote) for quote in gold) for citation in citations)


def borne_out(sentences: Sequence[Sentence], citations: Sequence[Citation], gold: Sequence[Quote]) -> int:
    """How many sentences of an answer have a citation that meets gold; their share is the citation recall."""
    good = {citation.n for citation in citations if any(meet(citation, quote) for quote in gold)}
    return sum(not good.isdisjoint(sentence.citations) for sentence in sentences)


def verbatim(quotes: Iterable[Quote], texts: Mapping[str, str]) -> int:
    """How many of the quotes are exactly the article's text, by its id, at their offsets."""
    return sum(texts.get(quote.article_id, "")[quote.start : quote.end] == quote.quote for quote in quotes)


def normalise(text: str) -> str:
    """Lower case without punctuation, `a`, `an`, `the` and extra white space (SQuAD: Rajpurkar et al., EMNLP 2016).

    Unlike SQuAD's script it drops whatever Unicode calls punctuation, so that curly quotes go like straight ones, and
    the symbols that the script drops because they are on a keyboard.
    """
    bare = "".join(c for c in text.lower() if c not in "$+<=>^`|~" and not unicodedata.category(c).startswith("P"))
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", bare).split())


def exact_match(answer: str, accepted: Iterable[str]) -> float:
    """1 if the normalised answer equals an accepted one, else 0."""
    return float(normalise(answer) in {normalise(text) for text in accepted})


def token_f1(answer: str, accepted: Iterable[str]) -> float:
    """The best F1 of the answer's words against an accepted answer's words, both normalised (SQuAD)."""
    return max(_f1(normalise(answer).split(), normalise(text).split()) for text in accepted)


def _f1(answer: list[str], accepted: list[str]) -> float:
    if not answer or not accepted:  # SQuAD: nothing against nothing is right
        return float(answer == accepted)
    shared = (Counter(answer) & Counter(accepted)).total()
    return 2 * shared / (len(answer) + len(accepted))
