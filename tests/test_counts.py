"""What Prometheus reads: few labels, and the sum over all workers."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
from servetest import service
from webtest import JETS, WHERE, FakeQA

from qa.config import Config
from web import create_app

ROOT = Path(__file__).parent.parent
WORKER = f"""
import os, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
from webtest import WHERE, FakeQA
from qa.config import Config
from web import create_app
from web.current import metrics_of

app = create_app(FakeQA(), Config())
for _ in range(int(sys.argv[1])):
    app.test_client().post("/api/ask", json={{"question": WHERE}}).get_data()
metrics_of(app).tell_of_turns(1, 0)
print(app.test_client().get("/metrics").text, flush=True)
sys.stdin.read()
"""


def counted(text: str) -> set[str]:
    return {line for line in text.splitlines() if not line.startswith("#")}


def test_labels_are_few_whatever_clients_send() -> None:
    client = create_app(FakeQA(), Config()).test_client()
    for number in range(50):
        client.open(f"/nowhere/{number}", method=f"WHAT{number}").get_data()
        client.get(f"/api/articles/{number}").get_data()
    found = counted(client.get("/metrics").text)
    assert {line for line in found if line.startswith("qa_requests_total")} == {
        'qa_requests_total{method="other",route="unmatched",status="404"} 50.0',
        'qa_requests_total{method="GET",route="/api/articles/<article_id>",status="404"} 50.0',
    }


def test_requests_are_counted_by_route_and_the_index_is_named() -> None:
    client = create_app(FakeQA(), Config()).test_client()
    for question in (WHERE, JETS):
        client.post("/api/ask", json={"question": question}).get_data()
    client.post("/api/ask", json={"question": ""}).get_data()
    found = counted(client.get("/metrics").text)
    expected = {
        'qa_requests_total{method="POST",route="/api/ask",status="200"} 2.0',
        'qa_requests_total{method="POST",route="/api/ask",status="422"} 1.0',
        'qa_request_seconds_count{route="/api/ask"} 3.0',
        "qa_citations_total 1.0",
        "qa_index_version 1.0",
    }
    assert expected <= found


def test_every_worker_tells_of_all_of_them_also_of_a_dead_one(tmp_path: Path) -> None:
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def worker(answers: int) -> tuple[subprocess.Popen[str], set[str]]:
        command = [sys.executable, "-c", WORKER, str(answers)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = ended.enter_context(subprocess.Popen(command, env=environ, text=True, **pipes))
        ended.callback(process.kill)
        assert process.stdout
        return process, counted("".join(iter(process.stdout.readline, "\n")))

    with contextlib.ExitStack() as ended:
        one, _ = worker(3)
        _, told = worker(4)
        assert {'qa_answers_total{result="answered"} 7.0', "qa_answers_running 2.0"} <= told
        one.send_signal(signal.SIGKILL)
        one.wait()
        mark = f"from prometheus_client.multiprocess import mark_process_dead as mark; mark({one.pid})"
        subprocess.run([sys.executable, "-c", mark], env=environ, check=True)
        _, told = worker(1)
        assert {'qa_answers_total{result="answered"} 8.0', "qa_answers_running 2.0"} <= told


def test_the_service_counts_on_after_its_worker_died(tmp_path: Path) -> None:
    with service(tmp_path) as served:
        httpx.post(f"{served.address}/api/ask", json={"question": WHERE})
        workers = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
        os.kill(int(workers[0]), signal.SIGKILL)
        served.logged(logger="gunicorn.error", level="error")
        while served.ready() != 200:
            pass
        httpx.post(f"{served.address}/api/ask", json={"question": WHERE})
        found = counted(httpx.get(f"{served.address}/metrics").text)
    assert 'qa_answers_total{result="answered"} 2.0' in found
