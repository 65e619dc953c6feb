"""What can be done with an answer: look at its citations, walk through them, copy it, ask again, change it."""

import json
import re

import pytest
from pagetest import NARROW, ask, highlighted, settled
from playwright.sync_api import BrowserContext, Page, expect
from webtest import AGAIN, DISAGREE, DOUBTED, JETS, SITED, SLOW, WHERE, FakeQA


def test_a_mark_says_its_quote_when_pointed_at_or_focused_and_escape_hides_only_that(page: Page) -> None:
    ask(page, WHERE)
    card, mark = page.locator("#card"), page.locator(".mark").first
    mark.hover()
    expect(card).to_be_visible()
    expect(card.locator(".words")).to_have_text(page.locator(".sources .words").first.text_content())
    expect(card).to_contain_text("Word for word")
    card.hover()  # it may be pointed at itself
    expect(card).to_be_visible()
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    while not mark.evaluate("node => node === document.activeElement"):
        page.keyboard.press("Shift+Tab")
    expect(card).to_be_visible()
    assert mark.get_attribute("aria-describedby") == "card"
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(mark).to_be_focused()


def test_every_sentence_says_how_it_was_verified(page: Page) -> None:
    ask(page, DOUBTED)
    expect(page.locator(".text").get_by_role("img", name="Word for word")).to_have_count(1)
    page.get_by_text("One sentence was withheld").click()
    expect(page.locator(".withheld").get_by_role("img", name="Not borne out")).to_be_visible()


def test_keys_and_buttons_walk_through_the_citations_of_an_answer(page: Page) -> None:
    ask(page, DISAGREE)
    expect(page.locator(".sources")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("n")
    first = highlighted(page)
    expect(page.locator("#reader-place")).to_have_text("1 of 2")
    page.keyboard.press("n")
    expect(page.locator("#reader-place")).to_have_text("2 of 2")
    assert highlighted(page) != first
    page.keyboard.press("p")
    expect(page.locator("#reader-place")).to_have_text("1 of 2")
    page.get_by_role("button", name="Next citation").click()
    expect(page.locator("#reader-place")).to_have_text("2 of 2")
    expect(page.get_by_role("button", name="Next citation")).to_be_focused()
    expect(page.locator(".quote[aria-current=true]")).to_have_count(1)


def test_the_neighbours_of_a_quote_are_marked_faintly_and_nothing_else(page: Page) -> None:
    ask(page, WHERE)
    page.locator(".mark").first.click()
    highlighted(page)
    paragraph = page.locator("#reader-text p", has=page.locator("mark"))
    near = [text.strip() for text in paragraph.locator(".near").all_text_contents()]
    assert len(near) == 2
    before, after = near
    assert f"{before} {highlighted(page)} {after}" in re.sub(r"\s+", " ", paragraph.text_content())


def test_an_article_with_an_address_is_linked_at_the_quoted_words(page: Page) -> None:
    ask(page, SITED)
    page.locator(".mark").first.click()
    quote = highlighted(page)
    link = page.locator("#reader-meta a")
    address = link.get_attribute("href")
    assert address.startswith("https://example.org/news#:~:text=")
    first, last = address.split("text=")[1].split(",")
    assert quote.startswith(page.evaluate("decodeURIComponent", first))
    assert quote.endswith(page.evaluate("decodeURIComponent", last))
    assert link.get_attribute("rel") == "noopener"


def test_an_answer_is_copied_with_its_citations(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, WHERE)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator(".actions")).to_contain_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Wiesbaden, Germany" in copied
    assert "[1]" in copied
    assert re.search(r"http://127\.0\.0\.1:\d+/articles/\S+\?start=\d+&end=\d+", copied)


def test_asking_again_and_changing_the_question_replace_the_last_answer(page: Page, fake_qa: FakeQA) -> None:
    ask(page, WHERE)
    settled(page)
    asked = len(fake_qa.asked_with)
    page.get_by_role("button", name="Ask again").click()
    settled(page)
    expect(page.locator(".short-answer")).to_be_visible()
    assert fake_qa.asked_with[asked:] == [(WHERE, ())]
    page.get_by_label("Your question").press("ArrowUp")
    expect(page.get_by_label("Your question")).to_have_value(WHERE)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your question")).to_have_value("")
    page.get_by_role("button", name="Change the question").click()
    ask(page, JETS)
    expect(page.locator(".refusal")).to_be_visible()
    settled(page)
    expect(page.locator(".turn")).to_have_count(1)
    assert fake_qa.asked_with[-1] == (JETS, ())
    page.reload()
    expect(page.locator(".turn .question")).to_have_text(JETS)


@pytest.mark.parametrize("button", ["Ask again", "Change the question"])
def test_an_answer_that_was_to_be_replaced_stays_where_the_new_one_fails(
    page: Page, complaints: list[str], button: str
) -> None:
    complaints.append("503")
    ask(page, WHERE)
    settled(page)
    page.route("**/api/ask", lambda route: route.fulfill(status=503, json={}))
    page.get_by_role("button", name=button).click()
    if button == "Change the question":
        ask(page, JETS)
    expect(page.locator(".problem")).to_be_visible()
    expect(page.locator(".short-answer")).to_be_visible()
    page.unroute("**/api/ask")
    ask(page, DISAGREE)
    expect(page.locator(".disagreement")).to_be_visible()
    settled(page)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)  # nothing takes the place of a later answer
    page.reload()
    expect(page.locator(".turn .question")).to_have_text([WHERE, DISAGREE])
    expect(page.locator(".disagreement")).to_be_visible()


def test_what_was_typed_before_is_back_after_a_change_that_was_cancelled_or_asked(page: Page) -> None:
    question = page.get_by_label("Your question")
    ask(page, WHERE)
    settled(page)
    question.fill("My next question")
    page.get_by_role("button", name="Change the question").click()
    expect(question).to_have_value(WHERE)
    page.keyboard.press("Escape")
    expect(question).to_have_value("My next question")
    page.get_by_role("button", name="Ask again").click()
    settled(page)
    expect(question).to_have_value("My next question")


def test_a_refusal_offers_questions_that_are_answered(page: Page) -> None:
    ask(page, AGAIN)
    page.locator(".instead .suggestion", has_text=WHERE).click()
    expect(page.locator(".turn:last-child .short-answer")).to_be_visible()


def test_what_is_typed_or_on_its_way_survives_a_reload(page: Page) -> None:
    page.get_by_label("Your question").fill("Half a quest")
    page.reload()
    expect(page.get_by_label("Your question")).to_have_value("Half a quest")
    ask(page, SLOW)
    for _ in range(2):
        expect(page.locator(".live")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Your question")).to_have_value(SLOW)
        page.keyboard.press("Enter")


def test_the_list_of_shortcuts_opens_with_a_key_that_can_be_turned_off(page: Page) -> None:
    expect(page.get_by_label("Your question")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.get_by_label("Use shortcuts of a single key").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_label("Your question")).not_to_be_focused()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use shortcuts of a single key").check()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    expect(page.get_by_label("Your question")).to_be_focused()


def test_the_menu_of_a_phone_leads_to_the_conversations(page: Page) -> None:
    page.set_viewport_size(NARROW)
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("dialog", name="Conversations")).to_contain_text(WHERE)


def test_the_page_speaks_czech_and_the_articles_stay_in_english(czech_page: Page) -> None:
    page = czech_page
    expect(page.locator("html")).to_have_attribute("lang", "cs")
    page.get_by_label("Vaše otázka").fill(WHERE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Zdroje")).to_be_visible()
    expect(page.locator(".short-answer")).to_have_attribute("lang", "en")
    assert json.loads(page.locator("#texts").text_content())["composer"]["send"] == "Zeptat se"
    expect(page.get_by_role("button", name="Zeptat se", exact=True)).to_be_visible()
