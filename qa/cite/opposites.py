"""Words of opposite meaning: where the article says one and the answer the other, the answer is wrong."""

from collections import defaultdict
from collections.abc import Iterable, Set
from functools import cache

from qa.text import stem

SIDES = tuple(
    (tuple(one.split()), tuple(other.split()))
    for one, other in (line.split("/") for line in """
rise rose risen increase grow grew climb gain surge jump / fall fell fallen decrease decline drop shrink shrank plunge
rise soar escalate / fall slump dwindle
raise boost lift heighten expand widen broaden / lower reduce cut lessen curb narrow diminish
accept approve adopt endorse embrace pass / reject refuse decline veto dismiss oppose
support back favour favor / oppose resist undermine
agree / disagree
allow permit let enable authorise authorize legalise / ban forbid prohibit prevent block bar outlaw prohibit
win won victory triumph / lose lost loss defeat
begin began begun start open launch commence / end finish close conclude stop cease
join enter / leave left exit quit withdraw withdrew
arrive come came / depart leave left
before prior earlier / after following later
more greater higher bigger larger above over / less fewer lower smaller below under
most highest largest biggest best maximum / least lowest smallest worst minimum fewest
first / last final
success succeed successful successfully / fail failure unsuccessful unsuccessfully
include / exclude
confirm admit acknowledge / deny refute
strengthen reinforce bolster buttress fortify / weaken undermine erode
strong robust resolute / weak feeble fragile
improve enhance better / worsen deteriorate worse
accelerate quicken hasten / slow decelerate delay
early / late
new / old
young / old
long / short brief
high / low
large big huge vast / small little tiny
many / few
rich wealthy / poor
public / private
formal / informal
permanent / temporary
direct / indirect
legal lawful / illegal unlawful
guilty convict / innocent acquit
male man men / female woman women
husband / wife
father / mother
son / daughter
brother / sister
buy bought purchase acquire / sell sold
borrow / lend lent
import / export
profit surplus / loss deficit
create establish found build built construct / destroy demolish dismantle abolish
attack / defend
arrest detain imprison / release free freed
hire employ appoint / fire sack dismiss
alive living survive / dead die died kill
safe secure / dangerous unsafe insecure
positive / negative
optimistic hopeful / pessimistic hopeless
encourage urge promote / discourage deter hinder
remember / forget forgot forgotten
love like enjoy / hate dislike
happy pleased glad / sad unhappy upset
easy simple / difficult hard tough complicated
possible / impossible
necessary / unnecessary needless
able / unable
known famous / unknown
same identical / different distinct
similar / dissimilar different
present / absent
add / subtract remove
push / pull
north northern / south southern
east eastern / west western
left / right
inside indoors / outside outdoors
war / peace
friend ally / enemy foe rival
cause / prevent
ancient / modern
urban / rural
domestic / foreign international
maintain keep kept retain preserve / abandon scrap discard drop
extend prolong / shorten curtail
always / never
often frequently regularly / rarely seldom
everybody everyone all / nobody none
up / down
majority / minority
unanimous unanimously / divided
praise welcome applaud / criticise criticize condemn denounce
trust / distrust mistrust
hot warm / cold cool
heavy / light
fast quick rapid / slow
wide / narrow
deep / shallow
cheap inexpensive / expensive costly
active / inactive passive
victory / defeat
ahead / behind
advantage benefit / disadvantage drawback
unite united unity / divide division split
reveal disclose / hide hid hidden conceal
stable / unstable volatile
voluntary / compulsory mandatory
major / minor
mainly chiefly mostly / partly
underestimate / overestimate
upgrade / downgrade
inflow / outflow
tighten / loosen ease
favourable favorable / unfavourable unfavorable adverse
efficient efficiently / inefficient inefficiently
limited / unlimited
relevant / irrelevant
aware / unaware
""".strip().splitlines())
)  # fmt: skip


@cache
def _opposites() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = defaultdict(set)
    for one, other in SIDES:
        for word in one:
            table[stem(word)] |= {stem(contrary) for contrary in other}
        for word in other:
            table[stem(word)] |= {stem(contrary) for contrary in one}
    return {word: frozenset(contraries) for word, contraries in table.items()}


def opposites(word: str) -> Set[str]:
    """The stems of what means the contrary of a word or stem; empty for most words."""
    return _opposites().get(stem(word), frozenset())


def synonyms_of(word: str) -> Iterable[str]:
    """Words that stand on the same side of a pair of opposites, and so mean nearly the same."""
    return (other for sides in SIDES for side in sides if word in side for other in side if other != word)
