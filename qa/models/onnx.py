"""What the embedded models share: their files, and how one text goes through a network."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Since 1.31 onnxruntime would keep an id of this machine in the user's cache, and tell its makers how it is used. It
# looks at this when it is imported, which happens nowhere else.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from qa.errors import ModelError

WEIGHTS = Path(__file__).parent / "weights"
"""The folder of the files that ship with the package."""
SUMS = "SHA256SUMS"
"""Beside them, the SHA-256 of each, as `sha256sum` writes it and `sha256sum --check` reads it."""


class Model:
    """A network on one core; threads may share it.

    It has one thread of its own and does not spin: a second one gains little on texts this short, and loses much when
    another process takes its core. To use more cores, call it from several threads.

    Args:
        path: the ONNX file.

    Raises:
        ModelError: the file is missing or not as it was shipped.
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        weights = verified(path)
        try:
            self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own errors share no narrower base
            raise unusable(path) from error

    def __call__(self, pieces: Sequence[int], types: Sequence[int]) -> list[NDArray[np.float32]]:
        """What the network says of one text, alone: so nothing depends on which texts are asked for together.

        Args:
            pieces: ids of the word pieces, with [CLS] and [SEP].
            types: 0 for each piece of the first part, 1 for each of the second.
        """
        inputs: dict[str, Any] = {
            "input_ids": np.array([pieces], np.int64),
            "attention_mask": np.ones((1, len(pieces)), np.int64),
            "token_type_ids": np.array([types], np.int64),
        }
        return [output[0] for output in self._session.run(None, inputs)]


def open_tokenizer(folder: Path) -> Tokenizer:
    """Load the word pieces that all models use, without truncation and padding.

    Raises:
        ModelError: the file is missing or damaged.
    """
    path = folder / "tokenizer.json"
    pieces = verified(path)
    try:
        tokenizer = Tokenizer.from_buffer(pieces)
    except Exception as error:  # tokenizers raises bare Exception
        raise unusable(path) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def dictionary() -> list[str]:
    """The lower-case words that the models know whole, the most frequent first: about 21,000, with well-known names."""
    pieces = open_tokenizer(WEIGHTS).get_vocab()
    return sorted((piece for piece in pieces if len(piece) > 1 and piece.isalpha()), key=pieces.__getitem__)


def verified(path: Path) -> bytes:
    """The bytes of a file of the weights, exactly those that were checked against `SHA256SUMS` beside it.

    Raises:
        ModelError: the file is missing, is not listed, or is not as it was shipped.
    """
    try:
        lines = (path.parent / SUMS).read_text(encoding="ascii").splitlines()
        sums = {name: sum_ for sum_, name in map(str.split, lines)}
        weights = path.read_bytes()
    except (OSError, ValueError) as error:
        raise unusable(path if not path.exists() else path.parent / SUMS) from error
    if hashlib.sha256(weights).hexdigest() != sums.get(path.name):
        raise unusable(path)
    return weights


def unusable(path: Path) -> ModelError:
    """The error of a file of the weights that cannot be used, with the remedy."""
    problem = "damaged or not the one that ships" if path.exists() else "missing"
    return ModelError(
        f"The model file {path} is {problem}. Install the package again, or in a checkout: git checkout -- {path}"
    )
