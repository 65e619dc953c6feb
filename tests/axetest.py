"""Looks a page over with axe-core, for what hinders people who see, hear or move otherwise."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
_ALL = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # of WCAG 2.2, and off unless one asks
}
_COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
_RUN = "async (options) => (await axe.run({ ...options, resultTypes: ['violations'] })).violations"


def violations(page: Page) -> list[str]:
    """What axe finds wrong in what the page shows now, one line for each place: every rule, then colours when dark."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)  # by the debugger, so that the policy of the page stays as it is
    found = []
    for scheme, options in (("light", _ALL), ("dark", _COLOURS)):
        page.emulate_media(color_scheme=scheme)
        found += [f"{line} ({scheme})" for rule in page.evaluate(_RUN, options) for line in _lines(rule)]
    page.emulate_media(color_scheme="light")
    return found


def _lines(rule: dict[str, Any]) -> list[str]:
    why = [" ".join(node["failureSummary"].split()) for node in rule["nodes"]]
    return [f"{rule['id']}: {node['target']}: {reason}" for node, reason in zip(rule["nodes"], why, strict=True)]
