"""What the tests of the real server share: `qa serve` in a process of its own."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

SEEDS = Path(__file__).parent.parent / "seeds"


@dataclass
class Served:
    """A service that runs."""

    process: subprocess.Popen[bytes]
    address: str
    _log: Path

    def log(self) -> list[dict[str, Any]]:
        """What it has logged so far."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def logged(self, **having: Any) -> dict[str, Any]:
        """The first line with these values; waits for it."""
        for _ in range(200):
            for line in self.log():
                if having.items() <= line.items():
                    return line
            time.sleep(0.05)
        raise AssertionError(f"{having} is not in\n{self._log.read_text()}")

    def ready(self) -> int:
        """The status of /readyz; 0 where nobody listens."""
        try:
            return httpx.get(f"{self.address}/readyz").status_code
        except httpx.TransportError:
            return 0


@contextlib.contextmanager
def service(folder: Path, **settings: Any) -> Iterator[Served]:
    """Run `qa serve` on the articles that ship, in a folder of its own, for the time of a test."""
    shutil.copytree(SEEDS, folder / "seeds", dirs_exist_ok=True)
    config, log = folder / "config.yaml", folder / "log"
    config.write_text(yaml.safe_dump({"suggestions": [], **settings}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qa.cli", "serve", "--port", str(port), "--config", str(config)]
    environ = {**os.environ, "TMPDIR": str(folder)}
    with log.open("wb") as stderr, subprocess.Popen(command, stderr=stderr, env=environ) as process:
        served = Served(process, f"http://127.0.0.1:{port}", log)
        try:
            while served.ready() != 200:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
            yield served
        finally:
            process.terminate()
            process.wait(90)
