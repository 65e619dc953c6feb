"""Articles -> passages -> sentences -> Chroma."""

from qa.index.editions import Stored, Version
from qa.index.lock import writing
from qa.index.opened import Hit, Index, current_version, open_index
from qa.index.passages import Passages, sentences_of, span_id, split
from qa.index.store import Embedder, Vectors
from qa.index.sync import Progress, SyncReport, leftovers, sync, tidy
from qa.index.trust import read_ahead

__all__ = [
    "Embedder",
    "Hit",
    "Index",
    "Passages",
    "Progress",
    "Stored",
    "SyncReport",
    "Vectors",
    "Version",
    "current_version",
    "leftovers",
    "open_index",
    "read_ahead",
    "sentences_of",
    "span_id",
    "split",
    "sync",
    "tidy",
    "writing",
]
