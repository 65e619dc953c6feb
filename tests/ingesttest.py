"""What the tests of reading share: a folder with files in it, read."""

from pathlib import Path

from hypothesis import strategies as st

from qa.ingest import Collection, read_folder
from qa.types import Article

FURNITURE = ["Leave a Reply", "Share this:", "Facebook", "Comments", "x.png", "Tags: a", "", " ", "\t"]
LINES = st.lists(st.sampled_from(FURNITURE) | st.text(max_size=20), max_size=12).map("\n".join)


def read(folder: Path, files: dict[str, str | bytes], max_file_mb: float = 1) -> Collection:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_folder(folder, max_file_mb)


def only(folder: Path, name: str, content: str | bytes) -> Article:
    (article,) = read(folder, {name: content}).articles
    return article
