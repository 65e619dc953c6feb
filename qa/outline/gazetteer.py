"""What names are made of: countries, towns, given names, and words that go with a person, a place, an organisation."""

import unicodedata
from functools import cache
from pathlib import Path

from babel import Locale

from qa.cite.names import TITLES as ROLE_TITLES

_NO_PLACES = frozenset(("001", "EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"))
"""Codes of the world, of organisations, and of nothing."""
_ALSO = (
    "US,USA,U.S,U.S.A,UK,U.K,UAE,Britain,Great Britain,Czech Republic,Turkey,Holland,Burma,Macedonia,Congo,Vatican,"
    "Ivory Coast,East Timor,Swaziland,Bosnia"
).split(",")
"""Other names of countries than those of the Unicode locale data."""
_UNACCENTED = str.maketrans("łøđıßæ’", "lodisa'")

TITLES = ROLE_TITLES | frozenset("mr mrs ms miss dr prof sir dame lord lady sen gov rep gen lt col capt sgt".split())
"""What may stand before a person's name with a capital."""
TITLE_WORDS = TITLES | frozenset("prime foreign vice chief executive officer deputy".split())
"""These, and what stands with them."""
VAGUE_TITLES = frozenset("general major chair director secretary coach".split())
"""Those that begin other names, too: General Motors."""
ROLES = frozenset(
    """actor actress activist adviser ambassador analyst archaeologist architect artist astronaut astronomer attorney
    author banker biologist bishop botanist boxer brother captain caretaker chairman chairwoman chancellor chef
    chemist chief coach colleague columnist commander commissioner composer conductor congressman congresswoman
    correspondent councillor critic cyclist dancer daughter defender democrat designer director driver economist
    editor engineer executive explorer farmer father filmmaker fisherman footballer foreman forward friend
    geologist goalkeeper governor grandfather grandmother guitarist historian husband inventor investigator
    journalist judge keeper king lawmaker lawyer lecturer librarian linguist mathematician mayor midfielder
    minister missionary mother musician naturalist novelist nurse officer organiser organizer painter philosopher
    photographer physician physicist pianist pilot playwright poet politician president priest producer professor
    prosecutor psychologist queen rapper referee reporter republican researcher runner sailor scholar scientist
    sculptor secretary senator shepherd singer sister skipper sociologist soldier son songwriter soprano
    spokesman spokesperson spokeswoman striker student surgeon swimmer teacher theologian treasurer trainer
    violinist widow widower wife winger writer zoologist""".split()
)
"""What a person is, and no company or place: "the winger" is always somebody."""
ORGANISATIONS = frozenset(
    """academy agency alliance army assembly association authority band bank board brigade brothers bureau choir church
    club college commission committee company conference congress convention corporation council court department fc
    federation foundation fund gmbh group hospital inc initiative institute institution league library ltd ministry
    movement museum navy network office orchestra organisation organization parliament partnership party plc police
    press quartet school senate service services society trust union university""".split()
)
"""What the name of an organisation ends with, or begins with before "of"."""
ACRONYMS = frozenset(
    """asean bbc brics cern cia cnn epa esa eu fbi fda fifa iaea ibm icc imf ioc nasa nato nba nfl nsa oecd opec osce
    uefa un unesco unhcr unicef who wto""".split()
)
AREAS = frozenset(
    """airport alps arena avenue basin bay beach bridge canal castle cathedral center centre channel chapel county
    desert district falls field forest gulf hall harbor harbour hills island islands isles lake lane memorial mountain
    mountains ocean palace park peninsula plain plateau province river road sea square stadium station strait street
    theater theatre valley wall""".split()
)
"""What the name of a place ends with."""
AREAS_BEFORE = frozenset("bay bridge cape fort gulf isle lake monte mount port river strait".split())
"""What the name of a place begins with."""


def folded(name: str) -> str:
    """A name without case, accents and stops: `Lipavský` is `lipavsky`."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    return " ".join(bare.translate(_UNACCENTED).replace(".", "").split())


@cache
def countries() -> frozenset[str]:
    """Countries, continents and the like, folded."""
    names = [name for code, name in Locale("en").territories.items() if code not in _NO_PLACES]
    parts = [part for name in names for part in (name, name.split(" (")[0], name.split(" - ")[0])]
    return frozenset(folded(name.replace("&", "and")) for name in [*parts, *_ALSO])


@cache
def towns() -> frozenset[str]:
    """Towns and regions, folded."""
    return frozenset(folded(line) for line in _lines("places.txt"))


@cache
def given_names() -> frozenset[str]:
    """Given names, folded."""
    return frozenset(word for line in _lines("given.txt") for word in line.split())


def _lines(file: str) -> list[str]:
    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]
