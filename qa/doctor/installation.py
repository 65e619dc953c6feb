"""Checks of what was installed, whatever the configuration says."""

import sqlite3
import sys
from importlib import metadata

from packaging.requirements import Requirement

from qa.errors import InstallationError

_DISTRIBUTION = "ask-the-articles"
_OLDEST_SQLITE = (3, 35)
"""Chroma's own limit; it refuses to be imported with an older one."""

# What may be broken is imported by the check that is to find it so.


def _python() -> str:
    return f"{sys.version.split()[0]} in {sys.prefix}"


def _packages() -> str:
    wrong = []
    try:
        required = [Requirement(text) for text in metadata.requires(_DISTRIBUTION) or ()]
        python = metadata.metadata(_DISTRIBUTION)["Requires-Python"]
    except metadata.PackageNotFoundError as error:
        raise InstallationError(f"{_DISTRIBUTION} is not installed. Run `make install`.") from error
    wanted = [requirement for requirement in required if not requirement.marker or requirement.marker.evaluate()]
    for requirement in wanted:
        try:
            if (version := metadata.version(requirement.name)) not in requirement.specifier:
                wrong.append(f"{requirement.name} is {version}, {requirement.specifier} is needed")
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
    if wrong:
        raise InstallationError(f"{'; '.join(wrong)}. Run `make install` (Python {python}).")
    main = ", ".join(f"{name} {metadata.version(name)}" for name in ("chromadb", "llama-index", "onnxruntime"))
    return f"{len(wanted)} as required, {main} among them"


def _sqlite() -> str:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        raise InstallationError(
            f"SQLite {sqlite3.sqlite_version} is too old for Chroma, which needs {oldest}. Use a newer Python."
        )
    return sqlite3.sqlite_version


def _weights() -> str:
    from qa.models.onnx import SUMS, WEIGHTS, unusable, verified

    try:
        names = sorted(line.split()[1] for line in (WEIGHTS / SUMS).read_text(encoding="ascii").splitlines())
    except (OSError, ValueError, IndexError) as error:
        raise unusable(WEIGHTS / SUMS) from error
    for name in names:
        verified(WEIGHTS / name)
    return f"{len(names)} files in {WEIGHTS}, as they were shipped"


def _tokens() -> str:
    from qa.tokens import count

    if count("one two three") != 3:
        raise InstallationError("tiktoken miscounts: its vocabulary is damaged. Run `make install` in a new .venv.")
    return "counted with the vocabulary that ships"


CHECKS = {"Python": _python, "packages": _packages, "SQLite": _sqlite, "weights": _weights, "tokens": _tokens}
