"""Claims with what they are claimed of, labelled supported or not: the sets that verification is measured on.

Every set is split by document into a development and a test part; nothing may be fitted or tuned on the latter.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path

import yaml

from qa.evaluate.cases import Split
from qa.text import content_words, sentence_spans, stem

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
        """The part that its document belongs to."""
        return Split.DEV if hashlib.sha256(self.document.encode()).digest()[0] % 2 else Split.TEST

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
        made += [Claim("news", text, quote, True) for text in entry["right"]]
        for edit, texts in entry["wrong"].items():
            made += [Claim("news", text, quote, False, edits=(edit,)) for text in texts]
    return made


def nearest(claim: str, sentences: Sequence[str], count: int) -> list[str]:
    """The sentences that share most of a claim's rare words and then most of what is still missing, in their order."""
    stems = [{stem(word) for word in content_words(sentence)} for sentence in sentences]
    frequency = Counter(one for found in stems for one in found)
    missing = {stem(word) for word in content_words(claim)}
    chosen: list[int] = []
    for _ in range(min(count, len(sentences))):
        gain = [sum(log(1 + len(sentences) / frequency[one]) for one in found & missing) for found in stems]
        order = sorted((n for n in range(len(sentences)) if n not in chosen), key=lambda n: -gain[n])
        chosen.append(order[0])
        if gain[order[0]]:
            missing -= stems[order[0]]
        else:
            missing = {stem(word) for word in content_words(claim)}
    return [sentences[n] for n in sorted(chosen)]
