"""What was read from files, so that a file that has not changed since is not parsed again.

It is only ever a saving: where the cache cannot be used, is damaged, or is of another format, files are read as if
there were none.
"""

import hashlib
import json
import logging
import os
import sqlite3
import time
from dataclasses import astuple
from pathlib import Path
from types import TracebackType
from typing import Self

from qa.types import Article

_FORMAT = 1
"""Raise it when cleaning changes what is read from a file, or the table changes."""
_FRESH_NS = 2_000_000_000
"""A file changed less than two seconds ago may change again without a change of its times (as git has it: racy)."""

_log = logging.getLogger(__name__)


class ParseCache:
    """Articles by their files; to be used as a context.

    Args:
        path: of the SQLite file, which is made if it is not there; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._table: sqlite3.Connection | None = None
        self._seen: set[bytes] = set()

    def __enter__(self) -> Self:
        if self._path:
            try:
                self._table = self._opened(self._path)
            except (sqlite3.Error, OSError) as error:
                self._give_up(error)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        if self._table is None:
            return
        try:
            with self._table as table:
                if kind is None:
                    gone = [key for (key,) in table.execute("SELECT path FROM parsed") if key not in self._seen]
                    table.executemany("DELETE FROM parsed WHERE path = ?", [(key,) for key in gone])
            table.close()
        except sqlite3.Error as error:
            self._give_up(error)

    def get(self, relative: Path, status: os.stat_result) -> Article | None:
        """What was read from this file, if it has not changed since."""
        if self._table is None:
            return None
        key = os.fsencode(relative)
        self._seen.add(key)
        try:
            row = self._table.execute("SELECT stamp, article, sha256 FROM parsed WHERE path = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if not row or row[0] != _stamp(status) or row[2] != _digest(row[1]):
            return None
        return Article(*json.loads(row[1]))

    def put(self, relative: Path, status: os.stat_result, article: Article) -> None:
        """Keep what was read from a file that had this status before it was read."""
        if self._table is None or time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < _FRESH_NS:
            return
        content = json.dumps(astuple(article))
        row = (os.fsencode(relative), _stamp(status), content, _digest(content))
        try:
            self._table.execute("INSERT OR REPLACE INTO parsed VALUES (?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            self._give_up(error)

    def _opened(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._table_in(path)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
            path.unlink()
            return self._table_in(path)

    @staticmethod
    def _table_in(path: Path) -> sqlite3.Connection:
        table = sqlite3.connect(path, timeout=1)
        if table.execute("PRAGMA user_version").fetchone() != (_FORMAT,):
            table.execute("DROP TABLE IF EXISTS parsed")
            table.execute(f"PRAGMA user_version = {_FORMAT}")
        table.execute(
            "CREATE TABLE IF NOT EXISTS parsed (path BLOB PRIMARY KEY, stamp TEXT, article TEXT, sha256 TEXT)"
        )
        return table

    def _give_up(self, error: Exception) -> None:
        _log.warning("%s cannot be used (%s): every file is read anew. It may be deleted.", self._path, error)
        if self._table is not None:
            self._table.close()
        self._table = None


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
