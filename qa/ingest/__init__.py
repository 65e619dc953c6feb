"""Files of a folder become clean articles."""

from qa.ingest.folder import Collection, Skipped, read_folder

__all__ = ["Collection", "Skipped", "read_folder"]
