"""What the soak asks of the service, and how it judges the answers.

Each article states a number, which changes. An answer must give the number of the version before a change or after it;
a refusal, an old number or a mixture is wrong. What a fault excuses is counted apart: with Chroma away the service says
503; a killed worker takes the requests along that it was working on.
"""

import json
import random
import re
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

FACTS = {
    "Ashby": ("The library of Ashby holds {} books.", "How many books does the library of Ashby hold?"),
    "Birchfield": ("The quarry in Birchfield employs {} workers.", "How many workers does the quarry employ?"),
    "Coldwater": ("The reservoir of Coldwater covers {} hectares.", "How many hectares does the reservoir cover?"),
    "Dunmore": ("The festival in Dunmore drew {} visitors.", "How many visitors did the festival draw?"),
    "Elmbridge": ("The bridge of Elmbridge carries {} lorries a day.", "How many lorries does the bridge carry a day?"),
    "Foxhollow": ("The orchard near Foxhollow counts {} trees.", "How many trees does the orchard count?"),
    "Greystone": ("The prison of Greystone has {} inmates.", "How many inmates does the prison of Greystone have?"),
    "Hazelwood": ("The dairy in Hazelwood milks {} cows.", "How many cows does the dairy milk?"),
    "Ironforge": (
        "The steelworks of Ironforge melt {} tonnes.",
        "How many tonnes do the steelworks melt?",
    ),
    "Kingsmere": (
        "The ferry to Kingsmere burns {} litres of diesel.",
        "How much diesel does the ferry burn?",
    ),
}
"""For each town a sentence with a number, and a question for it."""
TOWNS = list(FACTS)
FOLLOWED = "And what is full of roses?"
UNANSWERABLE = ["Who won the chess championship in Reykjavik?", "What does the opera house in Sydney cost?"]
PAGES = ["/", "/articles", "/timeline", "/api/articles", "/api/suggestions", "/healthz", "/readyz", "/metrics", "/docs"]
INVALID: list[tuple[int, dict[str, Any]]] = [
    (400, {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    (413, {"content": b" " * 300_000, "headers": {"Content-Type": "application/json"}}),
    (415, {"content": b"hello"}),
    (422, {"json": {"question": " "}}),
    (422, {"json": {"question": "x" * 5_000}}),
]
GRACE_S = 15.0
"""So long after a change or a fault what was before it is excused: the machine may be busy."""


class Facts:
    """What the articles say, and said until a moment ago."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self._folder, self._rng = folder, rng
        self._lock = threading.Lock()
        self._said: dict[str, list[tuple[int, float]]] = {town: [(0, 0.0)] for town in TOWNS}
        """For each town its numbers, each with the time until which it may be given; the last for ever."""
        self._next = 1_000
        self.change(len(TOWNS))

    def change(self, count: int) -> None:
        """Write other numbers into some articles. Until `settled`, both the old and the new may be given."""
        with self._lock:
            for town in self._rng.sample(TOWNS, count):
                self._next += self._rng.randint(1, 9)
                self._said[town][-1] = (self._said[town][-1][0], float("inf"))
                self._said[town].append((self._next, float("inf")))
                padding = " ".join(
                    f"Garden number {n} in {town} is full of roses." for n in range(self._rng.randint(1, 30))
                )
                text = f"{town}\n\n{FACTS[town][0].format(self._next)}\n\n{padding}\n"
                (self._folder / f"{town.lower()}.txt").write_text(text, encoding="utf-8")

    def settled(self) -> None:
        """The numbers before are not to be given any more, but for a short while."""
        with self._lock:
            for said in self._said.values():
                said[:-1] = [(number, min(until, time.monotonic() + GRACE_S)) for number, until in said[:-1]]

    def allowed(self, town: str, since: float) -> set[int]:
        with self._lock:
            return {number for number, until in self._said[town] if until > since}


class Watch:
    """What happened: counts by kind, latencies and memory by minute, and the times in which faults excuse errors."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.unexpected: Counter[str] = Counter()
        self.latencies: defaultdict[int, list[float]] = defaultdict(list)
        self.memory: defaultdict[str, dict[int, float]] = defaultdict(dict)
        self._excuses: list[tuple[str, float, float]] = []

    def minute(self) -> int:
        return int((time.monotonic() - self.started) / 60)

    @contextmanager
    def excused(self, fault: str) -> Iterator[None]:
        place = len(self._excuses)
        self._excuses.append((fault, time.monotonic(), float("inf")))
        try:
            yield
        finally:
            self._excuses[place] = (fault, self._excuses[place][1], time.monotonic() + GRACE_S)

    def fault_since(self, since: float) -> str | None:
        """The fault, if any, that fell into the time from then to now."""
        return next((fault for fault, start, end in self._excuses if end > since and start < time.monotonic()), None)

    def problem(self, kind: str, since: float, by_fault: bool) -> None:
        fault = self.fault_since(since) if by_fault else None
        if fault:
            self.counts[f"expected while {fault}: {kind}"] += 1
        else:
            self.unexpected[kind] += 1
            print(f"{time.monotonic() - self.started:6.0f} s  UNEXPECTED {kind}", flush=True)


class Client(threading.Thread):
    """Asks one thing after the other."""

    def __init__(self, url: str, facts: Facts, watch: Watch, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._facts, self._watch, self._rng, self._stopped = facts, watch, random.Random(seed), stop
        self._http = httpx.Client(base_url=url, timeout=60)

    def run(self) -> None:
        kinds: list[tuple[Callable[[], None], int]] = [
            (self._answerable, 30), (self._unanswerable, 10), (self._follow_up, 10), (self._stream, 15),
            (self._leave, 10), (self._scoped, 10), (self._invalid, 10), (self._page, 20),
        ]  # fmt: skip
        while not self._stopped.is_set():
            (act,) = self._rng.choices([act for act, _ in kinds], [weight for _, weight in kinds])
            self._since = time.monotonic()
            try:
                act()
                self._watch.counts[act.__name__.strip("_")] += 1
            except httpx.HTTPError as error:
                self._watch.problem(f"{act.__name__.strip('_')}: {type(error).__name__}", self._since, by_fault=True)
                time.sleep(0.5)
            self._stopped.wait(self._rng.expovariate(4))

    def _post(self, expected: int = 200, **request: Any) -> httpx.Response | None:
        response = self._http.post("/api/ask", **request)
        return self._checked(response, expected)

    def _checked(self, response: httpx.Response, expected: int) -> httpx.Response | None:
        if response.status_code == expected:
            return response
        path, status = response.request.url.path.partition("/articles/")[0], response.status_code
        self._watch.problem(f"{path}: {status} instead of {expected}", self._since, by_fault=status == 503)
        return None

    def _question(self) -> tuple[str, str]:
        town = self._rng.choice(TOWNS)
        return town, FACTS[town][1]

    def _judge(self, town: str, answer: dict[str, Any]) -> None:
        allowed = self._facts.allowed(town, self._since)
        given = {int(number) for number in re.findall(r"\b\d{4,}\b", answer["answer"])}
        quoted = {int(number) for c in answer["citations"] for number in re.findall(r"\b\d{4,}\b", c["quote"])}
        if not answer["answered"] or len(given) != 1 or not given <= allowed or quoted != given:
            self._watch.problem(f"wrong: {answer['answer']!r}, not {town} {allowed}", self._since, by_fault=False)

    def _answerable(self) -> None:
        town, question = self._question()
        if response := self._post(json={"question": question}):
            if not self._watch.fault_since(self._since):
                self._watch.latencies[self._watch.minute()].append(time.monotonic() - self._since)
            self._judge(town, response.json())

    def _unanswerable(self) -> None:
        if (response := self._post(json={"question": self._rng.choice(UNANSWERABLE)})) and response.json()["answered"]:
            self._watch.problem(f"answered: {response.json()['answer']!r}", self._since, by_fault=False)

    def _follow_up(self) -> None:
        town = self._rng.choice(TOWNS)
        said = [
            {"role": "user", "content": f"Where is {town}?"},
            {"role": "assistant", "content": "The articles do not say."},
        ]
        self._post(json={"question": FOLLOWED, "history": said})

    def _scoped(self) -> None:
        town, question = self._question()
        listed = self._checked(self._http.get("/api/articles"), 200)
        if listed:
            ids = [article["id"] for article in listed.json()["articles"] if article["title"] == town]
            if response := self._post(json={"question": question, "scope": {"articles": ids}}):
                self._judge(town, response.json())
            self._checked(self._http.get(f"/api/articles/{ids[0]}"), 200)

    def _events(self, question: str) -> Iterator[tuple[str, Any]]:
        headers = {"Accept": "text/event-stream"}
        with self._http.stream("POST", "/api/ask", json={"question": question}, headers=headers) as response:
            if response.status_code != 200:
                response.read()
                self._checked(response, 200)
                return
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))

    def _stream(self) -> None:
        town, question = self._question()
        events = dict(self._events(question))
        if "error" in events:
            self._watch.problem(
                f"stream: error {events['error']['status']}", self._since, by_fault=events["error"]["status"] == 503
            )
        elif events:
            self._judge(town, events["final_answer"])

    def _leave(self) -> None:
        for _ in self._events(self._question()[1]):
            break

    def _invalid(self) -> None:
        status, request = self._rng.choice(INVALID)
        self._post(status, **request)

    def _page(self) -> None:
        self._checked(self._http.get(self._rng.choice(PAGES)), 200)


def dawdle(port: int, stop: threading.Event) -> None:
    """A client that sends a byte a second, and then goes away."""
    while not stop.is_set():
        with socket.socket() as connection:
            try:
                connection.connect(("127.0.0.1", port))
                for byte in b"POST /api/ask HTTP/1.1\r\nHost: x\r\n":
                    connection.sendall(bytes([byte]))
                    if stop.wait(1):
                        break
            except OSError:
                stop.wait(1)
