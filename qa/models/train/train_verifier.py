"""Train the verifier on what `claims.py` wrote: whether a claim is borne out, and which of its words are.

    python -m qa.models.train.train_verifier PAIRS --base FOLDER --start READER --out CHECKPOINT --minutes 25

It begins with the reader, which has learnt to look one text up in another. Interruptions, the clock and CUDA are as in
`train.py`.
"""

import argparse
import json
import logging
import os
import time
from pathlib import Path
from typing import TypeAlias

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from qa.models.train.model import Verifier
from qa.models.train.pairs import Pair
from qa.models.train.run import CHECKPOINT_SECONDS, REPORT_SECONDS, Batch, Run, batches, new_run, use_free_cores

CLAIM_PIECES, PIECES = 64, 256
RIGHT, WRONG, UNKNOWN = 1, 0, -1
"""What is known of a word piece."""
WRONG_WEIGHT, WORDS_WEIGHT = 4.0, 1.0
"""How much more a wrong word counts than a right one, of which there are more; how much words count beside claims."""
RATE = 1e-4
Encoded: TypeAlias = tuple[list[int], list[int], bool]
"""Word pieces, what is known of those of the claim, whether it is borne out."""
log = logging.getLogger("train")


class Encoder:
    """Turns a pair into word pieces."""

    def __init__(self, tokenizer: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls, self._sep = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))

    def __call__(self, pair: Pair) -> Encoded | None:
        """None where the part of the claim that is wrong, or of the evidence, would be cut off."""
        claim = self._tokenizer.encode(pair["claim"], add_special_tokens=False)
        evidence = self._tokenizer.encode(pair["evidence"], add_special_tokens=False)
        if len(claim.ids) > CLAIM_PIECES or len(claim.ids) + len(evidence.ids) + 3 > PIECES:
            return None
        known = [_known(pair, start, end) for start, end in claim.offsets]
        return [self._cls, *claim.ids, self._sep, *evidence.ids, self._sep], known, pair["supported"]


def _known(pair: Pair, start: int, end: int) -> int:
    if any(a < end and start < b for a, b in pair["wrong"]):
        return WRONG
    return UNKNOWN if any(a < end and start < b for a, b in pair["unknown"]) else RIGHT


def collate(group: list[Encoded]) -> Batch:
    """`ids`, `attention`, `types` and what is known [batch, tokens], and whether each claim is borne out [batch]."""
    longest = (max(len(pieces) for pieces, *_ in group) + 7) // 8 * 8
    ids, attention, types = (torch.zeros(len(group), longest, dtype=torch.long) for _ in range(3))
    known = torch.full((len(group), longest), UNKNOWN)
    for row, (pieces, words, _) in enumerate(group):
        ids[row, : len(pieces)] = torch.tensor(pieces)
        attention[row, : len(pieces)] = 1
        types[row, len(words) + 2 : len(pieces)] = 1
        known[row, 1 : len(words) + 1] = torch.tensor(words)
    return ids, attention, types, known, torch.tensor([float(one[2]) for one in group])


def train(options: argparse.Namespace) -> None:
    """Train for `options.minutes` and leave the weights in `options.out`."""
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    pairs = [json.loads(line) for path in options.pairs for line in path.read_text().splitlines()]
    run = new_run(Verifier(), options, device)
    run.load()
    begun = reported = time.monotonic()
    before = run.seconds
    pieces, sums = 0, torch.zeros(4)
    encode = Encoder(options.base / "tokenizer.json")
    for number, batch in enumerate(batches(pairs, encode, collate, options.seed)):
        if number < run.steps:
            continue
        if (done := run.seconds / (options.minutes * 60)) >= 1:
            break
        sums += _step(run, [tensor.to(device) for tensor in batch], done)
        now = time.monotonic()
        run.steps, run.seconds = number + 1, before + now - begun
        run.save(every=CHECKPOINT_SECONDS)
        pieces += batch[0].numel()
        if now - reported > REPORT_SECONDS:
            words, claims, told = sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3]
            speed = pieces / (now - reported)
            log.info("%.1f min, step %d, %.0f pieces/s, loss of words %.3f, of claims %.3f; %.3f of claims right",
                     run.seconds / 60, run.steps, speed, words, claims, told)  # fmt: skip
            reported, pieces, sums = now, 0, torch.zeros(4)
            use_free_cores(options.threads)
    run.save()


def _step(run: Run, batch: list[Tensor], done: float) -> Tensor:
    """One step of the optimiser; losses of words and claims, share of claims told right, and one to count by."""
    run.follow_clock(done)
    ids, attention, types, known, supported = batch
    words, claims = run.reader(ids, attention, types)
    right = (known == RIGHT).float()
    weight = right + WRONG_WEIGHT * (known == WRONG).float()
    of_words = functional.binary_cross_entropy_with_logits(words, right, weight, reduction="sum")
    of_words /= weight.sum().clamp(min=1)
    of_claims = functional.binary_cross_entropy_with_logits(claims, supported)
    run.descend(of_claims + WORDS_WEIGHT * of_words)
    told = ((claims > 0) == (supported > 0)).float().mean()
    return torch.tensor([of_words.item(), of_claims.item(), told.item(), 1.0])


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path, nargs="+", help="the JSON lines that claims.py wrote")
    parser.add_argument("--base", type=Path, required=True, help="folder with tokenizer.json")
    parser.add_argument("--start", type=Path, required=True, help="the reader's checkpoint, or another verifier's")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint; an existing one is continued")
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads at most")
    parser.add_argument("--seed", type=int, default=1)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
