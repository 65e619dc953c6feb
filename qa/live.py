"""The service on the newest version of an index that somebody else writes."""

import logging
import time
from threading import Event, Thread

from qa.assemble import load_models, open_stages, qa_on
from qa.config import Config
from qa.errors import IndexUnavailable, QAError
from qa.index import Index, current_version
from qa.service import QA, find_suggestions

_log = logging.getLogger(__name__)


class Live:
    """Looks for a new version of the index every few seconds, opens it beside the old one, then goes over to it.

    Whoever asks gets one version and may keep it for as long as an answer takes.

    Args:
        config: names the index, and says how often to look.

    Raises:
        ModelError: a model is missing or damaged.
        ConfigError: the language model cannot be used as it is configured.
    """

    def __init__(self, config: Config) -> None:
        self.problem: QAError | None = None
        """Why questions cannot be answered now, as far as that is known; None while they can be."""
        self._config = config
        self._models = load_models(config)
        self._opened: tuple[Index, QA] | None = None
        self._replaced: list[tuple[float, Index]] = []
        self._told = ""
        self._stopped = Event()
        self._look()
        self._thread = Thread(target=self._watch, name="index versions", daemon=True)
        self._thread.start()

    def __call__(self) -> QA:
        """The service on the newest version that could be opened.

        Raises:
            IndexUnavailable: none could be, so far.
        """
        if self._opened is None:
            problem = self.problem or IndexUnavailable("The index is not open yet. Try again in a moment.")
            raise type(problem)(str(problem))
        return self._opened[1]

    def close(self) -> None:
        """Look no more, and let go of the index."""
        self._stopped.set()
        self._thread.join()
        self._close_replaced(0)
        if self._opened:
            self._opened[0].close()

    def _watch(self) -> None:
        while not self._stopped.wait(self._config.chroma.poll_seconds):
            self._look()

    def _look(self) -> None:
        self._close_replaced(self._config.server.answer_seconds)
        problem: QAError | None = None
        reached = False
        try:
            newest = self._is_newest()
            reached = True
            if not newest:
                self._open()
        except QAError as error:
            problem = error
            if str(error) != self._told:  # once, not every few seconds
                _log.error("%s", error)
        except Exception:
            problem = IndexUnavailable("The index cannot be opened. The log tells why.")
            _log.exception("The index cannot be opened")
        self._told = str(problem or "")
        # Whatever is wrong with a new version, the one that is open serves on, and the next look may succeed.
        self.problem = None if reached and self._opened else problem

    def _is_newest(self) -> bool:
        index = self._opened and self._opened[0]
        return index is not None and current_version(self._config, index.client) == index.version

    def _open(self) -> None:
        index, stages = open_stages(self._config, self._models)
        qa = qa_on(index, stages, self._config)
        _log.info("Version %d of the index, %d articles", index.version.number, len(index.articles))
        looking = find_suggestions(qa)
        if self._opened:
            looking.join()  # nobody waits for them, then
            self._replaced.append((time.monotonic(), self._opened[0]))
            late, grace = time.time() - index.version.committed, self._config.chroma.grace_seconds
            if late > grace:
                _log.warning(
                    "It is %.0f s old, and what the version before had may be gone since %.0f s. Raise "
                    "chroma.grace_seconds, which is %.0f.",
                    *(late, late - grace, grace),
                )
        self._opened = index, qa

    def _close_replaced(self, seconds: float) -> None:
        """Close what was replaced so many seconds ago: no answer is still being made from it."""
        until = time.monotonic() - seconds
        for when, index in self._replaced:
            if when <= until:
                index.close()
        self._replaced = [(when, index) for when, index in self._replaced if when > until]
