"""The dialog that lists the kept conversations, by the page's own module."""

import pytest
from axetest import violations
from pagetest import ask, module
from playwright.sync_api import BrowserContext, Locator, Page, expect
from storetest import FORBIDDEN, HIM, Store, exchange
from webtest import HOSTILE, JETS, WHERE


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
