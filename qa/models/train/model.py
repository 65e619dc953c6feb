"""The reader: MiniLM's encoder with a head that marks the answer and a head that says whether there is one."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS, WIDTH, HEADS, INNER = 6, 384, 12, 1536
VOCABULARY, POSITIONS = 30_522, 512
MASKED = -1e4
"""The logit of a position that cannot begin or end an answer."""


class Layer(nn.Module):
    """One transformer layer of BERT, in whatever precision its input has."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.attended = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm_attended, self.norm_out = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        query, key, value = (self._heads(_linear(part, x)) for part in (self.query, self.key, self.value))
        # The query is scaled, not the scores, of which there are more.
        weights = torch.softmax(query * (WIDTH // HEADS) ** -0.5 @ key.transpose(2, 3) + mask, -1)
        attended = (weights @ value).transpose(1, 2).reshape(x.shape)
        x = _normalise(self.norm_attended, _linear(self.attended, attended) + x)
        return _normalise(self.norm_out, _linear(self.down, functional.gelu(_linear(self.up, x))) + x)

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)


class Reader(nn.Module):
    """`[CLS] question [SEP] passage [SEP]` -> logits of the answer's first and last token, and of "it is here".

    Position 0 stands for "no answer". The word embeddings are never trained: a word that no training question uses
    keeps the meaning that it came with.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.span, self.pooled, self.answerable = nn.Linear(WIDTH, 2), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 1)
        for head in self.heads():
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        self.words.weight.requires_grad = False
        self.precision = torch.float32
        """Of the activations between the embeddings and the heads."""

    def heads(self) -> list[nn.Linear]:
        """The layers that start from nothing and learn faster."""
        return [self.span, self.pooled, self.answerable]

    def encode(self, ids: Tensor, attention: Tensor, types: Tensor) -> Tensor:
        """The encoder's vectors [batch, tokens, width]."""
        position = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.words(ids) + self.types(types) + self.positions(position)[None]).to(self.precision)
        mask = (1 - attention[:, None, None, :]).to(self.precision) * MASKED
        for layer in self.layers:
            x = layer(x, mask)
        return x.float()

    def forward(self, ids: Tensor, attention: Tensor, types: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`start` and `end` [batch, tokens], `answerable` [batch], from three int64 tensors [batch, tokens]."""
        x = self.encode(ids, attention, types)
        position = torch.arange(ids.shape[1], device=ids.device)
        spans = self.span(x)
        allowed = torch.clamp(types * attention + (position == 0).long()[None], max=1)
        outside = (1 - allowed).float() * MASKED
        answerable = self.answerable(torch.tanh(self.pooled(x[:, 0]))).squeeze(-1)
        return spans[..., 0] + outside, spans[..., 1] + outside, answerable

    def load_encoder(self, weights: Path) -> None:
        """Take the encoder of a BERT checkpoint in safetensors (the names are Hugging Face's)."""
        from safetensors.torch import load_file

        source = load_file(weights)
        renamed = {ours: source[theirs] for ours, theirs in _huggingface_names().items()}
        missing, unknown = self.load_state_dict(renamed, strict=False)
        heads = {f"{name}.{part}" for name in ("span", "pooled", "answerable") for part in ("weight", "bias")}
        if set(missing) != heads or unknown:
            raise ValueError(f"{weights} is not a MiniLM-L6 encoder: {sorted(set(missing) - heads)} are missing")


class Verifier(Reader):
    """`[CLS] claim [SEP] evidence [SEP]` -> logits of "borne out", of each word piece and of the claim as a whole."""

    def forward(self, ids: Tensor, attention: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """`words` [batch, tokens], of which the claim's count, and `claim` [batch]; the input is the reader's."""
        x = self.encode(ids, attention, types)
        return self.span(x)[..., 0], self.answerable(torch.tanh(self.pooled(x[:, 0]))).squeeze(-1)


def _linear(layer: nn.Linear, x: Tensor) -> Tensor:
    return functional.linear(x, layer.weight.to(x.dtype), layer.bias.to(x.dtype))


def _normalise(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    return functional.layer_norm(x, (WIDTH,), norm.weight.to(x.dtype), norm.bias.to(x.dtype), norm.eps)


def _huggingface_names() -> dict[str, str]:
    modules = {
        "words": "embeddings.word_embeddings",
        "positions": "embeddings.position_embeddings",
        "types": "embeddings.token_type_embeddings",
        "norm": "embeddings.LayerNorm",
    }
    inside = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "attended": "attention.output.dense",
        "norm_attended": "attention.output.LayerNorm",
        "up": "intermediate.dense",
        "down": "output.dense",
        "norm_out": "output.LayerNorm",
    }
    for number in range(LAYERS):
        modules |= {f"layers.{number}.{ours}": f"encoder.layer.{number}.{theirs}" for ours, theirs in inside.items()}
    names = {}
    for ours, theirs in modules.items():
        names[f"{ours}.weight"] = f"{theirs}.weight"
        if ours not in ("words", "positions", "types"):
            names[f"{ours}.bias"] = f"{theirs}.bias"
    return names
