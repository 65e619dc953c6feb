"""Write qa/LICENCES.md anew: the licence of every package that the locks name.

    python tests/licences.py

It reads what the packages say of themselves, so all of tests/requirements.lock must be installed.
"""

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIST = ROOT / "qa" / "LICENCES.md"
SERVICE, ALL = ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"

PERMISSIVE = frozenset(
    [
        "0BSD",
        "AFL-2.1",
        "Apache-2.0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT-CMU",
        "PSF-2.0",
        "Zlib",
    ]
)
"""SPDX identifiers; `BSD` is what some packages leave it at."""
ACCEPTED = {
    "certifi": "a list of certificates, used as it is",
    "hypothesis": "runs in tests only",
    "orjson": "used as it is",
    "pathspec": "runs in the type checker only",
    "tld": "used as it is, by trafilatura; taken under MPL-1.1",
    "tqdm": "used as it is",
}
"""Packages under the Mozilla Public License, which asks for the source of its own files where these are changed."""
NOT_HERE = {
    "async-timeout": "Apache-2.0",
    "brotlicffi": "MIT",
    "cffi": "MIT-0",
    "httpx2-jsfetch": "BSD-3-Clause",
    "pycparser": "BSD-3-Clause",
}
"""Locked for other interpreters only."""
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Academic Free License (AFL)": "AFL-2.1",
    "Apache 2.0": "Apache-2.0",
    "Apache License Version 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The BSD 2-Clause License": "BSD-2-Clause",
}
"""What packages wrote before there were identifiers."""
_NO_LICENCE = {"OSI Approved", "DFSG approved"}


def locked(lock: Path) -> list[str]:
    """The packages of a lock, by name."""
    return sorted(set(re.findall(r"^([a-z0-9._-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)))


def licence(name: str) -> str:
    """The licence of a package, as an SPDX expression as far as it says so itself."""
    if name in NOT_HERE:
        return NOT_HERE[name]
    about = metadata.metadata(name)
    if expression := about["License-Expression"]:
        return str(expression)
    said = (about["License"] or "").strip().splitlines()[:1]
    if said and (SPDX.get(said[0], said[0]) in PERMISSIVE or " " not in said[0]):
        return SPDX.get(said[0], said[0])
    classifiers = [line.split("::")[-1].strip() for line in about.get_all("Classifier") or () if "License ::" in line]
    found = [SPDX.get(text, text) for text in classifiers if text not in _NO_LICENCE]
    return " AND ".join(found or said or ["unknown"])


def is_permissive(expression: str) -> bool:
    """Whether every part of an expression, or one of its alternatives, is a permissive licence."""
    parts = expression.replace("(", "").replace(")", "").split(" AND ")
    return all(any(choice in PERMISSIVE for choice in part.split(" OR ")) for part in parts)


def table() -> str:
    """The list."""
    service = locked(SERVICE)
    lines = [
        "# Licences of what is installed",
        "",
        "Made by `python tests/licences.py` of what the packages say of themselves. A test fails where it is not up to",
        "date, and where a licence is neither permissive nor among those that were looked at.",
    ]
    for heading, names in (
        ("The service", service),
        ("Tests and `answer.provider: llamacpp`", [name for name in locked(ALL) if name not in service]),
    ):
        lines += ["", f"## {heading}", "", "| package | licence |", "|---|---|"]
        for name in names:
            note = f" ({ACCEPTED[name]})" if name in ACCEPTED else ""
            lines.append(f"| {name} | {licence(name)}{note} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    LIST.write_text(table(), encoding="utf-8")
