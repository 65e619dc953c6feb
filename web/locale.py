"""What the pages say, in the language of the configuration. No module, script or template holds a text of its own."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import babel
import yaml
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_decimal

_FOLDER = Path(__file__).parent / "locales"


class Locale:
    """The texts of one language, by key: `problem.offline`.

    A text has `{placeholders}`. One that counts something is a mapping of plural categories (CLDR: one, few, many,
    other) and chosen by the value `count`. `static/i18n.js` reads the same texts by the same rules.
    """

    def __init__(self, language: str) -> None:
        """Read `locales/<language>.yaml`."""
        self.language = language
        self.texts: Mapping[str, Any] = yaml.safe_load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))
        self._babel = babel.Locale.parse(language)

    def text(self, key: str, **values: Any) -> str:
        """The text with this key, with its placeholders filled in; numbers as the language writes them.

        Raises:
            KeyError: there is no such text, or a placeholder has no value.
        """
        section, _, name = key.partition(".")
        text = self.texts[section][name]
        if isinstance(text, Mapping):
            text = text[self._babel.plural_form(values["count"])]
        return str(text).format(**{name: self._written(value) for name, value in values.items()})

    def date(self, iso: str) -> str:
        """A day as the language writes it, of `YYYY-MM-DD`."""
        return format_date(date.fromisoformat(iso), "long", self._babel)

    def dates(self, since: str, until: str) -> str:
        """A day, a month or a year as the language writes it, or a range; each of ISO 8601, as far as it is known."""
        if len(since) != len(until):
            return f"{self.dates(since, since)} – {self.dates(until, until)}"
        first, last = (date.fromisoformat(f"{iso}-01-01"[:10]) for iso in (since, until))
        written = {4: "y", 7: "yMMMM", 10: "yMMMd"}[len(since)]
        if first != last:
            return str(format_interval(first, last, written, locale=self._babel))
        return self.date(since) if written == "yMMMd" else format_skeleton(written, first, locale=self._babel)

    def _written(self, value: Any) -> str:
        return format_decimal(value, locale=self._babel) if isinstance(value, int) else str(value)


@cache
def locale(language: str) -> Locale:
    """The texts of a language, read once."""
    return Locale(language)
