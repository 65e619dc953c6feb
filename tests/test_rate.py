"""How often a client may ask: counted in memory, or in a real Redis."""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from programs import installed
from webtest import WHERE, FakeQA
from werkzeug.test import TestResponse

from qa.config import Config, Server
from qa.errors import ConfigError
from web import create_app

KEYS = ["one", "two"]
DIGESTS = [hashlib.sha256(key.encode()).hexdigest() for key in KEYS]
Redis = tuple[str, Callable[[], None], Callable[[], None]]


def client_of(**server: Any) -> FlaskClient:
    return create_app(FakeQA(), Config(server=Server.model_validate(server))).test_client()


def ask(client: FlaskClient, address: str = "10.0.0.1", **headers: str) -> TestResponse:
    environ = {"REMOTE_ADDR": address}
    return client.post("/api/ask", json={"question": WHERE}, headers=headers, environ_overrides=environ)


def statuses(client: FlaskClient, times: int, address: str = "10.0.0.1", **headers: str) -> list[int]:
    return [ask(client, address, **headers).status_code for _ in range(times)]


def test_one_request_too_many_is_turned_away_until_it_says() -> None:
    client = client_of(requests_per_minute=3)
    assert statuses(client, 3) == [200, 200, 200]
    refused = ask(client)
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert 50 <= int(refused.headers["Retry-After"]) <= 61
    assert "3 requests in a minute" in refused.get_json()["detail"]


def test_every_client_has_its_own_count_and_a_whole_network_of_ipv6_is_one() -> None:
    client = client_of(requests_per_minute=1)
    addresses = ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "10.0.0.1"]
    assert [ask(client, address).status_code for address in addresses] == [200, 200, 200, 429, 200, 429]
    mapped = ["::ffff:10.0.0.3", "::ffff:10.0.0.4", "::ffff:10.0.0.1"]  # where we listen on IPv6
    assert [ask(client, address).status_code for address in mapped] == [200, 200, 429]


def test_ratings_count_and_pages_do_not() -> None:
    client = client_of(requests_per_minute=2)
    for _ in range(5):
        assert client.get("/").status_code == client.get("/api/articles").status_code == 200
    assert [client.post("/api/feedback", json={}).status_code for _ in range(3)] == [422, 422, 429]


def test_by_default_there_is_no_limit() -> None:
    assert set(statuses(client_of(), 100)) == {200}


def test_a_key_is_a_client_wherever_it_is_used() -> None:
    client = client_of(requests_per_minute=2, api_keys=DIGESTS)
    one, two = ({"Authorization": f"Bearer {key}"} for key in KEYS)
    got = [ask(client, f"10.0.0.{n}", **one).status_code for n in range(3)]
    assert (got, ask(client, "10.0.0.1", **two).status_code) == ([200, 200, 429], 200)


def test_trying_keys_is_counted_and_having_none_is_not() -> None:
    client = client_of(requests_per_minute=2, api_keys=DIGESTS)
    assert statuses(client, 3) == [401, 401, 401]
    assert statuses(client, 3, Authorization="Bearer guess") == [401, 401, 429]
    page = client.get("/", headers={"Authorization": "Bearer guess"}, environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
    assert page.status_code == 429
    assert statuses(client, 1, Authorization="Bearer one") == [200]


# Redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """The address of a real Redis, and what stops it and starts it again."""
    program = installed("redis-server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        running.append(subprocess.Popen([*command, "--requirepass", "s3cret"], stdout=subprocess.DEVNULL))
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with closing(socket.socket()) as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)

    def stop() -> None:
        running[-1].kill()
        running[-1].wait()

    start()
    yield f"redis://:s3cret@127.0.0.1:{port}/0", stop, start
    stop()


def test_processes_count_together_in_redis(redis: Redis) -> None:
    address, *_ = redis
    clients = [client_of(requests_per_minute=4, rate_storage=address) for _ in range(2)]
    assert [ask(clients[n % 2]).status_code for n in range(6)] == [200, 200, 200, 200, 429, 429]
    assert int(ask(clients[0]).headers["Retry-After"]) > 50


def test_without_redis_each_process_counts_alone_until_it_is_back(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    address, stop, start = redis
    client = client_of(requests_per_minute=2, rate_storage=address)
    assert statuses(client, 1) == [200]
    stop()
    assert statuses(client, 3) == [200, 200, 429]
    assert "Rate limit storage unreachable" in caplog.text
    assert "s3cret" not in caplog.text
    start()
    other, until = client_of(requests_per_minute=2, rate_storage=address), time.monotonic() + 60
    for n in range(2, 250):
        here = f"10.0.0.{n}"
        if statuses(client, 2, here) == [200, 200] and ask(other, here).status_code == 429:
            return  # they count together again
        assert time.monotonic() < until
        time.sleep(0.3)


def test_a_redis_that_is_not_there_at_the_start_stops_nothing(redis: Redis) -> None:
    address, stop, _ = redis
    stop()
    assert statuses(client_of(requests_per_minute=1, rate_storage=address), 2) == [200, 429]


def test_a_missing_package_is_told_with_the_remedy() -> None:
    script = (
        "import sys; sys.modules['redis'] = None\n"
        "from web import create_app; from qa.config import Config, Server; from webtest import FakeQA\n"
        "create_app(FakeQA(), Config(server=Server(requests_per_minute=1, rate_storage='redis://:s3cret@h')))"
    )
    tests = Path(__file__).parent
    environ = {**os.environ, "PYTHONPATH": f"{tests.parent}:{tests}"}
    ended = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False)
    assert "`pip install redis`" in ended.stderr.splitlines()[-1]


def test_an_option_that_redis_does_not_know_is_told_without_the_password() -> None:
    with pytest.raises(ConfigError, match="rate_storage") as raised:
        client_of(requests_per_minute=1, rate_storage="redis://:s3cret@localhost/0?socket_timeout=soon")
    assert "s3cret" not in str(raised.value)
