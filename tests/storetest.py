"""What the tests of kept conversations share: the page's own store, driven from here. A plugin of pytest."""

from typing import Any

import pytest
from pagetest import module
from playwright.sync_api import Page

HIM = "Who proposed it?"
MISSING = "Object.defineProperty(window, 'indexedDB', { value: undefined });"
FORBIDDEN = "IDBFactory.prototype.open = () => { throw new DOMException('forbidden', 'SecurityError'); };"
FAILING = """IDBFactory.prototype.open = () => {
  const request = { error: new DOMException("broken", "UnknownError") };
  setTimeout(() => request.onerror());
  return request;
};"""


def exchange(question: str, answer: str = "They did. [1]", short: str | None = None) -> dict[str, Any]:
    lists: dict[str, list[object]] = {"sentences": [], "citations": [], "evidence": [], "unknown_words": []}
    said = {"answered": True, "answer": answer, "asked": question, "short_answer": short, "notice": None}
    return {"question": question, "answer": {**said, "disagreement": None, **lists}}


class Store:
    """The store of a tab, driven from here."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate("async (address) => { window.store = await (await import(address)).open(); }", self._module)

    @property
    def _module(self) -> str:
        return module(self.page, "conversations")

    @property
    def kept(self) -> bool:
        return bool(self.page.evaluate("store.kept"))

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.page.evaluate("([name, given]) => store[name](...given)", [name, given])

    def titles(self) -> list[str]:
        return [conversation["title"] for conversation in self.list()]

    def questions(self, identifier: str) -> list[str]:
        return [each["question"] for each in self.load(identifier)]

    def remove(self, identifier: str) -> bool:
        return bool(self.page.evaluate("async (id) => Boolean(window.undo = await store.remove(id))", identifier))

    def undo(self) -> None:
        self.page.evaluate("undo()")


@pytest.fixture
def store(page: Page) -> Store:
    return Store(page)


def another_tab(page: Page) -> Store:
    tab = page.context.new_page()
    tab.goto(page.url)
    return Store(tab)


def in_database(page: Page, script: str, version: int | None = None) -> Any:
    """Run a script on the database as another version of the page would, in a transaction over all its stores."""
    return page.evaluate(
        f"""() => new Promise((resolve, reject) => {{
          const request = indexedDB.open("ask-the-articles"{f", {version}" if version else ""});
          request.onerror = () => reject(request.error);
          request.onupgradeneeded = () => request.result.createObjectStore("of-another-version");
          request.onsuccess = () => {{
            const transaction = request.result.transaction([...request.result.objectStoreNames], "readwrite");
            transaction.onabort = () => reject(transaction.error);
            transaction.oncomplete = () => resolve(request.result.close());
            {script}
          }};
        }})"""
    )
