"""The conversations that a browser keeps, and the dialog that lists them, by the page's own modules."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from axetest import violations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pagetest import ask, module
from playwright.sync_api import BrowserContext, Locator, Page, expect
from webtest import HOSTILE, JETS, WHERE

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


# Keeping


def test_a_conversation_outlives_its_tab(page: Page, store: Store) -> None:
    assert store.list() == []
    assert store.add("c1", exchange(WHERE))
    assert store.add("c1", exchange(HIM))
    page.reload()
    store = Store(page)
    assert store.kept
    assert store.load("c1") == [exchange(WHERE), exchange(HIM)]
    [about] = store.list()
    assert (about["id"], about["title"], about["turns"]) == ("c1", WHERE, 2)
    assert about["created"] <= about["updated"]


def test_conversations_are_listed_newest_first_by_their_first_question(store: Store) -> None:
    for identifier, question in (("c1", "One?"), ("c2", "Two?"), ("c3", "Three?"), ("c1", "Four?")):
        store.add(identifier, exchange(question))
        store.page.wait_for_timeout(2)  # milliseconds: the clock must have moved on
    assert store.titles() == ["One?", "Three?", "Two?"]


def test_the_last_exchange_is_replaced(page: Page, store: Store) -> None:
    store.add("c1", exchange("Where?"))
    store.replaceLast("c1", exchange(WHERE))
    assert store.titles() == [WHERE]
    store.add("c1", exchange("Who?"))
    store.replaceLast("c1", exchange(HIM))
    page.reload()
    store = Store(page)
    assert store.questions("c1") == [WHERE, HIM]
    store.replaceLast("c1", exchange("Who else?"))
    assert store.questions("c1") == [WHERE, "Who else?"]
    assert store.titles() == [WHERE]


def test_to_add_to_a_long_conversation_writes_one_exchange(page: Page, store: Store) -> None:
    in_database(
        page,
        f"""const [conversations, exchanges] = ["conversations", "exchanges"].map((n) => transaction.objectStore(n));
        conversations.put({{ id: "c1", title: "Long?", created: 1, updated: 1, turns: 200 }});
        for (let i = 0; i < 200; i++) exchanges.put({json.dumps(exchange(WHERE))}, ["c1", i]);""",
    )
    page.evaluate("""() => {
      const { put } = IDBObjectStore.prototype;
      window.written = [];
      IDBObjectStore.prototype.put = function (...given) { written.push(this.name); return put.apply(this, given); };
    }""")
    store.add("c1", exchange(HIM))
    assert sorted(page.evaluate("written")) == ["conversations", "exchanges"]
    assert store.list()[0]["turns"] == 201
    assert store.questions("c1")[-2:] == [WHERE, HIM]


# Two tabs


def test_two_tabs_may_write_at_once(page: Page, store: Store) -> None:
    other = another_tab(page)
    adding = """([mark, exchange]) => { window.added = Promise.all(Array.from({ length: 20 }, (_, i) =>
      store.add(i % 2 ? "c1" : `of ${mark}`, { ...exchange, question: `${mark}${i}?` }))); }"""
    for tab, mark in ((store, "a"), (other, "b")):
        tab.page.evaluate(adding, [mark, exchange("")])
    for tab in (store, other):
        assert tab.page.evaluate("added") == [True] * 20
    shared = store.questions("c1")
    assert sorted(shared) == sorted(f"{mark}{i}?" for mark in "ab" for i in range(1, 20, 2))
    assert [question for question in shared if question[0] == "a"] == [f"a{i}?" for i in range(1, 20, 2)]
    assert {about["id"]: about["turns"] for about in other.list()} == {"c1": 20, "of a": 10, "of b": 10}


def test_a_tab_replaces_its_own_last_exchange_and_not_another_tabs(page: Page, store: Store) -> None:
    store.add("c1", exchange("One?"))
    other = another_tab(page)
    assert other.questions("c1") == ["One?"]
    other.add("c1", exchange("Two?"))
    store.replaceLast("c1", exchange("One, again?"))
    assert other.questions("c1") == ["One, again?", "Two?"]


@pytest.mark.parametrize("write", ["add", "replaceLast"])
@pytest.mark.parametrize("all_of_them", [False, True], ids=["one", "all"])
def test_what_one_tab_deletes_another_does_not_bring_back(
    page: Page, store: Store, write: str, all_of_them: bool
) -> None:
    store.add("c1", exchange(WHERE))
    other = another_tab(page)
    assert other.removeAll() if all_of_them else other.remove("c1")
    assert getattr(store, write)("c1", exchange(HIM)) is False
    assert store.list() == []
    assert store.load("c1") == []
    assert store.kept
    assert store.add("c2", exchange(HIM))
    assert store.titles() == [HIM]


# Deleting


@pytest.mark.parametrize("unkept", [False, True], ids=["kept", "in memory"])
def test_what_is_deleted_is_gone_unless_it_is_undone(page: Page, context: BrowserContext, unkept: bool) -> None:
    if unkept:
        context.add_init_script(MISSING)
        page.reload()
    store = Store(page)
    store.add("c1", exchange(WHERE))
    store.add("c1", exchange(HIM))
    store.add("c2", exchange("Another?"))
    assert store.remove("c1")
    assert store.titles() == ["Another?"]
    assert store.load("c1") == []
    assert store.add("c1", exchange("An answer that was still on its way")) is False
    store.undo()
    assert set(store.titles()) == {WHERE, "Another?"}
    assert store.add("c1", exchange("Where else?"))
    assert store.questions("c1") == [WHERE, HIM, "Where else?"]


# Where nothing can be kept


@pytest.mark.parametrize("obstacle", [MISSING, FORBIDDEN, FAILING], ids=["missing", "forbidden", "failing"])
def test_a_browser_that_keeps_nothing_still_has_conversations(
    page: Page, context: BrowserContext, obstacle: str
) -> None:
    context.add_init_script(obstacle)
    page.reload()
    store = Store(page)
    assert not store.kept
    assert store.add("c1", exchange("Where?"))
    assert store.add("c2", exchange("Another?"))
    assert store.replaceLast("c1", exchange(WHERE))
    assert store.add("c1", exchange(HIM))
    assert store.load("c1") == [exchange(WHERE), exchange(HIM)]
    assert set(store.titles()) == {WHERE, "Another?"}
    assert store.remove("c1")
    assert store.titles() == ["Another?"]
    store.removeAll()
    assert store.list() == []


def test_a_full_browser_loses_nothing_while_the_page_is_open(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    quota = {"origin": address, "quotaSize": 200_000}  # bytes
    context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", quota)
    page.goto(address)
    store = Store(page)
    store.add("c1", exchange(WHERE))
    store.add("c2", exchange("Another?"))
    assert store.kept
    long = exchange(HIM, answer="word " * 200_000)
    assert store.add("c1", long)
    assert not store.kept
    assert store.load("c1") == [exchange(WHERE), long]
    assert store.questions("c2") == ["Another?"]
    assert store.add("c3", exchange("Is there room for a little?"))
    turns = {about["title"]: about["turns"] for about in store.list()}
    assert turns == {WHERE: 2, "Another?": 1, "Is there room for a little?": 1}
    assert store.remove("c1")
    assert store.kept
    assert "c1" not in {about["id"] for about in store.list()}


steps = st.lists(
    st.tuples(st.sampled_from(["add", "replaceLast", "remove", "undo", "load", "removeAll"]), st.sampled_from("ab")),
    max_size=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_kept_or_not_makes_no_difference_to_the_page(page: Page, steps: Sequence[tuple[str, str]]) -> None:
    kept, unkept = (
        page.evaluate(
            """async ([address, steps, exchange, works]) => {
              const { open } = IDBFactory.prototype;
              if (!works) IDBFactory.prototype.open = () => { throw new DOMException("forbidden", "SecurityError"); };
              const store = await (await import(address)).open();
              if (works) await store.removeAll();
              const seen = [];
              const undo = {};
              for (const [i, [step, id]] of steps.entries()) {
                const given = { ...exchange, question: `${i}?` };
                const there = (await store.list()).some((conversation) => conversation.id === id);
                if (step === "load") seen.push((await store.load(id)).map(({ question }) => question));
                else if (step === "undo") await undo[id]?.();
                else if (step === "remove" && there) undo[id] = await store.remove(id);
                else if (step === "removeAll") await store.removeAll();
                else if (step !== "remove") seen.push(await store[step](id, given));
                if (step === "undo") delete undo[id];
                const list = (await store.list()).map(({ id, title, turns }) => `${id} ${title} ${turns}`);
                seen.push(list.sort());
              }
              IDBFactory.prototype.open = open;
              return [store.kept, seen];
            }""",
            [module(page, "conversations"), steps, exchange(""), works],
        )
        for works in (True, False)
    )
    assert kept[0]
    assert not unkept[0]
    assert kept[1] == unkept[1]


# Other versions of the page


def test_what_another_version_wrote_is_listed_and_can_be_deleted(page: Page, store: Store) -> None:
    store.add("c1", exchange(WHERE))
    in_database(
        page,
        f"""const [conversations, exchanges] = ["conversations", "exchanges"].map((n) => transaction.objectStore(n));
        conversations.put({{ id: "old" }});
        conversations.put({{ id: "odd", title: {{}}, created: "yesterday", updated: null, turns: [], more: true }});
        exchanges.put("words", ["old", 0]);
        exchanges.put({json.dumps(exchange(HIM))}, ["old", 1]);
        exchanges.put({{ question: "Where?", answer: {{ text: "Here." }} }}, ["old", 2]);""",
    )
    assert store.list()[0]["id"] == "c1"
    assert {about["id"] for about in store.list()} == {"c1", "old", "odd"}
    assert store.load("old") == [exchange(HIM)]
    assert store.load("odd") == []
    assert store.add("old", exchange("And then?"))
    assert store.questions("old") == [HIM, "And then?"]
    assert store.remove("odd")
    assert {about["id"] for about in store.list()} == {"c1", "old"}
    assert store.kept


def test_a_newer_version_may_add_to_the_database_while_this_one_is_open(page: Page, store: Store) -> None:
    store.add("c1", exchange(WHERE))
    in_database(page, "transaction.objectStore('of-another-version').put(1, 1)", version=7)
    assert store.add("c1", exchange(HIM))
    assert store.questions("c1") == [WHERE, HIM]
    assert store.kept


def test_a_database_of_another_make_is_left_alone(page: Page) -> None:
    page.evaluate("new Promise((resolve) => { indexedDB.deleteDatabase('ask-the-articles').onsuccess = resolve; })")
    in_database(page, "transaction.objectStore('of-another-version').put(1, 1)")
    store = Store(page)
    assert not store.kept
    assert store.add("c1", exchange(WHERE))
    assert store.questions("c1") == [WHERE]


# What the API is sent


def test_history_is_the_latest_whole_exchanges_that_fit(page: Page) -> None:
    exchanges = [exchange("One?"), exchange("Two?", short="Kuleba"), exchange("Three?")]

    def history(turns: int) -> list[tuple[str, str]]:
        sent = page.evaluate(
            "async ([address, ...given]) => (await import(address)).history(...given)",
            [module(page, "conversations"), exchanges, turns],
        )
        return [(turn["role"], turn["content"]) for turn in sent]

    last = [("user", "Three?"), ("assistant", "They did. [1]")]
    assert history(0) == history(1) == []
    assert history(3) == last
    assert history(4) == [("user", "Two?"), ("assistant", "Kuleba. They did. [1]"), *last]
    assert len(history(100)) == 6


def test_ids_are_new_also_where_the_page_comes_over_plain_http(page: Page) -> None:
    page.evaluate("crypto.randomUUID = undefined")
    new = "async (address) => { const m = await import(address); return Array.from({ length: 99 }, m.newId); }"
    assert len(set(page.evaluate(new, module(page, "conversations")))) == 99


# The dialog


@pytest.fixture
def dialog(page: Page, store: Store) -> Locator:
    """The dialog over three conversations, of which the page shows the second; `calls` tells what it asked for."""
    for identifier, questions in (("c1", ["One?"]), ("c2", [WHERE, HIM]), ("c3", [HOSTILE])):
        for question in questions:
            store.add(identifier, exchange(question))
        page.wait_for_timeout(2)  # milliseconds: the clock must have moved on
    return show(page, "c2")


def show(page: Page, current: str) -> Locator:
    page.evaluate(
        """async ([address, current]) => {
          const { ConversationsDialog } = await import(address);
          document.getElementById("conversations").remove(); // the page's own
          const node = document.createElement("dialog");
          node.className = "dialog";
          node.id = "under-test";
          document.body.append(node);
          window.calls = [];
          const exchanges = await store.load(current);
          window.dialog = new ConversationsDialog(node, store, {
            current: () => ({ id: current, exchanges }),
            open: (id) => calls.push(["open", id]),
            onDeleted: (id) => calls.push(["deleted", id]),
          });
          await window.dialog.show();
        }""",
        [module(page, "conversations-dialog"), current],
    )
    return page.locator("#under-test")


def calls(page: Page) -> list[list[str]]:
    return list(page.evaluate("calls"))


def test_the_kept_conversations_are_listed(dialog: Locator) -> None:
    expect(dialog).to_have_accessible_name("Conversations")
    expect(dialog.locator("h2")).to_be_focused()
    expect(dialog.locator("li .title")).to_have_text([HOSTILE, WHERE, "One?"])
    expect(dialog.locator("li").nth(1)).to_contain_text("2 questions")
    expect(dialog.locator("[aria-current=true]")).to_have_text([WHERE])
    expect(dialog).to_contain_text("in this browser only")
    expect(dialog.locator("img, script")).to_have_count(0)


def test_a_conversation_is_opened(page: Page, dialog: Locator) -> None:
    dialog.get_by_role("button", name="One?", exact=True).click()
    expect(dialog).to_be_hidden()
    assert calls(page) == [["open", "c1"]]


def test_a_deletion_can_be_undone_until_the_dialog_closes(page: Page, dialog: Locator, store: Store) -> None:
    dialog.get_by_role("button", name=f"Delete: {WHERE}").click()
    undo = dialog.get_by_role("button", name=f"Undo, bring back: {WHERE}")
    expect(undo).to_be_focused()
    expect(dialog.get_by_role("status")).to_have_text(f"Deleted: {WHERE}")
    assert WHERE not in store.titles()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name=WHERE, exact=True)).to_be_focused()
    assert store.questions("c2") == [WHERE, HIM]
    dialog.get_by_role("button", name="Delete: One?").click()
    expect(dialog.get_by_role("button", name="Undo, bring back: One?")).to_be_focused()
    assert calls(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.wait_for_function("calls.length")
    assert calls(page) == [["deleted", "c1"]]
    page.evaluate("dialog.show()")
    expect(dialog.locator("li")).to_have_count(2)


def test_to_delete_all_is_asked_first(page: Page, dialog: Locator, store: Store) -> None:
    delete_all = dialog.get_by_role("button", name="Delete all")
    delete_all.focus()
    page.keyboard.press("Enter")
    keep = dialog.get_by_role("button", name="Keep them")
    expect(keep).to_be_focused()
    expect(keep).to_have_accessible_description("Delete all 3 conversations? This cannot be undone.")
    page.keyboard.press("Enter")
    expect(delete_all).to_be_focused()
    page.keyboard.press("Enter")
    expect(keep).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(delete_all).to_be_focused()
    assert len(store.list()) == 3
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("No conversation is kept.")).to_be_focused()
    assert store.list() == []
    expect(dialog.get_by_role("button")).to_have_text(["Close"])
    page.keyboard.press("Escape")
    page.wait_for_function("calls.length")
    assert sorted(identifier for _, identifier in calls(page)) == ["c1", "c2", "c3"]


@pytest.mark.usefixtures("store")
def test_with_no_conversation_it_says_so(page: Page) -> None:
    dialog = show(page, "none")
    expect(dialog).to_contain_text("No conversation is kept.")
    expect(dialog.get_by_role("button")).to_have_text(["Close"])


def test_it_says_where_nothing_is_kept(page: Page, context: BrowserContext) -> None:
    context.add_init_script(FORBIDDEN)
    page.reload()
    store = Store(page)
    store.add("c1", exchange(WHERE))
    store.add("c2", exchange(HIM))
    dialog = show(page, "c1")
    expect(dialog).to_contain_text("does not let the page keep conversations")
    expect(dialog.locator("li .title")).to_have_count(2)
    dialog.get_by_role("button", name="Delete all").click()
    dialog.get_by_role("button", name="Delete all").click()
    expect(dialog).to_contain_text("No conversation is kept.")
    assert store.list() == []


def test_a_browser_that_deletes_nothing_is_told(page: Page, dialog: Locator) -> None:
    page.evaluate(f"() => {{ {FORBIDDEN} }}")
    dialog.get_by_role("button", name="Delete: One?").click()
    expect(dialog.get_by_role("status")).to_contain_text("It could not be deleted.")
    expect(dialog.locator("li .title")).to_have_count(3)


@pytest.mark.parametrize(
    ("form", "file", "begin"),
    [("Markdown", ".md", f"# {WHERE}\n"), ("HTML", ".html", "<!doctype html>"), ("JSON", ".json", "{\n")],
)
def test_the_conversation_that_is_shown_is_saved(page: Page, dialog: Locator, form: str, file: str, begin: str) -> None:
    with page.expect_download() as saving:
        dialog.get_by_role("button", name=form).click()
    name = WHERE.rstrip("?") + file
    assert saving.value.suggested_filename == name
    text = saving.value.path().read_text(encoding="utf-8")
    assert text.startswith(begin)
    assert HIM in text
    expect(dialog.get_by_role("status")).to_have_text(f"Saved: {name}")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_dialog_fits_and_can_be_hit(page: Page, dialog: Locator, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    assert dialog.evaluate("node => node.scrollWidth <= node.clientWidth")
    sizes = dialog.locator("button:visible").evaluate_all(
        "all => all.map((b) => Math.min(b.offsetWidth, b.offsetHeight))"
    )
    assert min(sizes) >= 24


# On the page


def test_a_conversation_is_opened_again_and_deleted_on_the_page(page: Page) -> None:
    ask(page, WHERE)
    expect(page.locator(".short-answer")).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    ask(page, JETS)
    expect(page.locator(".verdict")).to_be_visible()
    page.get_by_role("button", name="Conversations").click()
    dialog = page.get_by_role("dialog", name="Conversations")
    dialog.get_by_role("button", name=WHERE, exact=True).click()
    expect(page.locator(".turn .question")).to_have_text([WHERE])
    expect(page.locator(".short-answer")).to_be_visible()
    page.get_by_role("button", name="Conversations").click()
    dialog.get_by_role("button", name=f"Delete: {WHERE}").click()
    dialog.get_by_role("button", name="Close").click()
    expect(page.locator(".turn")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Conversations").click()
    expect(dialog.locator("li .title")).to_have_text([JETS])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_hinders_nobody(page: Page, dialog: Locator, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    dialog.get_by_role("button", name="Delete: One?").click()
    dialog.get_by_role("button", name="Delete all").click()
    expect(dialog.get_by_role("button", name="Keep them")).to_be_visible()
    assert violations(page) == []
