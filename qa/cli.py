"""The command line: `qa serve`, `qa ingest`, `qa ask`, `qa evaluate`."""

import argparse
import atexit
import json
import logging
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from tqdm import tqdm

from qa.config import Config, Server
from qa.errors import ConfigError, EvaluationFailed, IndexLocked, IndexMissing, QAError
from qa.types import Answer, Quote

if TYPE_CHECKING:
    from flask import Flask

    from qa.service import QA

logger = logging.getLogger(__name__)

# What a command needs beyond this is imported within it: `qa --help` should not wait for Chroma and LlamaIndex.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; an error of ours is one line on stderr."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        result: int = options.run(Config.load(options.config), options)
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

    evaluate = commands.add_parser("evaluate", parents=[common], help="ask the fixed questions and score the answers")
    evaluate.add_argument("--questions", type=Path, metavar="FILE", help="default: those about the articles that ship")
    evaluate.add_argument("--split", choices=["dev", "test"], help="only the questions to tune on, or only the others")
    evaluate.add_argument("--json", action="store_true", help="print every score as JSON")
    evaluate.set_defaults(run=_evaluate)
    return parser


def _serve(config: Config, options: argparse.Namespace) -> int:
    from web.serve import serve

    changes = {key: value for key in ("host", "port") if (value := getattr(options, key)) is not None}
    try:
        server = Server.model_validate({**config.server.model_dump(), **changes})
    except ValidationError as error:
        raise ConfigError(f"--{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from error
    serve(server, lambda: _load(config), reload=options.dev)
    return 0


def _load(config: Config) -> "Flask":
    """Take in the articles and make the application; the process stays the index's only writer until it ends."""
    from qa.assemble import open_qa
    from qa.index import writing
    from web import create_app

    held = ExitStack()
    held.enter_context(writing(config))
    atexit.register(held.close)
    sync_with_progress(config)
    return create_app(open_qa(config), config)


def _ingest(config: Config, _: argparse.Namespace) -> int:
    from qa.index import writing

    with writing(config):
        sync_with_progress(config)
    return 0


def _ask(config: Config, options: argparse.Namespace) -> int:
    from web.schemas import AnswerOut

    answer = _open(config).ask(options.question)
    print(AnswerOut.model_validate(answer).model_dump_json(indent=2) if options.json else _readable(answer))
    if options.explain and not options.json:
        print(_explained(answer))
    return 0


def _evaluate(config: Config, options: argparse.Namespace) -> int:
    from qa.evaluate import QUESTIONS, Split, evaluate, failures, load_cases, render

    qa = _open(config)
    cases = load_cases(qa.articles, options.questions or QUESTIONS, Split(options.split) if options.split else None)
    with tqdm(total=len(cases), unit="question", leave=False, delay=2) as bar:
        report = evaluate(qa, cases, lambda _: bar.update())
    print(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) if options.json else render(report))
    if missed := failures(report, config.evaluation):
        raise EvaluationFailed("; ".join(missed))
    return 0


def _open(config: Config) -> "QA":
    """Open the service on an index in step with the articles, or as it is while `qa serve` holds it."""
    from qa.assemble import open_qa
    from qa.index import writing

    try:
        with writing(config):
            sync_with_progress(config)
            return open_qa(config)
    except IndexLocked:
        logger.warning("Another process is using the index; it is read as it is.")
    try:
        return open_qa(config)
    except IndexMissing as error:
        raise IndexLocked("Another process is still indexing the articles. Try again when it is done.") from error


def sync_with_progress(config: Config) -> None:
    """Bring the index in step with the articles, with a progress bar and a line on what was done, both on stderr."""
    from qa.assemble import sync_articles

    with tqdm(unit="article", leave=False, delay=1) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        synced = sync_articles(config, progress)
    report = synced.report
    for copy, kept in synced.collection.duplicates:
        logger.warning("%s is the same article as %s and is indexed once.", copy, kept)
    print(
        f"{config.articles.folder}: {report.added} added, {report.changed} changed, {report.removed} removed, "
        f"{report.unchanged} unchanged, {len(synced.collection.skipped)} skipped; "
        f"{report.passages} passages, {report.sentences} sentences; {report.seconds:.1f} s",
        file=sys.stderr,
    )


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
    lines += ["", *(f"{sentence.support:<11}  {sentence.text}" for sentence in answer.sentences)]
    if trace.prompt_tokens:
        lines += ["", f"{trace.prompt_tokens} tokens in the prompt, {trace.completion_tokens} written"]
    lines += ["", ", ".join(f"{stage} {ms:.0f} ms" for stage, ms in trace.timings_ms.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
