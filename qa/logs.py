"""Log lines on stderr: each one JSON object for programs, or plain words for a person at a terminal.

Whatever a client sends can stand in a message, so neither format lets it begin a line of its own, and neither passes on
what a terminal would obey.
"""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from qa.config import Logging

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request that this thread works on; every line that is logged meanwhile names it."""
_OURS = ("qa", "web")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What ends a line for some reader, moves the cursor, or turns the reading direction."""


class Json(logging.Formatter):
    """One object a line; `extra={"fields": {...}}` of a log call adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if id_ := request_id.get():
            line["request_id"] = id_
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Text(logging.Formatter):
    """A message as it is; from a warning on, with its level and its request. A traceback is indented."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.levelno >= logging.WARNING:
            id_ = request_id.get()
            message = f"{record.levelname}: {message}" + (f" (request {id_})" if id_ else "")
        trace = self.formatException(record.exc_info).splitlines() if record.exc_info else []
        return "\n    ".join(_CONTROL.sub(lambda match: ascii(match[0])[1:-1], line) for line in [message, *trace])


class _Stderr(logging.Handler):
    """Writes to what is stderr at the moment, each line at once."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def configure(settings: Logging, *, service: bool = False) -> None:
    """Have everything that is logged in this process, warnings of Python too, written to stderr in one format.

    Libraries are heard from a warning on, whatever the level: below that, some of them tell what users write.

    Args:
        settings: of the configuration.
        service: whether a service runs, rather than a command that somebody waits for.
    """
    as_json = settings.format == "json" or (settings.format is None and service and not sys.stderr.isatty())
    handler = _Stderr(settings.level.upper())
    handler.setFormatter(Json() if as_json else Text())
    root = logging.getLogger()
    root.handlers = [*(other for other in root.handlers if not isinstance(other, _Stderr)), handler]
    root.setLevel(logging.WARNING)
    for name in _OURS:
        logging.getLogger(name).setLevel(settings.level.upper())
    if service:
        logging.captureWarnings(True)
