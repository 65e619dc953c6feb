"""Mark the answers that NQG leaves unmarked: it tells only which sentence answers.

    python -m qa.models.train.mark DATA READER.onnx --tokenizer FILE --out marks.jsonl

A reader that must answer within the right sentence is right far more often than one that has to find it (token F1 .88
on the half of the held-out Wikipedia questions of which it is surest, .74 on all, .70 in the whole passage). One line a
question, in their order.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from qa.models.train.measure import OnnxReader
from qa.models.train.sources import read_nqg


def main() -> None:
    """Read the command line and write the marks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the public sets")
    parser.add_argument("reader", type=Path, help="the ONNX file of a reader, of any precision")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    reader = OnnxReader(options.reader, options.tokenizer)
    with options.out.open("w") as out:
        for question, sentence in tqdm(read_nqg(options.data), unit="question"):
            scores, offsets = reader.scores(question, sentence)
            row, column = np.unravel_index(scores.argmax(), scores.shape)
            probability = 1 / np.exp(scores - scores.max()).sum()
            mark = {"start": offsets[row][0], "end": offsets[column][1], "probability": round(float(probability), 3)}
            out.write(json.dumps(mark) + "\n")


if __name__ == "__main__":
    main()
