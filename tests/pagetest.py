"""What the tests of the page share: one Chromium for all of them, a watched page, and how people ask on it.

A plugin of pytest (`conftest.py` names it): its fixtures need no import.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from programs import CHROMIUM, installed
from webtest import JETS, WHERE, FakeQA, serving

from qa.assemble import open_qa
from qa.config import Config, Evaluation, Server
from qa.service import QA
from web import create_app

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 800}
NARROW = {"width": 360, "height": 740}
_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`Policy violated: ${event.violatedDirective} by ${event.blockedURI || event.sourceFile}`));"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One process for the whole run."""
    program = installed(*CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def fake_qa() -> FakeQA:
    """Gives the states that the real service seldom gives."""
    return FakeQA()


@pytest.fixture(scope="session")
def address(fake_qa: FakeQA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over `fake_qa`, with limits that are soon reached."""
    config = Config(
        title="Ask the tests",
        server=Server(max_question_chars=100, max_history_turns=4),
        evaluation=Evaluation(folder=tmp_path_factory.mktemp("evaluation")),
    )
    with serving(create_app(fake_qa, config)) as address:
        yield address


@pytest.fixture(scope="session")
def czech_address(fake_qa: FakeQA) -> Iterator[str]:
    """The page in Czech, over `fake_qa`."""
    with serving(create_app(fake_qa, Config(language="cs"))) as address:
        yield address


@pytest.fixture(scope="session")
def real_address(qa: QA, config: Config) -> Iterator[str]:
    """The page over the real index and models, on the articles that ship."""
    assert qa.articles  # holds the index's lock
    asking = config.model_copy(update={"suggestions": (WHERE, JETS)})
    with serving(create_app(open_qa(asking), asking)) as address:
        yield address


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console may say in a test; everything else fails it."""
    return []


@pytest.fixture
def context(browser: Browser, complaints: list[str]) -> Iterator[BrowserContext]:
    """A browser's window with nothing in it.

    Any console error, script error, violation of the policy or foreign request in any of its tabs fails the test.
    """
    context = browser.new_context(
        viewport=WIDE, reduced_motion="reduce", color_scheme="light", locale="en-GB", timezone_id="Europe/Prague"
    )
    context.set_default_timeout(5000)
    context.add_init_script(_TELL_VIOLATIONS)
    found = watch(context)
    yield context
    context.close()
    assert [text for text in found if not any(expected in text for expected in complaints)] == []


def watch(context: BrowserContext) -> list[str]:
    """Collects from now on what no tab of a context should do."""
    found: list[str] = []
    context.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on("request", lambda request: found.append(request.url) if _is_foreign(request.url) else None)
    return found


def _is_foreign(url: str) -> bool:
    return urlsplit(url).hostname not in ("127.0.0.1", None)  # `blob:` and `data:` have none


def opened(context: BrowserContext, address: str) -> Page:
    """A new tab at an address."""
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#send")).to_be_enabled()  # its scripts are there
    return page


@pytest.fixture
def page(context: BrowserContext, address: str) -> Page:
    """The first page over `fake_qa`, wide."""
    return opened(context, address)


@pytest.fixture
def czech_page(context: BrowserContext, czech_address: str) -> Page:
    """The first page in Czech, wide."""
    return opened(context, czech_address)


@pytest.fixture
def real_page(context: BrowserContext, real_address: str) -> Page:
    """The first page of the real service, wide."""
    return opened(context, real_address)


def ask(page: Page, question: str) -> None:
    """Types a question and presses Enter, once the page is ready for it; does not wait for the answer.

    It is ready when the answer before is kept, a moment after that can be seen.
    """
    expect(page.locator("#send:not(.busy)")).to_be_enabled()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def settled(page: Page) -> None:
    """Waits until the answer is whole and kept, so that the next question can be asked and a reload loses nothing."""
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def highlighted(page: Page) -> str:
    """The marked words of the open article, once they are to be seen."""
    expect(page.locator("#reader mark").first).to_be_in_viewport()
    return "".join(page.locator("#reader mark").all_text_contents())


def module(page: Page, name: str) -> str:
    """The address of one of the page's modules."""
    return (page.locator("script[type=module]").get_attribute("src") or "").replace("main.js", f"{name}.js")
