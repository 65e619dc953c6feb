"""Opens the service for a command, and tells its user at the terminal what that takes."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tqdm import tqdm

from qa.assemble import open_qa, sync_articles
from qa.config import Config
from qa.errors import IndexLocked, IndexMissing
from qa.index import Progress, Stored, SyncReport, leftovers, tidy, writing
from qa.service import QA

logger = logging.getLogger(__name__)


def open_in_step(config: Config) -> QA:
    """Open the service on an index in step with the articles, or as it is while `qa serve` holds it.

    An index on a Chroma server is read as it is: its articles need not be on this machine.

    Raises:
        IndexLocked: another process is still indexing for the first time.
        QAError: whatever `sync_articles` and `open_qa` raise.
    """
    if config.chroma.mode == "server":
        return open_with_progress(config)
    try:
        with writing(config):
            return open_with_progress(config, sync_with_progress(config).known)
    except IndexLocked:
        logger.warning("Another process is using the index; it is read as it is.")
    try:
        return open_with_progress(config)
    except IndexMissing as error:
        raise IndexLocked("Another process is still indexing the articles. Try again when it is done.") from error


def open_with_progress(config: Config, known: Sequence[Stored] = ()) -> QA:
    """Open the service, with a progress bar for what a new version of the index wants once.

    Args:
        config: names the index.
        known: what the index holds, if a sync has just read it.
    """
    with bar("passage") as progress:
        return open_qa(config, progress=progress, known=known)


def sync_with_progress(config: Config) -> SyncReport:
    """Bring the index in step with the articles, with a progress bar and a line on what was done, both on stderr."""
    with bar("article") as progress:
        synced = sync_articles(config, progress)
    report = synced.report
    for copy, kept in synced.collection.duplicates:
        logger.warning("%s is the same article as %s and is indexed once.", copy, kept)
    logger.info(
        f"{config.articles.folder}: {report.added} added, {report.changed} changed, {report.removed} removed, "
        f"{report.unchanged} unchanged, {len(synced.collection.skipped)} skipped; "
        f"{report.passages} passages, {report.sentences} sentences; {report.seconds:.1f} s"
    )
    if left := ", ".join(map(str, leftovers(config))):
        logger.info("Of another configuration or version, and not read by this one: %s", left)
    if config.chroma.mode == "server":
        tidy(config, _wait)
    return report


def _wait(seconds: float) -> None:
    logger.info(
        f"In force. What it replaces is deleted in {seconds:.0f} s, when no worker reads it any more. Ctrl-C does no "
        "harm: the next ingest deletes it, then."
    )
    time.sleep(seconds)


@contextmanager
def bar(unit: str) -> Iterator[Progress]:
    """A progress bar on stderr, to be told how much is done of how much."""
    with tqdm(unit=unit, leave=False, delay=1, disable=None) as shown:

        def progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield progress
