"""Saying whether an answer helped, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axetest import violations
from pagetest import ask
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from webtest import AGAIN, JETS, WHERE, FakeQA, serving

from qa.config import Config, Feedback
from qa.feedback import Rating, Reason, read_ratings
from qa.types import Role, Turn
from web import create_app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "feedback.jsonl"


@pytest.fixture
def feedback_address(fake_qa: FakeQA, file: Path) -> Iterator[str]:
    with serving(create_app(fake_qa, Config(feedback=Feedback(file=file)))) as address:
        yield address


@pytest.fixture
def page(context: BrowserContext, feedback_address: str) -> Page:
    page = context.new_page()
    page.goto(feedback_address)
    ask(page, WHERE)
    expect(page.get_by_role("button", name="Helpful", exact=True)).to_be_visible()
    return page


def kept(file: Path) -> Rating:
    """The only rating."""
    ((rating,), _) = read_ratings(file)
    return rating


def button(page: Page, name: str) -> Locator:
    return page.locator(".turn:last-child").get_by_role("button", name=name, exact=True)


def told(page: Page) -> Locator:
    return page.locator(".turn:last-child .feedback").get_by_role("status")


def test_a_helpful_answer_is_one_click(page: Page, file: Path) -> None:
    expect(button(page, "Helpful")).to_have_attribute("aria-pressed", "false")
    button(page, "Helpful").click()
    expect(told(page)).to_have_text("Thank you.")
    expect(button(page, "Helpful")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "Not helpful")).to_have_attribute("aria-pressed", "false")
    rating = kept(file)
    assert (rating.question, rating.helpful, rating.history) == (WHERE, True, ())
    assert rating.citations[0].quote == page.locator(".sources .words").text_content()


def test_why_an_answer_did_not_help_is_said_by_keyboard_alone(page: Page, file: Path) -> None:
    press = page.keyboard.press
    button(page, "Not helpful").focus()
    press("Enter")
    expect(button(page, "Not helpful")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_label("The answer is wrong")).to_be_focused()
    press("ArrowDown")
    expect(page.get_by_label("The quote does not say that")).to_be_checked()
    press("Tab")
    expect(page.get_by_label("In your own words")).to_be_focused()
    page.keyboard.type("It says\nsomething else. 😀")
    expect(page.locator(".feedback form")).to_contain_text("474 characters left")
    press("Tab")
    press("Enter")
    expect(told(page)).to_have_text("Thank you.")
    expect(button(page, "Not helpful")).to_be_focused()
    expect(button(page, "Not helpful")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".feedback form")).to_have_count(0)
    rating = kept(file)
    assert (rating.helpful, rating.reason, rating.comment) == (
        False, Reason.WRONG_QUOTE, "It says\nsomething else. 😀",
    )  # fmt: skip


def test_no_reason_is_needed_and_a_refusal_has_its_own(page: Page, file: Path) -> None:
    ask(page, JETS)
    button(page, "Not helpful").click()
    form = page.locator(".feedback form")
    expect(form.get_by_role("radio")).to_have_count(3)
    expect(form.get_by_label("The articles do answer my question")).to_be_visible()
    button(page, "Send").click()
    expect(told(page)).to_have_text("Thank you.")
    rating = kept(file)
    assert (rating.question, rating.helpful, rating.reason, rating.comment) == (JETS, False, None, "")


def test_a_follow_up_is_kept_with_the_conversation_that_it_was_asked_in_also_after_a_reload(
    page: Page, file: Path
) -> None:
    ask(page, AGAIN)
    expect(page.locator(".turn:last-child .asked")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()  # no longer "Stop": it is kept
    page.reload()
    button(page, "Helpful").click()
    expect(told(page)).to_have_text("Thank you.")
    rating = kept(file)
    assert (rating.question, rating.asked) == (AGAIN, WHERE)
    assert rating.history[0] == Turn(Role.USER, WHERE)
    assert [turn.role for turn in rating.history] == [Role.USER, Role.ASSISTANT]


def test_who_changes_their_mind_is_believed(page: Page, file: Path) -> None:
    button(page, "Helpful").click()
    expect(told(page)).to_have_text("Thank you.")
    button(page, "Not helpful").click()
    button(page, "Send").click()
    expect(button(page, "Not helpful")).to_have_attribute("aria-pressed", "true")
    expect(button(page, "Helpful")).to_have_attribute("aria-pressed", "false")
    assert kept(file).helpful is False


@pytest.mark.parametrize("how", ["Escape", "Cancel", "Not helpful"])
def test_the_form_can_be_left_and_keeps_what_was_typed(page: Page, file: Path, how: str) -> None:
    button(page, "Not helpful").click()
    page.get_by_label("In your own words").fill("Half a thought")
    page.keyboard.press("Escape") if how == "Escape" else button(page, how).click()
    expect(page.locator(".feedback form")).to_have_count(0)
    expect(button(page, "Not helpful")).to_be_focused()
    expect(button(page, "Not helpful")).to_have_attribute("aria-expanded", "false")
    button(page, "Not helpful").click()
    expect(page.get_by_label("In your own words")).to_have_value("Half a thought")
    assert not file.exists()


def test_when_it_cannot_be_sent_that_is_said_and_nothing_typed_is_lost(
    page: Page, file: Path, complaints: list[str]
) -> None:
    complaints.append("500")
    file.mkdir()
    button(page, "Not helpful").click()
    page.get_by_label("Something is missing").check()
    page.get_by_label("In your own words").fill("The year")
    button(page, "Send").click()
    expect(told(page)).to_have_text(re.compile(r"It was not sent \(The service failed\).*Is a directory"))
    expect(button(page, "Not helpful")).to_have_attribute("aria-pressed", "false")
    file.rmdir()
    button(page, "Send").click()
    expect(told(page)).to_have_text("Thank you.")
    assert (kept(file).reason, kept(file).comment) == (Reason.INCOMPLETE, "The year")


def test_an_impatient_reader_says_it_once(page: Page, file: Path) -> None:
    held: list[Route] = []
    page.route("**/api/feedback", lambda route: held.append(route))
    with page.expect_request("**/api/feedback"):
        button(page, "Helpful").dblclick()
    expect(told(page)).to_have_text("Sending")
    held[0].continue_()
    expect(told(page)).to_have_text("Thank you.")
    assert len(held) == 1
    assert len(file.read_bytes().splitlines()) == 1


@pytest.mark.parametrize("width", [360, 1440])
def test_neither_the_form_nor_the_thanks_hinder_anybody(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    button(page, "Not helpful").click()
    assert violations(page) == []
    button(page, "Send").click()
    expect(told(page)).to_have_text("Thank you.")
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 360])
def test_the_form_fits_a_small_phone(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    button(page, "Not helpful").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    targets = page.locator(".feedback label:has(input), .feedback button")
    assert min(target.bounding_box()["height"] for target in targets.all()) >= 24


def test_where_no_feedback_is_taken_nobody_is_asked(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.goto(address)
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_be_visible()
    expect(page.get_by_role("button", name="Helpful", exact=True)).to_have_count(0)
