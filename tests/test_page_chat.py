"""Asking on the chat page, in a real browser."""

import re
from urllib.parse import urljoin

from pagetest import ask, highlighted, module, settled
from playwright.sync_api import Page, expect
from webtest import AGAIN, DISAGREE, DOUBTED, JETS, LIE, NOTICE, SLOW, WHERE, WHY, FakeQA


def test_an_answer_is_shown_while_it_is_written_and_can_be_stopped(page: Page, fake_qa: FakeQA) -> None:
    fake_qa.given_up.clear()
    ask(page, SLOW)
    expect(page.locator(".live")).to_contain_text("Allies considered creating a NATO headquarters")
    expect(page.locator(".live .mark")).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".stopped")).to_be_visible()
    settled(page)
    assert fake_qa.given_up.wait(5)
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")


def test_what_was_withheld_is_struck_through_on_demand_and_a_notice_is_shown(page: Page) -> None:
    ask(page, DOUBTED)
    expect(page.locator(".notice")).to_contain_text(NOTICE)
    expect(page.locator(".answer .text")).not_to_contain_text("Madrid")
    struck = page.locator(".withheld s")
    expect(struck).to_be_hidden()
    page.get_by_text("One sentence was withheld").click()
    expect(struck).to_be_visible()
    expect(struck).to_have_text(LIE)
    expect(page.locator(".withheld .why")).to_contain_text(WHY)
    expect(page.locator("#status")).not_to_have_text(re.compile("Madrid"))


def test_a_suggestion_is_answered_short_answer_first(page: Page) -> None:
    page.get_by_role("button", name=WHERE).click()
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")
    expect(page.locator(".sentence")).to_contain_text("Allies considered creating a NATO headquarters in Wiesbaden")
    expect(page.locator(".sources .source")).to_contain_text("Strengthen Alliance Unity")
    expect(page.locator(".sources .quote")).to_contain_text("Allies considered creating")
    expect(page.locator("#status")).to_have_text(re.compile(r"^Wiesbaden, Germany\. Allies considered"))
    expect(page.locator("#welcome")).to_be_hidden()


def test_a_follow_up_sends_the_history_and_shows_what_was_searched(page: Page, fake_qa: FakeQA) -> None:
    for question in (JETS, WHERE, WHERE):
        ask(page, question)
        expect(page.locator(".turn:last-child .how")).to_be_attached()
        settled(page)
    ask(page, AGAIN)
    expect(page.locator(".turn:last-child .asked")).to_contain_text(WHERE)
    expect(page.locator(".turn:first-child .asked")).to_have_count(0)
    question, history = fake_qa.asked_with[-1]
    assert question == AGAIN
    assert [turn.role for turn in history] == ["user", "assistant", "user", "assistant"]
    assert history[2].text == WHERE
    assert "[1]" in history[3].text


def test_a_reload_keeps_the_conversation_and_a_new_one_forgets_it(page: Page, fake_qa: FakeQA) -> None:
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_be_visible()
    settled(page)
    page.reload()
    expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_focused()
    ask(page, AGAIN)
    expect(page.locator(".verdict")).to_be_visible()
    assert fake_qa.asked_with[-1] == (AGAIN, ())


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


def test_a_long_conversation_opens_at_its_end(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")
    kept = page.evaluate(
        """async ([module, question, answer]) => {
          const { open } = await import(module);
          const store = await open();
          const id = sessionStorage.getItem("conversation");
          for (let i = 0; i < 40; i += 1) await store.add(id, { question: `${i}. ${question}`, answer });
          return (await store.load(id)).length;
        }""",
        [module(page, "conversations"), WHERE, _answer_of(page, WHERE)],
    )
    assert kept == 40
    page.reload()
    expect(page.locator(".turn")).to_have_count(40)
    expect(page.locator(".turn:last-child .question")).to_be_in_viewport()
    expect(page.locator(".turn:last-child .question")).to_have_text(f"39. {WHERE}")


def _answer_of(page: Page, question: str) -> dict[str, object]:
    return page.request.post(urljoin(page.url, "/api/ask"), data={"question": question}).json()


def test_the_focus_goes_to_the_answer_when_what_was_pressed_is_gone(page: Page) -> None:
    page.locator(".suggestion").first.press("Enter")
    expect(page.locator(".short-answer")).to_be_visible()
    expect(page.locator(".turn")).to_be_focused()
