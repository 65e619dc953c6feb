"""The page of a service that wants a key: the browser asks for it, and the page knows nothing of it."""

import hashlib

from pagetest import ask, watch
from playwright.sync_api import Browser, expect
from webtest import WHERE, FakeQA, serving

from qa.config import Config, Server
from web import create_app


def test_everything_works_once_the_browser_knows_the_key(browser: Browser) -> None:
    server = Server(api_keys=(hashlib.sha256(b"a key").hexdigest(),))
    with serving(create_app(FakeQA(), Config(server=server))) as address:
        context = browser.new_context(http_credentials={"username": "anybody", "password": "a key"})
        found = watch(context)
        page = context.new_page()
        page.goto(address)
        ask(page, WHERE)
        expect(page.locator(".short-answer")).to_have_text("Wiesbaden, Germany")
        page.locator(".mark").click()
        expect(page.locator("#reader mark").first).to_be_visible()
        page.goto(f"{address}/articles")
        expect(page.locator("h1")).to_be_visible()
        assert (context.cookies(), found) == ([], [])
        context.close()
