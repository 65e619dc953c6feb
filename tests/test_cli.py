"""The commands, as somebody at a terminal meets them."""

import hashlib
import json
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import yaml

from qa.cli import main
from qa.config import Config
from qa.evaluate import QUESTIONS
from qa.index import writing

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    file = tmp_path / "config.yaml"
    file.write_text("suggestions: []\n")
    return file


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_ask_prints_the_answer_with_its_sources(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ask", "Where would a NATO headquarters be created?", "--config", config_file)
    assert code == 0
    assert out.startswith("Wiesbaden, Germany\n")
    assert "[1] NATO Foreign Ministers Strengthen Alliance Unity" in out
    assert "2 added" in err


def test_ask_gives_json(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "ask", "How many fighter jets did Poland pledge?", "--json", "--config", config_file)
    answer = json.loads(out)
    assert answer["refusal"] == "not_in_articles"
    assert {"fighter", "jets", "Poland"} <= set(answer["unknown_words"])


def test_ask_explains_itself(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = "Where would a NATO headquarters be created?"
    _, out, _ = run(capsys, "ask", question, "--explain", "--config", config_file)
    assert "answered by extractive" in out
    assert "verbatim     Allies considered creating a NATO headquarters" in out
    assert "search" in out.splitlines()[-1]


def test_ingest_says_what_it_did(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = config_file.parent / "seeds"
    shutil.copy(next(folder.iterdir()), folder / "copy.txt")
    (folder / "empty.txt").touch()
    code, _, err = run(capsys, "ingest", "--config", config_file)
    assert code == 0
    assert "2 added, 0 changed, 0 removed, 0 unchanged, 1 skipped" in err
    _, _, err = run(capsys, "ingest", "--config", config_file)
    assert "0 added, 0 changed, 0 removed, 2 unchanged" in err


def test_ask_reads_the_index_as_it_is_while_the_service_holds_it(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "ingest", "--config", config_file)
    with writing(Config.load(config_file, {})):
        code, out, _ = run(capsys, "ask", "Who opened the meeting?", "--config", config_file)
        assert (code, "Jens Stoltenberg" in out) == (0, True)
        code, _, err = run(capsys, "ingest", "--config", config_file)
        assert (code, "qa serve" in err) == (4, True)


@pytest.mark.parametrize(
    ("settings", "arguments", "code", "message"),
    [
        ("colour: red", ["ingest"], 2, "colour"),
        ("articles: {folder: nowhere}", ["ingest"], 3, "nowhere"),
        ("", ["ask", "?!"], 2, "question"),
        ("", ["serve", "--port", "0"], 2, "port"),
        ("", ["evaluate", "--questions", "nowhere.yaml"], 2, "nowhere.yaml"),
        ("", ["evaluate", "--against", "nowhere.json"], 2, "--save-baseline"),
        ("", ["evaluate", "--url", "localhost:8000"], 7, "localhost:8000"),
        ("", ["evaluate", "--url", "http://localhost:8000", "--ablate"], 2, "--url"),
        ("", ["evaluate", "--limit", "5"], 2, "--set"),
        ("", ["evaluate", "--set", "squad.json", "--split", "dev"], 2, "--split"),
        ("", ["evaluate", "--ablate", "--against"], 2, "--against"),
        ("", ["evaluate", "--set", "nowhere"], 2, "nowhere"),
    ],
)
def test_an_error_is_one_line_with_its_own_exit_code(
    config_file: Path, capsys: pytest.CaptureFixture[str], settings: str, arguments: list[str], code: int, message: str
) -> None:
    config_file.write_text(settings)
    got, out, err = run(capsys, *arguments, "--config", config_file)
    errors = [line for line in err.splitlines() if line.startswith("error:")]
    assert (got, out, len(errors)) == (code, "", 1)
    assert message in errors[0]


def test_articles_without_a_real_word_stop_nothing(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(config_file.parent / "seeds")
    (config_file.parent / "seeds").mkdir()
    (config_file.parent / "seeds" / "odd.txt").write_text("Title\n\nIt is. 😀 😀.")
    code, out, _ = run(capsys, "ask", "Who opened the meeting?", "--config", config_file)
    assert (code, out.startswith("The articles do not say.")) == (0, True)


def test_serve_answers_and_ends_cleanly(config_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qa.cli", "serve", "--port", str(port), "--config", str(config_file)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        while "Ready" not in (line := server.stderr.readline()):
            assert line, "the server ended before it was ready"
        answer = httpx.post(f"http://127.0.0.1:{port}/api/ask", json={"question": "Who opened the meeting?"}).json()
        server.terminate()
        assert server.wait(30) == 0
        assert [json.loads(line)["path"] for line in server.stderr] == ["/api/ask"]
    assert "Jens Stoltenberg" in answer["short_answer"]


def test_serve_ends_with_one_message_when_it_cannot_start(config_file: Path) -> None:
    config_file.write_text("articles: {folder: nowhere}\n")
    command = [sys.executable, "-m", "qa.cli", "serve", "--port", "8999", "--config", str(config_file)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert ended.stderr.count("nowhere") == 1
    assert "Traceback" not in ended.stderr


def test_evaluate_fails_below_a_floor(config_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = config_file.with_name("questions.yaml")
    questions.write_text(
        "articles:\n"
        "  a: NATO Foreign Ministers Met at the Czernin Palace to Discuss How to Contain Russian Imperialism\n"
        "cases:\n"
        "- {id: one, kind: fact, split: dev, question: How many fighter jets did Poland pledge,"
        " gold: {a: [NATO diplomatic chiefs met for informal talks in Prague on 30 and 31 May 2024.]}}\n"
    )
    code, out, err = run(capsys, "evaluate", "--questions", questions, "--config", config_file)
    assert code == 6
    assert "refused" in out
    assert "error:" in err
    assert {file.name for file in (config_file.parent / "data" / "evaluation").iterdir()} == {
        "report.html", "results.json",
    }  # fmt: skip


def test_evaluate_fails_on_a_real_drop_since_the_baseline(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    easy = [case for case in shipped["cases"] if case["kind"] == "fact"][:12]
    questions, baseline = config_file.with_name("questions.yaml"), config_file.with_name("baseline.json")
    questions.write_text(yaml.safe_dump({**shipped, "cases": easy}))
    command = ["evaluate", "--questions", questions, "--config", config_file]
    code, out, _ = run(capsys, *command, "--save-baseline", baseline)
    assert (code, str(baseline) in out) == (0, True)
    code, out, _ = run(capsys, *command, "--against", baseline)
    assert (code, "Each of the 12 questions is as right or wrong as before." in out) == (0, True)
    config_file.write_text("answer: {threshold: 0.999}\nevaluation: {answers_right: 0}\n")
    code, out, err = run(capsys, *command, "--against", baseline)
    assert (code, "right before, wrong now" in out) == (6, True)
    assert "answers right fell from" in err


def test_a_key_wants_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "key")
    key, digest = (line.split()[1] for line in out.splitlines()[:2])
    assert (code, digest) == (0, hashlib.sha256(key.encode()).hexdigest())


def test_ctrl_c_ends_the_doctor_without_a_traceback(config_file: Path) -> None:
    command = [sys.executable, "-m", "qa.cli", "doctor", "--config", str(config_file)]
    with ExitStack() as running:
        doctor = running.enter_context(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        running.callback(doctor.kill)
        assert doctor.stdout
        assert doctor.stdout.readline()  # more findings follow
        doctor.send_signal(signal.SIGINT)
        _, complaints = doctor.communicate(timeout=60)
    assert (doctor.returncode, complaints) == (130, "Interrupted. Nothing is lost: run it again to go on.\n")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("serve", "ingest", "ask", "evaluate"))
