"""Train the reader on what `prepare.py` wrote.

    python -m qa.models.train.train EXAMPLES --base FOLDER --out CHECKPOINT --minutes 30

The learning rate follows the clock, so the same command suits a fast and a slow machine, with CUDA or without. A run
that was interrupted goes on when the same command is given again. `--start` begins with another checkpoint's weights.
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

from qa.models.train.model import Reader
from qa.models.train.run import CHECKPOINT_SECONDS, REPORT_SECONDS, Batch, Run, batches, new_run, use_free_cores
from qa.models.train.sources import NO_ANSWER, Example

QUESTION_PIECES, PIECES = 48, 256
RATE = 1.5e-4
"""The encoder's highest learning rate."""
ANSWERABLE_WEIGHT = 0.5
NULL = 0
"""The position that says "no answer"."""
log = logging.getLogger("train")
Range: TypeAlias = tuple[int, int]
"""Positions between which, both included, an answer begins or ends: one and the same where it is marked."""
Encoded: TypeAlias = tuple[list[int], int, Range, Range]
"""Word pieces, where the passage begins in them, where the answer begins, where it ends."""


class Encoder:
    """Turns an example into word pieces."""

    def __init__(self, tokenizer: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._cls, self._sep = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))

    def __call__(self, example: Example) -> Encoded | None:
        """None where the answer lies beyond what is read of the passage."""
        question = self._tokenizer.encode(example["question"], add_special_tokens=False).ids[:QUESTION_PIECES]
        passage = self._tokenizer.encode(example["passage"], add_special_tokens=False)
        begin = len(question) + 2
        room = PIECES - begin - 1
        first = last = NULL
        if example["start"] != NO_ANSWER:
            inside = [n for n, (a, b) in enumerate(passage.offsets) if b > example["start"] and a < example["end"]]
            if not inside or inside[-1] >= room:
                return None
            first, last = begin + inside[0], begin + inside[-1]
        begins, ends = ((first, first), (last, last)) if example["marked"] else ((first, last), (first, last))
        return [self._cls, *question, self._sep, *passage.ids[:room], self._sep], begin, begins, ends


def _collate(group: list[Encoded]) -> Batch:
    longest = max(len(pieces) for pieces, *_ in group)
    longest = (longest + 7) // 8 * 8
    ids, attention, types = (torch.zeros(len(group), longest, dtype=torch.long) for _ in range(3))
    for row, (pieces, begin, _, _) in enumerate(group):
        ids[row, : len(pieces)] = torch.tensor(pieces)
        attention[row, : len(pieces)] = 1
        types[row, begin : len(pieces)] = 1
    return ids, attention, types, torch.tensor([one[2] for one in group]), torch.tensor([one[3] for one in group])


def losses(output: tuple[Tensor, Tensor, Tensor], begins: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the span (position 0 for "no answer") and of the answerable head, one value an example.

    Where only the sentence of an answer is known, any place in it is as good as another.
    """
    span = -(_within(output[0], begins) + _within(output[1], ends)) / 2
    answerable = (begins[:, 0] != NULL).float()
    return span, functional.binary_cross_entropy_with_logits(output[2], answerable, reduction="none")


def _within(logits: Tensor, span: Tensor) -> Tensor:
    """The log probability of all positions of a range together."""
    position = torch.arange(logits.shape[1], device=logits.device)[None]
    inside = (position >= span[:, :1]) & (position <= span[:, 1:])
    return torch.logsumexp(torch.log_softmax(logits, -1).masked_fill(~inside, -torch.inf), -1)


def train(options: argparse.Namespace) -> None:
    """Train for `options.minutes` and leave the weights in `options.out`."""
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    examples = [json.loads(line) for path in options.examples for line in path.read_text().splitlines()]
    run = new_run(Reader(), options, device)
    run.load()
    begun = reported = time.monotonic()
    before = run.seconds
    pieces, sums = 0, torch.zeros(3)
    encode = Encoder(options.base / "tokenizer.json")
    for number, batch in enumerate(batches(examples, encode, _collate, options.seed)):
        if number < run.steps:
            continue
        done = run.seconds / (options.minutes * 60)
        if done >= 1:
            break
        span, answerable = _step(run, [tensor.to(device) for tensor in batch], done)
        now = time.monotonic()
        run.steps, run.seconds = number + 1, before + now - begun
        run.save(every=CHECKPOINT_SECONDS)
        pieces += batch[0].numel()
        sums += torch.tensor([span.sum().item(), answerable.sum().item(), len(span)])
        if now - reported > REPORT_SECONDS:
            _report(run, pieces / (now - reported), sums)
            reported, pieces, sums = now, 0, torch.zeros(3)
            use_free_cores(options.threads)
    run.save()


def _step(run: Run, batch: list[Tensor], done: float) -> tuple[Tensor, Tensor]:
    """One step of the optimiser."""
    run.follow_clock(done)
    ids, attention, types, begins, ends = batch
    span, answerable = losses(run.reader(ids, attention, types), begins, ends)
    run.descend(span.mean() + ANSWERABLE_WEIGHT * answerable.mean())
    return span.detach(), answerable.detach()


def _report(run: Run, speed: float, sums: Tensor) -> None:
    span, answerable, _ = (sums / sums[2]).tolist()
    told = "%.1f min, step %d, %.0f pieces/s, loss of the span %.3f, of answerable %.3f"
    log.info(told, run.seconds / 60, run.steps, speed, span, answerable)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", type=Path, nargs="+", help="the JSON lines that prepare.py wrote")
    parser.add_argument("--base", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint; an existing one is continued")
    parser.add_argument("--start", type=Path, help="another checkpoint whose weights to begin with")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate; lower with --start")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads at most")
    parser.add_argument("--seed", type=int, default=1)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
