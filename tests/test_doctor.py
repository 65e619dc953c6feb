"""`qa doctor` says what is wrong with an installation, and what to do."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from misbehaving import ModelServer, silent
from servetest import SEEDS, service

import qa.models.onnx
from qa.cli import main

Look = Callable[..., tuple[int, dict[str, dict[str, Any]]]]


@pytest.fixture
def look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Look:
    """Runs the command on a configuration; gives its exit code and its findings by name."""
    shutil.copytree(SEEDS, tmp_path / "seeds")

    def run(settings: str = "", *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
        file = tmp_path / "config.yaml"
        file.write_text(settings)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        code = main(["doctor", "--json", "--config", str(file), "--port", port, *options])
        told = json.loads(capsys.readouterr().out)
        assert told["healthy"] == (code == 0)
        return code, {finding["check"]: finding for finding in told["findings"]}

    return run


def ingest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ingest", "--config", str(folder / "config.yaml")]) == 0
    capsys.readouterr()


def test_a_good_installation_is_well(look: Look, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    look()
    ingest(tmp_path, capsys)
    code, found = look()
    assert (code, {finding["state"] for finding in found.values()}) == (0, {"ok"})
    assert "in step" in found["index"]["message"]
    assert {"Python", "packages", "SQLite", "weights", "tokens", "configuration"} < found.keys()
    assert {"articles", "index", "disk", "folders", "port", "language model"} < found.keys()


def test_what_may_not_be_meant_is_a_warning(look: Look, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "seeds" / "empty.txt").touch()
    code, found = look()
    assert (code, found["articles"]["state"], found["index"]["state"]) == (0, "warning", "warning")
    assert "empty.txt" in found["articles"]["message"]
    assert "qa ingest" in found["index"]["message"]
    ingest(tmp_path, capsys)
    (tmp_path / "seeds" / "new.txt").write_text("A new one\n\nIt says something that is new here.")
    _, found = look()
    assert "not as in the folder: 1." in found["index"]["message"]


def test_a_redis_that_is_gone_is_a_warning_without_its_password(look: Look) -> None:
    _, found = look("server: {requests_per_minute: 60, rate_storage: 'redis://:s3cret@127.0.0.1:9/0'}")
    assert found["rate storage"]["state"] == "warning"
    assert "s3cret" not in str(found)


@pytest.mark.parametrize(
    ("settings", "check", "code", "said"),
    [
        ("colour: red", "configuration", 2, "colour"),
        ("articles: {folder: nowhere}", "articles", 3, "nowhere"),
        ("feedback: {file: config.yaml/x}", "folders", 9, "feedback.file"),
        ("index: {folder: config.yaml/x}", "folders", 4, "index.folder"),
        ("answer: {provider: llamacpp, gguf: none.gguf}", "language model", 5, "none.gguf"),
        (
            "answer: {provider: openai_like, model: m, base_url: 'http://127.0.0.1:9/v1'}",
            "language model",
            8,
            "reached",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_exit_code(look: Look, settings: str, check: str, code: int, said: str) -> None:
    got, found = look(settings)
    failed = {name: finding for name, finding in found.items() if finding["state"] == "failed"}
    assert (got, list(failed)) == (code, [check])
    assert said in failed[check]["message"]


def test_damaged_weights_are_found(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "weights"
    shutil.copytree(qa.models.onnx.WEIGHTS, weights)
    (weights / "calib.json").write_text("{}")
    monkeypatch.setattr(qa.models.onnx, "WEIGHTS", weights)
    code, found = look()
    assert (code, found["weights"]["state"]) == (5, "failed")
    assert "calib.json is damaged" in found["weights"]["message"]


def test_an_index_with_a_file_gone_is_found(look: Look, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    look()
    ingest(tmp_path, capsys)
    database = next((tmp_path / "data").rglob("chroma.sqlite3"))
    database.write_bytes(b"no database" * 1000)
    code, found = look()
    assert (code, found["index"]["state"]) == (4, "failed")
    assert "qa ingest" in found["index"]["message"]


def test_no_key_gets_out(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-this-is-a-secret")
    server = ModelServer(silent)
    try:
        _, found = look(f"answer: {{provider: openai_like, model: m, base_url: '{server.address}/v1'}}")
    finally:
        server.close()
    assert found["language model"]["state"] == "warning"
    assert "secret" not in json.dumps(found)


def test_a_service_that_runs_is_recognised_and_another_is_in_the_way(tmp_path: Path, look: Look) -> None:
    with service(tmp_path) as served:
        _, found = look("", "--port", served.address.rpartition(":")[2])
    assert found["port"]["message"].endswith("the service runs there, and is ready")
    server = ModelServer(silent)
    try:
        code, found = look("", "--port", server.address.rpartition(":")[2])
    finally:
        server.close()
    assert (code, found["port"]["state"]) == (2, "failed")


def test_it_works_where_the_service_cannot_even_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    script = (
        "import sys; sys.modules['chromadb'] = None; from qa.cli import main;"
        f"sys.exit(main(['doctor', '--config', {str(tmp_path / 'config.yaml')!r}]))"
    )
    root = Path(__file__).parent.parent
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=False)
    assert ended.returncode == 1
    assert "chromadb" in ended.stdout.splitlines()[-1]
    assert not ended.stderr
