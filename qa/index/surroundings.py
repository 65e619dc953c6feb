"""What can be wrong around the files of an embedded index: the disk, permissions, other programs."""

import errno
import os
import sqlite3
import tempfile
from contextlib import closing

from qa.config import Config
from qa.errors import IndexUnavailable

_ROOM = 1 << 20
"""Bytes that must be left on the disk before anything that is wrong with an index is blamed on the index."""


def check_surroundings(config: Config) -> None:
    """Make sure that an index that cannot be read is to blame for it, before it is thrown away.

    Raises:
        IndexUnavailable: the disk is full, or a file may not be written to.
    """
    folder = config.index.folder / config.fingerprint
    if not folder.is_dir():
        return
    try:
        for path in (config.index.folder, folder, *folder.rglob("*")):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * _ROOM)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise IndexUnavailable(
            f"Cannot write to {folder}: {error.strerror}. Make room or mend its permissions, or name another as "
            "index.folder. What is in it is left as it is."
        ) from error


def check_free(config: Config) -> None:
    """Make sure that nobody else, a backup for instance, holds the database: Chroma would wait for it without end.

    Raises:
        IndexUnavailable: somebody does.
    """
    database = config.index.folder / config.fingerprint / "chroma.sqlite3"
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=5)) as connection:
            connection.execute("begin immediate")
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise IndexUnavailable(f"Another program holds {database}. End it, then run `qa ingest`.") from error
