"""What makes the page fast and calm: little travels, nothing travels twice, and nothing on the screen jumps.

How long things take depends on the machine: `measure_page.py` measures that.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pagetest import NARROW, WIDE, ask, highlighted, settled
from playwright.sync_api import Page, Response, Route, expect
from webtest import AGAIN, DISAGREE, DOUBTED, HOSTILE_QUESTION, JETS, PIECEMEAL, WHERE

MAX_BYTES = 60_000
"""Of the whole first page, headers and all, compressed as it travels."""
MAX_REQUESTS = 25
WATCH = """
  window.moved = [];
  const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  const told = ({ node, previousRect, currentRect }) =>
    `${node?.id || node?.className || node?.nodeName} from ${box(previousRect)} to ${box(currentRect)}`;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (!hadRecentInput && value > 0.001) moved.push(`${value.toFixed(4)}: ${sources.map(told).join(", ")}`);
    }
  }).observe({ type: "layout-shift", buffered: true });
"""
"""Keeps each shift that nobody caused by a click or a key within the half second before it, as CLS counts.

A hundredth of what CLS calls good is let pass: on a slow machine a button changes its word later than that half second.
"""
NO_LONGER_RECENT_MS = 600


def test_the_first_page_is_small(page: Page) -> None:
    sizes: list[float] = []
    kinds: dict[str, str] = {}
    devtools = page.context.new_cdp_session(page)
    devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.reload(wait_until="networkidle")
    assert 0 < sum(sizes) < MAX_BYTES
    count = Counter(kinds.values())
    assert (count["Document"], count["Stylesheet"]) == (1, 1)
    assert count.total() <= MAX_REQUESTS


def test_what_the_page_is_made_of_travels_once_and_is_kept_for_good(page: Page) -> None:
    static: list[Response] = []
    page.on("response", lambda response: static.append(response) if "/static/" in response.url else None)
    page.reload(wait_until="networkidle")
    assert static
    for response in static:
        assert re.search(r"/static/[0-9a-f]{12}/", response.url)
        assert "immutable" in response.headers["cache-control"]
    loaded = page.evaluate("performance.getEntriesByType('resource').map((each) => [each.name, each.transferSize])")
    assert len(loaded) >= len(static) - 1  # the icon is none of them
    assert [address for address, transferred in loaded if transferred] == []


@contextmanager
def held(page: Page, address: str) -> Iterator[None]:
    """Let what is requested within take so long that no click or key excuses what it moves on the screen."""
    routes: list[Route] = []
    page.route(address, lambda route: routes.append(route))
    with page.expect_request(address):
        yield
    page.wait_for_timeout(NO_LONGER_RECENT_MS)
    routes[0].continue_()
    page.unroute(address)


def type_and_ask(page: Page, question: str) -> None:
    """Ask key by key, as people do: `fill` would make the composer grow without a key."""
    page.get_by_label("Your question").focus()
    page.keyboard.type(question)
    page.keyboard.press("Enter")


def moved(page: Page) -> list[str]:
    """What has moved by itself since the page was loaded, some frames from now."""
    return page.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => done(moved)), 100))")


def check_still(page: Page) -> None:
    """Fail with what has moved by itself."""
    if found := moved(page):
        pytest.fail("It moved:\n" + "\n".join(found), pytrace=False)


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def still_page(page: Page, request: pytest.FixtureRequest) -> Page:
    """The first page, loaded anew with an eye on what moves."""
    page.set_viewport_size(request.param)
    page.add_init_script(WATCH)
    page.reload(wait_until="networkidle")
    return page


def test_a_thing_that_moves_by_itself_is_noticed(still_page: Page) -> None:
    still_page.evaluate("scrollTo(0, 0)")  # further down the browser itself keeps things in their place
    still_page.evaluate("document.querySelector('.lead').style.paddingTop = '2rem'")
    assert moved(still_page) != []


def test_nothing_moves_while_the_page_loads(still_page: Page) -> None:
    for number, question in enumerate((WHERE, JETS), 1):
        ask(still_page, question)
        expect(still_page.locator(".turn .how")).to_have_count(number)
        settled(still_page)
    still_page.reload(wait_until="networkidle")
    expect(still_page.locator(".turn")).to_have_count(2)
    check_still(still_page)


@pytest.mark.parametrize("question", [WHERE, JETS, DISAGREE, DOUBTED, HOSTILE_QUESTION, PIECEMEAL, AGAIN])
def test_nothing_moves_as_an_answer_arrives(still_page: Page, question: str) -> None:
    for number, text in enumerate((WHERE, question), 1):
        with held(still_page, "**/api/ask"):
            type_and_ask(still_page, text)
        expect(still_page.locator(".turn .how")).to_have_count(number)
        settled(still_page)
    check_still(still_page)


def test_an_answer_stays_where_it_was_written(still_page: Page) -> None:
    """What takes the place of something else counts as no shift, wherever it stands."""
    sentence = still_page.locator(".answer .text p bdi").first
    ask(still_page, PIECEMEAL)
    expect(still_page.locator(".live")).to_be_visible()
    written = sentence.bounding_box()
    expect(still_page.locator(".how")).to_be_visible()
    expect(still_page.locator(".live")).to_have_count(0)
    assert sentence.bounding_box() == written


def test_nothing_moves_as_an_article_arrives(still_page: Page) -> None:
    type_and_ask(still_page, WHERE)
    with held(still_page, "**/api/articles/*"):
        still_page.locator(".mark").click()
    highlighted(still_page)
    check_still(still_page)
