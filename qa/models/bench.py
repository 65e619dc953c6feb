"""How fast a reader reads, beside its network alone.

    python -m qa.models.bench [WEIGHTS_FOLDER ...]

For each folder of weights (by default those that ship; each with its `SHA256SUMS`): milliseconds for one text by its
length on one core, and for eight passages of about 190 word pieces, the network alone against the whole reader.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from qa.models.onnx import WEIGHTS, Model, open_tokenizer
from qa.models.reader import Reader
from qa.types import Passage

LENGTHS = (32, 64, 128, 216, 300)
PASSAGES, SENTENCES = 8, 9
REPEATS = 15
_QUESTION = "How many fighter jets did the government pledge to its neighbours last spring?"


def milliseconds(action: Callable[[], object]) -> float:
    """Median of several runs, after one that is not counted."""
    times = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return float(np.median(times[1:]))


def passages() -> list[Passage]:
    """Eight different passages of the same length."""
    texts = [
        " ".join(
            f"In year {100 * n + k} the town of Northam bought {k} new boats from the harbour company for its river."
            for k in range(1, SENTENCES + 1)
        )
        for n in range(PASSAGES)
    ]
    return [Passage(str(n), "a", "", None, text, 0, len(text)) for n, text in enumerate(texts)]


def main() -> None:
    """Print a table for each folder named on the command line."""
    for folder in [Path(name) for name in sys.argv[1:]] or [WEIGHTS]:
        model = Model(folder / "reader.onnx")
        print(f"{folder}\nword pieces   ms    pieces/s")
        for length in LENGTHS:
            pieces, types = list(range(2000, 2000 + length)), [0] * 20 + [1] * (length - 20)
            took = milliseconds(partial(model, pieces, types))
            print(f"{length:11}{took:6.1f}{length / took * 1000:10.0f}")
        told = passages()
        encoded = [open_tokenizer(folder).encode(_QUESTION, passage.text) for passage in told]
        texts = [(one.ids, one.type_ids) for one in encoded]
        raw = sum(milliseconds(partial(model, *text)) for text in texts)
        for threads in (1, 2):
            took = milliseconds(partial(Reader(folder, threads=threads).read, _QUESTION, told))
            print(
                f"{PASSAGES} passages of {len(texts[0][0])} pieces, {threads} at a time: {took:.0f} ms; "
                f"the network alone, one at a time: {raw:.0f} ms ({took / raw:.2f})"
            )


if __name__ == "__main__":
    main()
