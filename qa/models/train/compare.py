"""Compare two files of the embedding model by what they are for: finding the paragraph that a question was asked about.

    python -m qa.models.train.compare new_wiki.json build/fp32 qa/models/weights --articles 5 23

The questions are a file in SQuAD's format; the folders hold `embedding.onnx`, `tokenizer.json` and
their `SHA256SUMS`.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import thread_time

import numpy as np
from numpy.typing import NDArray

from qa.models.embedding import MiniLMEmbedding
from qa.text import sentence_spans

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Collection:
    """Questions, and the paragraphs that they were asked about."""

    questions: list[str]
    own: list[int]
    """Each question's paragraph."""
    paragraphs: list[str]
    sentences: list[str]
    firsts: list[int]
    """Each paragraph's first sentence."""


def load(path: Path, articles: Sequence[int]) -> Collection:
    """Read the chosen articles, numbered from 0, or all of them if none is chosen."""
    collection = Collection([], [], [], [], [])
    for number, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        for paragraph in article["paragraphs"] if number in articles or not articles else ():
            text = paragraph["context"]
            questions = [asked["question"] for asked in paragraph["qas"] if asked["answers"]]
            collection.questions.extend(questions)
            collection.own.extend([len(collection.paragraphs)] * len(questions))
            collection.paragraphs.append(text)
            collection.firsts.append(len(collection.sentences))
            collection.sentences.extend(text[start:end] for start, end in sentence_spans(text))
    return collection


def found(scores: Vectors, own: Sequence[int]) -> str:
    """How early the right paragraph comes, given each question's score of each paragraph."""
    ranks = 1 + (scores > scores[np.arange(len(own)), own][:, None]).sum(1)
    return f"hit@1 {np.mean(ranks == 1):.4f}  hit@5 {np.mean(ranks <= 5):.4f}  MRR {np.mean(1 / ranks):.4f}"


def main() -> None:
    """Read the command line, embed with both models, print both results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("folders", type=Path, nargs=2, help="the reference, and what is compared with it")
    parser.add_argument("--articles", type=int, nargs="*", default=(), help="numbers of the articles to use, from 0")
    arguments = parser.parse_args()
    collection = load(arguments.questions, arguments.articles)
    print(f"{len(collection.questions)} questions, {len(collection.paragraphs)} paragraphs")
    reference: Vectors | None = None
    for folder in arguments.folders:
        model = MiniLMEmbedding(folder)
        questions, paragraphs = model.embed(collection.questions), model.embed(collection.paragraphs)
        began = thread_time()
        sentences = model.embed(collection.sentences)
        milliseconds = 1000 * (thread_time() - began) / len(sentences)
        reference = sentences if reference is None else reference
        cosines = (sentences * reference).sum(1)
        by_sentence = np.maximum.reduceat(questions @ sentences.T, collection.firsts, axis=1)
        print(f"\n{folder}")
        print(f"  best sentence    {found(by_sentence, collection.own)}")
        print(f"  whole paragraph  {found(questions @ paragraphs.T, collection.own)}")
        print(f"  sentences        cosine {cosines.mean():.4f}, least {cosines.min():.4f}, {milliseconds:.1f} ms each")


if __name__ == "__main__":
    main()
