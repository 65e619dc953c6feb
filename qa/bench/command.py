"""`qa bench`: measures one size after the other, keeps what it found, prints and draws it."""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from qa.bench.corpus import Corpus
from qa.bench.measure import questions
from qa.bench.report import draw, render
from qa.errors import ServiceError
from qa.opening import bar

_CLIENTS = (1, 2, 4, 8)
_LOAD_S = 8.0
"""How long each number of clients asks."""
_START_S = 7_200
_RESULTS = "results.json"


def run(options: argparse.Namespace) -> None:
    """Run the command with the options of `qa.cli`.

    Raises:
        ServiceError: a part of it failed; what it said is on the terminal.
    """
    folder: Path = options.folder
    sizes: dict[str, Any] = {}
    if (folder / _RESULTS).is_file():
        sizes = json.loads((folder / _RESULTS).read_text(encoding="utf-8"))["sizes"]
    for passages in options.passages:
        sizes[str(passages)] = _size(folder / str(passages), passages, passages <= options.real)
        results = {"machine": _machine(), "sizes": dict(sorted(sizes.items(), key=lambda size: int(size[0])))}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _RESULTS).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    draw(results, folder)
    print(render(results))


def _size(folder: Path, passages: int, real: bool) -> dict[str, Any]:
    corpus = Corpus()
    with bar("article") as progress:
        total = corpus.articles(passages)
        for done in corpus.write(folder / "articles", passages):
            progress(done, total)
    (folder / "config.yaml").write_text("articles: {folder: articles}\nindex: {folder: index}\n", encoding="utf-8")
    shutil.rmtree(folder / "index", ignore_errors=True)
    options = [] if real else ["--synthetic"]
    found = {"real": real}
    for part in ("ingest", "answer"):
        print(f"{passages} passages: {part}", file=sys.stderr)
        found[part] = _part([part, str(folder), *options])
    print(f"{passages} passages: serve", file=sys.stderr)
    starts = []
    for _ in range(2):
        with _served(folder, options) as (address, seconds):
            starts.append(seconds)
            load = [_load(address, clients) for clients in _CLIENTS] if len(starts) == 2 else []
    return {**found, "serve": {"start_s": starts[-1], "load": load}}


def _part(arguments: Sequence[str]) -> Any:
    command = [sys.executable, "-m", "qa.bench.measure", *arguments]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if finished.returncode:
        raise ServiceError(f"`{' '.join(command[1:])}` failed; what it said is above.")
    return json.loads(finished.stdout.splitlines()[-1])


@contextmanager
def _served(folder: Path, options: Sequence[str]) -> Iterator[tuple[str, float]]:
    """A service on a size: its address, and how many seconds it took until it was ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qa.bench.serve", str(folder), str(port), *options]
    address, began = f"http://127.0.0.1:{port}", time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while not _ready(address):
            if process.poll() is not None or time.perf_counter() - began > _START_S:
                raise ServiceError(f"`{' '.join(command[1:])}` does not get ready; run it to see why.")
            time.sleep(0.02)
        yield address, time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5).is_success
    except httpx.TransportError:
        return False


def _load(address: str, clients: int) -> dict[str, Any]:
    """So many clients, each asking one question after the other."""
    asked, until = questions(), time.perf_counter() + _LOAD_S

    def ask(client: int) -> tuple[list[float], Counter[int]]:
        times: list[float] = []
        statuses: Counter[int] = Counter()
        with httpx.Client(base_url=address, timeout=60) as http:
            while (began := time.perf_counter()) < until:
                question = asked[(client * 17 + len(times)) % len(asked)]
                statuses[http.post("/api/ask", json={"question": question}).status_code] += 1
                times.append((time.perf_counter() - began) * 1_000)
        return times, statuses

    with ThreadPoolExecutor(clients) as pool:
        told = list(pool.map(ask, range(clients)))
    times = [milliseconds for one, _ in told for milliseconds in one]
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    return {
        "clients": clients,
        "answers_per_s": len(times) / _LOAD_S,
        "ms": {"p50": float(p50), "p95": float(p95), "p99": float(p99)},
        "statuses": {str(status): count for status, count in sum((one for _, one in told), Counter()).items()},
    }


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "python": sys.version.split()[0], "platform": sys.platform}
