"""Holds a run against an earlier one: what changed, and whether a drop is real."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from qa.errors import ConfigError
from qa.evaluate.figures import Figure, Measured, Score, change, measure
from qa.evaluate.measures import GATED, MEASURES, Measure, scores_of
from qa.evaluate.run import Report

_NOTHING = (0.0, 0.0)
"""What a question adds to a ratio that does not apply to it in one of the runs."""
_REMEDY = "`qa evaluate --save-baseline` makes a baseline of the questions as they are."
_RIGHT = ("answers_right", "refusal_recall")
"""One of them applies to each question."""


class _Row(BaseModel):
    id: str
    asks: str
    scores: dict[str, Score]


class Earlier(BaseModel):
    """What is needed of an earlier run."""

    rows: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure over the questions that both runs asked."""

    measure: Measure
    old: Measured
    new: Measured
    difference: Measured
    """New less old, with the interval of the paired bootstrap."""

    @property
    def dropped(self) -> bool:
        """Whether the figure may not drop and did, beyond chance: the whole interval is below zero."""
        gated = self.measure.key in GATED
        return gated and isinstance(self.difference, Figure) and self.difference.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed since an earlier run. The questions are given by their ids."""

    questions: int
    """How many both runs asked in the same words, with the same gold."""
    changes: tuple[Change, ...]
    lost: tuple[str, ...]
    """Right before, wrong now."""
    won: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    reworded: tuple[str, ...]
    """Asked by both, but with other words or other gold; left out, like those added and removed."""


def read_earlier(path: Path) -> Earlier:
    """Read a baseline, or the results.json of a run.

    Raises:
        ConfigError: the file cannot be read or is something else.
    """
    try:
        return Earlier.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"Cannot read the baseline {path}: {error}. {_REMEDY}") from error
    except (ValueError, RecursionError) as error:  # pydantic's, JSON's and Unicode's errors are ValueErrors
        raise ConfigError(f"{path} is neither a baseline nor a results.json. {_REMEDY}") from error


def compare(report: Report, before: Earlier) -> Comparison:
    """Hold a run against an earlier one.

    Raises:
        ConfigError: they have no question in common.
    """
    earlier = {row.id: row for row in before.rows}
    now = {row.case.id: row for row in report.rows}
    reworded = tuple(id_ for id_, row in now.items() if id_ in earlier and earlier[id_].asks != row.case.digest)
    same = [id_ for id_ in now if id_ in earlier and id_ not in reworded]
    if not same:
        raise ConfigError(f"The baseline has no question in common with this run. {_REMEDY}")
    old = {id_: earlier[id_].scores for id_ in same}
    new = {id_: scores_of(now[id_]) for id_ in same}
    kept = [each for each in MEASURES if any(each.key in scores for scores in old.values())]
    was, is_now = ([_right(scores[id_]) for id_ in same] for scores in (old, new))
    return Comparison(
        questions=len(same),
        changes=tuple(_change(each, old, new) for each in kept),
        lost=tuple(id_ for id_, then, here in zip(same, was, is_now, strict=True) if then and not here),
        won=tuple(id_ for id_, then, here in zip(same, was, is_now, strict=True) if here and not then),
        added=tuple(id_ for id_ in now if id_ not in earlier),
        removed=tuple(id_ for id_ in earlier if id_ not in now),
        reworded=reworded,
    )


def _change(each: Measure, old: Mapping[str, dict[str, Score]], new: Mapping[str, dict[str, Score]]) -> Change:
    ids = [id_ for id_ in old if each.key in old[id_] or each.key in new[id_]]
    before, after = ([scores[id_].get(each.key, _NOTHING) for id_ in ids] for scores in (old, new))
    return Change(
        each,
        measure(before, each.statistic, each.needs),
        measure(after, each.statistic, each.needs),
        change(before, after, each.statistic, each.needs),
    )


def _right(scores: Mapping[str, Score]) -> bool:
    return any(scores[key][0] == 1 for key in _RIGHT if key in scores)
