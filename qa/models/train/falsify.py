"""One thing changed so that a sentence says something else: makes false claims, and tells which words are false."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from qa.cite.opposites import SIDES
from qa.models.train.edits import Edit
from qa.models.train.lexicon import WordNet, names_in
from qa.models.train.sources import mentions, tokens
from qa.models.train.vocabulary import ADDED, EPITHETS, MEMBERS, MONTHS, STRENGTH, UNSURE
from qa.text import STOP_WORDS

if TYPE_CHECKING:
    from qa.models.train.alike import Alike

_AUXILIARY = r"(?:is|are|was|were|will|would|can|could|has|have|had|should|may|might|must)"
_AFFIRMED = re.compile(rf"\b{_AUXILIARY}\b(?! not\b|n['’]t)")
_DENIED = re.compile(rf"\b(?:({_AUXILIARY})(?: not|n['’]t)|(?:do|does|did)(?: not|n['’]t)) (\w+)")
_PAST = re.compile(r"(?<=[a-z] )([a-z]{3,}ed)(?= (?:the|a|an|its|his|her|their|that|to|in|on)\b)")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.,-]*\d)")
_YEAR = re.compile(r"1\d{3}|20\d\d")
_SUBJECT = re.compile(r"((?:The |An? )?[A-Z]?[\w’' -]{2,50}?) (?:is|are|was|were|has|have|had|will|said|can|would)\b.+")
_PRONOUNS = frozenset("it he she they this that we i you these those there who what".split())
_CLAUSE = re.compile(
    r",? (?:(?:because|after|before|despite|during|in order to|due to|along with|from|near|by|with|for|since|while) "
    r"[^,.;:]{8,60})(?=\.)"
)
_APPOSITIVE = re.compile(r", (?:(?:an?|the|which|who|where) [^,.;:]{8,60}),")
_PERSON = re.compile(r"[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,3}(?=[ ,.])")
_DOES = r"(?:\w+ed|\w{3,}s|won|beat|met|told|gave|took|led|built|saw|sold|bought|paid|wrote|sent)"
_ACTOR = r"[Tt]he [a-z]+|[A-Z]\w+(?: [A-Z]\w+)*"
_ACTORS = re.compile(rf"\b({_ACTOR}) ({_DOES}|(?:was|were) \w+ed by) ({_ACTOR})\b")


Change = Callable[[str], list[Edit]]


def _names(text: str) -> list[str]:
    return [name for name in names_in(f"x {text}") if name.split()[0].lower() not in STOP_WORDS]


def _people(text: str) -> list[re.Match[str]]:
    return [match for match in _PERSON.finditer(text) if match[0].split()[0].lower() not in STOP_WORDS]


class Falsifier:
    """Finds edits after which a sentence is no longer borne out.

    Args:
        texts: prose that additions are taken from.
        wordnet: knows opposites, and what can stand in one place and mean different things.
        names: knows names of a kind.
        words: knows words of like use.
        harvested: words, each with those that somebody who made errors on purpose put for it.
        shuffle: where chance comes from.
    """

    def __init__(self, texts: Sequence[str], wordnet: WordNet, names: "Alike", words: "Alike",
                 harvested: Mapping[str, set[str]], shuffle: random.Random) -> None:  # fmt: skip
        self._wordnet, self._names, self._words = wordnet, names, words
        self._harvested, self._shuffle = harvested, shuffle
        self._clauses = [m.group() for text in texts for m in _CLAUSE.finditer(text)]
        self._appositives = [m.group() for text in texts for m in _APPOSITIVE.finditer(text)]
        self._sides: dict[str, tuple[str, ...]] = {}
        for one, other in SIDES:
            self._sides |= dict.fromkeys(one, other) | dict.fromkeys(other, one)

    def draw(self, text: str, around: Sequence[str]) -> tuple[str, list[Edit]] | None:
        """One kind of change and its edits; None if nothing of the text can be changed.

        Args:
            text: the claim.
            around: other sentences of its article, for names, numbers and subjects that are told of others.
        """
        kinds: dict[str, tuple[Change, float]] = {
            "name": (lambda text: self.name(text, around), 4), "number": (lambda text: self.number(text, around), 5),
            "series": (self.series, 4), "opposite": (self.opposite, 4), "negation": (self.negation, 3),
            "word": (self.word, 4),
            "harvested": (self.of_harvest, 4), "strength": (self.strength, 3), "actors": (self.actors, 3),
            "addition": (self.addition, 3), "subject": (lambda text: self.subject(text, around), 2),
        }  # fmt: skip
        for kind in sorted(kinds, key=lambda kind: -(self._shuffle.random() ** (1 / kinds[kind][1]))):
            if edits := kinds[kind][0](text):
                return kind, edits
        return None

    def name(self, text: str, around: Sequence[str]) -> list[Edit]:
        """Another name, of the article or of the same kind, or two names of the sentence exchanged."""
        names = _names(text)
        if len(names) > 1 and self._shuffle.random() < 0.3:
            one, other = self._shuffle.sample(names, 2)
            if one not in other and other not in one:
                return [self._replaced(text, one, other), self._replaced(text, other, one)]
        elsewhere = [name for name in _names(" ".join(around)) if not mentions(text, name)]
        for name in self._shuffle.sample(names, len(names)):
            near = [one for one in self._names.near(name) if not mentions(text, one)]
            told = [one for one in elsewhere if one in near]
            options = told if told and self._shuffle.random() < 0.5 else near[:25]
            if options:
                return [self._replaced(text, name, self._shuffle.choice(options))]
        return []

    def number(self, text: str, around: Sequence[str]) -> list[Edit]:
        """Another number, of the article or of about the same size."""
        found = list(_NUMBER.finditer(text))
        if not found:
            return []
        match = self._shuffle.choice(found)
        old = match.group()
        year = _YEAR.fullmatch(old)
        others = {one for one in _NUMBER.findall(" ".join((text, *around))) if bool(_YEAR.fullmatch(one)) == bool(year)}
        value, draw = float(old.replace(",", "")), self._shuffle
        if len(others) > 1 and draw.random() < 0.4:
            new = draw.choice(sorted(others - {old}))
        elif year:
            new = str(int(value) + draw.choice([-20, -10, -3, -2, -1, 1, 2, 3, 5, 10]))
        elif value == int(value):
            new = f"{int(value * draw.choice([1.1, 1.5, 2, 3, 0.5, 0.8])) + draw.choice([0, 1, 2, 5]):,}"
        else:
            new = f"{value + draw.choice([-0.3, -0.1, 0.1, 0.2, 0.5, 1, 2]):.{len(old.split('.')[-1])}f}"
        return [Edit(match.start(), match.end(), new)] if new != old else []

    def series(self, text: str) -> list[Edit]:
        """Another month, weekday, ordinal, unit ..."""

        def others(place: re.Match[str]) -> list[str]:
            word = place.group().lower()
            fits = word in MEMBERS and place.group()[0].isupper() == (word in MONTHS or word.endswith("day"))
            return [one for one in MEMBERS[word] if one != word] if fits and word not in UNSURE else []

        return self._word_edit(text, others, stops=True)

    def opposite(self, text: str) -> list[Edit]:
        """A word replaced by its contrary."""

        def contraries(place: re.Match[str]) -> list[str]:
            word = place.group().lower()
            for ending in ("", "s", "d", "ed", "ing"):
                lemma = word.removesuffix(ending)
                if word.endswith(ending) and lemma in self._sides:
                    regular = (one for one in self._sides[lemma] if self._wordnet.lemma(one, "v") == (one, ""))
                    return [self._wordnet.inflect(one, ending) for one in (regular if ending else self._sides[lemma])][
                        :3
                    ]
            return self._wordnet.opposites(word)

        return self._word_edit(text, contraries)

    def word(self, text: str) -> list[Edit]:
        """A word replaced by one that is used alike and means something else."""

        def others(place: re.Match[str]) -> list[str]:
            if not (word := place.group()).islower() or word in MEMBERS:
                return []
            near = (one for one in self._words.near(word)[1:40] if one not in MEMBERS)
            return [one for one in near if self._wordnet.replaceable(word, one)]

        return self._word_edit(text, others)

    def of_harvest(self, text: str) -> list[Edit]:
        """A word replaced as somebody who made errors on purpose replaced it."""
        return self._word_edit(text, lambda place: sorted(self._harvested.get(place.group().lower(), ())))

    def negation(self, text: str) -> list[Edit]:
        """Denied instead of said, or said instead of denied."""
        if match := _DENIED.search(text):
            return [Edit(match.start(), match.end(), f"{match[1]} {match[2]}" if match[1] else match[2])]
        if match := _AFFIRMED.search(text):
            denied = self._shuffle.choice(["not", "not", "never", "no longer"])
            return [Edit(match.start(), match.end(), f"{match.group()} {denied}")]
        if match := _PAST.search(text):
            verb = self._wordnet.base_form(match[1])
            ways = [f"did not {verb}", f"never {match[1]}", f"refused to {verb}", f"failed to {verb}"]
            return [Edit(match.start(), match.end(), self._shuffle.choice(ways))]
        return []

    def strength(self, text: str) -> list[Edit]:
        """Made certain, general, earlier, larger ... or the reverse."""
        found = [(m, new) for old, new in STRENGTH for m in re.finditer(rf"\b{old}\b", text)]
        if not found:
            return []
        match, new = self._shuffle.choice(found)
        return [Edit(match.start(), match.end(), new)]

    def actors(self, text: str) -> list[Edit]:
        """Who did it and whom it was done to exchanged, or done by it instead of to it."""
        if not (match := _ACTORS.search(text)):
            return []
        one, other = match[1], match[3]
        if one.lower() == other.lower():
            return []
        first = other[0].upper() + other[1:] if one[0].isupper() else other
        second = one[0].lower() + one[1:] if one.lower().startswith("the ") else one
        return [Edit(match.start(1), match.end(1), first), Edit(match.start(3), match.end(3), second)]

    def addition(self, text: str) -> list[Edit]:
        """With a clause, a description or an epithet that the article does not have."""
        draw = self._shuffle
        kind = draw.random()
        if kind < 0.25 and (people := _people(text)):
            person = draw.choice(people)
            new = draw.choice(self._appositives)
            edit = Edit(person.end(), person.end(), new if text[person.end()] == " " else new[:-1])
        elif kind < 0.4 and (places := list(re.finditer(r"\b[Tt]he (?=[a-z]{4,})", text))):
            place = draw.choice(places)
            return [Edit(place.end(), place.end(), f"{draw.choice(EPITHETS)} ")]
        elif text.endswith("."):
            new = draw.choice(ADDED if draw.random() < 0.2 else self._clauses)
            edit = Edit(len(text) - 1, len(text) - 1, new)
        else:
            return []
        told = set(tokens(text))
        return [] if any(word in told for word in tokens(edit.new) if word not in STOP_WORDS) else [edit]

    def subject(self, text: str, around: Sequence[str]) -> list[Edit]:
        """The subject of another sentence with what this one says."""
        own = _SUBJECT.fullmatch(text)
        for other in self._shuffle.sample(around, len(around)) if own else ():
            theirs = _SUBJECT.fullmatch(other)
            if own and theirs:
                one, another = set(tokens(own[1])), set(tokens(theirs[1]))
                if not (one & another - {"the", "a"} or _PRONOUNS & (one | another)):
                    return [Edit(0, own.end(1), theirs[1])]
        return []

    @staticmethod
    def _replaced(text: str, old: str, new: str) -> Edit:
        at = text.index(old)
        return Edit(at, at + len(old), new)

    def _word_edit(self, text: str, options: Callable[[re.Match[str]], list[str]], stops: bool = False) -> list[Edit]:
        places = [m for m in re.finditer(r"\b[a-z][a-z-]{2,}\b|\b[A-Z][a-z]+\b", text)
                  if stops or (m.group() not in STOP_WORDS and (m.group()[0].islower() or m.start() == 0))]  # fmt: skip
        for place in self._shuffle.sample(places, len(places))[:15]:
            if found := sorted({*options(place)} - {place.group().lower()}):
                new = self._shuffle.choice(found)
                new = new[:1].upper() + new[1:] if place.group()[0].isupper() else new
                return [Edit(place.start(), place.end(), new)]
        return []
