"""Public question sets: their passages become articles, their questions become cases.

Known by their content, whatever the file is called:

- **SQuAD** 1.1 or 2.0 JSON. Each title is one article of all its paragraphs, so the right one must be found. Gold are
  the answers that people marked, at their places; they are the accepted short answers, too.
- **CLAPNQ** JSONL, answerable or not. Each passage is an article. Gold are the sentences that any of its annotators
  selected. Its answers are whole paragraphs, so there is no short one to score.
- The **chunk-span** CSV of `chunking_evaluation`, `questions_df.csv`, beside its `.md` corpora. Each corpus is an
  article. Gold are the spans of `references`.

*What is right.* A question with several gold spans needs one of them (`needed` is 1): annotators mark the same answer
at different places, and of a list of evidence the first piece already shows that the right place was found. Whoever
cites one is not complete, so read the scores as "found", not as "said all".

*What is to be refused.* Unanswerable means: the question's own passage does not answer it. Another passage of the set
may; it is scored as unanswerable all the same, so the share that is refused is, if anything, too low.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from qa.config import Config
from qa.errors import ConfigError
from qa.evaluate.cases import Case
from qa.evaluate.set_formats import KNOWN, Builder, Format, head_of, recognise, unreadable
from qa.index import Progress, sync, writing
from qa.models.embedding import MiniLMEmbedding
from qa.types import Article

_SEED = 0


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A question set, ready to be indexed and asked."""

    name: str
    note: str
    """Where it is from and its licence, for the report."""
    articles: tuple[Article, ...]
    cases: tuple[Case, ...]
    left_out: tuple[str, ...]
    """What could not be used, each with its reason: gold that is not where the set says, a question without a word."""


def load_set(path: Path, limit: int | None = None) -> PublicSet:
    """Read a public set from a file, or from all files of a folder that hold the same set.

    Args:
        path: a SQuAD, CLAPNQ or chunk-span file, or a folder with such files; others beside them are passed over.
        limit: questions at most, drawn with a fixed seed, answerable ones and others in the proportion of the set. All
            passages are kept: the search is as hard as without a limit.

    Raises:
        ConfigError: there is no such set, it is damaged or holds no question; names the file and, if known, the line.
    """
    if limit is not None and limit < 1:
        raise ConfigError("The limit of questions must be 1 or more.")
    format_, files = _recognise(path)
    made = Builder()
    for file in files:
        format_.read(file, made)
    if not made.cases:
        reason = f" The first left out: {made.left_out[0]}." if made.left_out else ""
        raise ConfigError(f"{path} holds no question to ask.{reason} Name another file or folder.")
    cases = tuple(made.cases.values())
    return PublicSet(
        name=f"{format_.name} ({path.resolve().name})",
        note=format_.note,
        articles=tuple(made.articles.values()),
        cases=_draw(cases, limit) if limit else cases,
        left_out=tuple(made.left_out),
    )


@contextmanager
def indexed(public: PublicSet, config: Config, progress: Progress = lambda _done, _total: None) -> Iterator[Config]:
    """Index the set's articles in a temporary folder, and give the configuration that opens this index.

    Args:
        public: the set.
        config: how to index and answer; its own articles, index and suggestions are left alone.
        progress: called with the articles done and all of them.

    Raises:
        IndexUnavailable: the temporary folder cannot be written.
        ModelError: the embedding model is missing or damaged.
    """
    with TemporaryDirectory(prefix="qa-set-", ignore_cleanup_errors=True) as folder:
        index = config.index.model_copy(update={"folder": Path(folder)})
        own = config.model_copy(update={"index": index, "suggestions": ()})
        with writing(own):
            sync(public.articles, own, MiniLMEmbedding(), progress)
            yield own


def _draw(cases: Sequence[Case], limit: int) -> tuple[Case, ...]:
    """At most `limit` cases in their order, of answerable and unanswerable ones the same share."""
    answerable = [i for i, case in enumerate(cases) if case.answerable]
    unanswerable = [i for i, case in enumerate(cases) if not case.answerable]
    of_answerable = round(limit * len(answerable) / len(cases))
    rng = random.Random(_SEED)
    drawn = [
        i
        for group, count in ((answerable, of_answerable), (unanswerable, limit - of_answerable))
        for i in rng.sample(group, min(count, len(group)))
    ]
    return tuple(cases[i] for i in sorted(drawn))


def _recognise(path: Path) -> tuple[Format, list[Path]]:
    """The format of a file or folder, and the files that are in it."""
    try:
        files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    except OSError as error:
        raise unreadable(path, error) from error
    found: dict[Format, list[Path]] = {}
    for file in files:
        if format_ := recognise(file):
            found.setdefault(format_, []).append(file)
    if len(found) == 1:
        return found.popitem()
    if found:
        held = "; ".join(f"{format_.name}: {', '.join(f.name for f in files)}" for format_, files in found.items())
        raise ConfigError(f"{path} holds sets of several formats ({held}). Name one of the files.")
    if path.is_file() and not head_of(path).strip():
        raise ConfigError(f"{path} is empty. Fetch the file again.")
    kind = "has no file in a" if path.is_dir() else "is in no"
    raise ConfigError(f"{path} {kind} format that is known: {KNOWN}.")
