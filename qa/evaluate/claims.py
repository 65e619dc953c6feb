"""Claims with what they are claimed of, labelled supported or not: the sets that verification is measured on.

Every set is split by document into a development and a test part; nothing may be fitted or tuned on the latter.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from qa.evaluate.cases import Split
from qa.text import sentence_spans

HAND_MADE = Path(__file__).with_name("claims.yaml")


@dataclass(frozen=True, slots=True)
class Claim:
    """Some sentences that a document bears out, or not."""

    set: str
    text: str
    document: str
    supported: bool
    original: str = ""
    """The claim before somebody changed it; empty where nobody did."""
    edits: tuple[str, ...] = ()
    """How it was changed, of one that is not supported."""
    marked: tuple[str, ...] = field(default=())
    """The document's sentences that somebody found to bear it out."""

    @property
    def split(self) -> Split:
        """The part that its document belongs to; the blind claims are for the end."""
        if self.set == "blind":
            return Split.TEST
        return Split.DEV if hashlib.sha256(self.document.encode()).digest()[0] % 2 else Split.TEST

    @property
    def for_fitting(self) -> bool:
        """Whether its document, of the development part, is kept from training, to weigh the verifier's opinion by."""
        return self.set in ("news", "article") or hashlib.sha256(self.document.encode()).digest()[21] % 4 == 0

    def sentences(self) -> list[tuple[str, bool]]:
        """Each sentence, and whether it is borne out: one that stands as it did in the original is."""
        unchanged = set(split_sentences(self.original))
        return [(one, self.supported or one in unchanged) for one in split_sentences(self.text)]


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, as strings."""
    return [text[start:end] for start, end in sentence_spans(text)]


def load_claims(folder: Path) -> list[Claim]:
    """SummEdits (`summedits_*.json`) and WiCE (`wice_*.jsonl`), as far as they are there."""
    return [*_summaries(folder), *_wice(folder)]


def _summaries(folder: Path) -> Iterator[Claim]:
    for path in sorted(folder.glob("summedits_*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            yield Claim(
                path.stem.removeprefix("summedits_"), entry["summary"], entry["doc"], entry["label"] == 1,
                entry["original_summary"], () if entry["label"] else tuple(entry["edit_types"]),
            )  # fmt: skip


def _wice(folder: Path) -> Iterator[Claim]:
    for path in sorted(folder.glob("wice_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            marked = sorted({number for group in entry["supporting_sentences"] for number in group})
            evidence = entry["evidence"]
            yield Claim(
                "wice", entry["claim"], "\n\n".join(evidence), entry["label"] == "supported",
                marked=tuple(evidence[number] for number in marked if number < len(evidence)),
            )  # fmt: skip


def load_hand_made(path: Path = HAND_MADE) -> list[Claim]:
    """Sentences about news articles, right and with an error of each kind, written by hand."""
    made = []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        quote = re.sub(r"\s+", " ", entry["quote"]).strip()
        name = entry.get("set", "news")
        made += [Claim(name, text, quote, True) for text in entry["right"]]
        for edit, texts in entry["wrong"].items():
            made += [Claim(name, text, quote, False, edits=(edit,)) for text in texts]
    return made


def load_in_articles(articles: Iterable[str], path: Path = HAND_MADE) -> list[Claim]:
    """The right sentences of `claims.yaml` about these articles, and the same without the paragraph that says so."""
    made = []
    for article in (re.sub(r"\s+", " ", text) for text in articles):
        for claim in load_hand_made(path):
            if claim.set == "news" and claim.supported and claim.document in article:
                without = article.replace(claim.document, "")
                made.append(replace(claim, set="article", document=article))
                made.append(replace(claim, set="article", document=without, supported=False, edits=("removed",)))
    return made
