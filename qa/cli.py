"""The command line: `qa serve`, `qa ingest`, `qa ask`, `qa key`, `qa evaluate`, `qa doctor`, `qa bench`."""

import argparse
import atexit
import hashlib
import os
import secrets
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from qa.config import Config, Logging, Server
from qa.errors import ConfigError, QAError
from qa.logs import configure
from qa.types import Answer, Quote, Sentence

if TYPE_CHECKING:
    from flask import Flask

_BASELINE = Path(__file__).parent / "evaluate" / "baseline.json"
"""What the fixed questions gave when a baseline was last saved."""

# What a command needs beyond this is imported within it: `qa --help` should not wait for Chroma and LlamaIndex.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; an error of ours is one line on stderr."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.run in (_bench, _doctor, _key):  # they want no configuration, or find out what is wrong with it
            configure(Logging())
            return int(options.run(options))
        config = Config.load(options.config)
        configure(config.logging, service=options.run is _serve)
        result: int = options.run(config, options)
        return result
    except QAError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Interrupted. Nothing is lost: run it again to go on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=Path("config.yaml"), metavar="FILE", help="default: config.yaml")
    parser = argparse.ArgumentParser(prog="qa", description="Ask a folder of articles. Every answer quotes them.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser(
        "serve", parents=[common], help="take in the articles, then serve the chat page and the API"
    )
    serve.add_argument("--host", help="address to listen on (default: server.host of the config)")
    serve.add_argument("--port", type=int, help="port to listen on (default: server.port of the config)")
    serve.add_argument("--dev", action="store_true", help="load anew whenever the code changes")
    serve.set_defaults(run=_serve)

    ingest = commands.add_parser("ingest", parents=[common], help="bring the index in step with the folder of articles")
    ingest.set_defaults(run=_ingest)

    ask = commands.add_parser("ask", parents=[common], help="answer one question")
    ask.add_argument("question", help="in quotes, as one argument")
    ask.add_argument("--json", action="store_true", help="print the answer as the API gives it")
    ask.add_argument("--explain", action="store_true", help="print how the answer came about, too")
    ask.set_defaults(run=_ask)

    bench = commands.add_parser("bench", help="measure how it scales, on articles made for that")
    bench.add_argument(
        "--passages", type=int, nargs="+", default=[100, 1_000, 10_000], metavar="N", help="sizes; default: %(default)s"
    )
    bench.add_argument(
        "--real",
        type=int,
        default=10_000,
        metavar="N",
        help="largest size that is really embedded; default: %(default)s",
    )
    bench.add_argument("--folder", type=Path, default=Path("build/bench"), help="holds it all; default: %(default)s")
    bench.set_defaults(run=_bench)
    key = commands.add_parser("key", help="make a key for a service that not everybody may use")
    key.set_defaults(run=_key)
    doctor = commands.add_parser("doctor", parents=[common], help="check the installation, and say what to do")
    doctor.add_argument("--port", type=int, help="port to look at (default: server.port of the config)")
    doctor.add_argument("--json", action="store_true", help="print the findings for a program")
    doctor.set_defaults(run=_doctor)

    _add_evaluate(commands.add_parser("evaluate", parents=[common], help="ask the fixed questions, score the answers"))
    return parser


def _add_evaluate(evaluate: argparse.ArgumentParser) -> None:
    questions = evaluate.add_mutually_exclusive_group()
    questions.add_argument("--questions", type=Path, metavar="FILE", help="default: those about the articles that ship")
    questions.add_argument("--set", type=Path, metavar="PATH", help="a public question set, with its own articles")
    questions.add_argument(
        "--feedback", nargs="?", const="", metavar="FILE", help="what readers say; default: feedback.file of the config"
    )
    evaluate.add_argument("--split", choices=["dev", "test"], help="only the questions to tune on, or only the others")
    evaluate.add_argument("--limit", type=int, metavar="N", help="so many questions of a --set, drawn at random")
    evaluate.add_argument("--url", metavar="ADDRESS", help="ask the service that runs there, over HTTP")
    evaluate.add_argument("--ablate", action="store_true", help="instead, show what each part of the search adds")
    for name, what in (("--against", "say what changed since, and fail if it is worse"), ("--save-baseline", "keep")):
        evaluate.add_argument(
            name, nargs="?", type=Path, const=_BASELINE, metavar="FILE", help=f"{what}; default: the one that ships"
        )
    evaluate.set_defaults(run=_evaluate)


def _serve(config: Config, options: argparse.Namespace) -> int:
    changes = {key: value for key in ("host", "port") if (value := getattr(options, key)) is not None}
    try:
        server = Server.model_validate({**config.server.model_dump(), **changes})
    except ValidationError as error:
        raise ConfigError(f"--{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from error
    # In memory where there is such a folder: counters are mapped files, and a write to one on a full disk kills us.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="qa-metrics-", dir=memory) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # before its client library is imported: see web/metrics.py
        from web.serve import serve

        serve(server, lambda: _load(config), reload=options.dev)
    return 0


def _load(config: Config) -> "Flask":
    """Make the application.

    An embedded index is brought in step with the articles first, and the process stays its only writer until it ends.
    """
    from qa.index import read_ahead, writing

    if config.chroma.mode == "server":
        from qa.live import Live
        from web import create_app

        return create_app(Live(config), config)
    held = ExitStack()
    held.enter_context(writing(config))
    atexit.register(held.close)
    read_ahead(config)  # goes on while these are imported
    from qa.opening import open_with_progress, sync_with_progress
    from web import create_app

    return create_app(open_with_progress(config, sync_with_progress(config).known), config)


def _ingest(config: Config, _: argparse.Namespace) -> int:
    from qa.index import writing
    from qa.opening import sync_with_progress

    with writing(config):
        sync_with_progress(config)
    return 0


def _ask(config: Config, options: argparse.Namespace) -> int:
    from qa.opening import open_in_step
    from web.schemas import AnswerOut

    answer = open_in_step(config).ask(options.question)
    print(AnswerOut.model_validate(answer).model_dump_json(indent=2) if options.json else _readable(answer))
    if options.explain and not options.json:
        print(_explained(answer))
    return 0


def _key(_: argparse.Namespace) -> int:
    key = secrets.token_urlsafe()
    print(f"key     {key}")
    print(f"digest  {hashlib.sha256(key.encode()).hexdigest()}")
    print("The digest belongs under server.api_keys in config.yaml; the key to who may ask, and nowhere else.")
    return 0


def _evaluate(config: Config, options: argparse.Namespace) -> int:
    from qa.evaluate.command import run

    run(config, options)
    return 0


def _bench(options: argparse.Namespace) -> int:
    from qa.bench.command import run

    run(options)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from qa.doctor import as_json, as_text, examine, exit_code

    configure(Logging(level="error"))  # what is wrong with an article is one of its findings, too
    findings = []
    for finding in examine(options.config, options.port):
        findings.append(finding)
        if not options.json:
            print(as_text(finding), flush=True)
    if options.json:
        print(as_json(findings))
    return exit_code(findings)


def _readable(answer: Answer) -> str:
    """An answer for the terminal: what was asked, the answer, the numbered sources."""
    lines = [f"(asked: {answer.asked})"] if answer.asked != answer.question else []
    if answer.short_answer:
        lines += [answer.short_answer, ""]
    lines.append(answer.text)
    lines += ["", f"Note: {answer.notice}"] if answer.notice else []
    sources: list[tuple[str, Quote]] = [(f"[{citation.n}]", citation) for citation in answer.citations]
    if answer.closest:
        lines += ["", "The closest passage, which does not answer it:"]
        sources = [(" - ", answer.closest)]
    for mark, source in sources:
        lines += ["", f"{mark} {source.title}", f"    “{source.quote}”"]
    return "\n".join(lines)


def _explained(answer: Answer) -> str:
    """How an answer came about: the passages with their ranks, what was decided on each sentence, tokens and time."""
    trace = answer.trace
    lines = [
        "",
        f"confidence {answer.confidence:.2f}, answered by {trace.model}",
        "",
        "meaning  words  reader  passage",
    ]
    for item in answer.evidence:
        reader = "–" if item.answerability is None else f"{item.answerability:.2f}"
        opening = " ".join(item.passage.text.split())[:80]
        lines.append(f"{item.dense_rank or '–':>7}  {item.lexical_rank or '–':>5}  {reader:>6}  {opening}")
    lines += ["", *map(_verdict, answer.sentences)]
    if trace.prompt_tokens:
        lines += ["", f"{trace.prompt_tokens} tokens in the prompt, {trace.completion_tokens} written"]
    lines += ["", ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in trace.timings_ms.items())]
    return "\n".join(lines)


def _verdict(sentence: Sentence) -> str:
    why = f"  ({'; '.join(sentence.problems)})" if sentence.problems else ""
    return f"{sentence.support:<11}  {sentence.text}{why}"


if __name__ == "__main__":
    sys.exit(main())
