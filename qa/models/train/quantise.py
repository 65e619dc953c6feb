"""Make the served int8 file of an fp32 ONNX model, any of the three.

    python -m qa.models.train.quantise build/fp32/embedding.onnx qa/models/weights/embedding.onnx

Weights get one scale per output channel, word embeddings one per word. Activations are quantised as they come, each
token by its own largest value. onnxruntime's `quantize_dynamic` has one scale for the whole batch instead: there a
text's vector moves with its neighbours and with their padding, and one large number coarsens every token.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

LEVELS = 127
"""Quantised values lie between -127 and 127."""
ZERO = 128
"""What stands for 0 in activations: onnxruntime's fast kernels multiply unsigned activations by signed weights."""
SMALLEST = np.float32(1e-9)
"""Keeps a row of zeros from being divided by zero."""
SMALLEST_WIDTH = 64
"""Narrower products, the heads that give a logit or two, stay fp32: they cost nothing and decide everything."""


class Quantiser:
    """Rewrites the graph of one model, node by node."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self.nodes: list[NodeProto] = []
        self.scaled: dict[str, tuple[str, str]] = {}

    def run(self) -> None:
        """Quantise the model in place."""
        self._constant("quant.one", np.float32(1))
        self._constant("quant.step", np.float32(1 / LEVELS))
        self._constant("quant.smallest", SMALLEST)
        self._constant("quant.zero", np.uint8(ZERO))
        for node in self.model.graph.node:
            if node.op_type == "Gather" and self._is_matrix(node.input[0]):
                self._gather(node)
            elif node.op_type == "MatMul" and self._is_matrix(node.input[1]):
                self._multiply(node)
            else:
                self.nodes.append(node)
        graph = self.model.graph
        used = {name for node in self.nodes for name in node.input}
        kept = [tensor for tensor in graph.initializer if tensor.name in used]
        del graph.node[:], graph.initializer[:]
        graph.node.extend(self.nodes)
        graph.initializer.extend(kept)
        self.model.opset_import.append(helper.make_opsetid("com.microsoft", 1))

    def _gather(self, node: NodeProto) -> None:
        """Look word embeddings up as int8 rows, each with its scale."""
        (table, indices), (output,) = node.input, node.output
        rows, scales = self._quantised_weights(table, axis=1)
        self._node("Gather", [rows, indices], f"{output}.int8")
        self._node("Gather", [scales, indices], f"{output}.scale")
        self._node("Cast", [f"{output}.int8"], f"{output}.float", to=TensorProto.FLOAT)
        self._node("Mul", [f"{output}.float", f"{output}.scale"], output)

    def _multiply(self, node: NodeProto) -> None:
        (activations, weights), (output,) = node.input, node.output
        columns, column_scales = self._quantised_weights(weights, axis=0)
        tokens, token_scales = self._quantised_activations(activations)
        product = [tokens, columns, "quant.one", column_scales, "quant.zero"]
        self._node("MatMulIntegerToFloat", product, f"{output}.unscaled", domain="com.microsoft")
        self._node("Mul", [f"{output}.unscaled", token_scales], output)

    def _quantised_activations(self, name: str) -> tuple[str, str]:
        """Add, once, the nodes that quantise each token by its own largest value; give their outputs' names."""
        if name not in self.scaled:
            scale, tokens = f"{name}.scale", f"{name}.uint8"
            self._node("Abs", [name], f"{name}.abs")
            self._node("ReduceMax", [f"{name}.abs"], f"{name}.max", axes=[-1], keepdims=1)
            self._node("Mul", [f"{name}.max", "quant.step"], f"{name}.step")
            self._node("Max", [f"{name}.step", "quant.smallest"], scale)
            self._node("Div", [name, scale], f"{name}.scaled")
            self._node("QuantizeLinear", [f"{name}.scaled", "quant.one", "quant.zero"], tokens)
            self.scaled[name] = tokens, scale
        return self.scaled[name]

    def _quantised_weights(self, name: str, axis: int) -> tuple[str, str]:
        """Add the int8 matrix and its scales, which run along the other axis; give their names."""
        matrix = self.weights[name]
        scales = np.maximum(np.abs(matrix).max(axis, keepdims=True), SMALLEST) / np.float32(LEVELS)
        self._constant(f"{name}.int8", np.rint(matrix / scales).astype(np.int8))
        self._constant(f"{name}.scale", scales if axis == 1 else scales[0])
        return f"{name}.int8", f"{name}.scale"

    def _is_matrix(self, name: str) -> bool:
        return name in self.weights and self.weights[name].ndim == 2 and min(self.weights[name].shape) >= SMALLEST_WIDTH

    def _constant(self, name: str, value: NDArray[np.generic] | np.generic) -> None:
        self.model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))

    def _node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: object) -> None:
        self.nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fp32", type=Path, help="the exported model")
    parser.add_argument("int8", type=Path, help="the file to write")
    arguments = parser.parse_args()
    model = onnx.load(arguments.fp32)
    Quantiser(model).run()
    onnx.checker.check_model(model)
    onnx.save(model, arguments.int8)


if __name__ == "__main__":
    main()
