"""Makes the pictures of the page that README.md and web/README.md show, from the real service: `make screenshots`."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from pagetest import ask, highlighted, settled
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from realpage import ROOT, chromium, served

FOLDER = ROOT / "web" / "screenshots"
COLOURS = 256
"""In each picture: enough for text and soft shadows, and every clone carries the pictures."""
DAY = "2024-06-01T12:00:00+02:00"
"""What the browser's clock says, so that nothing in a picture changes from one day to the next."""

HEADQUARTERS = "Where would a NATO headquarters be created?"
USE = "And what would it be used for?"
JETS = "How many fighter jets did Poland pledge?"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: how the window is, and what is done in it, from the first page on."""

    width: int
    height: int
    show: Callable[[Page], None]
    scale: float = 1
    scheme: str = "light"


def answered(page: Page, *questions: str) -> None:
    """Ask, and wait for each answer to be whole."""
    for number, question in enumerate(questions, 1):
        ask(page, question)
        expect(page.locator(".turn .how")).to_have_count(number)
        settled(page)


def with_article(page: Page, *questions: str) -> None:
    """Ask, and open the article of the last answer's first source."""
    answered(page, *questions)
    page.locator(".turn:last-child .mark").first.click()
    highlighted(page)


def gone_to(page: Page, name: str) -> None:
    """Follow a link of the navigation."""
    page.get_by_role("link", name=name, exact=True).click()


PICTURES = {
    "chat": Picture(1440, 900, lambda page: with_article(page, HEADQUARTERS, USE)),
    "dark": Picture(1440, 900, lambda page: with_article(page, HEADQUARTERS, USE), scheme="dark"),
    "refusal": Picture(1024, 640, lambda page: answered(page, JETS)),
    "articles": Picture(1440, 900, lambda page: gone_to(page, "Articles")),
    "timeline": Picture(1440, 900, lambda page: gone_to(page, "Timeline")),
    "phone": Picture(360, 740, lambda page: answered(page, HEADQUARTERS), scale=2),
    "phone-article": Picture(360, 740, lambda page: with_article(page, HEADQUARTERS), scale=2),
}


def take(browser: Browser, address: str, picture: Picture) -> bytes:
    """The picture as a PNG of few colours."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
        color_scheme=picture.scheme,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/Prague",
    )
    context.clock.set_fixed_time(DAY)
    page = context.new_page()
    page.goto(address)
    picture.show(page)
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    context.close()
    packed = io.BytesIO()
    few = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with chromium() as browser, served() as address:
        for name, picture in PICTURES.items():
            made = take(browser, address, picture)
            (FOLDER / f"{name}.png").write_bytes(made)
            print(f"{name}.png: {len(made) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
