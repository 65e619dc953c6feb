"""The page over the real service, on the articles that ship."""

from pagetest import ask, highlighted
from playwright.sync_api import Page, expect
from webtest import JETS, WHERE


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
