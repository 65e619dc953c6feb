"""The chat page in a real browser, over HTTP. `FakeQA` gives the rare states; the real service is tested below it."""

import os
import re
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from webtest import (
    AGAIN,
    BROKEN,
    DISAGREE,
    DOUBTED,
    HOSTILE,
    HOSTILE_ARTICLE,
    HOSTILE_QUESTION,
    JETS,
    LIE,
    NO_INDEX,
    NOTICE,
    SEEDS,
    SLOW,
    WHERE,
    WHY,
    FakeQA,
    serving,
)

from qa.assemble import open_qa, sync_articles
from qa.config import Articles, Config, Index, Server
from qa.index import writing
from web import create_app

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        message = "No Chromium found. Install it (apt-get install chromium) to test the page."
        pytest.fail(message) if "CI" in os.environ else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def qa() -> FakeQA:
    return FakeQA()


@pytest.fixture(scope="module")
def address(qa: FakeQA) -> Iterator[str]:
    app = create_app(qa, Config(title="Ask the tests", server=Server(max_question_chars=100, max_history_turns=4)))
    with serving(app) as address:
        yield address


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console may say in a test; everything else fails it."""
    return []


@pytest.fixture
def page(browser: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    """The first page, wide. Any console error, script error, CSP violation or foreign request fails the test."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(5000)
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", lambda request: found.append(request.url) if "//127.0.0.1:" not in request.url else None)
    page.goto(address)
    yield page
    context.close()
    assert [text for text in found if not any(expected in text for expected in complaints)] == []


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def highlighted(page: Page) -> str:
    expect(page.locator("#reader mark").first).to_be_in_viewport()
    return "".join(page.locator("#reader mark").all_text_contents())


# Asking


def test_an_answer_is_shown_while_it_is_written_and_can_be_stopped(page: Page, qa: FakeQA) -> None:
    ask(page, SLOW)
    expect(page.locator(".answer.text")).to_contain_text("Allies considered creating a NATO headquarters")
    expect(page.locator(".answer.text .mark")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".stopped")).to_be_visible()
    expect(page.get_by_role("button", name="Ask")).to_be_enabled()
    assert qa.given_up.wait(5)
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")


def test_what_was_withheld_is_struck_through_on_demand_and_a_notice_is_shown(page: Page) -> None:
    ask(page, DOUBTED)
    expect(page.locator(".notice")).to_have_text(NOTICE)
    expect(page.locator(".answer .text")).not_to_contain_text("Madrid")
    struck = page.locator(".withheld s")
    expect(struck).to_be_hidden()
    page.get_by_text("One sentence was withheld").click()
    expect(struck).to_be_visible()
    expect(struck).to_have_text(LIE)
    expect(page.locator(".withheld .why")).to_contain_text(WHY)
    expect(page.get_by_role("status")).not_to_have_text(re.compile("Madrid"))


def test_a_suggestion_is_answered_short_answer_first(page: Page) -> None:
    page.get_by_role("button", name=WHERE).click()
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")
    expect(page.locator(".sentence")).to_contain_text("Allies considered creating a NATO headquarters in Wiesbaden")
    expect(page.locator(".sources .source")).to_contain_text("Strengthen Alliance Unity")
    expect(page.locator(".sources .quote")).to_contain_text("Allies considered creating")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^Wiesbaden, Germany\. Allies considered"))
    expect(page.locator("#welcome")).to_be_hidden()


def test_a_follow_up_sends_the_history_and_shows_what_was_searched(page: Page, qa: FakeQA) -> None:
    for question in (JETS, WHERE, WHERE):
        ask(page, question)
        expect(page.locator(".turn:last-child .how")).to_be_attached()
    ask(page, AGAIN)
    expect(page.locator(".turn:last-child .asked")).to_contain_text(WHERE)
    expect(page.locator(".turn:first-child .asked")).to_have_count(0)
    question, history = qa.asked_with[-1]
    assert question == AGAIN
    assert [turn.role for turn in history] == ["user", "assistant", "user", "assistant"]
    assert history[2].text == WHERE
    assert "[1]" in history[3].text


def test_a_reload_keeps_the_conversation_and_a_new_one_forgets_it(page: Page, qa: FakeQA) -> None:
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_be_visible()
    page.reload()
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()
    ask(page, AGAIN)
    expect(page.locator(".verdict")).to_be_visible()
    assert qa.asked_with[-1] == (AGAIN, ())


def test_a_refusal_looks_like_one(page: Page) -> None:
    ask(page, JETS)
    expect(page.locator(".refusal .verdict")).to_have_text("The articles do not say.")
    assert page.locator(".refusal .word").all_text_contents() == ["fighter", "Poland"]
    expect(page.locator(".refusal")).to_contain_text("The closest passage, which does not answer")
    expect(page.locator(".short-answer, .mark")).to_have_count(0)
    page.locator(".refusal .quote").click()
    assert highlighted(page) == page.locator(".refusal .quote").inner_text()


def test_a_disagreement_shows_both_sides_with_their_sources(page: Page) -> None:
    ask(page, DISAGREE)
    sides = page.locator(".disagreement li")
    expect(sides.locator(".short-answer")).to_have_text(["30 and 31 May 2024 [1]", "May 31, 2024 [2]"])
    expect(sides.first).to_contain_text("NATO diplomatic chiefs met")
    sides.nth(1).get_by_role("link").click()
    assert "May 31, 2024" in highlighted(page)


# The article beside the chat


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("question", [WHERE, HOSTILE_QUESTION], ids=["plain", "astral"])
def test_a_mark_opens_the_article_with_the_quote_highlighted(page: Page, viewport: dict, question: str) -> None:
    page.set_viewport_size(viewport)
    ask(page, question)
    page.locator(".mark").first.click()
    quote = page.locator(".sources .quote .words").first.text_content()
    assert highlighted(page) == quote
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    mark, composer = page.locator("#reader mark").bounding_box(), page.locator("#composer").bounding_box()
    beside = mark["x"] >= composer["x"] + composer["width"]
    assert beside is (viewport == WIDE)


def test_the_address_is_a_permalink_and_back_closes_the_article(page: Page) -> None:
    ask(page, WHERE)
    page.locator(".mark").click()
    quote = highlighted(page)
    permalink = page.url
    assert re.fullmatch(r"/articles/[^/]+", urlsplit(permalink).path)
    page.go_back()
    expect(page.locator("#reader")).to_be_hidden()
    expect(page.locator(".short-answer")).to_be_visible()
    page.goto(permalink)
    assert highlighted(page) == quote
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#reader")).to_be_hidden()
    assert urlsplit(page.url).path == "/"


def test_a_permalink_to_no_article_says_so(page: Page, address: str, complaints: list[str]) -> None:
    complaints.append("404")
    page.goto(f"{address}/articles/none?start=1&end=2")
    expect(page.locator("#reader-title")).to_have_text("There is no such article")


def test_an_article_of_the_first_page_opens_without_a_highlight(page: Page, qa: FakeQA) -> None:
    page.get_by_role("link", name=qa.articles[0].title).click()
    expect(page.locator("#reader-title")).to_have_text(qa.articles[0].title)
    expect(page.locator("#reader mark")).to_have_count(0)


@pytest.mark.parametrize(
    "text",
    ["plain words", "😀 first, then 𝒜 and é and e\u0301", "one\ntwo 😀.\n\nthree\n", "\n\n 👩‍👩‍👧 \n x"],
)
def test_offsets_count_code_points_as_python_does(page: Page, text: str) -> None:
    spans = [(a, b) for a in range(len(text) + 1) for b in range(a, len(text) + 1)]
    module = page.locator("script[type=module]").get_attribute("src").replace("main.js", "offsets.js")
    marked = page.evaluate(
        """async ([module, text, spans]) => {
          const { markedParagraphs } = await import(module);
          return spans.map(([a, b]) =>
            markedParagraphs(text, a, b).flat().filter((p) => p.marked).map((p) => p.text).join(""));
        }""",
        [module, text, spans],
    )
    assert ["".join(found.split()) for found in marked] == ["".join(text[a:b].split()) for a, b in spans]


# When something goes wrong


def test_a_failed_question_is_told_kept_and_can_be_asked_again(page: Page, qa: FakeQA, complaints: list[str]) -> None:
    complaints.append("503")
    ask(page, NO_INDEX)
    expect(page.locator(".problem")).to_contain_text("No article has been indexed yet. Run `qa ingest`.")
    expect(page.get_by_label("Your question")).to_have_value(NO_INDEX)
    asked = len(qa.asked_with)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".problem")).to_be_visible()
    assert len(qa.asked_with) == asked + 1
    expect(page.locator(".turn")).to_have_count(1)


def test_a_server_that_is_down_is_told_and_the_question_goes_through_later(page: Page, complaints: list[str]) -> None:
    complaints.append("net::ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    ask(page, WHERE)
    expect(page.locator(".problem-title")).to_have_text("The server cannot be reached")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")
    expect(page.locator(".problem")).to_have_count(0)
    expect(page.get_by_label("Your question")).to_have_value("")


def test_a_question_that_is_too_long_comes_back_to_be_shortened(page: Page, complaints: list[str]) -> None:
    complaints.append("422")
    ask(page, "x" * 101)
    expect(page.locator(".problem")).to_contain_text("has 101 characters, 100 are allowed")
    expect(page.get_by_label("Your question")).to_have_value("x" * 101)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_an_unexpected_error_shows_no_detail_but_the_id(page: Page, complaints: list[str]) -> None:
    complaints.append("500")
    ask(page, BROKEN)
    expect(page.locator(".problem")).to_contain_text("request id")
    expect(page.locator(".problem")).not_to_contain_text("secret")


def test_what_was_typed_during_a_failing_request_is_not_overwritten(page: Page, complaints: list[str]) -> None:
    complaints.append("503")
    held: list[Route] = []
    page.route("**/api/ask", lambda route: held.append(route))
    with page.expect_request("**/api/ask"):
        ask(page, NO_INDEX)
    page.get_by_label("Your question").fill("My next question")
    held[0].continue_()
    expect(page.locator(".problem")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("My next question")
    expect(page.locator(".turn .question")).to_have_text(NO_INDEX)


def test_a_new_conversation_drops_the_answer_that_was_on_its_way(page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/ask", lambda route: held.append(route))
    with page.expect_request("**/api/ask"):
        ask(page, JETS)
    page.get_by_role("button", name="New conversation").click()
    page.unroute("**/api/ask")
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(1)


# Safety


def test_markup_in_a_question_an_answer_and_an_article_is_text(page: Page) -> None:
    ask(page, HOSTILE_QUESTION)
    expect(page.locator(".turn .question")).to_have_text(HOSTILE_QUESTION)
    expect(page.locator(".short-answer")).to_have_text(HOSTILE)
    page.locator(".mark").click()
    assert HOSTILE in highlighted(page)
    expect(page.locator("#reader-title")).to_have_text(HOSTILE_ARTICLE.title)
    page.reload()
    expect(page.locator(".short-answer")).to_have_text(HOSTILE)
    assert page.locator("main img, dialog img, main script, dialog script, a[href^=javascript]").count() == 0
    assert page.title() == "Ask the tests"


def test_the_documentation_of_the_api_shows_and_breaks_no_policy(page: Page, address: str) -> None:
    page.goto(f"{address}/docs")
    expect(page.get_by_text("/api/ask").first).to_be_visible()


# Keyboard, width, colours


def test_everything_works_by_keyboard_alone(page: Page) -> None:
    press = page.keyboard.press
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(WHERE)
    press("Enter")
    expect(page.locator(".short-answer")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()
    for _ in range(10):
        press("Shift+Tab")
        if page.evaluate("document.activeElement.className") == "mark":
            break
    mark = page.locator(".mark")
    expect(mark).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press("Enter")
    expect(page.locator("#reader-title")).to_be_focused()
    press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(mark).to_be_focused()


def test_shift_enter_makes_a_line_and_asks_nothing(page: Page) -> None:
    page.get_by_label("Your question").fill("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(page.get_by_label("Your question")).to_have_value("one\ntwo")
    expect(page.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize("question", [WHERE, JETS, DISAGREE, HOSTILE_QUESTION])
def test_nothing_scrolls_sideways_on_a_small_phone(page: Page, question: str) -> None:
    page.set_viewport_size(NARROW)
    ask(page, question)
    page.get_by_text("How this was found").click()
    expect(page.locator(".how table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for question in (WHERE, AGAIN):
        ask(page, question)
        expect(page.locator(".turn:last-child .mark")).to_be_visible()
    page.locator(".mark").first.click()
    highlighted(page)
    on_paper = [".question", ".short-answer", ".asked", ".sources .words", ".how summary"]
    filled = [".mark", "#reader mark", "#send"]
    pairs = [(selector, "body") for selector in on_paper] + [(selector, selector) for selector in filled]
    contrasts = {ink: _contrast(_style(page, ink, "color"), _style(page, on, "backgroundColor")) for ink, on in pairs}
    assert {selector: ratio for selector, ratio in contrasts.items() if ratio < 4.5} == {}


def _style(page: Page, selector: str, name: str) -> str:
    return page.locator(selector).first.evaluate(f"node => getComputedStyle(node).{name}")


def _contrast(*colours: str) -> float:
    lighter, darker = sorted((_luminance(colour) for colour in colours), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2 of an opaque `rgb(r, g, b)`."""
    channels = [int(value) / 255 for value in re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour).groups()]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# The real service


@pytest.fixture(scope="module")
def real_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the real index and models, on the articles that ship with the project."""
    config = Config(
        articles=Articles(folder=SEEDS),
        index=Index(folder=tmp_path_factory.mktemp("data")),
        suggestions=(WHERE, JETS),
    )
    with writing(config):
        sync_articles(config)
    with serving(create_app(open_qa(config), config)) as address:
        yield address


@pytest.fixture
def real_page(page: Page, real_address: str) -> Page:
    page.goto(real_address)
    return page


def test_the_real_service_answers_cites_and_refuses(real_page: Page) -> None:
    page = real_page
    expect(page.locator(".suggestion")).to_have_text([WHERE])  # the other one is not answered, so it is not offered
    page.locator(".suggestion").click()
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")
    page.locator(".mark").first.click()
    assert highlighted(page) == page.locator(".sources .words").first.text_content()
    assert "Wiesbaden, Germany" in highlighted(page)
    ask(page, JETS)
    expect(page.locator(".turn:last-child .verdict")).to_have_text("The articles do not say.")
    expect(page.locator(".turn:last-child .word", has_text="Poland")).to_be_visible()


def test_the_real_service_understands_a_follow_up(real_page: Page) -> None:
    ask(real_page, "When will the first Czech munitions arrive in Ukraine?")
    expect(real_page.locator(".short-answer")).to_contain_text("June")
    ask(real_page, "And who mentioned them?")
    expect(real_page.locator(".turn:last-child .asked")).to_contain_text("munitions")
