"""What training the reader and the verifier have in common: batches, optimiser, clock, going on after a stop."""

import argparse
import logging
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import torch
from torch import Tensor

from qa.models.train.model import Reader

BATCH_PIECES = 4096
SORTED_TOGETHER = 3000
"""Examples whose batches are formed together: the more, the less padding, and the more alike a batch's lengths."""
HEADS_FASTER, LOWEST_RATE = 7, 0.01
"""How many times faster than the encoder the heads learn, and the share of the learning rate left at the end."""
WARM_UP_STEPS = 80
CHECKPOINT_SECONDS, REPORT_SECONDS = 180, 20
Batch: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
"""`ids`, `attention`, `types` [batch, tokens], and two that say what is right."""
Given = TypeVar("Given")
Made = TypeVar("Made", bound=tuple[Any, ...])
log = logging.getLogger("train")


def batches(
    examples: Sequence[Given], encode: Callable[[Given], Made | None], collate: Callable[[list[Made]], Batch], seed: int
) -> Iterator[Batch]:
    """Batches of like lengths without end; each pass over the examples is in a new order.

    Args:
        examples: what is learned from.
        encode: makes the word pieces of one, first, and what belongs to them; None leaves it out.
        collate: puts some together.
        seed: of the order.
    """
    epoch = 0
    while True:
        shuffle = random.Random(seed + epoch)
        order = list(range(len(examples)))
        shuffle.shuffle(order)
        for at in range(0, len(order), SORTED_TOGETHER):
            encoded = [one for index in order[at : at + SORTED_TOGETHER] if (one := encode(examples[index]))]
            encoded.sort(key=lambda one: len(one[0]))
            groups: list[list[Made]] = [[]]
            for one in encoded:
                if (len(groups[-1]) + 1) * len(one[0]) > BATCH_PIECES:
                    groups.append([])
                groups[-1].append(one)
            shuffle.shuffle(groups)
            yield from (collate(group) for group in groups if group)
        epoch += 1


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

    def follow_clock(self, done: float) -> None:
        """Set the learning rate: it falls from its highest to nearly nothing at `done` = 1."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * min(1.0, (self.steps + 1) / WARM_UP_STEPS) * max(LOWEST_RATE, 1 - done)

    def descend(self, loss: Tensor) -> None:
        """One step of the optimiser."""
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([one for group in self.optimiser.param_groups for one in group["params"]], 1.0)
        self.optimiser.step()


def new_run(reader: Reader, options: argparse.Namespace, device: torch.device) -> Run:
    """A network with its optimiser: heads learn faster than the encoder, word embeddings not at all."""
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


def use_free_cores(most: int) -> None:
    """As many CPU threads as there are idle cores: a thread that has to wait for its core holds up all the others."""
    others = os.getloadavg()[0] - torch.get_num_threads()
    torch.set_num_threads(max(1, min(most, round((os.cpu_count() or 1) - others - 0.2))))
