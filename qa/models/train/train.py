"""Train the reader on what `prepare.py` wrote.

    python -m qa.models.train.train EXAMPLES --base FOLDER --out CHECKPOINT --minutes 30

The learning rate follows the clock, so the same command suits a fast and a slow machine, with CUDA or without. A run
that was interrupted goes on when the same command is given again. `--start` begins with another checkpoint's weights.
"""

import argparse
import json
import logging
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from qa.models.train.model import Reader
from qa.models.train.sources import NO_ANSWER, Example

QUESTION_PIECES, PIECES = 48, 256
BATCH_PIECES = 4096
SORTED_TOGETHER = 3000
"""Examples whose batches are formed together: the more, the less padding, and the more alike a batch's lengths."""
RATE, HEADS_FASTER, LOWEST_RATE = 1.5e-4, 7, 0.01
"""The encoder's highest learning rate, how many times faster the heads learn, and the share left at the end."""
WARM_UP_STEPS = 80
ANSWERABLE_WEIGHT = 0.5
CHECKPOINT_SECONDS, REPORT_SECONDS = 180, 20
NULL = 0
"""The position that says "no answer"."""
log = logging.getLogger("train")
Range: TypeAlias = tuple[int, int]
"""Positions between which, both included, an answer begins or ends: one and the same where it is marked."""
Encoded: TypeAlias = tuple[list[int], int, Range, Range]
"""Word pieces, where the passage begins in them, where the answer begins, where it ends."""
Batch: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
"""`ids`, `attention`, `types` [batch, tokens]; where the answers begin and end [batch, 2]."""


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


def batches(examples: list[Example], encode: Encoder, seed: int) -> Iterator[Batch]:
    """Batches of like lengths without end; each pass over the examples is in a new order."""
    epoch = 0
    while True:
        shuffle = random.Random(seed + epoch)
        order = list(range(len(examples)))
        shuffle.shuffle(order)
        for at in range(0, len(order), SORTED_TOGETHER):
            encoded = [one for index in order[at : at + SORTED_TOGETHER] if (one := encode(examples[index]))]
            encoded.sort(key=lambda one: len(one[0]))
            groups: list[list[Encoded]] = [[]]
            for one in encoded:
                if (len(groups[-1]) + 1) * len(one[0]) > BATCH_PIECES:
                    groups.append([])
                groups[-1].append(one)
            shuffle.shuffle(groups)
            yield from (_collate(group) for group in groups if group)
        epoch += 1


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


@dataclass
class Run:
    """What an interrupted training needs to go on, and where it is kept."""

    path: Path
    reader: Reader
    optimiser: torch.optim.Optimizer
    steps: int = 0
    seconds: float = 0.0
    _saved: float = field(default_factory=time.monotonic)

    def load(self) -> None:
        """Go on where the file at `path` stopped, if there is one."""
        if self.path.exists():
            state = torch.load(self.path)
            self.reader.load_state_dict(state["reader"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.steps, self.seconds = state["step"], state["seconds"]
            log.info("going on from step %d, after %.1f minutes", self.steps, self.seconds / 60)

    def save(self, every: float = 0) -> None:
        """Write the file, whole or not at all, unless it was written less than `every` seconds ago."""
        if time.monotonic() - self._saved < every:
            return
        state = {"reader": self.reader.state_dict(), "optimiser": self.optimiser.state_dict()}
        partial = self.path.with_suffix(".partial")
        torch.save(state | {"step": self.steps, "seconds": self.seconds}, partial)
        partial.replace(self.path)
        self._saved = time.monotonic()


def new_run(options: argparse.Namespace, device: torch.device) -> Run:
    """A reader with its optimiser: heads learn faster than the encoder, word embeddings not at all."""
    reader = Reader()
    if options.start:
        reader.load_state_dict(torch.load(options.start)["reader"])
    else:
        reader.load_encoder(options.base / "model.safetensors")
    reader.precision = precision(device)
    reader.to(device).train()
    heads = [weight for head in reader.heads() for weight in head.parameters()]
    ids = {id(weight) for weight in heads}
    encoder = [weight for weight in reader.parameters() if weight.requires_grad and id(weight) not in ids]
    groups = [{"params": encoder, "rate": options.rate}, {"params": heads, "rate": HEADS_FASTER * options.rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    return Run(options.out, reader, optimiser)


def precision(device: torch.device) -> torch.dtype:
    """bfloat16 where it is fast: on CUDA, and on processors that have it."""
    fast = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def train(options: argparse.Namespace) -> None:
    """Train for `options.minutes` and leave the weights in `options.out`."""
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    examples = [json.loads(line) for path in options.examples for line in path.read_text().splitlines()]
    run = new_run(options, device)
    run.load()
    begun = reported = time.monotonic()
    before = run.seconds
    pieces, sums = 0, torch.zeros(3)
    for number, batch in enumerate(batches(examples, Encoder(options.base / "tokenizer.json"), options.seed)):
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
    """One step of the optimiser; the learning rate falls from its highest to nearly nothing at `done` = 1."""
    for group in run.optimiser.param_groups:
        group["lr"] = group["rate"] * min(1.0, (run.steps + 1) / WARM_UP_STEPS) * max(LOWEST_RATE, 1 - done)
    ids, attention, types, begins, ends = batch
    span, answerable = losses(run.reader(ids, attention, types), begins, ends)
    run.optimiser.zero_grad()
    (span.mean() + ANSWERABLE_WEIGHT * answerable.mean()).backward()
    torch.nn.utils.clip_grad_norm_([one for group in run.optimiser.param_groups for one in group["params"]], 1.0)
    run.optimiser.step()
    return span.detach(), answerable.detach()


def _report(run: Run, speed: float, sums: Tensor) -> None:
    span, answerable, _ = (sums / sums[2]).tolist()
    told = "%.1f min, step %d, %.0f pieces/s, loss of the span %.3f, of answerable %.3f"
    log.info(told, run.seconds / 60, run.steps, speed, span, answerable)


def use_free_cores(most: int) -> None:
    """As many CPU threads as there are idle cores: a thread that has to wait for its core holds up all the others."""
    others = os.getloadavg()[0] - torch.get_num_threads()
    torch.set_num_threads(max(1, min(most, round((os.cpu_count() or 1) - others - 0.2))))


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
