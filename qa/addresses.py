"""Addresses and digests in the configuration, told from what only looks like some."""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

_SHA256 = re.compile(r"[0-9a-f]{64}")


def _of_model(value: str) -> str:
    return _without_secret(value, "http://localhost:8080/v1", "OPENAI_API_KEY")


def _of_chroma(value: str) -> str:
    example = "http://localhost:8001"
    _without_secret(value, example, "CHROMA_TOKEN")
    if urlsplit(value).path.strip("/"):
        raise ValueError(f"must be an address like {example}, without a path, of which Chroma's client knows nothing")
    return value


def _without_secret(value: str, example: str, secret: str) -> str:
    parts = _split(value, "http", "https")
    if not parts:
        raise ValueError(f"must be an address like {example}")
    if parts.username or parts.password or parts.query:
        raise ValueError(f"must hold no secret: keys come from the environment, as {secret}")
    return value


def _origin(value: str) -> str:
    parts = _split(value, "http", "https")
    if not parts or value != f"{parts.scheme}://{parts.netloc}".lower() or parts.username or parts.password:
        raise ValueError(
            "must be scheme, host and perhaps port as browsers send them in Origin: https://www.example.org; no * and "
            "no path"
        )
    return value


def _counter(value: str) -> str:
    if value != "memory" and not _split(value, "redis", "rediss"):
        raise ValueError("must be `memory`, or an address like redis://localhost:6379/0")
    return value


def _digest(value: str) -> str:
    if not _SHA256.fullmatch(value):
        raise ValueError("must be the digest that `qa key` prints, 64 hexadecimal digits, not the key")
    return value


def _split(value: str, *schemes: str) -> SplitResult | None:
    """The parts of an address; None if it is none of these schemes."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises, too
    except ValueError:
        return None
    return parts if parts.scheme in schemes and parts.hostname else None


ChromaAddress = Annotated[str, AfterValidator(_of_chroma)]
ModelAddress = Annotated[str, AfterValidator(_of_model)]
Origin = Annotated[str, AfterValidator(_origin)]
RateStorage = Annotated[str, AfterValidator(_counter)]
KeyDigest = Annotated[str, AfterValidator(_digest)]
