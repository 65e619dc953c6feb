"""The page by keyboard, on small screens and in both colour schemes."""

import re

import pytest
from pagetest import NARROW, ask, highlighted
from playwright.sync_api import Page, expect
from webtest import AGAIN, DISAGREE, HOSTILE_QUESTION, JETS, WHERE


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
