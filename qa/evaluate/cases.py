"""The fixed questions: read from YAML, checked, and their gold found in the articles."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qa.errors import ConfigError
from qa.types import Article, Quote, Role, Turn

QUESTIONS = Path(__file__).with_name("questions.yaml")
"""The questions about the articles that ship with the project."""

_Text = Annotated[str, Field(min_length=1)]


class Split(StrEnum):
    """What a question is for: tuning on it, or finding out afterwards whether tuning went too far."""

    DEV = "dev"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Case:
    """One fixed question and what is known about its answer."""

    id: str
    kind: str
    """What sort of question it is, for the rows of the report: "fact", "paraphrase", "false-premise" ..."""
    split: Split
    question: str
    history: tuple[Turn, ...]
    gold: tuple[Quote, ...]
    """Each settles the question; empty where the articles do not answer it."""
    needed: int
    """How many of the gold quotes a right answer cites: several for a broad question, else one."""
    answers: tuple[str, ...]
    """Acceptable short answers; empty where there is no short one."""

    @property
    def answerable(self) -> bool:
        """Whether the articles answer the question."""
        return bool(self.gold)

    @property
    def digest(self) -> str:
        """Stands for all that makes the question what it is: where it differs, two answers are not comparable."""
        gold = [(quote.title, quote.quote) for quote in self.gold]
        history = [(turn.role, turn.text) for turn in self.history]
        content = [self.question, history, gold, self.needed, self.answers]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Message(_Model):
    role: Role
    content: _Text


class _Question(_Model):
    id: _Text
    kind: _Text
    split: Split
    question: _Text
    history: tuple[_Message, ...] = ()
    gold: dict[str, Annotated[tuple[_Text, ...], Field(min_length=1)]] = {}
    needed: Annotated[int, Field(ge=1)] = 1
    answers: tuple[_Text, ...] = ()

    @model_validator(mode="after")
    def _gold_suffices(self) -> Self:
        quotes = sum(map(len, self.gold.values()))
        if self.needed > max(quotes, 1):
            raise ValueError(f"{self.id} needs {self.needed} quotes but gives {quotes} as gold")
        if self.answers and not quotes:
            raise ValueError(f"{self.id} has short answers but no gold")
        return self


class _File(_Model):
    articles: dict[str, str]
    cases: tuple[_Question, ...]

    @model_validator(mode="after")
    def _names_are_known_and_unique(self) -> Self:
        if twice := [name for name, count in Counter(case.id for case in self.cases).items() if count > 1]:
            raise ValueError(f"used twice as an id: {', '.join(twice)}")
        for case in self.cases:
            if unknown := case.gold.keys() - self.articles.keys():
                raise ValueError(f"{case.id} names an article that is not listed under articles: {', '.join(unknown)}")
        return self


def load_cases(articles: Sequence[Article], path: Path = QUESTIONS, split: Split | None = None) -> tuple[Case, ...]:
    """Read the questions of a file, or of one split of it, with their gold as offsets into `articles`.

    Raises:
        ConfigError: the file cannot be read, is not as its opening comment says, has no question of that split, or
            gives gold that is not found exactly once in its article; names the case.
    """
    file = _read(path)
    named = {name: _article(articles, title, path) for name, title in file.articles.items()}
    cases = [
        Case(
            id=question.id,
            kind=question.kind,
            split=question.split,
            question=question.question,
            history=tuple(Turn(message.role, message.content) for message in question.history),
            gold=tuple(
                _locate(named[name], text, f"{path}: {question.id}")
                for name, texts in question.gold.items()
                for text in texts
            ),
            needed=question.needed,
            answers=question.answers,
        )
        for question in file.cases
        if split in (None, question.split)
    ]
    if not cases:
        raise ConfigError(f"{path} has no question to ask. Add one, or choose another split.")
    return tuple(cases)


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read the questions in {path}: {error}.") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}".lstrip(": ") for e in error.errors())
        raise ConfigError(f"{path}: {problems}") from error


def _article(articles: Sequence[Article], title: str, path: Path) -> Article:
    found = [article for article in articles if article.title == title]
    if len(found) != 1:
        raise ConfigError(
            f"{path} asks about {title!r}; {len(found)} of the {len(articles)} articles have that title, not one. "
            "Put it into the folder of articles and run `qa ingest`, or evaluate with questions about yours."
        )
    return found[0]


def _locate(article: Article, text: str, where: str) -> Quote:
    count = article.text.count(text)
    if count != 1:
        raise ConfigError(f"{where}: gold occurs {count} times in {article.title!r}, not once: {text!r}.")
    start = article.text.index(text)
    return Quote(article.id, article.title, article.url, text, start, start + len(text))
