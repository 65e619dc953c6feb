"""The texts of the pages: complete in every language, and nowhere else."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import babel
import pytest

from web.locale import Locale, locale

WEB = Path(__file__).parent.parent / "web"
LANGUAGES = ("en", "cs")
SOURCES = [*WEB.glob("*.py"), *WEB.glob("templates/*.html"), *WEB.glob("static/*.js")]
SPOKEN = re.compile(r"\b(?:The|This|Your|It|No|Ask|Try|Copy|Close|Please)\b [a-z]+|[a-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+")
"""What a text would look like between quotation marks in a script."""


def texts(language: str) -> dict[str, str | Mapping[str, str]]:
    sections = locale(language).texts.items()
    return {f"{section}.{name}": text for section, named in sections for name, text in named.items()}


def forms(text: str | Mapping[str, str]) -> list[str]:
    return list(text.values()) if isinstance(text, Mapping) else [text]


def placeholders(text: str | Mapping[str, str]) -> set[str]:
    return {name for form in forms(text) for name in re.findall(r"\{(\w+)\}", form)} - {"count"}


def test_every_language_says_the_same_things_with_the_same_placeholders() -> None:
    english, czech = texts("en"), texts("cs")
    assert english.keys() == czech.keys()
    assert {key for key in english if placeholders(english[key]) != placeholders(czech[key])} == set()
    assert {key for key in english if isinstance(english[key], Mapping) != isinstance(czech[key], Mapping)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_counts_has_every_form_of_its_language_and_no_text_is_empty(language: str) -> None:
    categories = {"other", *babel.Locale(language).plural_form.tags}
    for key, text in texts(language).items():
        assert all(isinstance(form, str) and form.strip() for form in forms(text)), key
        if isinstance(text, Mapping):
            assert text.keys() == categories, key


def test_every_text_is_used_and_every_used_text_exists() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    used = set(re.findall(r"""["'`]([a-z]+\.[a-z_]+)["'`]""", code))
    families = re.findall(r"""`([a-z]+\.[a-z_]*)\$\{\w+(?:\[\w+\]|\.\w+)*\}([a-z_]*)`""", code)
    known = texts("en").keys()
    assert set(re.findall(r"""\bt\(\s*["']([\w.]+)["']""", code)) - known == set()
    in_families = {key for key in known for begin, end in families if key.startswith(begin) and key.endswith(end)}
    assert known - used - in_families == set()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += [data.strip()] if re.search(r"[^\W\d_]{2}", data) else []

    def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
        shown = ("title", "alt", "placeholder", "aria-label")
        self.found += [str(value) for name, value in attributes if name in shown and re.search(r"\w", value or "")]


@pytest.mark.parametrize("path", sorted(WEB.glob("templates/*.html")), ids=lambda path: path.name)
def test_no_template_holds_a_text_of_its_own(path: Path) -> None:
    parser = _Text()
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))
    commands = {"qa evaluate", "qa evaluate --questions FILE", ": API"}
    assert [text for text in parser.found if text not in commands and '=""' not in text] == []


@pytest.mark.parametrize("path", sorted(WEB.glob("static/*.js")), ids=lambda path: path.name)
def test_no_script_holds_a_text_of_its_own(path: Path) -> None:
    code = re.sub(r"(?m)(?:^|\s)//.*$", "", path.read_text(encoding="utf-8"))
    strings = re.findall(r""""((?:[^"\\\n]|\\.)*)\"""", code)
    strings += [re.sub(r"\$\{[^}]*\}", " ", text) for text in re.findall(r"`([^`]*)`", code)]
    assert [text for text in strings if SPOKEN.search(text)] == []


@pytest.mark.parametrize(("count", "form"), [(1, "znak"), (3, "znaky"), (5, "znaků"), (1200, "znaků")])
def test_czech_counts_as_the_czechs_do(count: int, form: str) -> None:
    text = Locale("cs").text("composer.left", count=count)
    assert text.endswith(f" {form}")
    assert "1\u00a0200" in text or count < 1000


def test_a_date_is_written_as_the_language_writes_it() -> None:
    assert locale("en").date("2024-05-31") == "May 31, 2024"
    assert locale("cs").date("2024-05-31") == "31. května 2024"
