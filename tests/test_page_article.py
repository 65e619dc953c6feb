"""The article beside the chat."""

import re
from urllib.parse import urlsplit

import pytest
from pagetest import NARROW, WIDE, ask, highlighted
from playwright.sync_api import Page, expect
from webtest import HOSTILE_QUESTION, WHERE, FakeQA


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


def test_an_article_of_the_first_page_opens_without_a_highlight(page: Page, fake_qa: FakeQA) -> None:
    page.get_by_role("link", name=fake_qa.articles[0].title).click()
    expect(page.locator("#reader-title")).to_have_text(fake_qa.articles[0].title)
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
          const { paragraphs, utf16Indices } = await import(module);
          return spans.map((span) => {
            const [from, to] = utf16Indices(text, span);
            const pieces = paragraphs(text, [{ from, to, kind: "marked" }]).flat();
            return pieces.filter(({ kinds }) => kinds.includes("marked")).map((piece) => piece.text).join("");
          });
        }""",
        [module, text, spans],
    )
    assert ["".join(found.split()) for found in marked] == ["".join(text[a:b].split()) for a, b in spans]


@pytest.mark.parametrize("address_of_it", ["/articles/%E0%A4%A", "/articles/none?start=9&end=3"])
def test_the_page_works_at_an_address_of_nothing(
    page: Page, address: str, complaints: list[str], address_of_it: str
) -> None:
    complaints.append("404")
    page.goto(address + address_of_it)
    expect(page.locator("#reader-title")).to_have_text("There is no such article")
    page.keyboard.press("Escape")
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_be_visible()


def test_an_article_whose_transfer_breaks_off_can_be_opened_again(page: Page) -> None:
    ask(page, WHERE)
    page.route("**/api/articles/*", lambda route: route.fulfill(json=None, body='{"id": "00', status=200))
    page.locator(".mark").click()
    expect(page.locator("#reader-title")).to_have_text("The service cannot be reached")
    page.unroute("**/api/articles/*")
    page.locator("#reader").get_by_role("button", name="Try again").click()
    highlighted(page)


def test_the_tab_is_named_for_the_open_article(page: Page, fake_qa: FakeQA) -> None:
    name = fake_qa.articles[0].title
    page.get_by_role("link", name=name).click()
    expect(page).to_have_title(f"{name} · Ask the tests")
    page.get_by_role("button", name="Close").click()
    expect(page).to_have_title("Ask the tests")
    page.go_forward()
    page.reload()
    expect(page).to_have_title(f"{name} · Ask the tests")
    page.get_by_role("button", name="Close").click()
    expect(page).to_have_title("Ask the tests")
