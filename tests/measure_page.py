"""How fast the page is, in a Chromium as it is and in one with a processor four times slower: `make measure-page`.

It asks the real service, as `qa serve` runs it. The figures depend on the machine, so nothing here passes or fails;
what does not depend on it is tested in `test_page_speed.py`.
"""

import re
import time
from collections import Counter
from statistics import median
from typing import Any

from misbehaving import Call, ModelServer
from pagetest import WIDE, ask, settled
from playwright.sync_api import Browser, BrowserContext, Page
from realpage import chromium, served

SLOWDOWNS = (1, 4)
TURNS = 200
QUESTIONS = (
    "Where would a NATO headquarters be created?",
    "When will the first Czech munitions arrive in Ukraine?",
    "How many fighter jets did Poland pledge?",
    "What did Jan Lipavský say about Russia?",
)
WATCH = """
  window.seen = { shift: 0, paint: 0, tasks: [] };
  const watch = (type, see) =>
    new PerformanceObserver((list) => list.getEntries().forEach(see)).observe({ type, buffered: true });
  watch("layout-shift", ({ value, hadRecentInput }) => { if (!hadRecentInput) seen.shift += value; });
  watch("largest-contentful-paint", ({ startTime }) => { seen.paint = startTime; });
  watch("longtask", ({ duration }) => seen.tasks.push(duration));
  addEventListener("keydown", ({ key }) => { if (key === "Enter") seen.pressed = performance.now(); }, true);
"""
ANSWERED = """(count) => document.querySelectorAll(".turn .how").length === count &&
  new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))))"""
"""The time when so many answers are on the screen, in milliseconds since the page was asked for."""
BEGUN = """() => document.querySelector(".live") && performance.now() - seen.pressed"""
SCROLL = """() => new Promise((done) => {
  const frames = [];
  let last = performance.now();
  scrollTo({ top: 0, behavior: "instant" });
  const step = (now) => {
    frames.push(now - last);
    last = now;
    scrollBy({ top: innerHeight / 4, behavior: "instant" });
    if (scrollY + innerHeight < document.documentElement.scrollHeight - 1) requestAnimationFrame(step);
    else done(frames.slice(2));
  };
  requestAnimationFrame(step);
})"""
"""From the top to the bottom, a quarter of the window each frame; gives the milliseconds that each took."""

Row = tuple[str, str]


def main() -> None:
    with chromium() as browser:
        with served() as address:
            print_table("What the first page weighs", ["bytes, requests"], [weight(browser, address)])
            print_table("One question", slowdowns(), [one_question(browser, address, rate) for rate in SLOWDOWNS])
            print_table(f"A conversation of {TURNS} turns", slowdowns(), conversation(browser, address))
        print_table("An answer that a slow model writes", slowdowns(), written_slowly(browser))


def slowdowns() -> list[str]:
    return ["as it is" if rate == 1 else f"{rate} x slower" for rate in SLOWDOWNS]


def weight(browser: Browser, address: str) -> list[Row]:
    """What travels until the first page is there, headers and all, by kind."""
    page = watched(browser)
    kinds: dict[str, str] = {}
    sizes: Counter[str] = Counter()
    devtools = page.context.new_cdp_session(page)
    devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    devtools.on(
        "Network.loadingFinished",
        lambda event: sizes.update({kinds[event["requestId"]]: int(event["encodedDataLength"])}),
    )
    devtools.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    page.context.close()
    count = Counter(kinds.values())
    rows = [(kind.lower(), f"{size:,} B, {count[kind]:2}") for kind, size in sizes.most_common()]
    return [*rows, ("in all", f"{sizes.total():,} B, {count.total():2}")]


def one_question(browser: Browser, address: str, rate: int) -> list[Row]:
    """The first page from nothing, and the first answer."""
    page = watched(browser, rate)
    page.goto(address, wait_until="networkidle")
    paint = page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    loaded = seen(page)
    rows = [
        ("first contentful paint", ms(paint.json_value())),
        ("largest contentful paint", ms(loaded["paint"])),
        ("layout shift while loading", f"{loaded['shift']:.4f}"),
        ("blocked while loading, in all", ms(blocked(loaded["tasks"]))),
    ]
    times = [time_to_answer(page, question, count) for count, question in enumerate(QUESTIONS, 1)]
    answered = seen(page)
    page.context.close()
    return [
        *rows,
        ("Enter to the first answer", ms(times[0])),
        ("Enter to an answer, median", ms(median(times))),
        ("layout shift since", f"{answered['shift'] - loaded['shift']:.4f}"),
        ("longest task since", ms(max(answered["tasks"][len(loaded["tasks"]) :], default=0))),
    ]


def conversation(browser: Browser, address: str) -> list[list[Row]]:
    """A long conversation: asked as it is, then opened again and gone on with at each speed."""
    page = watched(browser)
    page.goto(address)
    for count in range(1, TURNS + 1):
        time_to_answer(page, QUESTIONS[count % len(QUESTIONS)], count)
    found = []
    for turns, rate in enumerate(SLOWDOWNS, TURNS):
        slow_down(page, rate)
        page.reload(wait_until="commit")
        opened = page.wait_for_function(ANSWERED, arg=turns).json_value()
        page.wait_for_load_state("networkidle")
        loaded = seen(page)
        frames = sorted(page.evaluate(SCROLL))
        added = time_to_answer(page, QUESTIONS[0], turns + 1)
        found.append(
            [
                ("open it again", ms(opened)),
                ("longest task", ms(max(loaded["tasks"], default=0))),
                ("blocked in all", ms(blocked(loaded["tasks"]))),
                ("layout shift", f"{loaded['shift']:.4f}"),
                ("a frame while scrolling, median", ms(median(frames))),
                ("a frame while scrolling, 95 %", ms(frames[len(frames) * 95 // 100])),
                ("a frame while scrolling, worst", ms(frames[-1])),
                ("Enter to one more answer", ms(added)),
            ]
        )
    page.context.close()
    return found


def written_slowly(browser: Browser) -> list[list[Row]]:
    """What moves and what is blocked while an answer comes word by word."""
    model = ModelServer(write_slowly)
    found = []
    with served(
        QA_ANSWER__PROVIDER="openai_like", QA_ANSWER__MODEL="slow", QA_ANSWER__BASE_URL=f"{model.address}/v1"
    ) as address:
        for rate in SLOWDOWNS:
            page = watched(browser, rate)
            page.goto(address, wait_until="networkidle")
            loaded = seen(page)
            ask(page, QUESTIONS[0])
            begun = page.wait_for_function(BEGUN).json_value()
            whole = page.wait_for_function(ANSWERED, arg=1).json_value() - seen(page)["pressed"]
            after = seen(page)
            found.append(
                [
                    ("Enter to the first sentence", ms(begun)),
                    ("Enter to the whole answer", ms(whole)),
                    ("layout shift", f"{after['shift'] - loaded['shift']:.4f}"),
                    ("longest task", ms(max(after["tasks"][len(loaded["tasks"]) :], default=0))),
                ]
            )
            page.context.close()
    model.close()
    return found


def write_slowly(call: Call) -> None:
    """Say the passage that answers, a word every twentieth of a second, as a model on a small machine does."""
    call.head()
    passage = max(re.split(r"\n+", call.prompt), key=lambda line: "Wiesbaden" in line)
    for word in passage.split():
        call.say(f"{word} ")
        time.sleep(0.05)
    call.finish()


def watched(browser: Browser, rate: int = 1) -> Page:
    """A tab of a fresh window that keeps what its speed is judged by."""
    context: BrowserContext = browser.new_context(viewport=WIDE, locale="en-GB")
    context.add_init_script(WATCH)
    page = context.new_page()
    slow_down(page, rate)
    return page


def slow_down(page: Page, rate: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})


def time_to_answer(page: Page, question: str, count: int) -> float:
    """Milliseconds from Enter until this answer, the so-manieth, is on the screen."""
    ask(page, question)
    shown = page.wait_for_function(ANSWERED, arg=count).json_value()
    settled(page)
    return shown - page.evaluate("seen.pressed")


def seen(page: Page) -> dict[str, Any]:
    return page.evaluate("seen")


def blocked(tasks: list[float]) -> float:
    """Total blocking time: what of each long task is beyond 50 ms."""
    return sum(duration - 50 for duration in tasks)


def ms(value: float) -> str:
    return f"{value:,.0f} ms"


def print_table(title: str, heads: list[str], columns: list[list[Row]]) -> None:
    print(f"\n{title:34}" + "".join(f"{head:>18}" for head in heads))
    for cells in zip(*columns, strict=True):
        print(f"  {cells[0][0]:32}" + "".join(f"{value:>18}" for _, value in cells))


if __name__ == "__main__":
    main()
