"""A client's connection, which never waits: what has arrived of its next request, and what it has not taken yet."""

import socket
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import InvalidHeader, LimitRequestHeaders, UnsupportedTransferCoding
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn

from web import MAX_BODY_BYTES

MAX_HEAD_BYTES = 32 * 1024
"""The request line and all headers together; gunicorn limits each of them, too, and their number."""
_MAX_RAW_BODY_BYTES = 2 * MAX_BODY_BYTES
"""Of a body in chunks: room for their lengths, if they are not absurdly short."""


class BodyTooLarge(Exception):
    """A body that does not tell its length is longer than any may be."""


class _Received(Unreader):  # type: ignore[misc]  # gunicorn has no types
    """What has arrived of a client's requests, for gunicorn's parser. It never waits for more."""

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002
        return b""

    def __len__(self) -> int:
        return int(self.buf.seek(0, 2))

    def add(self, data: bytes) -> None:
        self.buf.seek(0, 2)
        self.buf.write(data)


class Socket(socket.socket):
    """A client's socket. Writing to it never waits: it keeps what the client does not take at once."""

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        self.setblocking(False)
        self.unsent = bytearray()

    def sendall(self, data: Any, flags: int = 0, /) -> None:  # noqa: ARG002
        self.unsent += data
        self.flush()

    def flush(self) -> None:
        """Send what the client takes now.

        Raises:
            OSError: the client is gone.
        """
        try:
            while self.unsent:
                del self.unsent[: self.send(self.unsent)]
        except BlockingIOError:
            pass


def _check(request: Any) -> None:
    """Refuse what gunicorn lets through: RFC 9112, sections 3.2 and 6.1."""
    if request.version >= (1, 1) and "HOST" not in dict(request.headers):
        raise InvalidHeader("Host")
    for name, value in request.headers:
        if name == "TRANSFER-ENCODING" and value.strip().lower() != "chunked":
            raise UnsupportedTransferCoding(value)


class Connection(TConn):  # type: ignore[misc]
    """A client, with what it has sent of its next request."""

    def __init__(self, cfg: Any, sock: Socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.received = _Received()
        self.parser = RequestParser(cfg, (), client)
        self.parser.unreader = self.received
        self.request: Any = None
        self.scanned = 0
        self.hanging_up = False

    @property
    def is_closed(self) -> bool:
        """Whether it has been closed from our side."""
        return bool(self.sock.fileno() < 0)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has arrived."""
        return self.request is None and not len(self.received)

    def has_request(self) -> bool:
        """Whether a request has arrived that can be worked on, which then is `request`.

        Raises:
            Exception: one of gunicorn's, or `BodyTooLarge`: it is none that could be.
        """
        if self.request is None:
            data = self.received.buf.getvalue()
            # Of lines that end in LF alone, gunicorn says what is wrong with them.
            ends = [at for at in (data.find(b"\r\n\r\n"), data.find(b"\n\n")) if at >= 0]
            if min(ends, default=len(data)) > MAX_HEAD_BYTES:
                raise LimitRequestHeaders("too long")
            if not ends:
                return False
            self.request, self.scanned = next(self.parser), 0
            _check(self.request)
        arrived = self._has_body()
        if self.request._expected_100_continue and not arrived:
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.request._expected_100_continue = False
        return arrived

    def _has_body(self) -> bool:
        body = self.request.body.reader
        if isinstance(body, ChunkedReader):
            if self._has_last_chunk():
                return True
            if len(self.received) > _MAX_RAW_BODY_BYTES:
                raise BodyTooLarge
            return False
        if body.length > MAX_BODY_BYTES:  # the application refuses it unread
            self.request.force_close()
            return True
        return bool(len(self.received) >= body.length)

    def _has_last_chunk(self) -> bool:
        """Whether a body in chunks has come to its end (RFC 9112, section 7.1).

        It need not find what is wrong with one: gunicorn does when it is read, and then nothing waits for more.
        """
        data = self.received.buf.getvalue()
        while (end := data.find(b"\r\n", self.scanned)) >= 0:
            try:
                size = int(data[self.scanned : end].partition(b";")[0], 16)
            except ValueError:
                return True
            if size <= 0:
                return data.startswith(b"\r\n", end + 2) or b"\r\n\r\n" in data[end:]
            if end + size + 4 > len(data):
                return False
            self.scanned = end + size + 4
        return False
