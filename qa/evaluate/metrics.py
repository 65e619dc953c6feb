"""The measures, as pure functions. What could not be scored is None, which is not the same as 0.

Two texts meet if they are of the same article and share a character. Gold is a clause of one sentence, so a sentence
or a passage that meets it holds the answer.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from qa.types import Article, Citation, Evidence, Passage, Quote


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


def gold_cited(citations: Sequence[Citation], gold: Sequence[Quote]) -> int:
    """How many of the gold quotes are met by a citation."""
    return sum(any(meet(citation, quote) for citation in citations) for quote in gold)


def precise(citations: Sequence[Citation], gold: Sequence[Quote]) -> int:
    """How many of the citations meet gold. Their share is the citation precision (ALCE: Gao et al., EMNLP 2023)."""
    return sum(any(meet(citation, quote) for quote in gold) for citation in citations)


def verbatim(quotes: Iterable[Quote], articles: Iterable[Article]) -> int:
    """How many of the quotes are exactly the article's text at their offsets. Anything below all is a defect."""
    texts = {article.id: article.text for article in articles}
    return sum(texts.get(quote.article_id, "")[quote.start : quote.end] == quote.quote for quote in quotes)


def normalise(text: str) -> str:
    """Lower case without punctuation, `a`, `an`, `the` and extra white space (SQuAD: Rajpurkar et al., EMNLP 2016).

    Unlike SQuAD's script it drops whatever Unicode calls punctuation, so that curly quotes go like straight ones.
    """
    bare = "".join(c for c in text.lower() if not unicodedata.category(c).startswith("P"))
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", bare).split())


def exact_match(answer: str, accepted: Iterable[str]) -> float:
    """1 if the normalised answer equals an accepted one, else 0."""
    return float(normalise(answer) in {normalise(text) for text in accepted})


def token_f1(answer: str, accepted: Iterable[str]) -> float:
    """The best F1 of the answer's words against an accepted answer's words, both normalised (SQuAD)."""
    return max(_f1(normalise(answer).split(), normalise(text).split()) for text in accepted)


def _f1(answer: list[str], accepted: list[str]) -> float:
    shared = (Counter(answer) & Counter(accepted)).total()
    return 2 * shared / (len(answer) + len(accepted)) if shared else 0.0


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what was scored, None if nothing was."""
    scored = [value for value in values if value is not None]
    return sum(scored) / len(scored) if scored else None


def percentile(values: Iterable[float], percent: int) -> float:
    """The least value that `percent` of the values do not exceed (nearest rank). The values must not be empty."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]
