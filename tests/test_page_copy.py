"""Answers copied out of the page, and files saved, by its own modules."""

import json
import re
from pathlib import Path

import pytest
from exporttest import (
    HERE,
    call,
    conversation,
    exchange,
    facts_of,
    invented,
    rendered,
)
from playwright.sync_api import Page, Route, expect
from webtest import (
    DISAGREE,
    DOUBTED,
    HOSTILE_QUESTION,
    JETS,
    LIE,
    NOTICE,
    WHERE,
)

# Copied answers


def test_an_answer_is_copied_with_its_sources(page: Page) -> None:
    given = exchange(page, WHERE)
    [citation] = given["answer"]["citations"]
    citation["url"] = "https://www.jurist.org/news/2024/06"
    quote, title = citation["quote"], citation["title"]
    link = f"{HERE}/articles/{citation['article_id']}?start={citation['start']}&end={citation['end']}"
    assert call(page, "export", "answerAsText", given, HERE) == (
        f"Wiesbaden, Germany\n\n{quote} [1]\n\n[1] {title}\n    “{quote}”\n    {citation['url']}\n    {link}"
    )
    assert call(page, "export", "answerAsMarkdown", given, HERE) == (
        f"**Wiesbaden, Germany**\n\n{quote} \\[1\\]\n\n1. **{title}**\\\n   “{quote}”\\\n"
        f"   [www.jurist.org]({citation['url']}) · [The passage in its article]({link})"
    )


def test_what_a_sentence_says_cannot_pass_for_a_source(page: Page) -> None:
    given = invented("words\n\n[2] Another source", "quoted\n\n[3] words")
    lines = call(page, "export", "answerAsText", given, HERE).splitlines()
    assert [line[:3] for line in lines if line.startswith("[")] == ["[1]"]


def test_the_date_of_an_article_is_told_where_it_is_known(page: Page) -> None:
    given = invented("words", "words")
    assert "[1] words, May 31, 2024\n" in call(page, "export", "answerAsText", given, HERE)


@pytest.mark.parametrize("form", ["answerAsText", "answerAsMarkdown"])
def test_a_copied_refusal_says_so(page: Page, form: str) -> None:
    given = exchange(page, JETS)
    quote = given["answer"]["closest"]["quote"]
    copied = call(page, "export", form, given, HERE)
    assert re.search("The articles do not say.*In none of the articles: “fighter”, “Poland”", copied, re.DOTALL)
    assert re.search(f"The closest passage, which does not answer:\n\n.*\n.*“{re.escape(quote)}”", copied)
    assert "[1]" not in copied.replace("\\", "")


def test_a_copied_disagreement_tells_both_sides(page: Page) -> None:
    copied = call(page, "export", "answerAsText", exchange(page, DISAGREE), HERE)
    assert re.search(r"- 30 and 31 May 2024: “NATO diplomatic chiefs met.*” \[1\]\n", copied)
    assert re.search(r"- May 31, 2024: “As tensions continue.*” \[2\]\n", copied)


@pytest.mark.parametrize("form", ["answerAsText", "answerAsMarkdown"])
def test_a_copy_tells_the_notice_and_nothing_that_was_withheld(page: Page, form: str) -> None:
    copied = call(page, "export", form, exchange(page, DOUBTED), HERE)
    assert copied.startswith(f"Note: {NOTICE}")
    assert "Madrid" in LIE
    assert "Madrid" not in copied


def test_no_address_but_a_web_site_is_linked(page: Page) -> None:
    given = exchange(page, HOSTILE_QUESTION)
    assert given["answer"]["citations"][0]["url"].startswith("javascript:")
    links = facts_of(page, rendered(call(page, "export", "answerAsMarkdown", given, HERE)))["addresses"]
    assert [link.partition("?")[0] for link in links] == [f"{HERE}/articles/hostile"]


@pytest.mark.parametrize("secure", [True, False], ids=["localhost", "plain http in a local network"])
def test_copied_text_is_in_the_clipboard(page: Page, address: str, secure: bool, complaints: list[str]) -> None:
    text = "Allies “considered” 😀\n[1] Title"
    page.get_by_label("Your question").fill("Typed so far")
    if not secure:
        complaints.append("http://reading.room/")
        page.context.route(f"{HERE}/**", lambda route: _from(address, route))
        page.goto(HERE)
        assert page.evaluate("navigator.clipboard === undefined")
    page.get_by_label("Your question").fill("")
    page.get_by_label("Your question").focus()
    assert call(page, "saving", "copy", text) is True
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Your question")).to_have_value(text)


def test_text_is_copied_out_of_a_modal_dialog_also_without_the_clipboards_interface(page: Page) -> None:
    page.evaluate("""() => {
      navigator.clipboard.writeText = undefined;
      document.getElementById("conversations").showModal();
    }""")
    assert call(page, "saving", "copy", "words") is True
    page.keyboard.press("Escape")
    expect(page.locator("#conversations")).to_be_hidden()
    page.get_by_label("Your question").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_label("Your question")).to_have_value("words")


def _from(address: str, route: Route) -> None:
    route.fulfill(response=route.fetch(url=route.request.url.replace(HERE, address)))


def test_a_browser_that_does_not_let_copy_is_told_apart(page: Page) -> None:
    page.evaluate("""() => {
      navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
      document.execCommand = () => false;
    }""")
    assert call(page, "saving", "copy", "words") is False


# Files


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (WHERE, "Where would a NATO headquarters be created.md"),
        ('a/b\\c:d*e?f"g<h>i|j', "a b c d e f g h i j.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ("NUL", "conversation.md"),
        ("com1", "conversation.md"),
        (" . ", "conversation.md"),
        ("a\u202egpj.exe\nb", "a gpj exe b.md"),
        ("Kdo přijel do Prahy?", "Kdo přijel do Prahy.md"),
        ("😀" * 200, "😀" * 80 + ".md"),
    ],
)
def test_a_file_is_named_for_its_conversation(page: Page, title: str, name: str) -> None:
    assert call(page, "saving", "fileName", title, "md") == name


def test_a_file_is_saved_as_it_is(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as saved:
        call(page, "saving", "download", "Who came.md", "text/markdown", "“Allies” 😀\n")
    assert saved.value.suggested_filename == "Who came.md"
    saved.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == "“Allies” 😀\n".encode()


def test_json_keeps_the_answers_whole(page: Page) -> None:
    given = conversation(*(exchange(page, question) for question in (WHERE, DOUBTED, JETS, HOSTILE_QUESTION)))
    kept = json.loads(call(page, "export", "conversationAsJson", given, HERE))
    assert kept == json.loads(
        json.dumps({"format": "ask-the-articles conversation", "version": 1, "origin": HERE, **given})
    )
