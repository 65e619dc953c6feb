"""Runs the application under gunicorn: many threads, and many processes where the index is on a Chroma server."""

import logging
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable
from math import ceil
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker
from prometheus_client.multiprocess import mark_process_dead

from qa.config import Server
from qa.errors import ConfigError, QAError
from web.current import leave
from web.worker import PATIENCE_S

_SPARE_THREADS = 8
"""For pages, for `/healthz`, and to turn questions away while as many as may are answered and wait."""
_CONNECTIONS = 1000
"""Open at the same time; each costs a file descriptor, and at most a few hundred kilobytes."""
_SPARE_S = 2
"""How much longer the master waits for its workers than these for their answers, before it kills them."""
_log = logging.getLogger(__name__)


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn configured by ours instead of by its command line."""

    def __init__(self, settings: dict[str, Any], load: Callable[[], Flask]) -> None:
        self._settings = settings
        self._load = load
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in the worker, since Chroma must be opened in the process that uses it."""
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # nothing runs yet that would have to be finished
        try:
            return self._load()
        except QAError as error:
            _log.error("%s", error)
        except Exception:
            _log.exception("The service cannot start")
        os._exit(Arbiter.APP_LOAD_ERROR)  # tells gunicorn not to try again; for the reason see `_end` below


class _Log(Logger):  # type: ignore[misc]
    """What gunicorn has to say goes where everything goes."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def serve(server: Server, load: Callable[[], Flask], reload: bool = False) -> None:
    """Serve until told to stop; does not return.

    SIGTERM: after `server.drain_seconds`, in which it says that it is not ready, it listens no more, finishes the
    answers that are being made, and exits with 0. Ctrl-C: it exits at once, also where SIGTERM came before.

    Args:
        server: where to listen, and with how many threads.
        load: makes the application; called once in the worker process.
        reload: load anew whenever the code changes.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    _check_free(server)
    settings = {
        "bind": f"[{server.host}]:{server.port}" if ":" in server.host else f"{server.host}:{server.port}",
        "workers": server.workers,
        "worker_class": "web.worker.Worker",
        "threads": server.threads + server.queue + _SPARE_THREADS,
        "worker_connections": min(_CONNECTIONS, _descriptors() // 2),
        "keepalive": PATIENCE_S,
        "forwarded_allow_ips": "",  # web/__init__.py believes proxies, where there are any
        "timeout": 0,  # the first indexing of many articles takes as long as it takes
        "graceful_timeout": ceil(server.drain_seconds + server.answer_seconds + _SPARE_S),
        "logger_class": _Log,
        "loglevel": "warning",
        "reload": reload,
        "control_socket_disable": True,
        "post_worker_init": lambda worker: _ready(worker, server),
        "worker_exit": _end,
        "child_exit": lambda _, worker: mark_process_dead(worker.pid),  # type: ignore[no-untyped-call]
        "forwarder_headers": "",  # by default whoever asks from this machine, or through it, may set SCRIPT_NAME
    }
    _Application(settings, load).run()


def _ready(worker: Worker, server: Server) -> None:
    """Say that the worker is ready, and have SIGTERM first take it out of service."""

    def refuse() -> None:
        """A socket that nobody listens at would leave clients waiting; gunicorn closes it only at the very end."""
        worker.set_accept_enabled(False)
        for listener in worker.sockets:
            listener.close()

    def finish(*given: Any) -> None:
        worker.handle_exit(*given)
        worker.method_queue.defer(refuse)  # in the worker's own thread

    def stop(*given: Any) -> None:
        leave(worker.wsgi)
        threading.Timer(server.drain_seconds, finish, given).start()

    worker.cfg.set("graceful_timeout", ceil(server.answer_seconds))
    signal.signal(signal.SIGTERM, stop)
    signal.siginterrupt(signal.SIGTERM, False)
    _log.info("Ready: http://%s:%d (Ctrl-C stops it)", server.host, server.port)


def _end(_: Arbiter, worker: Worker) -> None:
    """End a worker at once.

    The threads of Chroma and onnxruntime do not survive the interpreter's own way out; nothing is left to write.
    """
    if worker.pid == os.getpid():  # the master calls this, too, of a worker that was gone before it was told to stop
        os._exit(0)


def _check_free(server: Server) -> None:
    try:
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        with socket.create_server((server.host, server.port), family=family):
            pass
    except OSError as error:
        raise ConfigError(
            f"Cannot listen on {server.host}:{server.port}: {error.strerror}. Choose another with --host and --port."
        ) from error


def _descriptors() -> int:
    """How many files and sockets may be open, raised as far as it can be: by default that is often too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * _CONNECTIONS
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return raised
