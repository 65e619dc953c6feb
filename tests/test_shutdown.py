"""How the service ends: what is being answered is finished, nothing new is begun, and nobody waits in vain."""

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from apitest import events
from misbehaving import Call, ModelServer
from modeltest import GOOD, WHERE
from servetest import Served, service

Ask = Callable[[], Future[httpx.Response]]


@pytest.fixture
def released() -> threading.Event:
    return threading.Event()


@pytest.fixture
def model(released: threading.Event) -> Iterator[ModelServer]:
    """A language model that goes on writing once it is released."""

    def slow(call: Call) -> None:
        call.head()
        call.say(GOOD[:20])
        while not (released.is_set() or call.stopped.wait(0.02)):
            pass
        call.say(GOOD[20:])
        call.finish()

    server = ModelServer(slow)
    yield server
    server.close()


@pytest.fixture
def served(tmp_path: Path, model: ModelServer, request: pytest.FixtureRequest) -> Iterator[Served]:
    answer = {"provider": "openai_like", "model": "m", "base_url": f"{model.address}/v1"}
    with service(tmp_path, answer=answer, server={"drain_seconds": request.param}) as served:
        yield served


@pytest.fixture
def ask(served: Served, model: ModelServer) -> Iterator[Ask]:
    """Asks a question, streaming, and returns once the model writes."""
    with ThreadPoolExecutor(2) as pool:

        def begin(accept: str = "text/event-stream") -> Future[httpx.Response]:
            before = len(model.calls)
            options = {"json": {"question": WHERE}, "headers": {"Accept": accept}, "timeout": 30}
            asked = pool.submit(httpx.post, f"{served.address}/api/ask", **options)
            while len(model.calls) == before:
                time.sleep(0.02)
            return asked

        yield begin


def until(status: int, served: Served) -> None:
    while served.ready() != status:
        time.sleep(0.02)


@pytest.mark.parametrize("served", [1.5], indirect=True)
def test_running_answers_are_finished_after_it_says_that_it_is_not_ready(
    served: Served, ask: Ask, released: threading.Event
) -> None:
    streamed, whole = ask(), ask("application/json")
    served.process.send_signal(signal.SIGTERM)
    until(503, served)
    assert httpx.get(f"{served.address}/healthz").status_code == 200
    assert "stopping" in httpx.get(f"{served.address}/readyz").json()["detail"]
    until(0, served)
    assert not streamed.done()
    released.set()
    names = [name for name, _ in events(streamed.result(20).text)]
    assert names[-2:] == ["final_answer", "done"]
    assert whole.result(20).json()["sentences"][0]["text"] == GOOD.removesuffix(" [1]")
    assert served.process.wait(20) == 0
    assert [line["level"] for line in served.log() if line["logger"] == "gunicorn.error"] == []


@pytest.mark.parametrize("served", [60], indirect=True)
def test_ctrl_c_ends_what_takes_too_long(served: Served, ask: Ask) -> None:
    asked = ask()
    served.process.send_signal(signal.SIGTERM)
    until(503, served)
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(20) == 0
    assert isinstance(asked.exception(20), httpx.TransportError)


@pytest.mark.parametrize("served", [60], indirect=True)
def test_ctrl_c_alone_ends_at_once(served: Served, ask: Ask) -> None:
    asked = ask()
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(20) == 0
    assert isinstance(asked.exception(20), httpx.TransportError)


@pytest.mark.parametrize("served", [0], indirect=True)
def test_nothing_is_left_behind(served: Served, tmp_path: Path) -> None:
    pid = served.process.pid
    (worker,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    mapped = re.findall(r"/\S+/qa-metrics-[^/]+", Path(f"/proc/{worker}/maps").read_text())
    assert mapped
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(20) == 0
    assert not any(Path(folder).exists() for folder in mapped)
    assert not list(tmp_path.glob("qa-*"))
