"""`qa evaluate`: asks, prints, keeps, compares."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from qa.assemble import open_qa
from qa.config import Config
from qa.errors import ConfigError, EvaluationFailed
from qa.evaluate import ablate
from qa.evaluate.about import about
from qa.evaluate.cases import QUESTIONS, Case, Split, load_cases
from qa.evaluate.client import Client
from qa.evaluate.compare import compare, read_earlier
from qa.evaluate.feedback import as_questions, ask_again, hear, render_feedback
from qa.evaluate.report import drops, failures, render, render_comparison
from qa.evaluate.results import keep, save_baseline, write
from qa.evaluate.run import Answers, evaluate
from qa.evaluate.sets import indexed, load_set
from qa.feedback import read_ratings
from qa.opening import bar, open_in_step


def run(config: Config, options: argparse.Namespace) -> None:
    """Run the command with the options of `qa.cli`.

    Raises:
        EvaluationFailed: a figure is below its floor, or has really dropped since the baseline.
        QAError: what was asked for cannot be done.
    """
    if options.url and (options.set or options.ablate):
        raise ConfigError("--url asks a service as it is; --set and --ablate need one of their own. Leave one out.")
    if options.limit is not None and not options.set:
        raise ConfigError("--limit draws questions of a public set. Name one with --set, or leave --limit out.")
    if options.split and options.set:
        raise ConfigError("A public set has no splits. Leave out --split or --set.")
    if options.ablate and (options.against or options.save_baseline):
        raise ConfigError("--ablate compares parts of the search, not runs. Leave out --against and --save-baseline.")
    if options.feedback is not None and (options.split or options.ablate or options.against or options.save_baseline):
        raise ConfigError("--feedback goes with --url only: nobody has checked its questions yet.")
    if options.feedback is not None:
        _feedback(config, options)
        return
    if options.ablate:
        _ablate(config, options)
        return
    earlier = read_earlier(options.against) if options.against else None
    with ExitStack() as opened:
        qa, cases, name = _opened(config, options, opened)
        with bar("question") as progress:
            report = evaluate(qa, cases, progress)
    made = about(report, options.url or "in process", name)
    print(render(report, made))
    keep(report, made, config.evaluation)
    print(f"\nTo read in a browser: {config.evaluation.report} (the service shows it at /evaluation)")
    print(f"Everything, as JSON: {config.evaluation.results}")
    missed = failures(report, None if options.set else config.evaluation)
    if earlier:
        comparison = compare(report, earlier)
        print(f"\n{render_comparison(comparison)}")
        missed += drops(comparison)
    if options.save_baseline:
        save_baseline(report, options.save_baseline)
        print(f"The baseline is now {options.save_baseline}")
    if missed:
        raise EvaluationFailed(" ".join(missed))


def _ablate(config: Config, options: argparse.Namespace) -> None:
    with ExitStack() as opened:
        if options.set:
            config, cases, name = _public_set(config, options, opened)
        else:
            _, cases, name = _opened(config, options, opened)
        with bar("step") as progress:
            ablation = ablate.ablate(config, cases, progress)
    print(f"{len(cases)} questions of {name}\n\n{ablate.render(ablation)}")


def _feedback(config: Config, options: argparse.Namespace) -> None:
    """Ask again what readers rated. The report at /evaluation stays: what they asked is not for everybody."""
    file = Path(options.feedback) if options.feedback else config.feedback.file
    if file is None:
        raise ConfigError("No feedback is kept. Set `feedback.file`, or name a file with --feedback FILE.")
    ratings, unreadable = read_ratings(file)
    with ExitStack() as opened:
        qa = _service(config, options, opened)
        heard = hear(ratings, qa.articles)
        if heard.candidates:
            path = config.evaluation.candidates
            write(path, as_questions(heard.candidates, qa.articles), mode=0o600)
            with bar("question") as progress:
                report = evaluate(qa, load_cases(qa.articles, path), progress)
            print(f"{render(report, about(report, options.url or 'in process', path.name))}\n")
        with bar("question") as progress:
            now = ask_again(qa, heard.doubted, progress)
    print(render_feedback(heard, unreadable, now))
    if heard.candidates:
        print(f"\nThe candidates, to look through: {path}")


def _service(config: Config, options: argparse.Namespace, opened: ExitStack) -> Answers:
    return opened.enter_context(Client(options.url)) if options.url else open_in_step(config)


def _opened(config: Config, options: argparse.Namespace, opened: ExitStack) -> tuple[Answers, tuple[Case, ...], str]:
    """What is measured, the questions, and what these are called; `opened` closes what had to be opened."""
    if options.set:
        own, cases, name = _public_set(config, options, opened)
        return open_qa(own), cases, name
    qa = _service(config, options, opened)
    path = options.questions or QUESTIONS
    cases = load_cases(qa.articles, path, Split(options.split) if options.split else None)
    return qa, cases, f"{path.name} ({options.split})" if options.split else path.name


def _public_set(config: Config, options: argparse.Namespace, opened: ExitStack) -> tuple[Config, tuple[Case, ...], str]:
    """The configuration of an index of the set's own articles, its questions, and its name."""
    public = load_set(options.set, options.limit)
    print(f"{public.name}: {public.note}", file=sys.stderr)
    if public.left_out:
        print(f"{len(public.left_out)} left out, the first: {public.left_out[0]}", file=sys.stderr)
    with bar("article") as progress:
        own = opened.enter_context(indexed(public, config, progress))
    return own, public.cases, public.name
