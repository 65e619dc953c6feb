"""Write the pairs that the verifier is trained on: a claim, a few sentences of an article, whether they bear it out.

    python -m qa.models.train.claims DATA SUPPORT CLAPNQ --wordnet FOLDER --base FOLDER --marks FILE --out claims.jsonl

DATA and SUPPORT are folders of public sets, CLAPNQ the file of its answerable questions. Of SUPPORT only the documents
to learn from are used. Most claims are made from sentences: true ones by other words, by leaving some out, by joining
two; false ones by one more change that reverses, replaces or adds something, or by taking the evidence away.
"""

import argparse
import difflib
import hashlib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from qa.evaluate.cases import Split
from qa.evaluate.claims import Claim, load_claims, split_sentences
from qa.models.train.alike import Alike
from qa.models.train.answers import Answers, near_misses
from qa.models.train.edits import Range
from qa.models.train.falsify import Falsifier
from qa.models.train.lexicon import COMMON, WordNet, names_in
from qa.models.train.pairs import LONG, SHORT, Article, Maker, Pair, supported, unsupported
from qa.models.train.rewording import Rewording
from qa.models.train.sources import Collection, load_training, tokens

SHARES = {"new_wiki": 1.0, "reddit": 0.06, "amazon_reviews": 0.02, "squad2": 1.0, "qed": 1.0, "qamr": 1.0, "nqg": 0.15}
"""How much of each set is used: what reads like a report comes first."""
REPEATED = {"ectsum": 5, "scitldr": 5, "wice": 4}
"""How often claims that somebody labelled are shown; dialogues less."""
_REPEATED_LESS = 2
FEWEST_WORDS = 7
_SPACED = [
    (r"`` ?| ?''", '"'), (r" -LRB- ?", " ("), (r" ?-RRB-", ")"), (r"\s+([,.;:?!)%]|'s\b|n't\b)", r"\1"),
    (r"([($]) ", r"\1"), (r" -+ ", "-"), (r'" ([^"]*?) ?"', r'"\1"'),
]  # fmt: skip


def plain(text: str) -> str:
    """A text whose words and marks are set apart by spaces, as people write it."""
    for pattern, new in _SPACED:
        text = re.sub(pattern, new, text)
    return text.strip()


def for_measuring(document: str) -> bool:
    """Whether a document of QAMR is kept from training: `claims.yaml` has sentences about some of these."""
    return hashlib.sha256(document.encode()).digest()[0] % 16 == 0


def articles(sets: Iterable[Collection], claims: Iterable[Claim], shuffle: random.Random) -> Iterator[list[str]]:
    """The sentences of each article, or of each passage where the articles are not whole."""
    for one in sets:
        for document, group in groupby(zip(one.documents, one.passages, strict=True), key=lambda pair: pair[0]):
            if one.name == "qamr" and for_measuring(document):
                continue
            passages = [plain(text) if one.name == "qed" else text for _, text in group]
            if one.name in ("reddit", "amazon_reviews", "nqg"):
                yield from (split_sentences(text) for text in passages if shuffle.random() < SHARES[one.name])
            elif shuffle.random() < SHARES[one.name]:
                yield [sentence for text in passages for sentence in split_sentences(text)]
    for document in dict.fromkeys(claim.document for claim in claims if claim.set in ("wice", "ectsum", "scitldr")):
        yield [line for line in split_sentences(document) if not line.startswith(("(meta", "#", "|", "*"))]


def usable(sentence: str) -> bool:
    """Whether claims can be made of a sentence."""
    return (
        SHORT < len(sentence) < LONG and sentence[0].isupper() and sentence[-1] in '."”' and len(tokens(sentence)) > 6
    )


def harvest(claims: Iterable[Claim]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Single words that were replaced in a summary, without changing its meaning and changing it."""
    same: dict[str, set[str]] = defaultdict(set)
    other: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        steps = _steps(claim.original.split(), claim.text.split())
        for old, new in steps:
            old, new = old.strip(".,").lower(), new.strip(".,").lower()
            if old.isalpha() and new and len(new.split()) < 3 and (claim.supported or len(steps) == 1):
                (same if claim.supported else other)[old].add(new)
    return same, other


def _steps(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [(" ".join(old[a:b]), " ".join(new[c:d])) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]


def changed_words(original: str, text: str) -> list[Range]:
    """Where the words are that a text has and its original has not, or that follow what was left out."""
    words = list(re.finditer(r"\S+", text))
    matcher = difflib.SequenceMatcher(None, original.split(), [word.group() for word in words], autojunk=False)
    found = []
    for tag, _, _, begin, end in matcher.get_opcodes():
        if tag != "equal":
            found += [word.span() for word in words[begin : max(end, begin + 1)]]
    return found


def from_claims(claims: Iterable[Claim], maker: Maker) -> Iterator[Pair]:
    """The claims' sentences with what comes nearest in their documents, as they are and with one more change."""
    for claim in claims:
        article = Article(split_sentences(claim.document))
        at = 0
        sentences = claim.sentences()
        if not claim.supported and claim.edits and sum(not good for _, good in sentences) > len(claim.edits):
            continue  # Some were only put in other words, and which is not known.
        for text, good in sentences:
            at = claim.text.index(text, at)
            changed = changed_words(claim.original, claim.text) if claim.original and not good else []
            wrong = [(max(a - at, 0), b - at) for a, b in changed if a < at + len(text) and b > at]
            for count in (2, 3):
                known = Article(claim.marked) if claim.marked and count == 2 else article
                evidence = known.text(known.nearest(text, 3 if claim.marked else count))
                yield _labelled(text, evidence, good, wrong, claim.set)
                if good:
                    yield from maker.edited(text, evidence, article.sentences[:5], claim.set)
            if claim.original:
                source = [one for one in split_sentences(claim.original) if one[:12] == text[:12]] or [claim.original]
                yield _labelled(text, source[0], good, wrong, "edit")


def _labelled(text: str, evidence: str, good: bool, wrong: list[Range], kind: str) -> Pair:
    if good:
        return supported(text, evidence, kind)
    return unsupported(text, evidence, kind, wrong, [] if wrong else [(0, len(text))])


def from_answers(path: Path, maker: Maker) -> Iterator[Pair]:
    """Answers that people wrote from a passage, beside the sentences they used, beside others, and with a change."""
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        sentences = [plain(one) for one in entry["passages"][0]["sentences"]]
        used = {plain(one) for one in entry["output"][0]["selected_sentences"]}
        told = " ".join(one for one in sentences if one in used)
        for text in split_sentences(plain(entry["output"][0]["answer"])):
            if told and len(text) > SHORT // 2:
                yield supported(text, told, "clapnq")
                yield from maker.edited(text, told, sentences, "clapnq")
                yield from maker.edited(text, told, sentences, "clapnq")


def main() -> None:
    """Read the command line and write the pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the reader's public sets")
    parser.add_argument("support", type=Path, help="folder with SummEdits and WiCE")
    parser.add_argument("clapnq", type=Path, help="CLAPNQ's answerable questions")
    parser.add_argument("--wordnet", type=Path, required=True, help="folder with WordNet's index.noun, data.noun, ...")
    parser.add_argument("--base", type=Path, required=True, help="folder with all-MiniLM-L6-v2's model.safetensors")
    parser.add_argument("--marks", type=Path, required=True, help="what mark.py wrote")
    parser.add_argument("--most", type=int, default=66_000, help="pairs made of sentences; those of questions are more")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    shuffle = random.Random(options.seed)
    claims = [claim for claim in load_claims(options.support) if claim.split is Split.DEV and not claim.for_fitting]
    sets = load_training(options.data, options.marks)
    prose = list(articles(sets, claims, shuffle))
    maker = make(prose, claims, options, shuffle)
    made = []
    for sentences in prose:
        article = Article(sentences)
        for at, sentence in enumerate(sentences):
            if usable(sentence):
                made += maker.pairs(article, at)
    for claim in claims:
        for _ in range(REPEATED.get(claim.set, _REPEATED_LESS)):
            made += from_claims([claim], maker)
    for _ in range(3):
        made += from_answers(options.clapnq, maker)
    made = shuffle.sample(made, min(options.most, len(made)))
    for one in sets:
        made += Answers(one, shuffle).pairs()
    made += near_misses(options.data / "squad2_eleven_articles.json", shuffle)
    shuffle.shuffle(made)
    options.out.write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in made))
    for kind, count in Counter((one["kind"], one["supported"]) for one in made).most_common():
        print(kind, count)


def make(prose: list[list[str]], claims: list[Claim], options: argparse.Namespace, shuffle: random.Random) -> Maker:
    """What makes claims, with the names and words of the prose."""
    texts = [sentence for sentences in prose for sentence in sentences]
    wordnet = WordNet(options.wordnet, texts)
    names = Counter(name for text in texts for name in names_in(text))
    common = Counter(word for text in texts for word in tokens(text))
    known = [word for word, count in common.items() if count >= COMMON and len(word) > 3 and wordnet.parts(word)]
    like_names = Alike([name for name, count in names.items() if count > 1 and len(name) < 40], options.base)
    like_words = Alike(known, options.base)
    same, other = harvest(claims)
    falsify = Falsifier(shuffle.sample(texts, 8000), wordnet, like_names, like_words, other, shuffle)
    return Maker(Rewording(wordnet, like_words, same, shuffle), falsify, shuffle)


if __name__ == "__main__":
    main()
