"""Page furniture: the lines of a saved page that its author did not write, and that must never be an answer.

The rules are all in `RULES`. A rule matches a whole line or nothing, so an article's own sentence stays as it is even
when it speaks of cookies or newsletters.
"""

import re
from collections.abc import Container
from typing import NamedTuple

LONGEST_LINE = 300
"""No furniture is longer, in characters; it also bounds the work of a pattern on a file without line breaks."""
_NETWORK = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|reddit|pinterest|tumblr|bluesky|mastodon|threads|messenger"
    r"|instagram|youtube|pocket|skype|e-?mail|print|copy link)"
)
_PAGE = r"(?:article|post|page|story|storie|news|content)"
_IMAGE = r"\.(?:png|jpe?g|gif|webp|avif|svg|bmp|tiff?|heic)"


class Rule(NamedTuple):
    """What a line of furniture looks like, as a whole and whatever its case, and why it is not the article's text."""

    reason: str
    pattern: str
    only_after_furniture: bool = False
    """The line could be an article's own, say in a list of companies: it goes only right below other furniture."""


RULES = (
    Rule("comment form", r"leave a (?:reply|comment)(?: cancel reply)?|cancel reply|(?:post|submit) comment"),
    Rule("comment form", r"your e-?mail address will not be published\.?(?: required fields are marked \*?)?"),
    Rule("comment form", r"required fields are marked \*?|(?:comment|name|e-?mail|website) ?\*"),
    Rule("comment form", r"save my name, e-?mail,? (?:and|&) website in this browser for the next time I comment\.?"),
    Rule("comment form", r"notify me of (?:follow-?up comments|new (?:posts|comments)) (?:by|via) e-?mail\.?"),
    Rule("comment form", r"(?:you must be logged in|(?:please )?log ?in) to (?:(?:post|leave) a comment|reply)\.?"),
    Rule("comment form", r"comments are closed\.?|be the first to comment[.!]?"),
    Rule("comment form", r"this site uses akismet to reduce spam\..*"),
    Rule("comment form", r"comments?:?|name|e-?mail|website|reply|submit", only_after_furniture=True),
    Rule("counter", r"\d[\d,.]*k? (?:comments?|repl(?:y|ies)|shares?|likes?|views?)|no comments(?: yet)?"),
    Rule("counter", r"comments? ?\(\d+\)|\d+[- ]min(?:ute)?s? read"),
    Rule("image without its caption", rf"\S+{_IMAGE}(?:\?\S*)?"),
    Rule("image without its caption", rf"(?:screen ?shot|image|img|photo|picture|dsc)\b[\w .,:()-]*{_IMAGE}"),
    Rule("share bar", rf"(?:share|tweet|pin it|(?:share|tweet) this)(?: {_PAGE})?(?:[\s:|,·/]+{_NETWORK})*:?"),
    Rule("share bar", rf"share (?:this )?(?:{_PAGE} )?(?:on|via|by|to) {_NETWORK}|(?:e-?mail|print) this {_PAGE}"),
    Rule("share bar", rf"{_NETWORK}(?:[\s|,·/]+{_NETWORK})+|\(opens in (?:a )?new (?:window|tab)\)"),
    Rule("share bar", r"click (?:here )?to (?:share|e-?mail|print|tweet)\b.*|like this:|(?:like )?loading(?:\.{3}|…)"),
    Rule("share bar", r"follow us(?: on [^.]*)?[.:!]?"),
    Rule("share bar", rf"{_NETWORK}|like|more", only_after_furniture=True),
    Rule("cookie notice", r"(?:we|our (?:web)?site|this (?:web)?site) uses? cookies\b[^\"“”]*"),
    Rule("cookie notice", r"by (?:continuing|using|browsing)\b[^\"“”]*\byou (?:agree|accept|consent)\b[^\"“”]*"),
    Rule("cookie notice", r"(?:accept|reject|manage|allow)(?: all)? cookies|cookie (?:policy|settings|notice)"),
    Rule("cookie notice", r"(?:accept|reject|decline|allow)(?: all)?|ok|got it|close", only_after_furniture=True),
    Rule("newsletter box", r"(?:subscribe|sign up)(?: now| here| today)?[.!]?|(?:enter )?your e-?mail(?: address)?"),
    Rule("newsletter box", r"(?:subscribe|sign up)(?: now)? (?:to|for) (?:our|the)(?: [\w-]+){0,3} newsletters?[.!]?"),
    Rule("advertising", r"(?:(?:story|article) continues below(?: this)? )?advertisements?|advertise with us"),
    Rule("advertising", r"sponsored(?: content| links)?"),
    Rule("link to another page", r"read (?:more|also|next)(?:\s*(?:…|\.{3}|[:»>→])[^.]*)?|continue reading"),
    Rule("link to another page", rf"(?:related|recommended|recent|popular|latest|more) {_PAGE}s?:?"),
    Rule("link to another page", r"you (?:may|might) also (?:like|be interested in):?"),
    Rule("navigation", rf"post navigation|(?:previous|next|older|newer) {_PAGE}s?(?:\s*[:»>→←«].*)?"),
    Rule("navigation", r"skip to (?:main )?(?:content|navigation)|toggle navigation|back to (?:top|home(?:page)?)"),
    Rule("navigation", r"menu|search|home|log ?in|sign in|breadcrumbs?", only_after_furniture=True),
    Rule("labels of the page", r"(?:filed under|tagged(?: with)?|tags|posted in)\s*:[^.]*"),
    Rule("labels of the page", r"(?:categor(?:y|ies)|topics?)\s*:[^.]*", only_after_furniture=True),
    Rule("copyright", r"(?:(?:©|\(c\)|copyright)[^.]*\.? )?all rights reserved\.?"),
    Rule("copyright", r"(?:©|copyright ©|\(c\)(?= ?(?:19|20)\d\d))[^.]*\.?"),
    Rule("copyright", r"privacy policy|terms of (?:use|service)|terms (?:and|&) conditions", only_after_furniture=True),
)  # fmt: skip


def _any_of(rules: list[Rule]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{rule.pattern})" for rule in rules), re.IGNORECASE)


_ALWAYS = _any_of([rule for rule in RULES if not rule.only_after_furniture])
_AFTER_FURNITURE = _any_of([rule for rule in RULES if rule.only_after_furniture])


def clean(text: str) -> str:
    """A text without its furniture; every line that stays is as it was. Cleaning twice changes nothing more."""
    lines = text.split("\n")
    return without_lines(lines, _furniture(lines))


def without_lines(lines: list[str], gone: Container[int]) -> str:
    """Join lines but those at the given places; the blank lines around a gap and around the whole fall together."""
    kept: list[str] = []
    in_gap = True
    for place, line in enumerate(lines):
        if place in gone:
            in_gap = True
        elif line.strip():
            in_gap = False
            kept.append(line)
        elif not in_gap or (kept and kept[-1].strip()):
            kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept)


def _furniture(lines: list[str]) -> set[int]:
    found = set()
    below_furniture = False
    for place, line in enumerate(lines):
        bare = line.strip()
        if not bare:
            continue
        below_furniture = len(bare) <= LONGEST_LINE and bool(
            _ALWAYS.fullmatch(bare) or (below_furniture and _AFTER_FURNITURE.fullmatch(bare))
        )
        if below_furniture:
            found.add(place)
    return found
