"""Hostile text stays text, and nothing breaks the page's own policy."""

import pytest
from pagetest import ask, highlighted, watch
from playwright.sync_api import Page, expect
from webtest import HOSTILE, HOSTILE_ARTICLE, HOSTILE_QUESTION


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
    assert page.title().endswith("Ask the tests")


def test_the_documentation_of_the_api_shows_and_breaks_no_policy(page: Page, address: str) -> None:
    page.goto(f"{address}/docs")
    expect(page.get_by_text("/api/ask").first).to_be_visible()


@pytest.mark.parametrize(
    "misdeed",
    [
        "console.error('no')",
        "setTimeout(() => { throw new Error('no'); })",
        "document.body.append(Object.assign(document.createElement('script'), { textContent: '1' }))",
        "document.body.setAttribute('style', 'color: red')",
        "fetch('http://elsewhere.invalid/').catch(() => {})",
    ],
)
def test_what_a_page_must_not_do_is_noticed(page: Page, complaints: list[str], misdeed: str) -> None:
    complaints.append("")
    noticed = watch(page.context)
    page.evaluate(f"() => {{ {misdeed} }}")
    for _ in range(50):
        page.wait_for_timeout(20)
        if noticed:
            return
    pytest.fail(f"Nobody noticed: {misdeed}")
