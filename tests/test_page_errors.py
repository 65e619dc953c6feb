"""What people see when something goes wrong."""

from pagetest import ask
from playwright.sync_api import Page, Route, expect
from webtest import BROKEN, JETS, NO_INDEX, WHERE, FakeQA


def test_a_failed_question_is_told_kept_and_can_be_asked_again(
    page: Page, fake_qa: FakeQA, complaints: list[str]
) -> None:
    complaints.append("503")
    ask(page, NO_INDEX)
    expect(page.locator(".problem")).to_contain_text(
        "No article has been indexed yet. Run `qa ingest`, or wait until it is done."
    )
    expect(page.get_by_label("Your question")).to_have_value(NO_INDEX)
    asked = len(fake_qa.asked_with)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".problem")).to_be_visible()
    assert len(fake_qa.asked_with) == asked + 1
    expect(page.locator(".turn")).to_have_count(1)


def test_a_question_that_the_service_refuses_comes_back_to_be_changed(real_page: Page, complaints: list[str]) -> None:
    page = real_page
    complaints.append("422")
    ask(page, "???")
    expect(page.locator(".problem")).to_contain_text("This question cannot be asked")
    expect(page.locator(".problem")).to_contain_text("The question is empty. Ask about something in the articles.")
    expect(page.get_by_label("Your question")).to_have_value("???")
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
