"""Clients that send slowly, read slowly or do nothing at all keep nobody else waiting."""

import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from apitest import EVENTS
from fakeserver import BIG
from fakeservetest import Start, asking
from webtest import SLOW, WHERE

from web import MAX_BODY_BYTES

Connect = Callable[..., socket.socket]
MANY = 200
QUESTION = asking(WHERE)
HEAD, BODY = QUESTION.split(b"\r\n\r\n")
HEAD_WITHOUT_LENGTH = HEAD.rpartition(b"\r\n")[0]
CHUNKED = HEAD_WITHOUT_LENGTH + b"\r\nTransfer-Encoding: chunked"
SLOW_ONES = {
    "silent": b"",
    "within the head": HEAD[:50],
    "within the body": QUESTION[:-5],
    "within a chunk": CHUNKED + b"\r\n\r\nff\r\nabc",
    "not reading": f"GET /api/articles/{BIG} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "not reading many": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20,
    "idle": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "not hanging up": b"GET /healthz HTTP/1.0\r\n\r\n",
    "refused": b"GET / HTTP/9\r\n\r\n",
}


def read(client: socket.socket) -> bytes:
    """Everything up to the end."""
    data = b""
    while piece := client.recv(65536):
        data += piece
    return data


@pytest.mark.parametrize("kind", SLOW_ONES)
def test_many_slow_clients_starve_nobody(start: Start, connect: Connect, kind: str) -> None:
    address = start()
    slow = [connect(address, SLOW_ONES[kind]) for _ in range(MANY)]
    with httpx.Client(base_url=address, timeout=15) as normal:
        for _ in range(10):
            assert normal.post("/api/ask", json={"question": WHERE}).json()["answered"]
            assert normal.get("/").status_code == 200
    assert len(slow) == MANY


def test_streams_whose_clients_vanish_make_room(start: Start, connect: Connect) -> None:
    address = start(threads=2, queue=250)
    for _ in range(MANY):
        with connect(address, asking(SLOW, EVENTS)):
            pass
    assert httpx.post(f"{address}/api/ask", json={"question": WHERE}, timeout=30).json()["answered"]


@pytest.mark.parametrize("kind", ["silent", "within the head", "within the body", "idle"])
def test_patience_has_an_end(start: Start, connect: Connect, kind: str) -> None:
    client = connect(start(patience_s=1), SLOW_ONES[kind])
    began = time.monotonic()
    read(client)
    assert 0.5 < time.monotonic() - began < 15


def test_a_byte_now_and_then_buys_no_time(start: Start, connect: Connect) -> None:
    client = connect(start(patience_s=1), HEAD)
    with pytest.raises(OSError):
        for _ in range(100):
            client.sendall(b"\r\nX-More: yes")
            time.sleep(0.1)


def test_a_slow_request_is_answered_in_the_end(start: Start, connect: Connect) -> None:
    client = connect(start())
    for byte in QUESTION.replace(b"Host: x", b"Host: x\r\nConnection: close"):
        client.send(bytes([byte]))
        time.sleep(0.001)
    assert b"Wiesbaden" in read(client)


def test_a_slow_reader_gets_everything(start: Start, connect: Connect) -> None:
    request = f"GET /api/articles/{BIG} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    client = connect(start(), request)
    time.sleep(0.5)
    assert read(client).count(b"Nobody reads this to its end.") == 100_000


def test_where_there_is_no_room_whoever_has_waited_longest_goes(start: Start, connect: Connect) -> None:
    address = start(connections=100)
    slow = [connect(address) for _ in range(150)]
    assert httpx.get(f"{address}/healthz").status_code == 200
    assert slow[0].recv(1) == b""
    slow[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert slow[-1].recv(12) == b"HTTP/1.1 200"


def test_where_all_are_being_served_newcomers_wait_before_the_door(start: Start) -> None:
    address = start(connections=20)

    def ask(_: int) -> list[int]:
        with httpx.Client(base_url=address, timeout=30) as client:
            return [client.get("/").status_code for _ in range(10)]

    with ThreadPoolExecutor(60) as pool:
        assert {status for statuses in pool.map(ask, range(60)) for status in statuses} == {200}


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_who_is_cut_off_in_the_moment_of_sending_breaks_nothing(start: Start, connect: Connect) -> None:
    address = start(connections=101)
    port = address.rpartition(":")[2].encode()
    (master,) = [pid for pid in children(os.getpid()) if port in Path(f"/proc/{pid}/cmdline").read_bytes()]
    waiting = [connect(address) for _ in range(100)]
    waiting[-1].sendall(SLOW_ONES["idle"])
    assert waiting[-1].recv(12) == b"HTTP/1.1 200"  # it has taken all of them in
    (worker,) = children(master)
    os.kill(worker, signal.SIGSTOP)  # so that it is told of all of them together
    new = [connect(address) for _ in range(20)]
    for client in waiting:
        client.sendall(b"GET / ")
    os.kill(worker, signal.SIGCONT)
    assert httpx.get(f"{address}/healthz").status_code == 200
    assert (len(new), children(master)) == (20, [worker])


def test_unfinished_requests_are_held_up_to_a_limit_and_the_longest_waiting_goes(
    start: Start, connect: Connect
) -> None:
    address = start()
    begun = CHUNKED + b"\r\nConnection: close\r\n\r\n7a120\r\n" + b" " * 500_000
    idle = connect(address)
    large = [connect(address, begun) for _ in range(140)]  # 70 MB; 67 may be
    assert httpx.get(f"{address}/healthz", timeout=30).status_code == 200
    with pytest.raises(ConnectionError):
        for _ in range(100):
            large[0].sendall(b" ")
            time.sleep(0.1)
    large[-1].sendall(b"\r\n0\r\n\r\n")
    assert read(large[-1]).startswith(b"HTTP/1.1 413 ")
    idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(12) == b"HTTP/1.1 200"


def test_a_body_as_long_as_may_be_is_no_long_head(start: Start, connect: Connect) -> None:
    body = (b'{"question": "' + WHERE.encode() + b'"').ljust(MAX_BODY_BYTES - 1) + b"}"
    head = HEAD_WITHOUT_LENGTH + b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert read(connect(start(), head + body)).startswith(b"HTTP/1.1 200 ")


def test_requests_sent_ahead_are_answered_in_turn(start: Start, connect: Connect) -> None:
    chunked = CHUNKED + b"\r\n\r\n"
    chunked += (
        b"".join(b"%x;a=b\r\n%b\r\n" % (len(part), part) for part in (BODY[:20], BODY[20:])) + b"0\r\nX: y\r\n\r\n"
    )
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    got = read(connect(start(), QUESTION + chunked + QUESTION + last))
    assert (got.count(b"HTTP/1.1 200 OK"), got.count(b'"answered":true')) == (4, 3)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\n\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 40_000, 431),
        (b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 8_000 + b"\r\n") * 5 + b"\r\n", 431),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: odd\r\n\r\n", 501),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\n\r\n", 417),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"x" * 600_000, 413),
        (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_at_once(start: Start, connect: Connect, sent: bytes, status: int) -> None:
    got = read(connect(start(), sent))
    assert got.startswith(b"HTTP/1.1 %d " % status)
    assert b"application/problem+json" in got
    assert b"X-Request-Id" in got


def test_a_client_that_asks_first_is_told_to_go_on(start: Start, connect: Connect) -> None:
    client = connect(start(), HEAD + b"\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
    assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(BODY)
    assert read(client).startswith(b"HTTP/1.1 200 OK")
