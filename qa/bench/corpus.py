"""Articles for measuring: as many as are wanted, made of the sentences of real ones with other names and numbers."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from qa.ingest import read_folder
from qa.text import sentence_spans

SENTENCES = 50
"""In one article, which cuts into about nine passages."""
PASSAGES = 9
_PARAGRAPH = 5
_PACKAGE = Path(__file__).parent.parent
_REAL = [_PACKAGE / "evaluate" / "other" / split for split in ("dev", "test")]
"""Minutes, news, a study, a biography, a match, bees, a dig, earnings, a festival, a lake."""
_FOLDER_OF = 1_000
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b")
"""A word with a capital within a sentence."""
_FIRST_DAY, _DAYS = date(2015, 1, 1), 3_650


class Corpus:
    """Real sentences, out of which articles are made that no two are alike."""

    def __init__(self) -> None:
        articles = [article for folder in _REAL for article in read_folder(folder, 5).articles]
        self.sentences: Sequence[str] = [
            " ".join(article.text[start:end].split())
            for article in articles
            for start, end in sentence_spans(article.text)
        ]
        """As they were written."""
        names = [
            _lines(_PACKAGE / "outline" / "places.txt"),
            " ".join(_lines(_PACKAGE / "outline" / "given.txt")).split(),
        ]
        self._names = [name.title() for names_of_kind in names for name in names_of_kind]

    def article(self, number: int) -> str:
        """The content of the file of one article; the same number gives the same article."""
        draw = random.Random(number)
        chosen = [self._altered(sentence, draw) for sentence in draw.choices(self.sentences, k=SENTENCES)]
        paragraphs = [" ".join(chosen[at : at + _PARAGRAPH]) for at in range(0, SENTENCES, _PARAGRAPH)]
        title = f"{draw.choice(self._names)} and {draw.choice(self._names)} in Report {number}"
        published = _FIRST_DAY + timedelta(days=number * 7 % _DAYS)
        return "\n\n".join([f"{title}\nPublished: {published}", *paragraphs]) + "\n"

    def write(self, folder: Path, passages: int) -> Iterator[int]:
        """Write articles of about so many passages into a folder, unless they are there; yields how many are done."""
        for number in range(max(1, passages // PASSAGES)):
            path = folder / f"{number // _FOLDER_OF:04}" / f"{number:07}.txt"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.article(number), encoding="utf-8")
            yield number + 1

    def _altered(self, sentence: str, draw: random.Random) -> str:
        numbered = re.sub(r"\d", lambda _: str(draw.randrange(1, 10)), sentence)
        return _NAME.sub(lambda match: draw.choice(self._names) if draw.random() < 0.5 else match.group(), numbered)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
