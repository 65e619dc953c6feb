"""Write the examples that the reader is trained on.

    python -m qa.models.train.prepare DATA --wordnet FOLDER --base FOLDER --out FOLDER [--marks FILE]

`read.jsonl` holds the questions of the public sets, beside their own passage and beside others that do not answer them.
`made.jsonl` has what the sets lack: near misses, each kind with answerable counterparts, and quotations. In both, some
questions are put as people type them.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from qa.models.train.alike import Alike
from qa.models.train.lexicon import COMMON, WordNet, names_in
from qa.models.train.nearmiss import Pair, Swaps, neighbour_swapped, other_attribute, untold, without_answer
from qa.models.train.plain import cut, plain_examples, rounds
from qa.models.train.quotes import Speeches
from qa.models.train.sources import Asked, Collection, Example, load_training, tokens
from qa.models.train.surface import varied

SWAPPED = {"new_wiki": 1.0, "reddit": 0.15, "amazon_reviews": 0.1, "squad2": 1.0, "qed": 1.2, "qamr": 0.3, "nqg": 0.7}
"""How often near misses are made around a set's answerable questions."""
DELETED, ATTRIBUTE, UNTOLD = 0.5, 0.4, 0.1
"""How often each kind of near miss is tried around a question."""
VARIED = 0.25
"""Share of the sets' questions that are put in other words, misspelt or cut to key words; of the made ones, double."""
LOOSE = 0.3
"""Share of ordinary words that are swapped: the new one may happen to fit, which another name never does."""
IN_QUESTION, IN_PASSAGE = 0.45, 0.1
"""Shares of the swaps made in the question alone and in the passage alone; the rest are made in both."""
SPEECHES, SPOKEN = 2200, {"new_wiki", "qamr", "squad2"}
"""Passages with quotations, and the sets whose sentences they are made of."""


class NearMisses:
    """Makes near misses and their counterparts around the answerable questions of the collections."""

    def __init__(self, collections: list[Collection], wordnet: WordNet, base: Path, shuffle: random.Random) -> None:
        texts = [passage for collection in collections for passage in collection.passages]
        names = Counter(name for text in texts for name in names_in(text))
        common = Counter(word for text in texts for word in tokens(text))
        words = [word for word, count in common.items() if count >= COMMON and len(word) > 3 and wordnet.parts(word)]
        known = [name for name, count in names.items() if count > 1 and len(name) < 40]
        self._swaps = Swaps(wordnet, Alike(known, base), Alike(words, base))
        self._shuffle = shuffle

    def of(self, collection: Collection) -> list[Example]:
        """`SWAPPED` times what can be made around each question."""
        made = []
        numbers = rounds(SWAPPED[collection.name], len(collection.asked), self._shuffle)
        for number in tqdm(numbers, desc=f"near misses of {collection.name}", leave=False):
            asked = collection.asked[number]
            if asked.start >= 0 and asked.marked:
                made += self._around(asked, collection.passages[asked.passage])
        return made

    def _around(self, asked: Asked, passage: str) -> list[Example]:
        shuffle = self._shuffle
        whole = Pair(asked.question, passage, asked.start, asked.end)
        pair = Pair(asked.question, *cut(passage, asked.start, asked.end, shuffle))
        found: list[tuple[str, Pair | None]] = []
        if shuffle.random() < DELETED:
            found.append(("deleted", without_answer(whole, asked.golds)))
        if shuffle.random() < ATTRIBUTE:
            found.append(("attribute", other_attribute(pair, shuffle)))
        if shuffle.random() < UNTOLD:
            found.append(("untold", untold(pair, shuffle)))
        swaps = self._swaps.of(pair, shuffle)
        strict = [swap for swap in swaps if swap.kind not in ("word", "opposite")]
        loose = [swap for swap in swaps if swap.kind in ("word", "opposite") and shuffle.random() < LOOSE]
        for swap in strict + loose[:1]:
            if swap.kind == "neighbour":
                found.append(("swap-neighbour", neighbour_swapped(swap, pair)))
                continue
            draw = shuffle.random()
            if draw < IN_QUESTION:
                found.append((f"swap-{swap.kind}", swap.in_question(pair)))
            elif draw < IN_QUESTION + IN_PASSAGE:
                found.append((f"passage-{swap.kind}", swap.in_passage(pair)))
            else:
                found.append((f"both-{swap.kind}", swap.in_both(pair)))
        return [_example(one, kind) for kind, one in found if one]


def near_miss_examples(
    collections: list[Collection], wordnet: WordNet, base: Path, shuffle: random.Random
) -> list[Example]:
    """Near misses and their counterparts, and quotations."""
    near_misses = NearMisses(collections, wordnet, base, shuffle)
    made = [one for collection in collections for one in near_misses.of(collection)]
    speeches = Speeches((text for one in collections if one.name in SPOKEN for text in one.passages), shuffle)
    for _ in range(SPEECHES):
        made += [_example(one, "quote") for one in speeches.pairs()]
    return made


def _example(pair: Pair, kind: str) -> Example:
    return Example(question=pair.question, passage=pair.passage, start=pair.start, end=pair.end, marked=True, kind=kind)


def write(examples: list[Example], path: Path) -> None:
    """JSON lines, in random order."""
    random.Random(0).shuffle(examples)
    path.write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in examples))


def main() -> None:
    """Read the command line and write the two files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the public sets")
    parser.add_argument("--wordnet", type=Path, required=True, help="folder with WordNet's index.noun, data.noun, ...")
    parser.add_argument("--base", type=Path, required=True, help="folder with all-MiniLM-L6-v2's model.safetensors")
    parser.add_argument("--marks", type=Path, help="what mark.py wrote; without it NQG has no marked answers")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    shuffle = random.Random(7)
    collections = load_training(options.data, options.marks)
    wordnet = WordNet(options.wordnet, (passage for collection in collections for passage in collection.passages))
    plain = [one for collection in collections for one in plain_examples(collection, shuffle)]
    made = near_miss_examples(collections, wordnet, options.base, shuffle)
    for examples, share, name in ((plain, VARIED, "read.jsonl"), (made, 2 * VARIED, "made.jsonl")):
        for one in examples:
            if shuffle.random() < share:
                one["question"] = varied(one["question"], wordnet, shuffle)
        write(examples, options.out / name)


if __name__ == "__main__":
    main()
