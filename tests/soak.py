"""Loads the real service for minutes, changes its articles, breaks its parts, and checks every answer: `make soak`.

With `--mode server` two workers answer from a Chroma server, while ingests change the articles; now and then a worker
is killed, and Chroma goes away for some seconds. With `--mode embedded` the one worker takes new articles in when it
starts, so they change as it is killed. Exits with 1 if there was an error that no fault excuses, or memory that grows.
"""

import argparse
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
from chromatest import ChromaServer
from soaking import Client, Facts, Watch, dawdle

ROUND_S = 30.0
"""Between two events: an ingest, a fault."""
OUTAGE_S = 8.0
_GROWTH, _GROWTH_MB = 1.2, 60
"""A process may grow by a fifth, or by so much, between the second third of the time and the last."""


class Service:
    """`qa serve`, and what it needs."""

    def __init__(self, folder: Path, mode: str, stack: ExitStack) -> None:
        self.mode = mode
        self.chroma: ChromaServer | None = None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.articles = folder / "articles"
        self.articles.mkdir()
        lines = ["articles: {folder: articles}", "index: {folder: data}"]
        workers = 1
        if mode == "server":
            (folder / "chroma").mkdir()
            self.chroma = ChromaServer(folder / "chroma")
            stack.callback(lambda: self.chroma and self.chroma.stop())
            workers = 2
            lines.append(f"chroma: {{mode: server, url: '{self.chroma.url}', poll_seconds: 1, grace_seconds: 20}}")
        lines.append(f"server: {{port: {self.port}, workers: {workers}, threads: 8}}")
        self._config = folder / "config.yaml"
        self._config.write_text("\n".join(lines), encoding="utf-8")
        self._log = stack.enter_context((folder / "log").open("w"))
        stack.callback(lambda: print((folder / "log").read_text()[-3_000:]))

    def _qa(self, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "qa.cli", *arguments, "--config", str(self._config)]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def start(self, stack: ExitStack) -> None:
        self.process = self._qa("serve")
        stack.callback(self.process.wait)
        stack.callback(self.process.terminate)
        self.wait_ready()

    def wait_ready(self) -> None:
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        raise SystemExit("The service does not get ready.")

    def ingest(self) -> int:
        return self._qa("ingest").wait(300)

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="utf-8")
        return [int(child) for child in children.split()]


def change(service: Service, facts: Facts, watch: Watch) -> None:
    """Other numbers in some articles, and an ingest."""
    facts.change(4)
    if (code := service.ingest()) != 0:
        watch.unexpected[f"ingest ended with {code}"] += 1
    facts.settled()
    watch.counts["ingests"] += 1


def kill_worker(service: Service, watch: Watch, rng: random.Random) -> None:
    with watch.excused("a worker was killed"):
        os.kill(rng.choice(service.workers()), signal.SIGKILL)
        service.wait_ready()


def stop_chroma(service: Service, watch: Watch) -> None:
    assert service.chroma
    with watch.excused("Chroma was away"):
        service.chroma.stop()
        time.sleep(OUTAGE_S)
        service.chroma.start()
        service.wait_ready()


def events(service: Service, facts: Facts, watch: Watch, rng: random.Random, until: float) -> None:
    """Ingests and faults, by turns, until the time is over."""
    turn = 0
    while time.monotonic() + ROUND_S < until:
        turn += 1
        time.sleep(ROUND_S)
        if service.mode == "embedded":
            facts.change(4)
            kill_worker(service, watch, rng)
            facts.settled()
        elif turn % 4 == 2:
            kill_worker(service, watch, rng)
        elif turn % 4 == 0:
            stop_chroma(service, watch)
        else:
            change(service, facts, watch)
    time.sleep(max(0, until - time.monotonic()))


def remember_memory(service: Service, watch: Watch, stop: threading.Event) -> None:
    """Once a minute, and at the start."""
    while not stop.wait(5):
        found = {"master": service.process.pid}
        found |= {f"worker {n}": pid for n, pid in enumerate(sorted(service.workers()), start=1)}
        if service.chroma:
            found["chroma"] = service.chroma.pid
        for name, pid in found.items():
            try:
                status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            except OSError:  # it was just killed
                continue
            sizes = [int(line.split()[1]) / 1e3 for line in status.splitlines() if line.startswith("VmRSS:")]
            watch.memory[name].update({watch.minute(): size for size in sizes})


def report(watch: Watch) -> bool:
    """Print what happened; say whether all of it was expected."""
    print(f"\n{'what':<60} times")
    for kind, count in sorted(watch.counts.items()):
        print(f"{kind[:100]:<60} {count}")
    print(
        "\nminute  answers  p50 ms  p95 ms  p99 ms  "
        + "  ".join(f"{name:>9}" for name in sorted(watch.memory))
        + "  MB"
    )
    for minute in sorted(watch.latencies):
        times = [1e3 * seconds for seconds in watch.latencies[minute]]
        p50, p95, p99 = (
            statistics.quantiles(times, n=100)[n - 1] if len(times) > 1 else times[0] for n in (50, 95, 99)
        )
        sizes = "  ".join(f"{watch.memory[name].get(minute, 0):9.0f}" for name in sorted(watch.memory))
        print(f"{minute:>6}  {len(times):>7}  {p50:6.0f}  {p95:6.0f}  {p99:6.0f}  {sizes}")
    minutes = sorted(watch.latencies)
    third = len(minutes) // 3
    if third:
        first, last = ([t for m in part for t in watch.latencies[m]] for part in (minutes[:third], minutes[-third:]))
        print(f"\np50 of the last third against the first: {statistics.median(last) / statistics.median(first):.2f}")
        for name, by_minute in sorted(watch.memory.items()):
            middle, end = (
                max([by_minute[m] for m in part if m in by_minute] or [0])  # one that has just been killed has little
                for part in (minutes[third : 2 * third], minutes[-third:])
            )
            print(f"memory of {name} at most, last third against the one before: {end:.0f} MB, {middle:.0f} MB")
            if end > _GROWTH * middle and end > middle + _GROWTH_MB:
                watch.unexpected[f"memory of {name} grows"] += 1
    for kind, count in watch.unexpected.items():
        print(f"UNEXPECTED {count} times: {kind}")
    return not watch.unexpected


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--mode", choices=["server", "embedded"], default="server")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        service = Service(folder, options.mode, stack)
        facts = Facts(service.articles, rng)
        if options.mode == "server" and service.ingest() != 0:
            raise SystemExit("The first ingest fails.")
        service.start(stack)
        facts.settled()
        watch, stop = Watch(), threading.Event()
        threads: list[threading.Thread] = [
            Client(service.url, facts, watch, options.seed + n, stop) for n in range(options.clients)
        ]
        threads.append(threading.Thread(target=dawdle, args=(service.port, stop), daemon=True))
        threads.append(threading.Thread(target=remember_memory, args=(service, watch, stop), daemon=True))
        for thread in threads:
            thread.start()
        events(service, facts, watch, rng, time.monotonic() + 60 * options.minutes)
        stop.set()
        for thread in threads:
            thread.join(60)
        return 0 if report(watch) else 1


if __name__ == "__main__":
    sys.exit(main())
