"""Count how many lies the checks of sentences let through.

    python -m qa.evaluate.lies FOLDER [FOLDER ...] [--rounds 200] [--seed 1]

FOLDER holds articles. In each round a few stretches of them are the evidence, as for an answer; details of their
sentences are replaced by, or details added from, the rest of the articles: dates, names, numbers, speakers. Every
sentence so made is false, but for chance. Printed are the share that passes, by kind of lie, and the sentences of
which a number or a name is literally in no quote.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from qa.answer.verify import Verify
from qa.cite import Statement, Written
from qa.ingest import read_folder
from qa.models.embedding import MiniLMEmbedding
from qa.models.verifier import Verifier
from qa.text import sentence_spans
from qa.types import Article, Evidence, Passage, Support

MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)*")
_MONTH = re.compile("|".join(MONTHS))
_SENTENCES = 7
"""In a stretch: about as many as in a passage."""
_STRETCHES = 6
_EACH = 4
"""Sentences of a stretch that lies are made of."""
Lie = Callable[[str], str]


def lies(names: Sequence[str], draw: random.Random) -> dict[str, Lie]:
    """The ways to lie; each gives the sentence back where it does not apply."""

    def swapped(pattern: re.Pattern[str], new: Callable[[], str]) -> Lie:
        def swap(text: str) -> str:
            places = list(pattern.finditer(text))
            place = draw.choice(places) if places else None
            return text[: place.start()] + new() + text[place.end() :] if place else text

        return swap

    def name() -> str:
        return draw.choice(names)

    def day() -> str:
        month, number, year = draw.choice(MONTHS), draw.randint(1, 28), draw.randint(1990, 2026)
        return draw.choice([f"On {month} {number}", f"In {month}", f"On {draw.choice(DAYS)}", f"In {year}"])

    return {
        "another number": swapped(_NUMBER, lambda: str(draw.choice([draw.randint(1, 31), draw.randint(1, 3000)]))),
        "another name": swapped(_NAME, name),
        "another month": swapped(_MONTH, lambda: draw.choice(MONTHS)),
        "a date added": lambda text: f"{day()}, {text}",
        "a speaker added": lambda text: f"{draw.choice(['According to {},', '{} said that']).format(name())} {text}",
        "a place added": lambda text: f"{text.rstrip('.')} in {name()}.",
        "a number added": lambda text: f"{text.rstrip('.')} with {draw.randint(2, 90)} others.",
    }


def stretches(article: Article) -> list[Evidence]:
    """An article, some sentences at a time."""
    spans = sentence_spans(article.text)
    groups = [spans[at : at + _SENTENCES] for at in range(0, len(spans), _SENTENCES)]
    bounds = [(group[0][0], group[-1][1]) for group in groups]
    return [
        Evidence(Passage(f"{article.id}-{a}", article.id, article.title, None, article.text[a:b], a, b), 1.0)
        for a, b in bounds
    ]


def invented(statement: Statement) -> list[str]:
    """The numbers and names of a sentence that none of its quotes has, letter by letter."""
    sentence = statement.sentences[0]
    told = " ".join(quote.quote for quote in statement.quotes).lower()
    numbers = [n for n in _NUMBER.findall(sentence) if not re.search(rf"(?<![\d.,]){re.escape(n)}(?!\d)", told)]
    return numbers + [word for name in _NAME.findall(sentence) for word in name.split() if word.lower() not in told]


def main() -> None:
    """Read the command line, tell lies, and print how many pass."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="folders of articles")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    articles = [article for folder in options.folders for article in read_folder(folder, max_file_mb=5).articles]
    evidence = [stretch for article in articles for stretch in stretches(article)]
    ways = lies(sorted({name for article in articles for name in _NAME.findall(article.text)}), draw)
    verify = Verify(MiniLMEmbedding().embed, Verifier())
    told: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for _ in tqdm(range(options.rounds)):
        given = draw.sample(evidence, min(_STRETCHES, len(evidence)))
        check = verify.against(given)
        text = draw.choice(given).passage.text
        for start, end in draw.sample(spans := sentence_spans(text), min(_EACH, len(spans))):
            kind = draw.choice(list(ways))
            if (lie := ways[kind](text[start:end])) != text[start:end]:
                told[kind] += 1
                statement = check(Written(lie))
                if statement.support is not Support.UNSUPPORTED:
                    passed[kind] += 1
                    if details := invented(statement):
                        print(f"passed with {', '.join(details)}: {lie}")
    print(f"{passed.total()} of {told.total()} lies passed: {passed.total() / told.total():.1%}")
    for kind, number in told.most_common():
        print(f"  {kind:16} {passed[kind]} of {number}")


if __name__ == "__main__":
    main()
