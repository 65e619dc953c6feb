"""Renders a page: in the language and the colours of the configuration, cacheable, under its own content policy."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Response, g, make_response, render_template, request

from qa.config import Colours
from web.current import current_config
from web.locale import locale

STATIC = Path(__file__).parent / "static"
_IMPORT = re.compile(r'^(?:import|export|\}) .*from "\./([\w-]+\.js)";$', re.MULTILINE)
_NAVIGATION = {
    "pages.chat": "page.chat",
    "browse.articles": "page.articles",
    "browse.timeline": "page.timeline",
    "docs.page": "page.api",
}
"""The pages that every page leads to, and the texts that name them."""


def render(template: str, status: int = 200, script: str | None = None, **context: object) -> Response:
    """Make the response of a page.

    Args:
        template: its file below `templates/`.
        status: of the response.
        script: the module that the page runs, if it runs one; those that it imports are loaded along with it.
        context: what else the template is given.
    """
    config = current_config()
    said = locale(config.language)
    theme = _theme(config.colours)
    g.styles = f"'self' 'sha256-{base64.b64encode(hashlib.sha256(theme.encode()).digest()).decode()}'"
    page = render_template(
        template,
        title=config.title,
        language=config.language,
        theme=theme,
        t=said.text,
        date=said.date,
        navigation={endpoint: said.text(key) for endpoint, key in _NAVIGATION.items()}.items(),
        script=script,
        modules=_modules(script) if script else (),
        texts=said.texts,
        **context,
    )
    response = make_response(page, status)
    response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response


@cache
def _theme(colours: Colours) -> str:
    """The configured colours as CSS; `static/style.css` mixes all others from them."""
    light, dark = (
        ";".join([*(f"--{name}:{colour}" for name, colour in palette), f"--lift:{palette.lift:.0%}"])
        for palette in (colours.light, colours.dark)
    )
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


@cache
def _modules(script: str) -> tuple[str, ...]:
    """The modules that a script imports, directly or not, so that the browser need not find out one by one."""
    found = [script]
    for name in found:  # grows while it is walked
        found += [other for other in _IMPORT.findall((STATIC / name).read_text(encoding="utf-8")) if other not in found]
    return tuple(found[1:])
