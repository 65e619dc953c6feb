"""Tries the API of the real service, over HTTP, with what its own OpenAPI document allows, and what it forbids.

`make fuzz` does it for long, each time with another seed; the tests do it for a while, always with the same one.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

import httpx
from realpage import served

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_LONGEST_LINE = 300
"""Of the report: it would print bodies of any size."""


def fuzz(address: str, cases: int, seed: int) -> tuple[bool, str]:
    """Run schemathesis in all its phases.

    Args:
        address: of the service.
        cases: how many are generated for each operation, about, in each phase.
        seed: of the generator.

    Returns:
        Whether all was as documented, and the report.
    """
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", _CONFIG, "--no-color", "run"]
    options = ["--checks", "all", "--max-examples", cases, "--seed", seed, "--workers", 2]
    document = httpx.get(f"{address}/openapi.json").json()
    for name in ("AskRequest", "FeedbackRequest"):
        document["components"]["schemas"][name]["properties"]["question"]["pattern"] = f"[{_letters_and_digits()}]"
    with tempfile.TemporaryDirectory() as folder:  # it leaves files of its own where it runs
        schema = Path(folder, "openapi.json")
        schema.write_text(json.dumps(document), encoding="utf-8")
        done = subprocess.run(
            [str(part) for part in (*command, *options, "--url", address, schema)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode == 0, "\n".join(line[:_LONGEST_LINE] for line in lines)


def _letters_and_digits() -> str:
    """What a question must have one of: a class of characters that the document cannot hold.

    Regular expressions name it in as many ways as there are languages, and schemathesis knows but a part of it.
    """
    points = [point for point in range(sys.maxunicode + 1) if chr(point).isalnum()]
    runs = [[point for _, point in run] for _, run in groupby(enumerate(points), lambda place: place[1] - place[0])]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=1000, help="for each operation, about, in each phase")
    options.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(QA_FEEDBACK__FILE=f"{folder}/feedback.jsonl") as address:
        right, report = fuzz(address, given.cases, given.seed)
    print(report)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
