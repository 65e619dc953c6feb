"""English text as every stage sees it: sentences, words and stems."""

import re
import unicodedata
from functools import lru_cache

import Stemmer

_BOUNDARY = re.compile(r"""[.!?…]["'”’»)\]]*\s++(?=["'“‘«(\[]*[^\W_a-zß-öø-ÿ])|(?<![ \t])[ \t]*+\n\s*""")
"""Where a sentence may end: a stop with its closing quotes before something that can open a sentence; a line's end."""
_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sen|Gen|Gov|Rep|Lt|Col|Sgt|Capt|Maj|Adm|Rev|Hon|Pres|vs|Inc|Ltd|Co|Corp|Bros|Jan|Feb"
    r"|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|approx|cf|e\.g|i\.e|(?:[A-Z]\.)*[A-Z])\.\s+\S$|\bNo\.\s+\d$"
)
"""What a stop belongs to when it ends no sentence; a single capital is an initial ("J. Smith", "U.S. troops")."""
_ATTRIBUTION = re.compile(
    r"(?:[A-Z][\w’'-]*\s+){1,4}(?:said|says|added|told|asked|noted|stressed|wrote|explained|warned|argued|stated)\b"
)
"""`“Why now?” Jan Lipavský asked.` is one sentence, though a capital follows the closing quote."""
_WRAPPED_LINE = 50
"""A line at least this long that stops without punctuation was broken by an editor, not by its author."""
WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|\w+")
_STEMMER = Stemmer.Stemmer("english")
_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "arose:arise ate:eat beat:beat became:become began:begin begun:begin bent:bend blew:blow bore:bear "
        "born:bear bought:buy bound:bind broke:break broken:break brought:bring built:build burnt:burn came:come "
        "caught:catch children:child chose:choose chosen:choose dealt:deal died:die drank:drink drawn:draw "
        "dreamt:dream drew:draw driven:drive drove:drive drunk:drink dug:dig eaten:eat fallen:fall fed:feed "
        "feet:foot fell:fall felt:feel fled:flee flew:fly flown:fly forbade:forbid forgot:forget forgotten:forget "
        "fought:fight found:find froze:freeze frozen:freeze gave:give given:give gone:go grew:grow grown:grow "
        "heard:hear held:hold hid:hide hidden:hide hung:hang kept:keep knew:know known:know laid:lay leapt:leap "
        "learnt:learn led:lead left:leave lent:lend lit:light lost:lose made:make meant:mean men:man met:meet "
        "mice:mouse paid:pay ran:run rang:ring ridden:ride risen:rise rode:ride rose:rise rung:ring said:say "
        "sang:sing sank:sink sat:sit saw:see seen:see sent:send shaken:shake shone:shine shook:shake shot:shoot "
        "shown:show sought:seek slept:sleep slid:slide sold:sell sown:sow spent:spend spoke:speak spoken:speak "
        "sprang:spring stole:steal stolen:steal stood:stand struck:strike stuck:stick sung:sing sunk:sink "
        "swam:swim swept:sweep swore:swear sworn:swear taken:take taught:teach teeth:tooth thought:think "
        "threw:throw thrown:throw told:tell took:take tore:tear torn:tear understood:understand went:go "
        "withdrawn:withdraw withdrew:withdraw woke:wake women:woman won:win wore:wear worn:wear written:write "
        "wrote:write"
    ).split()
)
"""Forms that the stemmer cannot trace to their word: who asks when they "meet" must find when they "met"."""
STOP_WORDS = frozenset(
    "a about above after again all also am an and any are as at be because been before being between both but by can "
    "could did do does doing during each etc few for from further had has have having he her here hers him his how i "
    "if in into is it its itself just may me might more most my no nor not of off on once only or other our out over "
    "own same shall she should so some such than that the their theirs them then there these they this those through "
    "to too under until up upon us very was we were what when where which while who whom whose why will with would you "
    "your".split()
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Character offsets of the sentences of a text, in order, without the white space between them."""
    spans = []
    start = len(text) - len(text.lstrip())
    for boundary in _BOUNDARY.finditer(text, start):
        if _ends_sentence(text, start, boundary):
            end = boundary.start() + len(boundary.group().rstrip())
            if end > start:
                spans.append((start, end))
            start = boundary.end()
    end = len(text.rstrip())
    return [*spans, (start, end)] if end > start else spans


def _ends_sentence(text: str, start: int, boundary: re.Match[str]) -> bool:
    gap = boundary.group()
    stopped = gap[0] in ".!?…"
    if gap.count("\n") > 1:
        return True
    if _ABBREVIATION.search(text[max(start, boundary.start() - 12) : boundary.end() + 1]):
        return False
    if stopped and gap.rstrip()[-1] in "”\"’'" and _ATTRIBUTION.match(text, boundary.end()):
        return False
    if not stopped and "\n" in gap:
        line = text[text.rfind("\n", 0, boundary.start()) + 1 : boundary.start()]
        return len(line) < _WRAPPED_LINE and not text[boundary.end() : boundary.end() + 1].islower()
    return True


def words(text: str) -> list[str]:
    """The words and numbers of a text, as written."""
    return WORD.findall(text)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """A word's stem, without case, accents and possessive: `Lipavský's` and `Lipavsky` share one, `met` and `meet`."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))
    bare = folded.replace("’", "'").removesuffix("'s").removesuffix("'")
    return str(_STEMMER.stemWord(_IRREGULAR.get(bare, bare)))


def content_words(text: str) -> list[str]:
    """The words of a text that carry meaning: no stop words."""
    return [word for word in words(text) if word.lower() not in STOP_WORDS]


def printable(text: str) -> str:
    """A stranger's text for one line of a terminal, without the control characters that could steer it."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())
