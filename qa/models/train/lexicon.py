"""What may stand for what: names as they occur in texts, and WordNet's opposites, synonyms and relatives."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from qa.models.train.sources import tokens

_POINTERS = {"@": "hypernyms", "~": "hyponyms", "!": "antonyms"}
_NAME = re.compile(r"(?<![.!?\"“] )(?<!^)\b[A-Z][\w'-]*[a-z](?:[ -](?:of |the |de |von )?[A-Z][\w'-]*\w)*")
_NOT_NAMES = frozenset("The In A An On At It He She They This That What Who When Where".split())
ENDINGS = ("", "s", "es", "ed", "d", "ing")
COMMON = 12
"""A replacement must occur this often in the training texts: WordNet knows words that nobody asks with."""


def names_in(text: str) -> list[str]:
    """Runs of capitalised words that do not begin a sentence, as written, without repeats."""
    found = (match.group() for match in _NAME.finditer(text))
    return list(dict.fromkeys(name.removesuffix("'s") for name in found if name not in _NOT_NAMES and len(name) > 2))


class WordNet:
    """Replacements for a word, read from WordNet's own database files (`index.*`, `data.*`), first senses only."""

    def __init__(self, folder: Path, texts: Iterable[str]) -> None:
        self._common = Counter(word for text in texts for word in tokens(text))
        self._senses: dict[tuple[str, str], list[str]] = {}
        self._words: dict[str, list[str]] = {}
        self._links: dict[str, dict[str, list[str]]] = {}
        for part in ("noun", "verb", "adj"):
            self._read(folder, part)

    def _read(self, folder: Path, part: str) -> None:
        letter = part[0]
        for line in (folder / f"index.{part}").read_text().splitlines():
            if not line.startswith(" "):
                word, _, count, *rest = line.split()
                self._senses[letter, word] = [letter + offset for offset in rest[-int(count) :]]
        for line in (folder / f"data.{part}").read_text().splitlines():
            if line.startswith(" "):
                continue
            fields = line.split(" | ")[0].split()
            count = int(fields[3], 16)
            key = letter + fields[0]
            self._words[key] = [re.sub(r"\(.*", "", word).lower() for word in fields[4 : 4 + 2 * count : 2]]
            links = defaultdict(list)
            pointers = fields[5 + 2 * count :]
            for at in range(0, 4 * int(fields[4 + 2 * count]), 4):
                kind, target, target_part = pointers[at : at + 3]
                if kind in _POINTERS:
                    links[_POINTERS[kind]].append(("a" if target_part == "s" else target_part) + target)
            self._links[key] = links

    def lemma(self, word: str, part: str) -> tuple[str, str] | None:
        """The dictionary form of a regularly inflected word and its ending."""
        for ending in ENDINGS:
            stem = word.removesuffix(ending) if ending else word
            if word.endswith(ending) and (part, stem) in self._senses and len(stem) > 2:
                return stem, ending
        return None

    def opposites(self, word: str) -> list[str]:
        """Adjectives and verbs that mean the contrary, inflected like the word."""
        found = []
        for part in ("a", "v"):
            if known := self.lemma(word, part):
                sense = self._senses[part, known[0]][0]
                direct = self._follow([sense], "antonyms")
                found += [self.inflect(one, known[1]) for one in direct]
        return self._usable(word, found)

    def parts(self, word: str) -> set[tuple[str, str]]:
        """What a word can be: part of speech and ending."""
        return {(part, known[1]) for part in ("n", "v", "a") if (known := self.lemma(word, part))}

    def base_form(self, past: str) -> str:
        """The infinitive of a verb in the regular past tense."""
        bare = past.removesuffix("ed")
        options = (f"{bare}e", bare, f"{bare[:-1]}y" if bare.endswith("i") else bare, bare[:-1])
        return next((one for one in options if ("v", one) in self._senses), bare)

    def related(self, word: str) -> set[str]:
        """Dictionary forms of the word's synonyms and of what is more or less general, in any sense."""
        found = set()
        for part in ("n", "v", "a"):
            if known := self.lemma(word, part):
                own = self._senses[part, known[0]]
                found |= {known[0], *self._all_words(own)}
                found |= set(self._follow(own, "hypernyms") + self._follow(own, "hyponyms"))
        return found

    def replaceable(self, word: str, other: str) -> bool:
        """Whether two words can stand in the same place and mean different things."""
        if word[:4] == other[:4] or not self.parts(word) & self.parts(other):
            return False
        stems = {known[0] for part in ("n", "v", "a") if (known := self.lemma(other, part))}
        return not stems & self.related(word)

    def synonyms(self, word: str) -> list[str]:
        """Words that share the first sense of both; none for a word that can be several parts of speech."""
        found = []
        kinds = self.parts(word)
        for part in {part for part, _ in kinds} if len(kinds) == 1 else ():
            if known := self.lemma(word, part):
                sense = self._senses[part, known[0]][0]
                same = [one for one in self._words[sense] if self._senses.get((part, one), [""])[0] == sense]
                found += [self.inflect(one, known[1]) for one in same]
        return self._usable(word, found)

    def near_synonyms(self, word: str) -> list[str]:
        """Words that share one of the first two senses of both, whatever part of speech."""
        found = []
        for part, ending in sorted(self.parts(word)):
            known = self.lemma(word, part)
            for sense in self._senses[part, known[0]][:2] if known else ():
                same = [one for one in self._words[sense] if sense in self._senses.get((part, one), [])[:2]]
                found += [self.inflect(one, ending) for one in same]
        return self._usable(word, found)

    def _follow(self, senses: list[str], link: str) -> list[str]:
        return self._all_words([target for sense in senses for target in self._links[sense][link]])

    def _all_words(self, senses: list[str]) -> list[str]:
        return [word for sense in senses for word in self._words[sense]]

    @staticmethod
    def inflect(lemma: str, ending: str) -> str:
        """A dictionary form with a regular ending."""
        if ending in ("ed", "d", "ing") and lemma.endswith("e"):
            return lemma[:-1] + {"ed": "ed", "d": "ed", "ing": "ing"}[ending]
        if ending in ("s", "es"):
            if re.search(r"[^aeiou]y$", lemma):
                return f"{lemma[:-1]}ies"
            return lemma + ("es" if re.search(r"(?:s|x|z|ch|sh)$", lemma) else "s")
        return lemma + ("ed" if ending == "d" else ending)

    def _usable(self, word: str, found: list[str]) -> list[str]:
        usual = (one for one in found if one.isalpha() and len(one) > 2 and self._common[one] >= COMMON)
        return sorted(set(usual) - {word})
