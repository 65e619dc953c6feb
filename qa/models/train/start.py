"""Make a checkpoint of a reader that is there as fp32 ONNX only, so that training can begin with its weights.

python -m qa.models.train.start reader.fp32.onnx --out CHECKPOINT
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from qa.models.train.model import Reader


def weights_in_order(graph: onnx.GraphProto) -> dict[str, list[NDArray[np.float32]]]:
    """The constants of a reader's graph by what they are for, each kind in the order in which the graph uses them."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    users = {name: node for node in graph.node for name in node.input}
    found: dict[str, list[NDArray[np.float32]]] = {"embedding": [], "norm": [], "linear": []}
    for node in graph.node:
        given = [constants[name] for name in node.input if name in constants]
        if node.op_type == "Gather" and given and given[0].ndim == 2:
            found["embedding"] += given
        elif node.op_type == "LayerNormalization":
            found["norm"] += given
        elif node.op_type == "Gemm":
            found["linear"] += given
        elif node.op_type == "MatMul" and given:
            added = users[node.output[0]]
            found["linear"] += [given[0].T, *(constants[name] for name in added.input if name in constants)]
    return found


def checkpoint(path: Path) -> dict[str, torch.Tensor]:
    """The state of a `Reader` that computes what the ONNX file computes."""
    found = weights_in_order(onnx.load(path).graph)
    reader = Reader()
    embeddings = [reader.words, reader.types, reader.positions]
    norms, linears = [reader.norm], []
    for layer in reader.layers:
        norms += [layer.norm_attended, layer.norm_out]
        linears += [layer.query, layer.key, layer.value, layer.attended, layer.up, layer.down]
    linears += reader.heads()
    fill(embeddings, found["embedding"])
    fill(norms, found["norm"])
    fill(linears, found["linear"])
    return reader.state_dict()


@torch.no_grad()
def fill(modules: list[nn.Module], values: list[NDArray[np.float32]]) -> None:
    """Give the parameters of some modules their values, in order; shapes must agree."""
    parameters = [parameter for module in modules for parameter in module.parameters()]
    for parameter, value in zip(parameters, values, strict=True):
        if parameter.shape != value.shape:
            raise ValueError(f"A weight is {value.shape} instead of {tuple(parameter.shape)}: this is no such reader.")
        parameter.copy_(torch.from_numpy(value.copy()))


def main() -> None:
    """Read the command line and write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", type=Path, help="fp32 ONNX, as export.py writes it")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.save({"reader": checkpoint(options.reader)}, options.out)


if __name__ == "__main__":
    main()
