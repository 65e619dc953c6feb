"""The overview of the articles and the timeline: with and without JavaScript, in both languages, at every width."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from axetest import violations
from pagetest import NARROW, WIDE, highlighted
from playwright.sync_api import Browser, Page, expect
from webtest import HOSTILE_ARTICLE, FakeQA, serving

from qa.config import Config
from qa.types import Article
from web import create_app


class ManyArticles(FakeQA):
    """Fifty short articles, in which somebody meets somebody on a day of a year; or none."""

    def __init__(self, count: int) -> None:
        super().__init__()
        text = "Nobody could say who would come. Jan Nowak met Anna Bell in Prague on {} May {}. They parted soon."
        self.articles = tuple(
            Article(f"a{n:02}", f"Article {n}", text.format(1 + n % 28, 1950 + n)) for n in range(count)
        )
        self._outlines = type(self._outlines)({article.id: article for article in self.articles}, lambda _: {})


@pytest.fixture
def plain(browser: Browser, address: str) -> Iterator[Page]:
    """A page in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, base_url=address)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def many() -> Iterator[str]:
    with serving(create_app(ManyArticles(50), Config())) as address:
        yield address


def quoted(fake_qa: FakeQA, href: str) -> str:
    """What stands at the span of an address."""
    path, _, query = href.partition("?")
    start, end = (int(part.partition("=")[2]) for part in query.split("&"))
    article = fake_qa.article(path.rpartition("/")[2])
    assert article is not None
    return article.text[start:end]


# What they show


def test_the_overview_lists_each_article_with_its_digest_and_whom_it_names(plain: Page, fake_qa: FakeQA) -> None:
    plain.goto("/articles")
    expect(plain.get_by_role("heading", level=1)).to_have_text(f"{len(fake_qa.articles)} articles")
    expect(plain.get_by_role("heading", level=2)).to_have_text([article.title for article in fake_qa.articles])
    first = plain.locator(".outline").first
    outline = fake_qa.outline(fake_qa.articles[0].id)
    assert outline is not None
    expect(first.locator(".quote")).to_have_text([quote.quote for quote in outline.digest])
    expect(first.get_by_role("link", name="Jens Stoltenberg")).to_be_visible()
    expect(first.locator(".named", has_text="Places").get_by_role("link", name="Prague")).to_be_visible()
    expect(first).to_contain_text("342 words")
    expect(plain.locator(".outline time")).to_have_text(["May 31, 2024"])


def test_every_link_of_the_overview_leads_to_the_sentence_that_says_so(plain: Page, fake_qa: FakeQA) -> None:
    plain.goto("/articles")
    links = plain.locator("main a[href*='?start=']").all()
    assert len(links) > 30
    for link in links:
        assert link.text_content() in quoted(fake_qa, link.get_attribute("href") or "")


def test_the_timeline_groups_exact_quotes_by_year_month_and_day(plain: Page, fake_qa: FakeQA) -> None:
    plain.goto("/timeline")
    headings = plain.locator("main :is(h2, h3, h4)")
    expect(headings).to_have_text(["2002", "2024", "May 2024", "May 30, 2024", "May 30 – 31, 2024", "May 31, 2024"])
    statements = plain.locator(".timeline li")
    expect(statements).to_have_count(len(fake_qa.timeline()))
    for item, statement in zip(statements.all(), fake_qa.timeline(), strict=True):
        quote = item.locator(".quote")
        assert quote.text_content() == statement.quote == quoted(fake_qa, quote.get_attribute("href") or "")
        expect(item.locator(".source")).to_have_text(statement.title)


def test_both_pages_speak_czech(czech_page: Page) -> None:
    czech_page.get_by_role("link", name="Články").click()
    expect(czech_page.get_by_role("heading", level=1)).to_have_text("4 články")
    expect(czech_page.locator(".outline").first).to_contain_text("342 slov")
    czech_page.get_by_role("link", name="Časová osa").click()
    expect(czech_page.locator("main h4")).to_have_text(["30. května 2024", "30.–31. 5. 2024", "31. května 2024"])
    expect(czech_page).to_have_title("Ask the articles: časová osa")


def test_many_names_are_folded_away(browser: Browser) -> None:
    countries = (
        "Austria, Belgium, Canada, Denmark, Estonia, Finland, Greece, Hungary, Iceland, Japan, Kenya, Latvia, Malta"
    )
    qa = ManyArticles(1)
    qa.articles = (replace(qa.articles[0], text=f"They came from {countries} and Norway."),)
    with serving(create_app(qa, Config())) as address:
        page = browser.new_page()
        page.goto(f"{address}/articles")
        expect(page.get_by_role("link", name="Malta")).to_be_hidden()
        page.get_by_text("and 2 more").click()
        expect(page.get_by_role("link", name="Malta")).to_be_visible()
        page.close()


# Page by page


@pytest.mark.parametrize(("path", "items", "first", "last"), [
    ("/articles", ".outline h2", "Article 0", "Article 49"),
    ("/timeline", ".timeline h2", "1950", "1999"),
])  # fmt: skip
def test_a_long_list_comes_in_pages(context, many: str, path: str, items: str, first: str, last: str) -> None:
    page = context.new_page()
    page.goto(many + path)
    seen = page.locator(items).all_text_contents()
    while page.get_by_role("link", name="Next").count():
        page.get_by_role("link", name="Next").click()
        page.wait_for_load_state()
        seen += page.locator(items).all_text_contents()
    assert (len(seen), seen[0], seen[-1]) == (50, first, last)
    assert len(set(seen)) == 50


def test_the_pages_of_a_list_lead_to_each_other(context, many: str) -> None:
    page = context.new_page()
    page.goto(f"{many}/articles?page=2")
    expect(page.get_by_text("Page 2 of 3")).to_be_visible()
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_text("Page 1 of 3")).to_be_visible()
    expect(page.get_by_role("link", name="Previous")).to_have_count(0)


@pytest.mark.parametrize("path", ["/articles", "/timeline"])
@pytest.mark.parametrize("number", ["0", "99", "-1", "1.5", "two", "", "²", "9" * 5000, "<b>"])
def test_a_page_that_is_not_there_is_not_found(fake_qa: FakeQA, path: str, number: str) -> None:
    response = create_app(fake_qa, Config()).test_client().get(path, query_string={"page": number})
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "There is no such page" in response.text
    assert f'href="{path}"' in response.text


def test_an_index_without_articles_says_so() -> None:
    client = create_app(ManyArticles(0), Config()).test_client()
    assert "There is no article yet." in client.get("/articles").text
    assert "The articles state no date." in client.get("/timeline").text


# With a script


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("path", ["/articles", "/timeline"])
def test_a_sentence_opens_in_its_article_beside_the_list(page: Page, address: str, path: str, viewport: dict) -> None:
    page.set_viewport_size(viewport)
    page.goto(address + path)
    quote = page.locator(".quote").first
    said = quote.text_content()
    quote.click()
    assert highlighted(page) == said
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#reader")).to_be_hidden()
    expect(quote).to_be_focused()
    assert page.url == address + path


def test_an_article_opens_whole_with_its_spaces(page: Page, address: str, fake_qa: FakeQA) -> None:
    page.goto(f"{address}/timeline")
    page.locator(".quote").first.click()
    highlighted(page)
    article = fake_qa.article(fake_qa.timeline()[0].article_id)
    assert article is not None
    shown = page.locator("#reader-text").inner_text()
    assert shown.split() == article.text.split()


def test_keys_lead_through_the_statements_of_the_timeline(page: Page, address: str, fake_qa: FakeQA) -> None:
    page.goto(f"{address}/timeline")
    page.locator(".quote").first.click()
    assert highlighted(page) == fake_qa.timeline()[0].quote
    page.keyboard.press("n")
    expect(page.locator("#reader-place")).to_have_text(f"2 of {len(fake_qa.timeline())}")
    expect(page.locator(".quote[aria-current]")).to_have_text(fake_qa.timeline()[1].quote)
    page.keyboard.press("p")
    expect(page.locator("#reader-place")).to_have_text(f"1 of {len(fake_qa.timeline())}")


def test_back_leads_to_the_list_even_after_a_reload(page: Page, address: str) -> None:
    page.goto(f"{address}/timeline")
    page.locator(".quote").first.click()
    highlighted(page)
    page.reload()
    highlighted(page)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("What the articles date")
    expect(page.locator("#reader")).to_be_hidden()


def test_hostile_text_is_text(page: Page, address: str) -> None:
    for path in ("/articles", "/timeline"):
        page.goto(address + path)
        quote = page.locator(".quote", has_text="Jan Nowak read")
        assert quote.text_content() in HOSTILE_ARTICLE.text
        quote.click()
        assert highlighted(page) == quote.text_content()
        assert page.locator("main img, dialog img, main script, dialog script, a[href^=javascript]").count() == 0
        assert page.title().endswith(" · Ask the tests")


@pytest.mark.parametrize("width", [320, 360, 768, 1440])
@pytest.mark.parametrize("path", ["/articles", "/timeline", "/articles?page=99"])
def test_nothing_hinders_anybody(page: Page, address: str, complaints: list[str], path: str, width: int) -> None:
    complaints.append("404")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + path)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_keys_are_listed_on_the_lists_too(page: Page, address: str) -> None:
    page.set_viewport_size(NARROW)
    page.goto(f"{address}/timeline")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_contain_text("Next citation")
    expect(keys).not_to_contain_text("A new line")
    expect(page.locator("#menu")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("?")
    expect(keys).to_be_visible()
