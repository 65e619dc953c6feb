"""Turn a checkpoint into the ONNX graph that is quantised and shipped, of the reader or of the verifier.

    python -m qa.models.train.export CHECKPOINT [CHECKPOINT ...] --out reader.fp32.onnx
    python -m qa.models.train.export CHECKPOINT [CHECKPOINT ...] --verifier --out verifier.fp32.onnx

Of several checkpoints the weights are averaged. They must have begun with the same weights (`train.py --start`), which
may be among them: the average keeps what the beginning was good at and has most of what each run learnt.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from qa.models.train.model import Reader, Verifier

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OUTPUTS = {Reader: ["start", "end", "answerable"], Verifier: ["words", "claim"]}
"""Those of each network; the last is one value for a text, the others one for a word piece."""
log = logging.getLogger("export")


def average(network: Reader, checkpoints: list[Path]) -> Reader:
    """A network with the mean of the checkpoints' weights."""
    states = [torch.load(path, map_location="cpu")["reader"] for path in checkpoints]
    network.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    return network.eval()


def export(network: Reader, out: Path) -> float:
    """Write a network as fp32 ONNX with any number of texts and word pieces; the largest difference in a logit."""
    ids = torch.randint(1000, 2000, (2, 40), generator=torch.Generator().manual_seed(0))
    attention, types = torch.ones_like(ids), torch.zeros_like(ids)
    attention[1, 30:] = 0
    types[:, 10:] = 1
    inputs = (ids, attention, types * attention)
    outputs = OUTPUTS[type(network)]
    axes = {name: {0: "texts", 1: "pieces"} for name in [*INPUTS, *outputs[:-1]]} | {outputs[-1]: {0: "texts"}}
    torch.onnx.export(network, inputs, str(out), input_names=INPUTS, output_names=outputs, dynamic_axes=axes,
                      opset_version=17, dynamo=False)  # fmt: skip
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    got = session.run(outputs, {name: tensor.numpy() for name, tensor in zip(INPUTS, inputs, strict=True)})
    with torch.no_grad():
        expected = [tensor.numpy() for tensor in network(*inputs)]
    return max(float(np.abs(one - other).max()) for one, other in zip(got, expected, strict=True))


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    parser.add_argument("--verifier", action="store_true", help="the checkpoints are the verifier's")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    network = Verifier() if options.verifier else Reader()
    difference = export(average(network, options.checkpoints), options.out)
    log.info("%s: %.1f MB, logits within %.1e of torch's", options.out, options.out.stat().st_size / 1e6, difference)


if __name__ == "__main__":
    main()
