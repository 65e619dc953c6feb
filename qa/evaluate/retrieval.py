"""Which search puts the right passage first: each part alone, fused, and reranked by the reader.

    python -m qa.evaluate.retrieval SQUAD.json [--titles Warsaw Surname] [--questions 500]

The file is SQuAD 1.1 or 2.0 JSON. Its articles are indexed as a user's folder would be, and its answerable questions
are asked. A passage is right when it overlaps the answer.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from qa.config import Config
from qa.evaluate.metrics import hit, reciprocal_rank
from qa.index import Vectors, open_index, sync, writing
from qa.models.embedding import MiniLMEmbedding
from qa.models.reader import Reader
from qa.retrieve import Search
from qa.types import Article, Evidence, Passage, Quote

Asked = tuple[str, list[Quote]]


def read_squad(path: Path, titles: Sequence[str]) -> tuple[list[Article], list[Asked]]:
    """The articles of a SQuAD file, and its answerable questions with their answers as quotes."""
    articles, asked = [], []
    for document in json.loads(path.read_text(encoding="utf-8"))["data"]:
        if titles and document["title"] not in titles:
            continue
        text = ""
        for paragraph in document["paragraphs"]:
            offset = len(text)
            text += paragraph["context"] + "\n\n"
            for question in paragraph["qas"]:
                places = {(offset + a["answer_start"], a["text"]) for a in question["answers"]}
                gold = [Quote(document["title"], "", None, t, start, start + len(t)) for start, t in sorted(places)]
                if gold:
                    asked.append((question["question"], gold))
        articles.append(Article(document["title"], document["title"].replace("_", " "), text))
    return articles, asked


def compare(articles: Sequence[Article], asked: Sequence[Asked], config: Config) -> dict[str, list[float]]:
    """Hit rate at 1 and at 5, and MRR, of every way to search."""
    embedding = MiniLMEmbedding()
    with writing(config):
        sync(articles, config, embedding, lambda _done, _total: None)
        index = open_index(config)
        print(f"{len(index.passages)} passages, {index.store.client.count()} sentence vectors")
        search = Search(index, embedding, config.retrieval)
        reader = Reader(threads=config.reader.threads)
        passages = list(index.passages.values())
        vectors = embedding.embed([passage.text for passage in passages])
        scores: dict[str, list[list[float]]] = {}
        for question, gold in tqdm(asked, unit="question"):
            fused = search(question)
            orders = {
                "whole passages": _nearest(passages, vectors @ embedding.embed([question])[0]),
                "passages by best sentence": _by_rank(fused, "dense_rank"),
                "BM25": _by_rank(fused, "lexical_rank"),
                "sentences + BM25": fused,
                "sentences + BM25 + reader": reader.rerank(question, fused, config.reader.passages),
            }
            for name, order in orders.items():
                row = [float(hit(order, gold, 1)), float(hit(order, gold, 5)), reciprocal_rank(order, gold)]
                scores.setdefault(name, []).append(row)
        index.close()
    return {name: np.mean(rows, axis=0).tolist() for name, rows in scores.items()}


def _nearest(passages: Sequence[Passage], similarities: Vectors) -> list[Evidence]:
    return [Evidence(passages[i], float(similarities[i])) for i in np.argsort(-similarities)[:20]]


def _by_rank(evidence: Sequence[Evidence], rank: str) -> list[Evidence]:
    return sorted((e for e in evidence if getattr(e, rank)), key=lambda e: int(getattr(e, rank)))


def main() -> None:
    """Compare on one file and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--titles", nargs="*", default=[], help="only these articles")
    parser.add_argument("--questions", type=int, default=500, help="asked at most, drawn with a fixed seed")
    options = parser.parse_args()
    articles, asked = read_squad(options.file, options.titles)
    random.Random(0).shuffle(asked)
    asked = asked[: options.questions]
    with tempfile.TemporaryDirectory() as folder:
        table = compare(articles, asked, Config.model_validate({"index": {"folder": folder}}))
    print(f"{'':28}hit@1   hit@5   MRR   (n = {len(asked)})")
    for name, (first, fifth, rank) in table.items():
        print(f"{name:28}{first:5.1%}   {fifth:5.1%}   {rank:.3f}")


if __name__ == "__main__":
    main()
