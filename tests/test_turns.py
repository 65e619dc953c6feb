"""So many answers at a time, so many questions that wait: one more is told to come back."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from apitest import EVENTS, events
from fakeservetest import Start, asking
from webtest import BROKEN, SLOW, WHERE, FakeQA

from qa.config import Config, Server
from qa.errors import Busy
from web import create_app
from web.turns import Turns


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


def test_first_come_first_served_and_never_more_than_there_is_room_for() -> None:
    told: list[tuple[int, int]] = []
    turns, order, inside, most = Turns(2, 10, 30, lambda *now: told.append(now)), [], [0], [0]
    lock = threading.Lock()

    def take(number: int) -> None:
        turn = turns.enter()
        with lock:
            order.append(number)
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        with lock:
            inside[0] -= 1
        turn.leave()

    held = [turns.enter(), turns.enter()]
    with ThreadPoolExecutor(10) as pool:
        for number in range(10):
            pool.submit(take, number)
            assert eventually(lambda number=number: told[-1] == (2, number + 1))
        with pytest.raises(Busy):
            turns.enter()
        for turn in held:
            turn.leave()
            turn.leave()
    assert sorted(order[:2]) == [0, 1]
    assert [sorted(order[i : i + 2]) for i in range(0, 10, 2)] == [[i, i + 1] for i in range(0, 10, 2)]
    assert (most[0], told[-1]) == (2, (0, 0))


def test_nobody_waits_for_too_long_or_for_somebody_who_has_gone() -> None:
    told: list[tuple[int, int]] = []
    turns = Turns(1, 5, 0.2, lambda *now: told.append(now))
    held = turns.enter()
    with pytest.raises(Busy):
        turns.enter()
    patient = Turns(1, 5, 60, lambda *now: told.append(now))
    patient.enter()
    with pytest.raises(Busy):
        patient.enter(gone=lambda: True)
    assert told == [(1, 0), (1, 1), (1, 0)] * 2
    held.leave()
    turns.enter()
    assert told[-1] == (1, 0)


def test_the_wait_that_is_advised_grows_with_the_queue() -> None:
    turns = Turns(1, 0, 60)
    turns.enter().leave()
    turns.enter()
    with pytest.raises(Busy) as quick:
        turns.enter()
    slow = Turns(1, 0, 60)
    for _ in range(30):
        slow._left(300)
        slow._inside = 0
    slow.enter()
    with pytest.raises(Busy) as long:
        slow.enter()
    assert (quick.value.retry_after, long.value.retry_after) == (1, 60)


@pytest.mark.parametrize("accept", ["application/json", EVENTS])
def test_a_place_is_left_however_the_answer_ends(accept: str) -> None:
    client = create_app(FakeQA(), Config(server=Server(threads=1, queue=0))).test_client()
    for question in (WHERE, BROKEN, "?", WHERE):
        response = client.post("/api/ask", json={"question": question}, headers={"Accept": accept})
        assert response.status_code != 503, question
        response.close()


def test_under_full_load_one_more_question_is_turned_away_at_once_and_pages_are_served(
    start: Start, connect: Callable[..., object]
) -> None:
    address = start(threads=2, queue=2)
    clients = [connect(address, asking(SLOW, EVENTS)) for _ in range(4)]
    more: list[httpx.Response] = []
    assert eventually(lambda: more.append(httpx.post(f"{address}/api/ask", json={"question": WHERE})) or is_busy(more))
    assert more[-1].headers["Content-Type"] == "application/problem+json"
    assert int(more[-1].headers["Retry-After"]) >= 1
    for path in ("/healthz", "/readyz", "/metrics", "/", "/articles", "/api/articles"):
        assert httpx.get(f"{address}{path}", timeout=5).status_code == 200
    for client in clients:
        client.close()  # type: ignore[attr-defined]
    assert eventually(lambda: httpx.post(f"{address}/api/ask", json={"question": WHERE}).status_code == 200)


def is_busy(responses: list[httpx.Response]) -> bool:
    return responses[-1].status_code == 503


def test_an_answer_that_takes_too_long_ends(start: Start) -> None:
    address = start(threads=1, queue=0, answer_seconds=1)
    streamed = httpx.post(f"{address}/api/ask", json={"question": SLOW}, headers={"Accept": EVENTS}, timeout=20).text
    assert [name for name, _ in events(streamed)][-2:] == ["final_answer", "done"]
