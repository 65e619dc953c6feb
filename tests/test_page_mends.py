"""Problems that pass by themselves: the page waits, says so, and asks again without a reload."""

import re

import pytest
from pagetest import ask
from playwright.sync_api import Page, Route, expect
from webtest import WHERE

SECOND = 1_000


@pytest.fixture
def page(page: Page) -> Page:
    """The page with a clock that only the test moves."""
    page.clock.install()
    page.reload()
    return page


def failing(page: Page, times: int, status: int, **headers: str) -> list[Route]:
    """The next few questions fail with this status; those after them are answered."""
    failed: list[Route] = []

    def answer(route: Route) -> None:
        if len(failed) >= times:
            route.continue_()
            return
        failed.append(route)
        body = '{"detail": "Said by the server."}'
        route.fulfill(status=status, headers={"Content-Type": "application/problem+json", **headers}, body=body)

    page.route("**/api/ask", answer)
    return failed


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_after_a_countdown(page: Page, complaints: list[str], status: int) -> None:
    complaints.append(str(status))
    failing(page, 1, status, **{"Retry-After": "5"})
    ask(page, WHERE)
    expect(page.locator(".problem")).to_contain_text("Too many questions at a time")
    expect(page.locator(".problem")).to_contain_text("in 5 seconds")
    page.clock.run_for(2 * SECOND)
    expect(page.locator(".problem")).to_contain_text("in 3 seconds")
    page.clock.run_for(3 * SECOND)
    expect(page.locator(".short-answer")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.locator(".turn")).to_have_count(1)


def test_a_service_that_is_not_ready_is_asked_again_when_it_is(page: Page, complaints: list[str]) -> None:
    complaints.append("503")
    failing(page, 1, 503)
    page.route("**/readyz", lambda route: route.fulfill(status=503))
    ask(page, WHERE)
    expect(page.locator(".problem")).to_contain_text("The service is not ready")
    expect(page.locator(".problem")).to_contain_text("Said by the server.")
    with page.expect_response("**/readyz"):
        page.clock.run_for(2 * SECOND)
    expect(page.locator(".problem")).to_be_visible()
    page.unroute("**/readyz")
    page.clock.run_for(30 * SECOND)
    expect(page.locator(".short-answer")).to_be_visible()


def test_a_connection_that_comes_back_is_used_at_once(page: Page, complaints: list[str]) -> None:
    complaints.append("net::ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    ask(page, WHERE)
    expect(page.locator(".problem-title")).to_have_text("You are offline")
    page.context.set_offline(False)
    expect(page.locator(".short-answer")).to_be_visible()


def test_a_service_that_is_down_is_waited_for(page: Page, complaints: list[str]) -> None:
    complaints.append("net::ERR_CONNECTION_REFUSED")
    page.route(re.compile("/api/ask|/readyz"), lambda route: route.abort("connectionrefused"))
    ask(page, WHERE)
    expect(page.locator(".problem-title")).to_have_text("The service cannot be reached")
    page.unroute(re.compile("/api/ask|/readyz"))
    page.clock.run_for(2 * SECOND)
    expect(page.locator(".short-answer")).to_be_visible()


def test_whoever_asks_something_else_is_not_interrupted(page: Page, complaints: list[str]) -> None:
    complaints.append("503")
    failing(page, 1, 503)
    ask(page, "Is it ready?")
    expect(page.locator(".problem")).to_be_visible()
    ask(page, WHERE)
    expect(page.locator(".turn:last-child .short-answer")).to_be_visible()
    page.clock.run_for(60 * SECOND)
    expect(page.locator(".turn:first-child .problem")).to_be_visible()
    expect(page.locator(".turn:first-child .problem")).not_to_contain_text("asked again")


def test_what_is_typed_while_a_question_waits_is_not_overwritten(page: Page, complaints: list[str]) -> None:
    complaints.append("429")
    failing(page, 1, 429, **{"Retry-After": "2"})
    ask(page, WHERE)
    expect(page.locator(".problem")).to_be_visible()
    page.get_by_label("Your question").fill("My next question")
    page.clock.run_for(2 * SECOND)
    expect(page.locator(".short-answer")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("My next question")


def test_a_question_that_keeps_failing_is_left_to_its_asker(page: Page, complaints: list[str]) -> None:
    complaints.append("503")
    failed = failing(page, 100, 503)
    ask(page, WHERE)
    expect(page.locator(".problem")).to_be_visible()
    for tries in range(1, 4):
        with page.expect_response("**/api/ask"):
            page.clock.run_for(60 * SECOND)
        expect(page.locator(".problem")).to_be_visible()
        assert len(failed) == tries + 1
    page.clock.run_for(600 * SECOND)
    assert len(failed) == 4
    expect(page.locator(".problem")).not_to_contain_text("asked again")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_an_answer_that_breaks_off_is_told_as_that_and_what_was_told_stays(page: Page) -> None:
    told = 'event: message\ndata: {"delta": "Allies considered it."}\n\n'
    page.route("**/api/ask", lambda route: route.fulfill(content_type="text/event-stream", body=told))
    ask(page, WHERE)
    expect(page.locator(".problem-title")).to_have_text("The answer broke off")
    expect(page.locator(".live")).to_contain_text("Allies considered it.")
    page.unroute("**/api/ask")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".short-answer")).to_be_visible()


def test_a_time_of_day_until_which_to_wait_is_understood(page: Page, complaints: list[str]) -> None:
    complaints.append("429")
    page.clock.set_fixed_time("2030-01-01T12:00:00Z")
    failing(page, 1, 429, **{"Retry-After": "Tue, 01 Jan 2030 12:00:40 GMT"})
    ask(page, WHERE)
    expect(page.locator(".problem")).to_contain_text("in 40 seconds")


def test_a_service_that_falls_silent_is_not_waited_for_for_ever(page: Page) -> None:
    page.route("**/api/ask", lambda _route: None)
    ask(page, WHERE)
    expect(page.locator(".waiting")).to_be_visible()
    page.clock.run_for(31 * SECOND)
    expect(page.locator(".problem-title")).to_have_text("No answer came")


def test_characters_are_counted_near_the_limit_and_too_many_are_not_sent(page: Page) -> None:
    question, counter = page.get_by_label("Your question"), page.locator("#counter")
    question.fill("x" * 70)
    expect(counter).to_have_text("")
    question.fill("😀" * 99)
    expect(counter).to_have_text("1 character left")
    question.fill("😀" * 102)
    expect(counter).to_have_text("2 characters too long")
    expect(question).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(0)
    expect(question).to_have_value("😀" * 102)
