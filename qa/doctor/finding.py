"""What a check found, and how it is told."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from qa.errors import QAError


class Doubt(Exception):
    """Something that works, and may not be meant. Raised by a check, shown as a warning."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    check: str
    state: Literal["ok", "warning", "failed"]
    message: str
    exit_code: int = 0


def exit_code(findings: Sequence[Finding]) -> int:
    """That of the first failure; 0 where nothing failed."""
    return next((finding.exit_code for finding in findings if finding.state == "failed"), 0)


def as_text(finding: Finding) -> str:
    """A finding as a line for people."""
    return f"{finding.state:<8} {finding.check:<14} {finding.message}"


def as_json(findings: Sequence[Finding]) -> str:
    """All findings for programs."""
    return json.dumps({"healthy": exit_code(findings) == 0, "findings": [asdict(item) for item in findings]}, indent=2)


def found(name: str, check: Callable[[], str]) -> Finding:
    """Make a check: it returns what is well, or raises `Doubt` or an error of ours with the remedy."""
    try:
        return Finding(name, "ok", check())
    except Doubt as doubt:
        return Finding(name, "warning", str(doubt))
    except QAError as error:
        return Finding(name, "failed", str(error), error.exit_code)
    except Exception as error:  # a check must not keep the others from being made
        return Finding(name, "failed", f"It cannot be checked: {type(error).__name__}: {error}", QAError.exit_code)
