"""The public sets that the reader learns from, read into one form.

Every set is a `Collection`: passages that belong to documents, and questions about them. Documents held out for
development never come back from `load_training`; `load_development` returns only them.
"""

import json
import math
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

HELD_OUT = {
    "new_wiki": {"Flag_of_the_United_States", "Surname"},
    "squad2": {"European_Union_law", "Immune_system", "Warsaw"},
}
"""Documents for development: the first two for answers, the other three for near misses written by people."""
NO_ANSWER = -1
"""`Asked.start` where the passage does not answer."""
BLOCK = 5
"""Sentences of NQG that are put together as a passage: they follow each other in one article, nearly without gaps."""
SURE = 0.4
"""Least probability of a mark that a reader set in NQG; below it only the sentence is known."""
_TREEBANK = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "``": '"', "''": '"'}


class Example(TypedDict):
    """One line of what `prepare.py` writes and `train.py` reads; offsets in characters of the passage."""

    question: str
    passage: str
    start: int
    end: int
    marked: bool
    """Whether `start` and `end` are the answer's own; if not, they are those of the sentence that holds it."""
    kind: str
    """How it was made, for whoever looks at the data; training does not use it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a passage of its collection; `start` and `end` are character offsets of the answer in it."""

    question: str
    passage: int
    start: int
    end: int
    golds: tuple[str, ...] = ()
    """Every answer that somebody marked: what no other passage may contain to serve as one without the answer."""
    marked: bool = True
    """Whether `start` and `end` are the answer's own; if not, they are those of the sentence that holds it."""


@dataclass(frozen=True, slots=True)
class Collection:
    """The passages of one set, the document of each, and the questions."""

    name: str
    passages: list[str]
    documents: list[str]
    asked: list[Asked]

    def siblings(self) -> dict[str, list[int]]:
        """The passages of each document."""
        found = defaultdict(list)
        for number, document in enumerate(self.documents):
            found[document].append(number)
        return found


def tokens(text: str) -> list[str]:
    """Lower-case words and numbers."""
    return re.findall(r"\w+", text.lower())


@lru_cache(maxsize=100_000)
def folded(text: str) -> str:
    """A text as ` word word `, to find whole words in."""
    return f" {' '.join(tokens(text))} "


def mentions(text: str, phrase: str) -> bool:
    """Whether the words of a phrase occur in a text, next to each other."""
    return bool(words := folded(phrase).strip()) and f" {words} " in folded(text)


class BM25:
    """Lexical search over a fixed list of texts; words that occur nearly everywhere are left out for speed."""

    def __init__(self, texts: list[str]) -> None:
        counts = [Counter(tokens(text)) for text in texts]
        average = sum(sum(count.values()) for count in counts) / max(1, len(counts))
        frequency = Counter(word for count in counts for word in count)
        limit = max(40, 0.08 * len(counts))
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, count in enumerate(counts):
            damping = 1.2 * (0.25 + 0.75 * sum(count.values()) / average)
            for word, times in count.items():
                if frequency[word] <= limit:
                    rarity = math.log(1 + (len(counts) - frequency[word] + 0.5) / (frequency[word] + 0.5))
                    self._weights[word].append((number, rarity * times * 2.2 / (times + damping)))

    def nearest(self, query: str, count: int) -> list[int]:
        """The texts that share most with the query, best first."""
        scores: Counter[int] = Counter()
        for word in dict.fromkeys(tokens(query)):  # in their order: a set has another one in every run
            for number, weight in self._weights.get(word, ()):
                scores[number] += weight
        return [number for number, _ in scores.most_common(count)]


def load_training(folder: Path, marks: Path | None = None) -> list[Collection]:
    """Every set in `folder` (the layout is that of the data's README), without the documents held out.

    `marks` is what `mark.py` wrote; without it no answer of NQG is marked.
    """
    return [
        *(_squad(folder / f"{name}.json", name, held_out=False) for name in ("new_wiki", "reddit", "amazon_reviews")),
        _squad(folder / "squad2_eleven_articles.json", "squad2", held_out=False),
        _qed(folder / "qed_dev.jsonl"),
        _qamr(folder),
        sentence_marked(read_nqg(folder), marks),
    ]


def load_development(folder: Path) -> list[Collection]:
    """The documents held out: Wikipedia questions with an answer, and questions with and without one."""
    return [
        _squad(folder / "new_wiki.json", "new_wiki", held_out=True),
        _squad(folder / "squad2_eleven_articles.json", "squad2", held_out=True),
    ]


def _squad(path: Path, name: str, held_out: bool) -> Collection:
    made = Collection(name, [], [], [])
    for article in json.loads(path.read_text())["data"]:
        if (article["title"] in HELD_OUT.get(name, ())) != held_out:
            continue
        for paragraph in article["paragraphs"]:
            passage = len(made.passages)
            made.passages.append(paragraph["context"])
            made.documents.append(article["title"])
            for entry in paragraph["qas"]:
                question = entry["question"].strip()
                if entry.get("is_impossible"):
                    made.asked.append(Asked(question, passage, NO_ANSWER, NO_ANSWER))
                    continue
                text, start = _agreed(entry["answers"])
                golds = tuple(dict.fromkeys(answer["text"] for answer in entry["answers"]))
                if paragraph["context"][start : start + len(text)] == text:
                    made.asked.append(Asked(question, passage, start, start + len(text), golds))
    return made


def _agreed(answers: list[dict[str, str | int]]) -> tuple[str, int]:
    """The answer that most people marked, the shortest of them."""
    votes = Counter((str(answer["text"]), int(answer["answer_start"])) for answer in answers)
    most = max(votes.values())
    return min((answer for answer, count in votes.items() if count == most), key=lambda answer: len(answer[0]))


def _qed(path: Path) -> Collection:
    made = Collection("qed", [], [], [])
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        spans = [answer[0] for answer in entry["original_nq_answers"] if len(answer) == 1]
        if not spans:
            continue
        votes = Counter((span["start"], span["end"]) for span in spans)
        start, end = min(votes, key=lambda span: (-votes[span], span[1] - span[0]))
        passage = entry["paragraph_text"]
        made.asked.append(Asked(entry["question_text"].strip(), len(made.passages), start, end, (passage[start:end],)))
        made.passages.append(passage)
        made.documents.append(entry["title_text"])
    return made


def _qamr(folder: Path) -> Collection:
    made = Collection("qamr", [], [], [])
    rendered: dict[str, tuple[int, list[tuple[int, int]]]] = {}
    for line in (folder / "qamr_wiki-sentences.tsv").read_text().splitlines():
        key, text = line.split("\t")
        sentence, offsets = _render([_TREEBANK.get(word, word) for word in text.split(" ")])
        rendered[key] = len(made.passages), offsets
        made.passages.append(sentence)
        made.documents.append(":".join(key.split(":")[:3]))
    seen = set()
    for part in ("dev", "test"):
        for line in (folder / f"qamr_filtered_{part}.tsv").read_text().splitlines():
            key, _, _, _, _, question, first, *others = line.split("\t")
            votes = Counter([first, *(other.split(":")[1] for other in others[:2])]).most_common(1)
            indices = [int(index) for index in votes[0][0].split()]
            if (key, question.lower()) in seen or votes[0][1] < 2 or indices[-1] - indices[0] + 1 != len(indices):
                continue
            seen.add((key, question.lower()))
            passage, offsets = rendered[key]
            start, end = offsets[indices[0]][0], offsets[indices[-1]][1]
            made.asked.append(Asked(question.strip(), passage, start, end, (made.passages[passage][start:end],)))
    random.Random(0).shuffle(made.asked)
    return made


def _render(words: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """A tokenised sentence as people write it, with the offsets of its words."""
    text, offsets, quoting, glued = "", [], False, True
    for word in words:
        closing = bool(re.fullmatch(r"[,.;:?!)\]%]|'s|'|n't|'re|'ve|'ll", word)) or (word == '"' and quoting)
        if not closing and not glued:
            text += " "
        offsets.append((len(text), len(text) + len(word)))
        text += word
        glued = word in ("(", "[", "$") or (word == '"' and not quoting)
        quoting ^= word == '"'
    return text, offsets


def read_nqg(folder: Path) -> list[tuple[str, str]]:
    """The questions of NQG, each with the sentence that answers it, in the order of the articles of SQuAD."""
    sentences = (folder / "nqg_src_test.txt").read_text().splitlines()
    questions = (folder / "nqg_tgt_test.txt").read_text().splitlines()
    found = []
    for tokenised, question in zip(sentences, questions, strict=True):
        words = [_TREEBANK.get(word.upper(), word) for word in tokenised.split()]
        sentence = _render(words)[0]
        if len(words) >= 5 and len(sentence) <= 600:
            # Everything is in lower case, but where a sentence begins must be seen.
            found.append((_render(question.split())[0], sentence[0].upper() + sentence[1:]))
    return found


def sentence_marked(pairs: list[tuple[str, str]], marks: Path | None) -> Collection:
    """Questions of which only the sentence is known, beside the sentences around it; with marks, answers in some."""
    marked = [json.loads(line) for line in marks.read_text().splitlines()] if marks else [None] * len(pairs)
    order = {sentence: n for n, sentence in enumerate(dict.fromkeys(sentence for _, sentence in pairs))}
    blocks: dict[int, list[str]] = defaultdict(list)
    begins = {}
    for sentence, number in order.items():
        begins[sentence] = sum(len(one) + 1 for one in blocks[number // BLOCK])
        blocks[number // BLOCK].append(sentence)
    made = Collection("nqg", [" ".join(block) for block in blocks.values()], [str(n // 8) for n in blocks], [])
    for (question, sentence), mark in zip(pairs, marked, strict=True):
        begin, block = begins[sentence], order[sentence] // BLOCK
        if mark and mark["probability"] >= SURE:
            answer = sentence[mark["start"] : mark["end"]]
            made.asked.append(Asked(question, block, begin + mark["start"], begin + mark["end"], (answer,)))
        else:
            made.asked.append(Asked(question, block, begin, begin + len(sentence), (sentence,), marked=False))
    return made
