"""`qa doctor`: looks an installation over, and says what to do about what it finds."""

import os
from collections.abc import Iterator
from pathlib import Path

from qa.config import Config
from qa.doctor import installation
from qa.doctor.finding import Finding, as_json, as_text, exit_code, found
from qa.errors import ConfigError

__all__ = ["Finding", "as_json", "as_text", "examine", "exit_code"]


def examine(path: Path, port: int | None = None) -> Iterator[Finding]:
    """Check everything that can be checked with the configuration in this file, one finding for each check.

    Args:
        path: of the configuration.
        port: to be looked at instead of `server.port`.
    """
    for name, check in installation.CHECKS.items():
        yield found(name, check)
    try:
        config = Config.load(path)
    except ConfigError as error:
        yield Finding("configuration", "failed", str(error), error.exit_code)
        return
    yield Finding("configuration", "ok", _overrides(path))
    if port is not None:
        config = config.model_copy(update={"server": config.server.model_copy(update={"port": port})})
    yield from _configured(config)


def _configured(config: Config) -> Iterator[Finding]:
    try:
        from qa.doctor import configured  # and with it all that may have been found missing
    except Exception as error:
        yield Finding("service", "failed", f"It cannot be loaded: {error}. Mend the installation first.", 1)
        return
    for name, check in configured.CHECKS.items():
        yield found(name, lambda check=check: check(config))  # type: ignore[misc]


def _overrides(path: Path) -> str:
    names = sorted(name for name in os.environ if name.startswith("QA_"))
    return f"{path}" + (f", with {', '.join(names)} from the environment" if names else "")
