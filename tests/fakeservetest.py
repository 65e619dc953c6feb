"""What tests of the running server share: it, over FakeQA, and clients that misbehave. A plugin of pytest."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., str]
TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Starts `qa serve` with these settings of `server`, once for each; gives its address."""
    with ExitStack() as running:

        @cache
        def run(patience_s: int = 20, connections: int = 1000, **settings: Any) -> str:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            arguments = [json.dumps({"port": port, **settings}), str(patience_s), str(connections)]
            server = subprocess.Popen(
                [sys.executable, "-m", "fakeserver", *arguments],
                env={**os.environ, "PYTHONPATH": f"{TESTS.parent}:{TESTS}"},
                stderr=subprocess.PIPE,
                text=True,
            )
            running.callback(_stop, server)
            assert server.stderr
            while "Ready" not in (line := server.stderr.readline()):
                assert line, "the server ended before it was ready"
            return f"http://127.0.0.1:{port}"

        yield run


def _stop(server: "subprocess.Popen[str]") -> None:
    server.terminate()
    _, complaints = server.communicate(timeout=30)
    assert (server.returncode, complaints) == (0, "")


@pytest.fixture
def connect() -> Iterator[Callable[..., socket.socket]]:
    """Connects to an address, and sends something; such clients are gone when the test is over."""
    with ExitStack() as connected:

        def open_one(address: str, sent: bytes = b"") -> socket.socket:
            client = connected.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(30)
            host, port = address.removeprefix("http://").split(":")
            client.connect((host, int(port)))
            client.sendall(sent)
            return client

        yield open_one


def asking(question: str, accept: str = "application/json") -> bytes:
    """The bytes of a question."""
    body = json.dumps({"question": question}).encode()
    head = f"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: {accept}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
