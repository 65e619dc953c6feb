"""The log: one line for each request, which holds what an operator needs and nothing that a client could forge."""

import contextlib
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from apitest import EVENTS
from hypothesis import given
from hypothesis import strategies as st
from servetest import SEEDS, Served, service
from webtest import BROKEN, JETS, NO_INDEX, SLOW, WHERE, FakeQA, serving

from qa.config import Config, Logging
from qa.logs import Json, Text, configure, request_id
from web import create_app

Line = dict[str, Any]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with service(tmp_path_factory.mktemp("served")) as served:
        yield served


@contextlib.contextmanager
def logged_as(settings: Logging, service: bool = False) -> Iterator[None]:
    """Log like this for a while."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    configure(settings, service=service)
    try:
        yield
    finally:
        root.handlers = before
        root.setLevel(level)
        logging.captureWarnings(False)
        for name in ("qa", "web"):
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[Line]]]:
    """What has been logged as JSON since the last call."""
    with logged_as(Logging(format="json", level="debug")):
        yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_answer_is_one_line_without_the_question(served: Served) -> None:
    headers = {"X-Request-Id": "one"}
    response = httpx.post(f"{served.address}/api/ask?a=secret", json={"question": WHERE}, headers=headers)
    line = served.logged(request_id="one")
    assert [other["request_id"] for other in served.log() if other.get("request_id") == "one"] == ["one"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])
    expected = {"level": "info", "client": "127.0.0.1", "method": "POST", "path": "/api/ask", "route": "/api/ask",
                "status": 200, "outcome": "answered", "model": "extractive"}  # fmt: skip
    assert expected.items() <= line.items()
    assert line["bytes"] == int(response.headers["Content-Length"])
    assert line["timings_ms"] == response.json()["trace"]["timings_ms"]
    assert line["timings_ms"]["total"] <= line["ms"]
    assert not {"headquarters", "Wiesbaden", "secret"} & set(re.findall(r"\w+", json.dumps(line)))


def test_a_stream_is_logged_when_it_ends(served: Served) -> None:
    headers = {"X-Request-Id": "two", "Accept": EVENTS}
    httpx.post(f"{served.address}/api/ask", json={"question": "How many jets did Poland pledge?"}, headers=headers)
    line = served.logged(request_id="two")
    assert line["outcome"] == "not_in_articles"
    assert line["bytes"] > 1000


def test_everything_is_json_whatever_a_client_sends(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(served.address).port or 0)) as raw:
        raw.sendall(b'GET /\x1b[31m" HTTP/9.9\r\n{"level":"forged"}\r\n\r\n')
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert {"qa.opening", "web.serve"} <= {line["logger"] for line in served.log()}
    assert "forged" not in {line["level"] for line in served.log()}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n", 400),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"x" * 600_000, 413),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
    ids=lambda value: value if isinstance(value, int) else "",
)
def test_what_is_no_request_is_one_line_too_and_counted(served: Served, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(served.address).port or 0)) as raw:
        raw.sendall(sent)
        response = raw.recv(10_000).decode()
    told = re.search(r"X-Request-Id: (\w+)", response)
    assert told
    line = served.logged(request_id=told[1])
    assert {"level": "info", "client": "127.0.0.1", "status": status}.items() <= line.items()
    assert len([line for line in served.log() if line.get("request_id") == told[1]]) == 1
    counted = f'qa_requests_total{{method="other",route="unmatched",status="{status}"}}'
    assert counted in httpx.get(f"{served.address}/metrics").text


def test_what_fails_before_the_application_is_in_the_log_with_the_id_that_its_client_got(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shutil.copytree(SEEDS, tmp_path / "seeds")
    (tmp_path / "config.yaml").write_text("{}")
    command = [sys.executable, "-m", "qa.cli", "serve", "--port", str(port), "--config", str(tmp_path / "config.yaml")]
    environ = {**os.environ, "SCRIPT_NAME": "/elsewhere"}  # of which gunicorn makes an error of every other path
    with ExitStack() as running:
        server = running.enter_context(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environ))
        running.callback(server.kill)
        assert server.stderr
        while "Ready" not in (line := server.stderr.readline()):
            assert line, "the server ended before it was ready"
        response = httpx.get(f"http://127.0.0.1:{port}/healthz")
        server.terminate()
        (line,) = map(json.loads, server.stderr)
    assert (response.status_code, line["status"], line["level"]) == (500, 500, "error")
    assert line["request_id"] == response.json()["request_id"] == response.headers["X-Request-Id"]
    assert "SCRIPT_NAME" in line["exception"]
    assert "SCRIPT_NAME" not in response.text


def test_what_programs_ask_all_the_time_is_not_logged(served: Served) -> None:
    page = httpx.get(served.address, headers={"X-Request-Id": "page"})
    static = re.search(r'/static/[^"]+\.css', page.text)
    assert static
    for path in (static[0], "/healthz", "/readyz", "/metrics"):
        assert httpx.get(served.address + path, headers={"X-Request-Id": "often"}).status_code == 200
    httpx.get(f"{served.address}/static/none", headers={"X-Request-Id": "last"})
    assert served.logged(request_id="last")["status"] == 404
    assert [line["request_id"] for line in served.log() if line.get("request_id") in ("page", "often")] == ["page"]


def test_a_client_that_hangs_up_is_logged_as_one(lines: Callable[[], list[Line]]) -> None:
    fake_qa = FakeQA()
    with serving(create_app(fake_qa, Config())) as address:
        with httpx.stream("POST", f"{address}/api/ask", json={"question": SLOW}, headers={"Accept": EVENTS}) as stream:
            next(stream.iter_lines())
        assert fake_qa.given_up.wait(10)
    found = [line for line in lines() if line.get("path") == "/api/ask"]
    assert [(line["status"], line["hung_up"], "outcome" in line) for line in found] == [(200, True, False)]


@pytest.mark.parametrize(("question", "problem"), [(BROKEN, 500), (NO_INDEX, 503)])
@pytest.mark.parametrize(("accept", "status"), [("application/json", None), (EVENTS, 200)])
def test_an_error_is_found_by_its_request_id(
    lines: Callable[[], list[Line]], question: str, problem: int, accept: str, status: int | None
) -> None:
    client = create_app(FakeQA(), Config()).test_client()
    headers = {"X-Request-Id": "find-me", "Accept": accept}
    client.post("/api/ask", json={"question": question}, headers=headers).get_data()
    mine = [line for line in lines() if line.get("request_id") == "find-me"]
    assert [(line["status"], line["problem"]) for line in mine if "status" in line] == [(status or problem, problem)]
    assert {"error", "info"} == {line["level"] for line in mine}
    traces = [line["exception"] for line in mine if "exception" in line]
    assert len(traces) == (problem == 500)
    assert request_id.get() is None


@pytest.mark.parametrize("wanted", [False, True])
def test_questions_are_logged_only_if_wanted(lines: Callable[[], list[Line]], wanted: bool) -> None:
    client = create_app(FakeQA(), Config(logging=Logging(questions=wanted))).test_client()
    client.post("/api/ask", json={"question": JETS, "history": [{"role": "user", "content": "before"}]}).get_data()
    (line,) = [line for line in lines() if line.get("path") == "/api/ask"]
    assert line.get("question") == (JETS if wanted else None)
    assert ("jets" in json.dumps(line)) is wanted


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(), logged_as(Logging(format="text"), service=True):
        warnings.simplefilter("always")
        create_app(FakeQA(), Config()).test_client().get("/nowhere%0A\x1b[2J").get_data()
        logging.getLogger("some.library").info("chatter")
        warnings.warn("careful", stacklevel=1)
    said = capsys.readouterr().err
    assert re.match(r"GET /nowhere\\n\\x1b\[2J 404, \d+ ms\n", said)
    assert "chatter" not in said
    assert re.search(r"^WARNING: .*careful", said, re.MULTILINE)


def record(message: str, error: Exception | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, None) if error else None
    return logging.LogRecord("a", logging.WARNING, "f", 1, "%s", (message,), exc_info)


@given(st.text(), st.text())
def test_no_text_breaks_out_of_its_line(message: str, why: str) -> None:
    line = Json().format(record(message, ValueError(why)))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == message
    first, *more = Text().format(record(message, ValueError(why))).split("\n")
    assert first.startswith("WARNING: ")
    assert more
    assert all(other.startswith("    ") for other in more)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]", first + "".join(more))


def test_lines_of_several_requests_keep_their_ids(lines: Callable[[], list[Line]]) -> None:
    client = create_app(FakeQA(), Config()).test_client
    asked = [
        threading.Thread(target=lambda n=n: client().get("/api/articles", headers={"X-Request-Id": f"t{n}"}).get_data())
        for n in range(20)
    ]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join()
    found = [line["request_id"] for line in lines() if line.get("path") == "/api/articles"]
    assert sorted(found) == sorted(f"t{n}" for n in range(20))


def test_the_level_can_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    with logged_as(Logging(level="error")):
        logging.getLogger("qa.something").warning("no")
        logging.getLogger("qa.something").error("yes")
    assert capsys.readouterr().err == "ERROR: yes\n"
