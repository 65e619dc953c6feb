"""Write the examples that the verifier is trained on: a claim, a few sentences of an article, whether they bear it out.

    python -m qa.models.train.claims DATA SUPPORT --wordnet FOLDER --base FOLDER --out claims.jsonl

DATA and SUPPORT are folders of public sets. Of SUPPORT only the development documents are used. Most claims are made
from sentences: true ones by synonyms and by leaving words out, false ones by one more change that reverses or replaces
something. A change made in the article instead, or in both, keeps the odd word from giving the answer away.
"""

import argparse
import difflib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

from qa.cite.opposites import SIDES
from qa.evaluate.cases import Split
from qa.evaluate.claims import Claim, load_claims, nearest, split_sentences
from qa.models.train.alike import Alike
from qa.models.train.lexicon import COMMON, WordNet, names_in
from qa.models.train.nearmiss import _MEMBERS as SERIES
from qa.models.train.sources import NO_ANSWER, UNMARKED, Example, load_training, mentions, tokens
from qa.text import STOP_WORDS, sentence_spans

REPORTING = [group.split() for group in (
    "said stated declared noted remarked", "announced revealed disclosed", "stressed emphasized emphasised underlined underscored",
    "told informed", "asked requested", "expected anticipated projected forecast", "showed demonstrated indicated",
    "helped assisted", "used utilized employed", "called named", "made created produced", "got obtained received",
    "killed slain", "hurt injured wounded", "important significant crucial key", "discussed debated considered",
    "about approximately roughly around", "also additionally", "however nevertheless", "because since as",
    "while although", "company firm business", "children kids", "city town", "film movie", "area region zone",
    "meeting gathering session", "plan scheme proposal", "nation country state", "talks negotiations discussions",
    "leader head chief", "soldiers troops", "weapons arms", "purchase acquisition", "mainly mostly chiefly largely primarily",
    "several various multiple", "whole entire", "near close", "often frequently", "quickly rapidly swiftly",
)]  # fmt: skip
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w.]*\d)")
AUXILIARY = re.compile(r"\b(is|are|was|were|will|would|can|could|has|have|had|should|may|might|must)\b(?! not\b)")
NEGATED = re.compile(r"\b(is|are|was|were|will|would|can|could|has|have|had|should|may|might|must|do|does|did) not ")
PAST = re.compile(r"(?<=[a-z] )([a-z]{3,}ed)(?= (?:the|a|an|its|his|her|their|that|to|in|on)\b)")
ADDED = re.compile(
    r",? (?:(?:because|after|before|despite|during|in order to|due to|along with|from|near|by|with) [^,.;:]{8,60})(?=[.])"
)
SHORT, LONG = 40, 330
SHARES = {"new_wiki": 1.0, "reddit": 0.25, "amazon_reviews": 0.1, "squad2": 1.0, "qed": 1.0, "qamr": 1.0, "nqg": 0.3}
"""How much of each set is used: what reads like a report comes first."""
Change = Callable[[str], str | None]


class Maker:
    """Makes claims from sentences."""

    def __init__(self, texts: list[str], wordnet: WordNet, base: Path, lexicon: dict[str, dict[str, set[str]]],
                 shuffle: random.Random) -> None:  # fmt: skip
        self._wordnet, self._lexicon, self._shuffle = wordnet, lexicon, shuffle
        names = Counter(name for text in texts for name in names_in(text))
        common = Counter(word for text in texts for word in tokens(text))
        words = [word for word, count in common.items() if count >= COMMON and len(word) > 3 and wordnet.parts(word)]
        self._names = Alike([name for name, count in names.items() if count > 1 and len(name) < 40], base)
        self._words = Alike(words, base)
        self._additions = [m.group() for text in texts[:6000] for m in ADDED.finditer(text)]
        self._sides: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        for one, other in SIDES:
            for word in one:
                self._sides.setdefault(word, (one, other))
            for word in other:
                self._sides.setdefault(word, (other, one))

    def examples(self, sentence: str, before: list[str], after: list[str], elsewhere: str) -> list[Example]:
        """A true and a false claim about one sentence, among its neighbours or alone."""
        shuffle = self._shuffle
        weights = ((self.name, 4), (self.number, 6), (self.series, 4), (self.opposite, 3), (self.negation, 2), (self.word, 1.5),
                   (self.harvested, 3), (self.addition, 1.5), (lambda text: self.mixture(text, before + after), 3))  # fmt: skip
        changes = [change for change, _ in sorted(weights, key=lambda one: -(shuffle.random() ** (1 / one[1])))]
        found: list[tuple[Change, str]] = []
        for change in changes:
            wrong = change(sentence)
            if wrong and wrong != sentence:
                found.append((change, wrong))
            if len(found) == 2:
                break
        made = []
        around = (lambda text: " ".join([*before, text, *after])) if shuffle.random() < 0.6 else (lambda text: text)
        for change, wrong in found[:2]:
            name = getattr(change, "__name__", "mixture").replace("<lambda>", "mixture")
            draw = shuffle.random()
            if draw < 0.62:
                made.append(example(self.reworded(wrong), around(sentence), False, name))
            elif draw < 0.8 and name not in ("addition", "mixture"):
                made.append(example(self.reworded(sentence), around(wrong), False, f"{name}-article"))
            elif name not in ("addition", "mixture"):
                made.append(example(self.reworded(wrong), around(wrong), True, f"{name}-both"))
            if shuffle.random() < 0.85:
                made.append(example(self.reworded(sentence), around(sentence), True, "true"))
        if shuffle.random() < 0.12:
            made.append(example(self.reworded(sentence), elsewhere, False, "elsewhere"))
        return made

    def reworded(self, text: str) -> str:
        """The same in other words: fewer of them, and up to four synonyms."""
        text = self.shortened(text) if self._shuffle.random() < 0.45 else text
        for _ in range(self._shuffle.choice([0, 1, 1, 2, 3, 4])):
            text = self.synonym(text) or text
        return text

    def shortened(self, text: str) -> str:
        """Without a parenthesis, a clause or what comes first; never ends in the middle of one."""
        cuts = [
            (r" \([^()]*\)", ""), (r", (?:which|who|where|whose|including|such as|although|while|especially) [^,;]+(?=[.,])", ""),
            (r"^(?:In|On|At|During|After|However|Meanwhile|Moreover)\b[^,]{0,60}, (\w)", lambda m: m[1].upper()),
            (r", (?:and|but) [^,;]{12,}(?=\.$)", ""), (r",? (?:because|after|before|despite|due to|in order to) [^,;]+(?=\.$)", ""),
            (r"\b(?:very|also|really|recently|largely|particularly|especially|just|then|still|already|currently) ", ""),
        ]  # fmt: skip
        for pattern, new in self._shuffle.sample(cuts, len(cuts)):
            if (short := re.sub(pattern, new, text, count=1)) != text and len(short) > SHORT - 10:
                return short
        return text

    def synonym(self, text: str) -> str | None:
        """One word replaced by another that means the same."""

        def same(word: str) -> list[str]:
            found = list(self._lexicon["same"].get(word, ()))
            for group in REPORTING:
                found += [one for one in group if word in group and one != word]
            if not found and word in self._sides and self._shuffle.random() < 0.3:
                found += self._alike_endings(word, self._sides[word][0])
            return found or self._wordnet.synonyms(word)

        return self._replace_one(text, same)

    def harvested(self, text: str) -> str | None:
        """A word replaced as somebody who made errors on purpose replaced it."""
        return self._replace_one(text, lambda word: list(self._lexicon["other"].get(word, ())))

    def opposite(self, text: str) -> str | None:
        """A word replaced by its contrary."""

        def contrary(word: str) -> list[str]:
            lemma = next(((word.removesuffix(e), e) for e in ("", "s", "d", "ed", "ing") if word.endswith(e)
                          and word.removesuffix(e) in self._sides), None)  # fmt: skip
            if lemma is None:
                return self._wordnet.opposites(word)
            return [self._wordnet._inflect(one, lemma[1]) for one in self._sides[lemma[0]][1]][:3]

        return self._replace_one(text, contrary)

    def series(self, text: str) -> str | None:
        """Another month, weekday, ordinal, unit ..."""
        return self._replace_one(text, lambda w: [one for one in SERIES.get(w, ()) if one != w], stops=True)

    def word(self, text: str) -> str | None:
        """A word replaced by one that is used alike and means something else."""

        def other(word: str) -> list[str]:
            near = self._words.near(word)[2:30]
            return [one for one in near if self._wordnet.replaceable(word, one)]

        return self._replace_one(text, other)

    def name(self, text: str) -> str | None:
        """Another name of the same kind, or two names of the sentence exchanged."""
        names = names_in(f"x {text}")
        if len(names) > 1 and self._shuffle.random() < 0.4:
            one, other = self._shuffle.sample(names, 2)
            if one not in other and other not in one:
                return text.replace(one, "\0").replace(other, one).replace("\0", other)
        for name in self._shuffle.sample(names, len(names)):
            if near := [one for one in self._names.near(name)[:25] if not mentions(text, one)]:
                return text.replace(name, self._shuffle.choice(near))
        return None

    def number(self, text: str) -> str | None:
        """Another number of about the same size."""
        found = list(NUMBER.finditer(text))
        if not found:
            return None
        match = self._shuffle.choice(found)
        value = float(match.group().replace(",", ""))
        if re.fullmatch(r"1\d{3}|20\d\d", match.group()):
            new = str(int(value) + self._shuffle.choice([-20, -10, -3, -2, -1, 1, 2, 3, 5, 10]))
        elif value == int(value):
            new = f"{int(value * self._shuffle.choice([1.1, 1.5, 2, 3, 0.5, 0.8])) + self._shuffle.choice([0, 1, 2, 5]):,}"
        else:
            new = f"{value + self._shuffle.choice([-0.3, -0.1, 0.1, 0.2, 0.5, 1, 2]):.{len(match.group().split('.')[1])}f}"
        return text[: match.start()] + new + text[match.end() :] if new != match.group() else None

    def negation(self, text: str) -> str | None:
        """Denied instead of said, or said instead of denied."""
        if NEGATED.search(text) and self._shuffle.random() < 0.9:
            return NEGATED.sub(lambda m: "" if m[1] in ("do", "does", "did") else f"{m[1]} ", text, count=1)
        if match := AUXILIARY.search(text):
            denied = self._shuffle.choice([" not", " not", " never", " no longer"])
            return text[: match.end()] + denied + text[match.end() :]
        if match := PAST.search(text):
            ways = [f"did not {match[1].removesuffix('ed')}", f"never {match[1]}", f"refused to {match[1].removesuffix('ed')}",
                    f"failed to {match[1].removesuffix('ed')}"]  # fmt: skip
            return text[: match.start()] + self._shuffle.choice(ways) + text[match.end() :]
        return None

    def addition(self, text: str) -> str | None:
        """With a clause that the article does not have."""
        if not text.endswith("."):
            return None
        new = self._shuffle.choice(self._additions)
        if self._shuffle.random() < 0.3:
            new = self._shuffle.choice([", making it the largest ever", " for the first time", " in secret", " despite protests",
                                        ", according to experts", " free of charge", " every year", ", costing millions"])  # fmt: skip
        return (
            None
            if any(word in tokens(text) for word in tokens(new) if word not in STOP_WORDS)
            else text[:-1] + new + "."
        )

    def mixture(self, text: str, neighbours: list[str]) -> str | None:
        """The subject of a neighbouring sentence with what this one says."""
        pattern = r"((?:The |An? )?[A-Z]?[\w’' -]{2,50}?) (is|are|was|were|has|have|had|will|said|can|would)\b(.+)"
        own = re.fullmatch(pattern, text)
        for other in self._shuffle.sample(neighbours, len(neighbours)):
            theirs = re.fullmatch(pattern, other)
            if (
                own
                and theirs
                and own[1] != theirs[1]
                and not {"it", "he", "she", "they"} & set(tokens(own[1] + theirs[1]))
            ):
                return f"{theirs[1]} {own[2]}{own[3]}"
        return None

    def _replace_one(self, text: str, options: Callable[[str], list[str]], stops: bool = False) -> str | None:
        places = [m for m in re.finditer(r"\b[a-z][a-z-]{2,}\b|\b[A-Z][a-z]+\b", text)
                  if stops or (m.group() not in STOP_WORDS and (m.group()[0].islower() or m.start() == 0))]  # fmt: skip
        for place in self._shuffle.sample(places, len(places))[:12]:
            if found := sorted(set(options(place.group().lower())) - {place.group().lower()}):
                new = self._shuffle.choice(found)
                new = new[:1].upper() + new[1:] if place.group()[0].isupper() else new
                return text[: place.start()] + new + text[place.end() :]
        return None

    @staticmethod
    def _alike_endings(word: str, side: Iterable[str]) -> list[str]:
        return [one for one in side if one != word and one[-2:] == word[-2:]]


def example(claim: str, evidence: str, supported: bool, kind: str) -> Example:
    """In the form in which the reader's trainer takes questions."""
    start = UNMARKED if supported else NO_ANSWER
    return Example(question=claim, passage=evidence, start=start, end=start, kind=kind)


def harvest(claims: Iterable[Claim]) -> dict[str, dict[str, set[str]]]:
    """Single words that people and models replaced in a summary: without changing its meaning, and changing it."""
    lexicon: dict[str, dict[str, set[str]]] = {"same": defaultdict(set), "other": defaultdict(set)}
    for claim in claims:
        a, b = claim.original.lower().split(), claim.text.lower().split()
        steps = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
        steps = [step for step in steps if step[0] != "equal"]
        for tag, i, j, k, m in steps:
            old, new = " ".join(a[i:j]).strip(".,"), " ".join(b[k:m]).strip(".,")
            if tag == "replace" and j - i == 1 and m - k < 3 and old.isalpha() and (claim.supported or len(steps) == 1):
                lexicon["same" if claim.supported else "other"][old].add(new)
    return lexicon


def from_claims(claims: Iterable[Claim]) -> list[Example]:
    """The claims' sentences with what comes nearest in their documents, and the edits by themselves."""
    made = []
    for claim in claims:
        sentences = split_sentences(claim.document)
        for text, supported in claim.sentences():
            for count in (2, 3):
                found = nearest(text, claim.marked or sentences, count)
                made.append(example(text, " ".join(found), supported, claim.set))
            if claim.original:
                made.append(example(text, claim.original, supported, "edit"))
        if claim.original and claim.supported:
            made.append(example(claim.original, claim.text, True, "edit-back"))
    return made


def main() -> None:
    """Read the command line and write the examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the reader's public sets")
    parser.add_argument("support", type=Path, help="folder with SummEdits and WiCE")
    parser.add_argument("--wordnet", type=Path, required=True, help="folder with WordNet's index.noun, data.noun, ...")
    parser.add_argument("--base", type=Path, required=True, help="folder with all-MiniLM-L6-v2's model.safetensors")
    parser.add_argument("--most", type=int, default=14_000, help="sentences that claims are made of")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    shuffle = random.Random(7)
    sets = load_training(options.data)
    passages = [text for one in sets for text in one.passages if shuffle.random() < SHARES[one.name]]
    wordnet = WordNet(options.wordnet, passages)
    claims = [claim for claim in load_claims(options.support) if claim.split is Split.DEV]
    lexicon = harvest(claims)
    maker = Maker(passages, wordnet, options.base, lexicon, shuffle)
    made = []
    for text, other in pairwise(shuffle.sample(passages, len(passages))):
        sentences = [text[a:b] for a, b in sentence_spans(text)]
        usable = [n for n, sentence in enumerate(sentences) if SHORT < len(sentence) < LONG and sentence[0].isupper()]
        for at in shuffle.sample(usable, min(2, len(usable))):
            made += maker.examples(
                sentences[at], sentences[max(0, at - 1) : at], sentences[at + 1 : at + 2], other[:400]
            )
        if len(made) > 3 * options.most:
            break
    made += from_claims(claims) * 2
    shuffle.shuffle(made)
    options.out.write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in made))
    for kind, count in Counter((one["kind"], one["start"]) for one in made).most_common():
        print(kind, count)


if __name__ == "__main__":
    main()
