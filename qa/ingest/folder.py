"""A folder of files becomes clean articles. Nothing is written to it, and one bad file never ends the run.

Hidden files, hidden folders and other suffixes are none of our business. A link to a file is read like the file; a link
to a folder is not followed, so that no loop and no other place of the disk is read by accident.
"""

import hashlib
import logging
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from qa.errors import ArticlesError
from qa.ingest.cache import ParseCache
from qa.ingest.formats import READERS, UnusableFileError
from qa.ingest.furniture import clean
from qa.ingest.header import one_line, take_header
from qa.types import Article

_LONGEST_SLUG = 60
_ID_DIGITS = 10
"""Of a SHA-256, in hex: 10^4 files whose slugs are all the same share an id with a chance of 1 in 20,000."""
_MOST_REASONS = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be used."""

    path: str
    """Relative to the folder, with slashes."""
    reason: str
    """A sentence for whoever put the file there."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What a folder holds."""

    articles: tuple[Article, ...]
    """By their relative paths."""
    skipped: tuple[Skipped, ...]
    duplicates: tuple[tuple[str, str], ...]
    """Relative paths: of a copy, and of the identical article that is kept."""


def read_folder(
    folder: Path,
    max_file_mb: float,
    cache: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Collection:
    """Read every article of a folder and its subfolders.

    Args:
        folder: holds `.txt`, `.md`, `.html` and `.htm` files.
        max_file_mb: a larger file is skipped, in 10^6 bytes.
        cache: a file that keeps what was read, outside of the folder; without one every file is read anew.
        progress: called with the number of files done and of all.

    Raises:
        ArticlesError: the folder is missing, is no folder, or holds no readable article.
    """
    articles: list[Article] = []
    skipped: list[Skipped] = []
    duplicates: list[tuple[str, str]] = []
    kept: dict[tuple[str, str], str] = {}
    files = sorted((_shown(relative), relative) for relative in _files(folder))
    with ParseCache(cache) as parsed:
        for done, (name, relative) in enumerate(files, start=1):
            progress(done, len(files))
            try:
                article = _read(folder, relative, max_file_mb, parsed)
            except UnusableFileError as problem:
                _log.warning("Skipped %s: %s", name, problem)
                skipped.append(Skipped(name, str(problem)))
                continue
            original = kept.setdefault((article.title, article.text), name)
            if original == name:
                articles.append(article)
            else:
                duplicates.append((name, original))
    if not articles:
        reasons = "".join(f"\n  {s.path}: {s.reason}" for s in skipped[:_MOST_REASONS])
        raise ArticlesError(
            f"No readable article in {folder}. Put .txt, .md or .html files there, or name another folder as "
            f"articles.folder in config.yaml.{reasons}"
        )
    return Collection(tuple(articles), tuple(skipped), tuple(duplicates))


def _files(folder: Path) -> Iterator[Path]:
    """Relative paths of all that ought to be read, with the folders that cannot: reading those says why."""
    pending = [folder]
    while pending:
        directory = pending.pop()
        try:
            entries = list(os.scandir(directory))
        except (OSError, ValueError) as error:
            if directory == folder:
                raise ArticlesError(
                    f"Cannot read the folder of articles {folder}: {_cause(error)}. Create it, or name another one as "
                    "articles.folder in config.yaml."
                ) from error
            yield directory.relative_to(folder)
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif path.suffix.lower() in READERS or (entry.is_symlink() and _is_folder(path)):
                yield path.relative_to(folder)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link into a place that is closed to us
        return False


def _read(folder: Path, relative: Path, max_file_mb: float, parsed: ParseCache) -> Article:
    status = _status(folder / relative, max_file_mb)
    article = parsed.get(relative, status)
    if article is None:
        article = _parsed(relative, _content(folder / relative))
        parsed.put(relative, status, article)
    return article


def _parsed(relative: Path, raw: bytes) -> Article:
    try:
        draft = READERS[relative.suffix.lower()](raw)
    except (UnusableFileError, ImportError):  # a package that is missing is no fault of the file
        raise
    except Exception as error:  # whatever a parser makes of a broken file, it is this file's fault alone
        message = f"Its content is broken ({type(error).__name__}). Save it again, or as .txt."
        raise UnusableFileError(message) from error
    draft = take_header(replace(draft, text=clean(draft.text)))
    if not draft.text:
        raise UnusableFileError("It holds no text but page furniture.")
    title = draft.title or one_line(re.sub(r"[-_\s]+", " ", _shown(relative.with_suffix("")).rpartition("/")[2]))
    return Article(_article_id(relative), title or "Untitled", draft.text, draft.url, draft.published)


def _status(path: Path, max_file_mb: float) -> os.stat_result:
    """Of a file that can be read as far as that tells; a folder is none, which only reading it says."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode) and path.is_symlink():
            raise UnusableFileError("A link to a folder is not followed. Put the folder itself here.")
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise UnusableFileError("It is a device or a pipe, not a file.")  # reading it could wait forever
        megabytes = status.st_size / 1e6
        if megabytes > max_file_mb:
            raise UnusableFileError(f"It has {megabytes:.1f} MB; articles.max_file_mb allows {max_file_mb:g}.")
    except OSError as error:
        raise UnusableFileError(f"It cannot be read: {_cause(error)}.") from error
    return status


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableFileError(f"It cannot be read: {_cause(error)}.") from error
    if not content.strip():
        raise UnusableFileError("It is empty.")
    return content


def _article_id(relative: Path) -> str:
    """Readable and fit for a URL; it depends on nothing but the path, so it stays when other files come and go."""
    plain = unicodedata.normalize("NFKD", relative.with_suffix("").as_posix()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower())[:_LONGEST_SLUG].strip("-") or "article"
    return f"{slug}-{hashlib.sha256(os.fsencode(relative.as_posix())).hexdigest()[:_ID_DIGITS]}"


def _shown(relative: Path) -> str:
    """A path as text: on Linux a file's name is any bytes, and what is not UTF-8 could be neither logged nor stored."""
    return os.fsencode(relative.as_posix()).decode("utf-8", "replace")


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
