"""gunicorn's threaded worker, made so that a client holds a thread only while its answer is being made.

gunicorn's own gives every client a thread at once, which then waits while the client sends, byte by byte, and while it
reads: a handful of slow clients stop the service (https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)). Here a loop
reads each request whole before a thread takes it, and sends what a client does not take at once.
"""

import io
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from selectors import EVENT_READ, EVENT_WRITE

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import ExpectationFailed, LimitRequestHeaders, LimitRequestLine, UnsupportedTransferCoding
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from web import MAX_BODY_BYTES
from web.connection import BodyTooLarge, Connection, Socket
from web.current import metrics_of
from web.problems import refusal
from web.watch import note_refused

PATIENCE_S = 20
"""How long a client may be idle, and how long it may take to send a request, to read a response, to hang up."""
_MAX_HELD_BYTES = 64 * 1024 * 1024
"""Of all requests together that have not arrived whole, and of all responses that wait for slow readers."""
_READ_BYTES = 64 * 1024
_MOMENT_S = 0.5


_REFUSED = {
    BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {MAX_BODY_BYTES} bytes."),
    LimitRequestLine: (HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long."),
    LimitRequestHeaders: (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too many or too long."),
    UnsupportedTransferCoding: (HTTPStatus.NOT_IMPLEMENTED, "No other transfer coding than chunked is understood."),
    ExpectationFailed: (HTTPStatus.EXPECTATION_FAILED, "No other expectation than 100-continue is understood."),
}


def _reason(error: Exception) -> tuple[HTTPStatus, str]:
    """Why what a client sent is refused."""
    bad = (HTTPStatus.BAD_REQUEST, "This is no request of HTTP/1.1.")
    return next((how for kind, how in _REFUSED.items() if isinstance(error, kind)), bad)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves clients of any speed.

    `keepalived_conns` of the base class, which closes those whose time is over, holds every connection that waits,
    whatever for; the longest waiting first, because all are given the same time.
    """

    def accept(self, listener: socket.socket) -> None:
        """Take in a client; called only where there is room for one."""
        try:
            accepted, address = listener.accept()
        except OSError:  # it is gone already, or with another worker
            return
        self.nr_conns += 1
        self._go_on(Connection(self.cfg, Socket(accepted), address, listener.getsockname()))

    def murder_keepalived(self, force: bool = False) -> None:
        """Close those whose time is over; and where there is no room for more clients, whoever has waited longest.

        Who waits only since a moment ago stays, or newcomers would be turned out for each other while all others are
        being served: they wait before the door.
        """
        super().murder_keepalived(force)
        latest = time.monotonic() + self.cfg.keepalive - _MOMENT_S
        while self.alive and self.nr_conns >= self.worker_connections and self.keepalived_conns:
            if self.keepalived_conns[0].timeout > latest:
                break
            self._drop(self.keepalived_conns[0])

    def handle(self, conn: Connection) -> bool:
        """Answer a request; whether the connection can be used for another. Called in a thread."""
        try:
            if isinstance(conn.request.body.reader, ChunkedReader):
                conn.request.body = io.BytesIO(conn.request.body.read())
        except Exception as error:
            return self._refuse(conn, *_reason(error))
        try:
            return bool(self.handle_request(conn.request, conn) and self._keepalive_after(conn, True))
        except (OSError, StopIteration):  # the client is gone; or its response broke off, which is in the log
            return False
        except Exception as error:
            return self._refuse(conn, HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed. Its log tells why.", error)

    def finish_request(self, conn: Connection, done: "Future[bool]") -> None:
        """Send the rest of a response, then see to the next request. Called in the loop."""
        conn.request = None
        conn.hanging_up = done.cancelled() or done.exception() is not None or not done.result()
        self._go_on(conn)

    def _go_on(self, conn: Connection) -> None:
        """Do what is next for a connection that neither waits nor is with a thread."""
        try:
            if not conn.sock.unsent and self._is_ready(conn):
                self.enqueue_req(conn)
            elif conn.sock.unsent:
                self._wait(conn, EVENT_WRITE, self._write)
            else:
                if conn.hanging_up:  # in two steps, or the end of the response might be lost: RFC 9112, section 9.6
                    conn.sock.shutdown(socket.SHUT_WR)
                self._wait(conn, EVENT_READ, self._read)
        except (OSError, ValueError):  # the client is gone
            self._close(conn)
        except Exception:  # whatever it is, the others are served on
            self.log.exception("A connection failed")
            self._close(conn)

    def _is_ready(self, conn: Connection) -> bool:
        """Whether there is a request to work on. What cannot be one is refused."""
        try:
            return not conn.hanging_up and conn.has_request()
        except Exception as error:
            conn.hanging_up = True
            return self._refuse(conn, *_reason(error))

    def _refuse(self, conn: Connection, status: HTTPStatus, why: str, failure: Exception | None = None) -> bool:
        """Answer in the application's place; logged and counted as what that answers."""
        here = note_refused(conn.client[0], status, why, failure)
        metrics_of(self.wsgi).finished("", here)
        conn.sock.unsent += refusal(status, why, here.id)
        return False

    def _wait(self, conn: Connection, event: int, then: Callable[[Connection], None]) -> None:
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.poller.register(conn.sock, event, lambda _: self._see_to(conn, then))
        self.keepalived_conns.append(conn)
        if event == EVENT_WRITE:
            self._limit(lambda waiting: len(waiting.sock.unsent))

    def _see_to(self, conn: Connection, then: Callable[[Connection], None]) -> None:
        if not conn.is_closed:  # since the loop was told of several events together, of which this is one
            then(conn)

    def _limit(self, held: Callable[[Connection], int]) -> None:
        """Where clients that wait have more bytes held for them than may be, whoever of these waited longest goes."""
        holding = [(conn, size) for conn in self.keepalived_conns if (size := held(conn))]
        excess = sum(size for _, size in holding) - _MAX_HELD_BYTES
        for conn, size in holding:
            if excess <= 0:
                break
            self._drop(conn)
            excess -= size

    def _leave(self, conn: Connection) -> None:
        """Wait no more."""
        self.keepalived_conns.remove(conn)
        self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._leave(conn)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    def _read(self, conn: Connection) -> None:
        try:
            data = conn.sock.recv(_READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
        elif not conn.hanging_up:
            begins = conn.is_idle  # the time for a request counts from its first byte
            conn.received.add(data)
            if self._is_ready(conn) or begins or conn.hanging_up:
                self._leave(conn)
                self._go_on(conn)
            elif len(conn.received) > _READ_BYTES:  # many times less than all of them together may have
                self._limit(lambda waiting: len(waiting.received))

    def _write(self, conn: Connection) -> None:
        try:
            conn.sock.flush()
        except OSError:
            self._drop(conn)
            return
        if not conn.sock.unsent:
            self._leave(conn)
            self._go_on(conn)
