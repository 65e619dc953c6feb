"""Statements made of questions and their answers: people put what a passage says in their own words when they ask."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from qa.models.train.edits import Range
from qa.models.train.pairs import Article, Pair, absent, rest, supported, unsupported
from qa.models.train.sources import HELD_OUT, NO_ANSWER, Asked, Collection, mentions
from qa.text import sentence_spans

SHARES = {"new_wiki": 1.0, "reddit": 0.1, "amazon_reviews": 0.05, "squad2": 1.0, "qed": 1.0, "qamr": 0.5, "nqg": 0.6}
"""How many of each set's questions are used."""
ASKED_SHARE = 0.35
"""How many of the questions that no rule turns into a statement are used as they are, with the answer behind."""
LONGEST_ANSWER = 90
_PARTICIPLE = (
    r"(?:\w+ed|\w+en|built|held|made|found|born|known|won|lost|sold|bought|led|sent|put|set|shot|hit|kept|left|met|paid|said"
    r"|thought|told|taught|understood|begun|sung|worn|drawn|grown|shown|thrown|flown|blown|done|gone|cut|read)"
)
_TENSED = rf"(?:has|had|will|would|can|could|may|won|led|made|wrote|began|became|{_PARTICIPLE})"
_SUBJECT = re.compile(
    rf"(?:who|what|which)(?: [\w'-]+){{0,3}}? ((?:is|was|are|were) {_PARTICIPLE}\b.+|{_TENSED} .+)", re.I
)
_BEING = re.compile(r"(?:who|what) ((?:is|was|are|were) (?:the|a|an) .+)", re.I)
_ASKING = r"when|where|why|how|in what|in which"
_DOING = re.compile(rf"(how many|how much|{_ASKING}|who|what|which)((?: [\w'-]+){{0,3}}?) (?:did|does|do) (.+)", re.I)
_PASSIVE = re.compile(rf"({_ASKING})((?: [\w'-]+){{0,2}}?) (was|were|is|are) (.+?) ({_PARTICIPLE}\b.*)", re.I)
_PREPOSITIONS = (
    "in on at by from to near after before during because since with for through until between about".split()
)
_JOINED = re.compile(rf"(?:{'|'.join(_PREPOSITIONS)})\b", re.I)
_DANGLING = re.compile(r"\b(?:called|named|in|on|at|by|from|to|of|for|with|about|like|as)$")


def statement(question: str, answer: str) -> tuple[str, Range] | None:
    """What a question and its answer say together, and where the answer is in it; None where no rule fits."""
    asked = question.strip().rstrip("? ").strip()
    if (match := _SUBJECT.fullmatch(asked)) or ((match := _BEING.fullmatch(asked)) and not _DANGLING.search(asked)):
        return f"{answer[0].upper()}{answer[1:]} {match[1]}.", (0, len(answer))
    if match := _DOING.fullmatch(asked):
        said, counted = match[3], f"{match[2]}" if match[1].lower().startswith("how") else ""
        return _ending(said, match[1].lower(), answer, counted)
    if match := _PASSIVE.fullmatch(asked):
        return _ending(f"{match[4]} {match[3]} {match[5]}", match[1].lower(), answer, "")
    return None


def _ending(said: str, asked: str, answer: str, counted: str) -> tuple[str, Range]:
    joint = {"who": "", "what": "", "which": "", "why": "because ", "how": "by "}.get(asked, "in ")
    joint = "" if counted else joint
    begin = f"{said[0].upper()}{said[1:]} {'' if _JOINED.match(answer) or _DANGLING.search(said) else joint}"
    return f"{begin}{answer}{counted}.", (len(begin), len(begin) + len(answer))


class Answers:
    """Makes claims of a set's questions."""

    def __init__(self, one: Collection, shuffle: random.Random) -> None:
        self._set, self._shuffle = one, shuffle
        self._told: dict[int, list[str]] = {}
        for asked in one.asked:
            if asked.golds and asked.marked:
                self._told.setdefault(asked.passage, []).append(asked.golds[0])

    def pairs(self) -> Iterator[Pair]:
        """True claims, the same with another answer of the passage, and the same without the evidence."""
        for asked in self._set.asked:
            usable = asked.start != NO_ANSWER and asked.marked and asked.end - asked.start < LONGEST_ANSWER
            if usable and self._shuffle.random() < SHARES[self._set.name]:
                yield from self._about(asked)

    def _about(self, asked: Asked) -> Iterator[Pair]:
        passage = self._set.passages[asked.passage]
        answer = passage[asked.start : asked.end]
        made = self._said(asked.question, answer)
        spans = sentence_spans(passage)
        at = next((n for n, (a, b) in enumerate(spans) if a <= asked.start < b), None)
        if made is None or at is None:
            return
        article = Article([passage[a:b] for a, b in spans])
        claim, _ = made
        near = article.nearest(claim, self._shuffle.choice([1, 2, 3]), [at])
        evidence = article.text([at, *(near if self._shuffle.random() < 0.6 else [at - 1] if at else [])])
        yield supported(claim, evidence, "answer")
        others = [other for other in self._told[asked.passage] if _another(other, answer)]
        if others:
            other = self._shuffle.choice(others)
            if wrong := self._said(asked.question, other):
                yield unsupported(wrong[0], evidence, "answer-other", [wrong[1]])
        if near and self._shuffle.random() < 0.3 and not mentions(left := article.text(near), answer):
            missing = absent(claim, left)
            yield unsupported(claim, left, "answer-removed", missing, rest(claim, missing))

    def _said(self, question: str, answer: str) -> tuple[str, Range] | None:
        if made := statement(question, answer):
            return made
        if self._shuffle.random() < ASKED_SHARE:
            return f"{question} {answer}", (len(question) + 1, len(question) + 1 + len(answer))
        return None


def _another(other: str, answer: str) -> bool:
    """Whether two answers are of a kind and share nothing."""
    kinds = [(bool(re.search(r"\d", one)), one[:1].isupper(), len(one.split()) > 4) for one in (other, answer)]
    return kinds[0] == kinds[1] and not set(other.lower().split()) & set(answer.lower().split())


def near_misses(path: Path, shuffle: random.Random) -> Iterator[Pair]:
    """Questions of SQuAD 2.0 without an answer, written by people, with the one that the passage seems to give."""
    for article in json.loads(path.read_text())["data"]:
        for paragraph in article["paragraphs"] if article["title"] not in HELD_OUT["squad2"] else ():
            sentences = Article([paragraph["context"][a:b] for a, b in sentence_spans(paragraph["context"])])
            for entry in paragraph["qas"]:
                told = [answer["text"] for answer in entry.get("plausible_answers", ())]
                if told and (made := statement(entry["question"], told[0])):
                    evidence = sentences.text(sentences.nearest(made[0], shuffle.choice([2, 3])))
                    yield unsupported(made[0], evidence, "near-miss", [], [(0, len(made[0]))])
