"""A real Chroma server for the tests, and a proxy in front of it as a deployment has one. A plugin of pytest."""

import select
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from qa.config import Config

TOKEN = "a secret of the house"


class ChromaServer:
    """`chroma run` on a free port; may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        program = shutil.which("chroma", path=Path(sys.executable).parent)
        assert program
        options = ["--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [program, "run", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder
        )
        for _ in range(300):
            try:
                httpx.get(f"{self.url}/api/v2/heartbeat").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the Chroma server does not start")

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def config(self, index: Path, **more: Any) -> Config:
        """A configuration that uses it."""
        chroma = {"mode": "server", "url": self.url, "poll_seconds": 0.1, "grace_seconds": 0}
        return Config.model_validate({"index": {"folder": index}, "chroma": {**chroma, **more}})


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    server = ChromaServer(tmp_path_factory.mktemp("chroma"))
    yield server
    server.stop()


@pytest.fixture
def remote(chroma_server: ChromaServer, tmp_path: Path) -> Config:
    """A configuration for one test, with a database of its own."""
    return chroma_server.config(tmp_path / "words", database=f"db{tmp_path.name}-{time.time_ns()}")


class Guard:
    """A TLS proxy that lets only those through who bring the token in a header."""

    def __init__(self, port: int, header: str, value: str, certificate: Path, key: Path) -> None:
        self._target, self._expected = port, f"{header}: {value}".lower().encode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self._listener = context.wrap_socket(listener, server_side=True)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            threading.Thread(target=self._handle, args=(client,), daemon=True).start()

    def _handle(self, client: ssl.SSLSocket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            while True:
                ready = [client] if client.pending() else select.select([client, server], [], [])[0]
                for one in ready:
                    data = one.recv(65_536)
                    if not data:
                        return
                    if one is server:
                        client.sendall(data)
                    elif data.startswith((b"GET ", b"POST ", b"PUT ", b"DELETE ")) and (
                        self._expected not in data.partition(b"\r\n\r\n")[0].lower()
                    ):
                        client.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        return
                    else:
                        server.sendall(data)

    def close(self) -> None:
        self._listener.close()
