"""Large responses that stay the same for as long as a version of the index does: made, and compressed, once."""

import hashlib
from dataclasses import dataclass

from flask import Response, g, request

_COMPRESSED = 4
"""How many are kept: of two versions of the index, each in two ways."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """A JSON document with the name of its content."""

    content: bytes
    etag: str

    @classmethod
    def of(cls, document: str) -> "Lasting":
        """Name a document."""
        content = document.encode()
        return cls(content, hashlib.sha256(content).hexdigest()[:32])

    def response(self) -> Response:
        """The document, or that the client has it already."""
        g.lasting = self.etag
        response = Response(self.content, mimetype="application/json")
        response.cache_control.no_cache = True  # it may be kept, and is asked for again each time
        response.set_etag(self.etag)
        response.make_conditional(request)
        return response


def compressed_as(_: object) -> str:
    """The key under which Flask-Compress looks for this request's response; none where it does not last."""
    return str(g.get("lasting", ""))


class Compressed:
    """Lasting responses as they are sent: the cache of Flask-Compress, which asks it for every response."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """What was kept; the key begins with the way of compression."""
        return self._kept.get(key)

    def set(self, key: str, content: bytes) -> None:
        """Keep it, if it lasts; the oldest goes."""
        if not key.endswith(";"):
            others = [(kept, value) for kept, value in self._kept.items() if kept != key]
            self._kept = dict([*others, (key, content)][-_COMPRESSED:])
