"""What is taken out of the page: copied answers and exported conversations, written by the page's own modules."""

import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote as percent_encoded
from urllib.parse import urljoin

import pytest
from axetest import violations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from pagetest import WIDE
from playwright.sync_api import BrowserContext, Page, Route, expect
from webtest import (
    DISAGREE,
    DOUBTED,
    HOSTILE,
    HOSTILE_QUESTION,
    JETS,
    LIE,
    NOTICE,
    WHERE,
    FakeQA,
    serving,
)

from qa.config import Config
from web import create_app

HERE = "http://reading.room"
NASTY = [
    *"*_`[]<>#|~$^=\\{}:-+!&\"'().\t\r\n",
    "\n\n", "  \n", "\n    ", "\r\n", "\n# ", "\n> ", "\n- ", "\n1. ", "\n12) ", "\n---\n", "\n===\n", "\n```\n",
    "\n~~~\n", "[x](javascript:alert(1))", "![x](http://evil.example/x.png)", "](javascript:alert(1))",
    "<javascript:alert(1)>", "<b>", "</style>", "</blockquote>", "<!--", "-->", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "&amp;", "&lt;b&gt;", "&#10;", "[^1]", "\n[^1]: mine", "^[mine]",
    "\n[1]: javascript:alert(1)", "[1]", "\n| a |\n|---|\n", "**bold**", "~~gone~~", "$x$", "{quote}", "$&", "“", "”",
    "\u202e", "\u2067", "\u2069", "עוין", "\u00a0", "😀", "x" * 90,
]  # fmt: skip
"""What Markdown, HTML or the page's own placeholders might take for more than words."""
hostile = st.lists(st.sampled_from(NASTY) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4))
texts = hostile.map("".join).filter(str.strip)
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def call(page: Page, module: str, function: str, *arguments: object) -> Any:
    """Call a function of one of the page's modules."""
    main = page.locator("script[type=module]").get_attribute("src") or ""
    return page.evaluate(
        "async ([address, name, given]) => (await import(address))[name](...given)",
        [main.replace("main.js", f"{module}.js"), function, arguments],
    )


def exchange(page: Page, question: str) -> dict[str, Any]:
    response = page.request.post(urljoin(page.url, "/api/ask"), data={"question": question})
    return {"question": question, "answer": response.json()}


def conversation(*exchanges: dict[str, Any]) -> dict[str, Any]:
    title = exchanges[0]["question"]
    return {"id": "c1", "title": title, "created": "2024-05-31T08:30:00.000Z", "exchanges": exchanges}


def invented(text: str, quote: str) -> dict[str, Any]:
    """An exchange that says the same hostile text wherever a text can stand."""
    citation = {"n": 1, "article_id": text, "title": text, "url": "https://x.example/(a)?c=`*&lt;d", "quote": quote}
    answer = {
        "id": "a1", "question": text, "asked": f"really {text}", "answered": True, "answer": text, "short_answer": text,
        "confidence": 1, "refusal": None, "closest": None, "unknown_words": [], "evidence": [], "disagreement": None,
        "sentences": [{"text": text, "citations": [1], "support": "verbatim", "problems": []}],
        "citations": [{**citation, "start": 3, "end": 7, "score": 1, "published": "2024-05-31"}], "notice": text,
    }  # fmt: skip
    return {"question": text, "answer": answer}


def rendered(markdown: str) -> str:
    """As HTML, by a renderer that lets all HTML pass and knows footnotes, tables and strikethrough."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(footnote_plugin).render(markdown))


def facts_of(page: Page, html: str) -> dict[str, Any]:
    """What a browser makes of HTML: the text of some elements, all tags, all addresses that it leads to."""
    return page.evaluate(
        """html => {
          const parsed = new DOMParser().parseFromString(html, "text/html");
          const all = [...parsed.body.querySelectorAll("*")];
          return {
            text: parsed.body.textContent,
            items: [...parsed.querySelectorAll("li")].map((item) => item.textContent),
            quotes: [...parsed.querySelectorAll("blockquote")].map((quote) => quote.textContent),
            tags: [...new Set(all.map((node) => node.localName))],
            attributes: [...new Set(all.flatMap((node) => node.getAttributeNames()))],
            addresses: [...new Set(all.flatMap((node) => node.getAttribute("href") ?? node.getAttribute("src") ?? []))],
          };
        }""",
        html,
    )


def letters(text: str) -> str:
    """Without white space, of which a paragraph keeps only that there is some."""
    return re.sub(r"[\s\ufeff]", "", text)


def as_parsed(text: str) -> str:
    """Line ends as every HTML parser reads them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


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


# A conversation as Markdown


def test_every_footnote_of_a_conversation_is_its_own(page: Page) -> None:
    given = conversation(*(exchange(page, question) for question in (WHERE, DISAGREE, JETS, HOSTILE_QUESTION)))
    quotes = [citation["quote"] for turn in given["exchanges"] for citation in turn["answer"]["citations"]]
    assert len(quotes) == 4
    markdown = call(page, "export", "conversationAsMarkdown", given, HERE)
    assert re.findall(r"^\[\^(\d+)\]:", markdown, re.MULTILINE) == ["1", "2", "3", "4"]
    notes = [item for item in facts_of(page, rendered(markdown))["items"] if "The passage in its article" in item]
    assert [re.search("“(.*)”", note, re.DOTALL).group(1) for note in notes] == quotes


@many
@given(text=texts, quote=texts)
def test_markdown_shows_hostile_words_as_they_are(page: Page, text: str, quote: str) -> None:
    _shown_in_markdown(page, text, quote)


@pytest.mark.parametrize("start", ["", "x", "\n"], ids=["first", "within", "on a new line"])
def test_markdown_shows_every_special_sign_as_it_is(page: Page, start: str) -> None:
    for sign in filter(str.strip, NASTY):
        _shown_in_markdown(page, f"{start}{sign}x", f"{start}{sign}")


def _shown_in_markdown(page: Page, text: str, quote: str) -> None:
    given = conversation(invented(text, quote), invented(text, quote))
    facts = facts_of(page, rendered(call(page, "export", "conversationAsMarkdown", given, HERE)))
    assert [as_parsed(f"“{quote}”") in note for note in facts["items"]] == [True, True]
    assert letters(facts["text"]).count(letters(text)) >= 8
    assert set(facts["tags"]) <= {"h1", "h2", "p", "strong", "a", "br", "sup", "hr", "section", "ol", "li"}
    assert set(facts["attributes"]) <= {"href", "id", "class"}
    here = f"{HERE}/articles/{percent_encoded(text, safe=string.ascii_letters + string.digits + '!*' + chr(39))}"
    links = {link for link in facts["addresses"] if not re.fullmatch(r"#fn(ref)?\d+(:\d+)?", link)}
    assert links == {f"{HERE}/", "https://x.example/%28a%29?c=%60*&lt;d", f"{here}?start=3&end=7"}


@many
@given(text=texts, quote=texts)
def test_a_copied_answer_in_markdown_shows_hostile_words_as_they_are(page: Page, text: str, quote: str) -> None:
    facts = facts_of(page, rendered(call(page, "export", "answerAsMarkdown", invented(text, quote), HERE)))
    assert [as_parsed(f"“{quote}”") in item for item in facts["items"]] == [True]
    assert set(facts["tags"]) <= {"p", "strong", "a", "br", "ol", "li"}
    assert len(facts["addresses"]) == 2


# A conversation as HTML


@many
@given(text=texts, quote=texts)
def test_html_shows_hostile_words_as_they_are(page: Page, complaints: list[str], text: str, quote: str) -> None:
    complaints.extend(
        ("Applying inline style", "style-src-elem by inline")
    )  # parsed here, it is held to the page's policy
    html = call(page, "export-html", "conversationAsHtml", conversation(invented(text, quote)), HERE)
    facts = facts_of(page, html)
    assert facts["quotes"] == [quote]
    assert facts["text"].count(text) >= 4
    allowed = "main h1 p a article h2 q bdi sup h3 ol li cite time blockquote"
    assert set(facts["tags"]) <= set(allowed.split())
    assert not [name for name in facts["attributes"] if name.startswith("on") or name in ("src", "style")]


@pytest.fixture
def exported(page: Page, context: BrowserContext, tmp_path: Path) -> Page:
    """A conversation with everything in it, as HTML, opened from a file."""
    questions = (WHERE, DOUBTED, DISAGREE, JETS, HOSTILE_QUESTION)
    given = conversation(*(exchange(page, question) for question in questions), invented(f"</style>{HOSTILE}", HOSTILE))
    file = tmp_path / "conversation.html"
    file.write_text(call(page, "export-html", "conversationAsHtml", given, HERE), encoding="utf-8", newline="")
    opened = context.new_page()
    opened.goto(file.as_uri())
    return opened


def test_the_html_file_needs_nothing_and_runs_nothing(exported: Page) -> None:
    assert exported.title() == WHERE
    assert exported.locator("script, img, link, iframe, object, a[href^=javascript]").count() == 0
    policy = exported.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert exported.evaluate("document.compatMode") == "CSS1Compat"
    assert exported.locator("html").get_attribute("lang") == "en"


def test_the_html_file_tells_everything_but_what_was_withheld(exported: Page) -> None:
    text = exported.locator("main").inner_text()
    assert exported.locator("h2").count() == 6
    for told in (NOTICE, "30 and 31 May 2024", "May 31, 2024", "The articles do not say.", "fighter", "Poland"):
        assert told in text
    assert "Madrid" not in text
    expect(exported.locator(".refusal blockquote")).to_contain_text("Allies considered creating a NATO headquarters")
    assert exported.locator(".refusal a[role=doc-noteref]").count() == 0
    cited = exported.locator("blockquote").first
    assert "/articles/" in (cited.get_attribute("cite") or "")
    assert cited.get_attribute("lang") == "en"


def test_footnotes_of_the_html_file_lead_there_and_back(exported: Page) -> None:
    assert exported.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map((n) => n.id)).size"
    ) == exported.evaluate("document.querySelectorAll('[id]').length")
    marks = exported.locator("a[role=doc-noteref]")
    assert marks.count() == 6
    for i in range(marks.count()):
        mark = marks.nth(i)
        source = exported.locator(mark.get_attribute("href") or "")
        expect(source.locator("blockquote")).to_have_count(1)
        expect(source.locator(f"a[href='#{mark.get_attribute('id')}']")).to_have_count(1)
    assert marks.all_text_contents() == [f"[{n}]" for n in range(1, 7)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_html_file_hinders_nobody(exported: Page, scheme: str) -> None:
    exported.emulate_media(color_scheme=scheme)
    assert violations(exported) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_html_file_has_the_colours_of_the_page(exported: Page, page: Page, scheme: str) -> None:
    for tab in (page, exported):
        tab.emulate_media(color_scheme=scheme)
    ground, same = (tab.evaluate("getComputedStyle(document.body).backgroundColor") for tab in (page, exported))
    assert ground == same


def test_the_html_file_fits_a_small_phone_and_prints_black_on_white(exported: Page) -> None:
    exported.set_viewport_size({"width": 320, "height": 640})
    assert exported.evaluate("document.documentElement.scrollWidth") == 320
    exported.set_viewport_size(WIDE)
    exported.emulate_media(media="print", color_scheme="dark")
    assert exported.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


# In Czech


@pytest.fixture
def czech(context: BrowserContext, fake_qa: FakeQA) -> Iterator[Page]:
    with serving(create_app(fake_qa, Config(language="cs"))) as address:
        page = context.new_page()
        page.goto(address)
        yield page
        page.close()


def test_the_words_around_a_quote_are_in_the_language_of_the_page(czech: Page) -> None:
    given = {**invented("words", "words"), "question": "Kdo?"}
    assert "31. května 2024\n    „words“\n" in call(czech, "export", "answerAsText", given, HERE)
    html = call(czech, "export-html", "conversationAsHtml", conversation(given), HERE)
    assert '<html lang="cs">' in html
    assert re.search('<blockquote [^>]*lang="en"[^>]*>words</blockquote>', html)
    assert "Poznámka:" in html
