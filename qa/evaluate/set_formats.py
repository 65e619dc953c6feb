"""The formats of public question sets: what a file looks like, and how it becomes articles and cases."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, Field, RootModel, ValidationError

from qa.errors import ConfigError
from qa.evaluate.cases import Case, Split
from qa.types import Article, Quote

KNOWN = "SQuAD JSON, CLAPNQ JSONL, or the questions_df.csv of chunking_evaluation"
_HEAD = 65_536
"""Characters of a file that tell its format: more than one question of CLAPNQ, whose keys come in any order."""

_Text = Annotated[str, Field(min_length=1)]
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(slots=True)
class Builder:
    """Collects articles and cases, by id: makes ids unique, checks every gold span, notes what cannot be used."""

    articles: dict[str, Article] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def article(self, title: str, text: str) -> Article:
        """Add an article; one that is there already, title and text, is not added twice."""
        article = Article(title, title, text)
        number = 1
        while (known := self.articles.get(article.id)) and known != article:
            number += 1
            article = replace(article, id=f"{title} #{number}")
        self.articles[article.id] = article
        return article

    def case(
        self, id_: str, question: str, gold: Iterable[Quote] | None, answers: Iterable[str] = (), kind: str = ""
    ) -> None:
        """Add a question; `gold` is None where the articles do not answer it. Without a kind, it is told by that.

        A question that loses all its gold is left out: as an unanswerable one it would be scored for the wrong thing.
        """
        found = []
        for quote in dict.fromkeys(gold or ()):
            if quote.quote and self.articles[quote.article_id].text[quote.start : quote.end] == quote.quote:
                found.append(quote)
            else:
                self.left_out.append(f"{id_}: gold is not at {quote.start} of {quote.title!r}: {quote.quote!r}")
        if not any(character.isalnum() for character in question):
            self.left_out.append(f"{id_}: a question without a word: {question!r}")
        elif gold is not None and not found:
            self.left_out.append(f"{id_}: the whole question, for want of gold")
        else:
            while id_ in self.cases:
                id_ += "+"
            self.cases[id_] = Case(
                id=id_,
                kind=kind or ("unanswerable" if gold is None else "answerable"),
                split=Split.TEST,
                question=question,
                history=(),
                gold=tuple(found),
                needed=1,
                answers=tuple(dict.fromkeys(answers)),
            )


def _quote(article: Article, start: int, text: str) -> Quote:
    return Quote(article.id, article.title, article.url, text, start, start + len(text))


class _SquadAnswer(BaseModel):
    text: str
    answer_start: Annotated[int, Field(ge=0)]


class _SquadQuestion(BaseModel):
    id: _Text
    question: str
    answers: list[_SquadAnswer] = []
    is_impossible: bool = False


class _SquadParagraph(BaseModel):
    context: str
    qas: list[_SquadQuestion]


class _SquadDocument(BaseModel):
    title: str = "Untitled"
    paragraphs: list[_SquadParagraph]


class _Squad(BaseModel):
    data: list[_SquadDocument]


def _read_squad(path: Path, made: Builder) -> None:
    for document in _parsed(_Squad, _text(path), str(path)).data:
        starts = [0]
        for paragraph in document.paragraphs:
            starts.append(starts[-1] + len(paragraph.context) + len("\n\n"))
        text = "\n\n".join(paragraph.context for paragraph in document.paragraphs)
        article = made.article(unquote(document.title).replace("_", " "), text)
        for start, paragraph in zip(starts, document.paragraphs, strict=False):
            for asked in paragraph.qas:
                # A file without `is_impossible` may still have questions that nobody answered.
                answers = [] if asked.is_impossible else asked.answers
                gold = [_quote(article, start + answer.answer_start, answer.text) for answer in answers]
                made.case(asked.id, asked.question, gold or None, [answer.text for answer in answers])


class _ClapnqPassage(BaseModel):
    title: str
    text: _Text


class _ClapnqOutput(BaseModel):
    answer: str = ""
    selected_sentences: list[str] = []


class _Clapnq(BaseModel):
    id: _Text
    input: str
    passages: Annotated[list[_ClapnqPassage], Field(min_length=1)]
    output: list[_ClapnqOutput]


def _read_clapnq(path: Path, made: Builder) -> None:
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        asked = _parsed(_Clapnq, line, f"{path}, line {number}")
        articles = [made.article(passage.title, passage.text) for passage in asked.passages]
        selected = [text for output in asked.output for text in output.selected_sentences]
        gold = [_located(articles, text) for text in selected]
        answered = bool(selected) or any(output.answer for output in asked.output)
        made.case(asked.id, asked.input, gold if answered else None)


def _located(articles: Sequence[Article], text: str) -> Quote:
    """A sentence in the first of the articles that has it; where none has, a quote that the check will not let pass."""
    article = next((article for article in articles if text in article.text), articles[0])
    return _quote(article, max(article.text.find(text), 0), text)


class _Reference(BaseModel):
    content: str
    start_index: Annotated[int, Field(ge=0)]


class _References(RootModel[Annotated[list[_Reference], Field(min_length=1)]]):
    """The JSON within a field of the CSV."""


_COLUMNS = ("question", "references", "corpus_id")


def _read_chunk_spans(path: Path, made: Builder) -> None:
    articles: dict[str, Article] = {}
    for number, (where, (question, references, corpus)) in enumerate(_rows(path), start=1):
        if corpus not in articles:
            articles[corpus] = made.article(corpus.replace("_", " "), _text(path.parent / f"{corpus}.md"))
        spans = _parsed(_References, references, f"{where}, references").root
        gold = [_quote(articles[corpus], span.start_index, span.content) for span in spans]
        made.case(f"{corpus}-{number}", question, gold, kind=corpus)


def _rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The rows of a chunk-span CSV, each with where it stands."""
    lines = csv.reader(io.StringIO(_text(path)), strict=True)
    try:
        columns = next(lines)
        for row in filter(None, lines):
            values = dict(zip(columns, row, strict=False))
            if not all(values.get(name) for name in _COLUMNS):
                raise csv.Error(f"{', '.join(_COLUMNS)} must all be given")
            yield f"{path}, line {lines.line_num}", [values[name] for name in _COLUMNS]
    except csv.Error as error:
        raise ConfigError(f"{path}, line {lines.line_num}: no valid CSV: {error}. Fetch the file again.") from error


class Format(NamedTuple):
    """A way in which sets are written."""

    name: str
    note: str
    """Who made the set, and its licence."""
    read: Callable[[Path, Builder], None]
    """Adds a file's articles and questions; raises ConfigError, with the line where it is known."""


_SQUAD = Format(
    "SQuAD", "Rajpurkar et al., 2016 and 2018, CC BY-SA 4.0; others in this format have their own licence", _read_squad
)
_CLAPNQ = Format("CLAPNQ", "Rosenthal et al., 2025 (primeqa/clapnq), Apache-2.0", _read_clapnq)
_CHUNK_SPANS = Format(
    "chunk spans", "Smith and Troynikov, 2024 (brandonstarxel/chunking_evaluation), MIT", _read_chunk_spans
)


def recognise(path: Path) -> Format | None:
    """The format of a file, if it is a known one. Raises ConfigError where it cannot be read."""
    head = head_of(path)
    start = "".join(head.split())
    if start.startswith("{"):
        return _CLAPNQ if '"passages":[' in start else _SQUAD if '"data":[' in start else None
    columns = next(csv.reader(head.split("\n", 1)[:1]), [])
    return _CHUNK_SPANS if columns and set(columns) >= set(_COLUMNS) else None


def head_of(path: Path) -> str:
    """The beginning of a text file; what is no UTF-8 is replaced."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise unreadable(path, error) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{path} is missing. Put the set's corpora beside its questions.") from error
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> ConfigError:
    """The error for a path that the system will not read."""
    return ConfigError(f"Cannot read {path}: {error}. Name a readable file, or a folder of them: {KNOWN}.")


def _parsed(model: type[_Model], text: str, where: str) -> _Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{where}: {place or 'JSON'}: {first['msg']}. Fetch the file again.") from error
