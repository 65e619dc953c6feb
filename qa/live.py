"""The service on the newest version of an index that somebody else writes."""

import logging
from threading import Event, Thread

from qa.assemble import load_models, open_stages, qa_on
from qa.config import Config
from qa.errors import IndexUnavailable, QAError
from qa.index import Index, current_version
from qa.service import QA, find_suggestions

_log = logging.getLogger(__name__)


class Live:
    """Looks for a new version of the index every few seconds, opens it beside the old one, then goes over to it.

    Whoever asks gets one version and may keep it for as long as an answer takes: the one before is closed only when the
    one after has come.

    Args:
        config: names the index, and says how often to look.

    Raises:
        ModelError: a model is missing or damaged.
        ConfigError: the language model cannot be used as it is configured.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._models = load_models(config)
        self._opened: tuple[Index, QA] | None = None
        self._before: Index | None = None
        self._problem: QAError = IndexUnavailable("The index is not open yet. Try again in a moment.")
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
            raise type(self._problem)(str(self._problem))
        return self._opened[1]

    def close(self) -> None:
        """Look no more, and let go of the index."""
        self._stopped.set()
        self._thread.join()
        for index in (self._before, self._opened and self._opened[0]):
            if index:
                index.close()

    def _watch(self) -> None:
        while not self._stopped.wait(self._config.chroma.poll_seconds):
            self._look()

    def _look(self) -> None:
        try:
            if self._opened is None or current_version(self._config, self._opened[0].client) != self._opened[0].version:
                self._open()
            self._problem = IndexUnavailable("")
        except QAError as error:
            if str(error) != str(self._problem):  # once, not every few seconds
                _log.error("%s", error)
            self._problem = error
        except Exception:  # whatever it is, the version that is open serves on, and the next look may succeed
            _log.exception("The index cannot be opened")

    def _open(self) -> None:
        index, stages = open_stages(self._config, self._models)
        qa = qa_on(index, stages, self._config)
        _log.info("Version %d of the index, %d articles", index.version.number, len(index.articles))
        find_suggestions(qa)
        if self._before:
            self._before.close()
        self._before = self._opened[0] if self._opened else None
        self._opened = index, qa
