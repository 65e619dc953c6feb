"""No state of the page hinders anybody, as far as axe can tell: on a phone, a tablet and a screen, light and dark.

A state that a test module of its own brings about is looked over with `violations` of `axetest.py` as well.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from axetest import violations
from evaltest import FakeQA as TinyQA
from evaltest import fixed_cases
from pagetest import ask, highlighted, opened, settled
from playwright.sync_api import BrowserContext, Page, expect
from webtest import (
    AGAIN,
    BROKEN,
    DISAGREE,
    DOUBTED,
    HOSTILE_QUESTION,
    JETS,
    NO_INDEX,
    SLOW,
    WHERE,
    FakeQA,
    serving,
)

from qa.config import Config, Evaluation, Feedback, Server
from qa.evaluate import evaluate
from qa.evaluate.about import about
from qa.evaluate.results import keep
from web import create_app

WIDTHS = {360: 740, 768: 1024, 1440: 900}
MAGNIFIED = {"width": 320, "height": 256}  # what 400 % leaves of 1280 x 1024


def _asked(question: str, shows: str) -> Callable[[Page], None]:
    def bring_about(page: Page) -> None:
        ask(page, question)
        expect(page.locator(shows).first).to_be_visible()

    return bring_about


def _gone_to(path: str, shows: str) -> Callable[[Page], None]:
    def bring_about(page: Page) -> None:
        page.goto(urljoin(page.url, path))
        expect(page.locator(shows).first).to_be_visible()

    return bring_about


def _article(page: Page) -> None:
    ask(page, WHERE)
    page.locator(".mark").first.click()
    highlighted(page)


def _all_opened(page: Page) -> None:
    ask(page, DOUBTED)
    expect(page.locator(".how")).to_be_visible()
    for summary in page.locator(".turn summary").all():
        summary.click()


def _follow_up(page: Page) -> None:
    ask(page, WHERE)
    expect(page.locator(".how")).to_be_visible()
    settled(page)
    ask(page, AGAIN)
    expect(page.locator(".asked")).to_be_visible()


def _stopped(page: Page) -> None:
    ask(page, SLOW)
    expect(page.locator(".live")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".stopped")).to_be_visible()


def _offline(page: Page) -> None:
    page.context.set_offline(True)
    ask(page, WHERE)
    expect(page.locator(".problem")).to_be_visible()


def _unreachable(page: Page) -> None:
    page.route("**/api/ask", lambda route: route.abort())
    ask(page, WHERE)
    expect(page.locator(".problem")).to_be_visible()


def _too_long(page: Page) -> None:
    ask(page, "x" * 101)
    expect(page.locator(".counter.over")).to_be_visible()


def _invalid(page: Page) -> None:
    page.route("**/api/ask", lambda route: route.fulfill(status=422, json={"detail": "It cannot be asked."}))
    ask(page, WHERE)
    expect(page.locator(".problem")).to_be_visible()


def _walking(page: Page) -> None:
    ask(page, DISAGREE)
    page.locator(".mark").first.click()
    expect(page.get_by_role("button", name="Next citation")).to_be_visible()


def _card(page: Page) -> None:
    ask(page, WHERE)
    page.locator(".mark").first.hover()
    expect(page.locator("#card")).to_be_visible()


def _editing(page: Page) -> None:
    ask(page, WHERE)
    page.get_by_role("button", name="Change the question").click()
    expect(page.locator("#editing")).to_be_visible()


def _conversations(page: Page) -> None:
    ask(page, WHERE)
    expect(page.locator(".how")).to_be_visible()
    _menu(page)
    page.get_by_role("button", name="Conversations").click()
    expect(page.locator("#conversations .title").first).to_be_visible()


def _shortcuts(page: Page) -> None:
    _menu(page)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def _feedback(page: Page) -> None:
    ask(page, WHERE)
    page.get_by_role("button", name="Not helpful").click()
    expect(page.locator(".feedback form")).to_be_visible()


def _menu(page: Page) -> None:
    opener = page.get_by_role("button", name="Menu")
    if opener.is_visible():
        opener.click()
    expect(page.locator("#menu")).to_be_visible()


def _rate_limited(page: Page) -> None:
    page.route("**/api/ask", lambda route: route.fulfill(status=429, headers={"Retry-After": "30"}, json={}))
    ask(page, WHERE)
    expect(page.locator(".problem")).to_be_visible()


# Every state of the page, and how to get there from the first page.
STATES: dict[str, Callable[[Page], None]] = {
    "first page": lambda _page: None,
    "answer": _asked(WHERE, ".short-answer"),
    "answer, all opened": _all_opened,
    "follow-up": _follow_up,
    "card of a mark": _card,
    "question being changed": _editing,
    "feedback being given": _feedback,
    "being written": _asked(SLOW, ".live"),
    "stopped": _stopped,
    "refusal": _asked(JETS, ".refusal"),
    "disagreement": _asked(DISAGREE, ".disagreement"),
    "hostile text": _asked(HOSTILE_QUESTION, ".short-answer"),
    "article": _article,
    "article, one of two citations": _walking,
    "no such article": _gone_to("/articles/none?start=1&end=2", "#reader [role=alert]"),
    "no index": _asked(NO_INDEX, ".problem"),
    "service failed": _asked(BROKEN, ".problem"),
    "question too long": _too_long,
    "question refused": _invalid,
    "offline": _offline,
    "unreachable": _unreachable,
    "rate limited": _rate_limited,
    "menu": _menu,
    "keyboard shortcuts": _shortcuts,
    "conversations": _conversations,
    "articles in brief": _gone_to("/articles", ".outline"),
    "timeline": _gone_to("/timeline", ".quote"),
    "documentation of the API": _gone_to("/docs", "article"),
    "no evaluation yet": _gone_to("/evaluation", "main"),
    "no such page": _gone_to("/nowhere", "h1"),
}


@pytest.fixture(scope="module")
def full_address(fake_qa: FakeQA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page with everything on it that a configuration can put there."""
    folder = tmp_path_factory.mktemp("full")
    config = Config(
        server=Server(max_question_chars=100),
        evaluation=Evaluation(folder=folder),
        feedback=Feedback(file=folder / "feedback.jsonl"),
    )
    with serving(create_app(fake_qa, config)) as address:
        yield address


@pytest.fixture
def page(context: BrowserContext, full_address: str) -> Page:
    return opened(context, full_address)


@pytest.mark.parametrize("state", STATES)
def test_nothing_hinders_anybody(page: Page, complaints: list[str], state: str) -> None:
    complaints.append("Failed to load resource")
    look_over(page, STATES[state])


def test_nothing_hinders_anybody_in_a_report(page: Page, tmp_path: Path) -> None:
    places = Evaluation(folder=tmp_path)
    report = evaluate(TinyQA(), fixed_cases(tmp_path))
    keep(report, about(report, "in process", "questions.yaml"), places)
    with serving(create_app(FakeQA(), Config(evaluation=places))) as address:
        page.goto(address)
        look_over(page, _gone_to("/evaluation", "h1"))


def test_what_would_hinder_somebody_is_noticed(page: Page) -> None:
    page.evaluate("""() => {
      const buttons = [1, 2].map(() => document.createElement("button"));
      for (const { style } of buttons) Object.assign(style, { minHeight: 0, height: "9px", width: "9px", padding: 0 });
      document.querySelector("header").append(...buttons);
    }""")
    assert {line.split(":")[0] for line in violations(page)} == {"button-name", "target-size"}


def look_over(page: Page, bring_about: Callable[[Page], None]) -> None:
    """Bring a state of the page about from where it is now, at each width; fail with all that is wrong with it."""
    start = page.url
    found: dict[str, list[int]] = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(start)
        bring_about(page)
        for line in violations(page):
            found.setdefault(line, []).append(width)
        page.context.set_offline(False)
        page.unroute_all()
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.set_viewport_size(MAGNIFIED)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found["It scrolls sideways"] = [MAGNIFIED["width"]]
    if found:
        pytest.fail("\n".join(f"{line}, at {widths}" for line, widths in found.items()), pytrace=False)
