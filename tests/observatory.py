"""Grades a response by the rules of the public HTTP Observatory, which are encoded here as data.

Source: https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring (tests, modifiers, grades). The first
rule of a test that holds is its result. Redirection is the proxy's, preloading the domain's: neither counts here.
"""

import re
from collections.abc import Callable, Mapping

from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

Rule = tuple[str, int, Callable[[TestResponse], bool]]
GRADES = {100: "A+", 90: "A", 85: "A-", 80: "B+", 70: "B", 65: "B-", 60: "C+", 50: "C", 45: "C-", 40: "D+", 30: "D",
          25: "D-", 0: "F"}  # fmt: skip
BONUS_FROM = 90
"""Bonuses are added only to a score that is at least as high without them."""
SIX_MONTHS_S = 15_768_000


def csp(response: TestResponse) -> dict[str, list[str]]:
    parts = [part.split() for part in response.headers.get("Content-Security-Policy", "").split(";")]
    return {name.lower(): sources for name, *sources in filter(None, parts)}


def sources(response: TestResponse, directive: str) -> set[str]:
    policy = csp(response)
    return {source.lower() for source in policy.get(directive, policy.get("default-src", ["*"]))}


def is_broad(allowed: set[str]) -> bool:
    return bool(allowed & {"*", "http:", "https:", "data:", "blob:", "'unsafe-inline'"})


def scripts(response: TestResponse) -> list[str]:
    if response.mimetype != "text/html":
        return []
    return [tag for tag in re.findall(r"<script\b[^>]*>", response.text) if "application/json" not in tag]


def age(headers: Headers) -> int:
    found = re.search(r"max-age=(\d+)", headers.get("Strict-Transport-Security", ""))
    return int(found[1]) if found else -1


def header(name: str, *values: str) -> Callable[[TestResponse], bool]:
    return lambda response: response.headers.get(name, "").strip().lower() in values


def otherwise(_: TestResponse) -> bool:
    return True


TESTS: Mapping[str, list[Rule]] = {
    "content security policy": [
        ("not implemented", -25, lambda r: not csp(r)),
        ("unsafe scripts", -20, lambda r: is_broad(sources(r, "script-src")) or is_broad(sources(r, "object-src"))),
        ("unsafe-eval", -10, lambda r: "'unsafe-eval'" in sources(r, "script-src") | sources(r, "style-src")),
        ("insecure scheme", -20, lambda r: "http:" in r.headers["Content-Security-Policy"]),
        ("unsafe styles", 0, lambda r: is_broad(sources(r, "style-src"))),
        ("no unsafe, default-src none", 10, lambda r: csp(r).get("default-src") == ["'none'"]),
        ("no unsafe", 5, otherwise),
    ],
    "cookies": [
        ("none", 0, lambda r: "Set-Cookie" not in r.headers),
        ("some: how safe they are is not looked at, since there must be none", -20, otherwise),
    ],
    "cross-origin resource sharing": [
        ("not implemented", 0, lambda r: "Access-Control-Allow-Origin" not in r.headers),
        ("universal", -50, lambda r: r.headers["Access-Control-Allow-Origin"] == "*"),
        ("restricted", 0, otherwise),
    ],
    "strict transport security": [
        ("six months or more", 0, lambda r: age(r.headers) >= SIX_MONTHS_S),
        ("less", -10, lambda r: age(r.headers) >= 0),
        ("not implemented", -20, otherwise),
    ],
    "referrer policy": [
        ("private", 5, header("Referrer-Policy", "no-referrer", "same-origin", "strict-origin",
                              "strict-origin-when-cross-origin")),
        ("not implemented", 0, header("Referrer-Policy", "")),
        ("unsafe", -5, otherwise),
    ],
    "subresource integrity": [
        ("no scripts", 0, lambda r: not scripts(r)),
        ("scripts of the same origin", 0, lambda r: all(re.search(r'src="/(?!/)', tag) for tag in scripts(r))),
        ("scripts from elsewhere, or within the page", -50, otherwise),
    ],
    "x-content-type-options": [
        ("nosniff", 0, header("X-Content-Type-Options", "nosniff")),
        ("not implemented", -5, otherwise),
    ],
    "x-frame-options": [
        ("by the policy", 5, lambda r: csp(r).get("frame-ancestors") in (["'none'"], ["'self'"])),
        ("deny", 0, header("X-Frame-Options", "deny", "sameorigin")),
        ("not implemented", -20, otherwise),
    ],
    "cross-origin resource policy": [
        ("same origin or site", 0, header("Cross-Origin-Resource-Policy", "same-origin", "same-site")),
        ("cross-origin, or none", -20, otherwise),  # stricter than the source: there, none is allowed
    ],
}  # fmt: skip


def results(response: TestResponse) -> dict[str, tuple[str, int]]:
    """What each test finds, and what that does to the score."""
    found = {}
    for test, rules in TESTS.items():
        found[test] = next((name, modifier) for name, modifier, holds in rules if holds(response))
    return found


def grade(response: TestResponse) -> str:
    """From A+ to F."""
    modifiers = [modifier for _, modifier in results(response).values()]
    score = 100 + sum(modifier for modifier in modifiers if modifier < 0)
    if score >= BONUS_FROM:
        score += sum(modifier for modifier in modifiers if modifier > 0)
    return next(letter for least, letter in GRADES.items() if max(score, 0) >= least)
