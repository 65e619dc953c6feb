"""The conversations that a browser keeps, by the page's own store."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pagetest import module
from playwright.sync_api import BrowserContext, Page
from storetest import FAILING, FORBIDDEN, HIM, MISSING, Store, another_tab, exchange, in_database
from webtest import WHERE

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
