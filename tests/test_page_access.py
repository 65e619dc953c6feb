"""The page by keyboard and on small screens. Names, contrast and the like: `test_page_axe.py`."""

import pytest
from pagetest import NARROW, ask
from playwright.sync_api import Page, expect
from webtest import DISAGREE, HOSTILE_QUESTION, JETS, WHERE


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
    expect(page.locator("#reader mark")).to_be_focused()
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
    page.get_by_text("Why these passages?").click()
    expect(page.locator(".how table")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


def test_a_phone_shows_the_first_page_from_its_top(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.reload()
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(page.locator(".lead")).to_be_in_viewport()
