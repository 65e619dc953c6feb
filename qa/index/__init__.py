"""Articles -> passages -> sentences -> Chroma."""

from qa.index.opened import Index, open_index
from qa.index.passages import sentences_of, span_id, split
from qa.index.store import Embedder, Vectors
from qa.index.sync import Progress, SyncReport, sync, writing

__all__ = [
    "Embedder",
    "Index",
    "Progress",
    "SyncReport",
    "Vectors",
    "open_index",
    "sentences_of",
    "span_id",
    "split",
    "sync",
    "writing",
]
