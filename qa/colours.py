"""The colours of the pages, and whether what is written in them can be read."""

import re
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_Hex = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_READABLE = 4.5
"""Least contrast of text, by WCAG 2.2, success criterion 1.4.3."""
_CHANNEL = re.compile("[0-9a-fA-F]{2}")
MUTED = 0.68
"""Share of ink in the colour of what matters less; the rest is paper. `style.css` mixes the same."""
TINT = 0.12
"""Share of the accent in the colour below a citation's mark."""
FAINT = 0.3
"""Share of the highlight in the colour behind the words around a quote; the rest is the colour of what is raised."""
_LIFT_LIGHT, _LIFT_DARK = 0.6, 0.04


class Palette(BaseModel):
    """Four colours from which all others are mixed, each as `#rrggbb`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paper: _Hex = Field(description="The page.")
    ink: _Hex = Field(description="Its text.")
    accent: _Hex = Field(description="Marks of citations, and what has the focus.")
    highlight: _Hex = Field(description="Behind quoted words in an article.")

    @property
    def is_light(self) -> bool:
        """Whether this is dark text on a light page, whichever scheme it was given for."""
        return _luminance(self.paper) > _luminance(self.ink)

    @property
    def lift(self) -> float:
        """Share of white in the colour of what is raised above the page, 0 to 1; the rest is paper."""
        return _LIFT_LIGHT if self.is_light else _LIFT_DARK

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        muted = mix(self.ink, self.paper, MUTED)
        raised = mix("#ffffff", self.paper, self.lift)
        pairs = {
            "ink on paper": (self.ink, self.paper),
            "muted ink on paper": (muted, self.paper),
            "accent on paper": (self.accent, self.paper),
            "accent on its tint": (self.accent, mix(self.accent, self.paper, TINT)),
            "ink on highlight": (self.ink, self.highlight),
            "ink on raised paper": (self.ink, raised),
            "muted ink on raised paper": (muted, raised),
            "accent on raised paper": (self.accent, raised),
            "ink on faint highlight": (self.ink, mix(self.highlight, raised, FAINT)),
        }
        for name, (text, ground) in pairs.items():
            if (ratio := contrast(text, ground)) < _READABLE:
                raise ValueError(f"{name} has a contrast of {ratio:.1f}, text needs {_READABLE}")
        return self


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#rrggbb` colours by WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: str, other: str, share: float) -> str:
    """Mix two `#rrggbb` colours as CSS does in srgb; `share` of the first, 0 to 1."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> list[int]:
    return [int(digits, 16) for digits in _CHANNEL.findall(colour)]
