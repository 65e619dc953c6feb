"""Turn a checkpoint into the ONNX graph that is quantised and shipped.

    python -m qa.models.train.export CHECKPOINT [CHECKPOINT ...] --out reader.fp32.onnx

Of several checkpoints the weights are averaged. They must have begun with the same weights (`train.py --start`), which
may be among them: the average keeps what the beginning was good at and has most of what each run learnt.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from qa.models.train.model import Reader

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OUTPUTS = ["start", "end", "answerable"]
log = logging.getLogger("export")


def average(checkpoints: list[Path]) -> Reader:
    """A reader with the mean of the checkpoints' weights."""
    states = [torch.load(path, map_location="cpu")["reader"] for path in checkpoints]
    reader = Reader().eval()
    reader.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    return reader


def export(reader: Reader, out: Path) -> float:
    """Write the reader as fp32 ONNX with any number of texts and word pieces; the largest difference in a logit."""
    ids = torch.randint(1000, 2000, (2, 40), generator=torch.Generator().manual_seed(0))
    attention, types = torch.ones_like(ids), torch.zeros_like(ids)
    attention[1, 30:] = 0
    types[:, 10:] = 1
    inputs = (ids, attention, types * attention)
    axes = {name: {0: "texts", 1: "pieces"} for name in [*INPUTS, "start", "end"]} | {"answerable": {0: "texts"}}
    torch.onnx.export(reader, inputs, str(out), input_names=INPUTS, output_names=OUTPUTS, dynamic_axes=axes,
                      opset_version=17, dynamo=False)  # fmt: skip
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    got = session.run(OUTPUTS, {name: tensor.numpy() for name, tensor in zip(INPUTS, inputs, strict=True)})
    with torch.no_grad():
        expected = [tensor.numpy() for tensor in reader(*inputs)]
    return max(float(np.abs(one - other).max()) for one, other in zip(got, expected, strict=True))


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    difference = export(average(options.checkpoints), options.out)
    log.info("%s: %.1f MB, logits within %.1e of torch's", options.out, options.out.stat().st_size / 1e6, difference)


if __name__ == "__main__":
    main()
