"""Runs the application under gunicorn: many threads, and many processes where the index is on a Chroma server."""

import os
import resource
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from qa.config import Server
from qa.errors import ConfigError, QAError
from web.worker import PATIENCE_S

_SPARE_THREADS = 8
"""For pages, for `/healthz`, and to turn questions away while as many as may are answered and wait."""
_CONNECTIONS = 1000
"""Open at the same time; each costs a file descriptor, and at most a few hundred kilobytes."""


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
        try:
            return self._load()
        except QAError as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(Arbiter.APP_LOAD_ERROR)  # tells gunicorn not to try again; for the reason see `worker_exit` below


def serve(server: Server, load: Callable[[], Flask], reload: bool = False) -> None:
    """Serve until interrupted; does not return.

    Args:
        server: where to listen, and with how many threads.
        load: makes the application; called once in the worker process.
        reload: load anew whenever the code changes.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    address = f"http://{server.host}:{server.port}"
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
        "graceful_timeout": 10,
        "loglevel": "warning",
        "reload": reload,
        "control_socket_disable": True,
        # The threads of Chroma and onnxruntime do not survive the interpreter's own way out; nothing is left to write.
        "worker_exit": lambda _server, _worker: os._exit(0),
        "post_worker_init": lambda _: print(f"Ready: {address} (Ctrl-C stops it)", file=sys.stderr, flush=True),
    }
    _Application(settings, load).run()


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
