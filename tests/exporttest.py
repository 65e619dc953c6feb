"""What the tests of what is taken out of the page share: its own modules called, and hostile text."""

import re
from typing import Any
from urllib.parse import urljoin

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin
from playwright.sync_api import Page

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
