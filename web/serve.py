"""Runs the application under gunicorn: one worker, because the embedded index belongs to one process, many threads."""

import os
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
        "workers": 1,
        "worker_class": "gthread",
        "threads": server.threads,
        "timeout": 0,  # the first indexing of many articles takes as long as it takes
        "graceful_timeout": 10,
        "loglevel": "warning",
        "reload": reload,
        "control_socket_disable": True,
        "forwarder_headers": "",  # by default whoever asks from this machine, or through it, may set SCRIPT_NAME
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
