"""Programs that some tests want and that are not Python packages."""

import os
import shutil

import pytest

CHROMIUM = ("chromium", "google-chrome")


def find(*names: str) -> str | None:
    """The path of the first of these programs that is there; none is ever downloaded."""
    path = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"
    return next(filter(None, (shutil.which(name, path=path) for name in names)), None)


def installed(*names: str) -> str:
    """As `find`; without any the test is skipped, and fails under CI."""
    program = find(*names)
    if program is None:
        message = f"Not found: {' or '.join(names)}. Install it (apt-get install {names[0]})."
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)
    return program
