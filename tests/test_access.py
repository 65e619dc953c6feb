"""Who may use the service, from which pages, and through which proxies."""

import base64
import hashlib
from typing import Any

import pytest
from apitest import EVENTS
from flask import request
from flask.testing import FlaskClient
from test_problems import HTML
from webtest import WHERE, FakeQA

from qa.cli import main
from qa.config import Config, Server
from web import create_app

KEY, OTHER = "first key", "second key"
DIGESTS = [hashlib.sha256(key.encode()).hexdigest() for key in (KEY, OTHER)]
ALLOWED = "https://www.example.org"
PAGES = [
    "/",
    "/articles",
    "/timeline",
    "/docs",
    "/evaluation",
    "/openapi.json",
    "/metrics",
    "/api/articles",
    "/nowhere",
]


def client_of(**server: Any) -> FlaskClient:
    return create_app(FakeQA(), Config(server=Server.model_validate(server))).test_client()


@pytest.fixture(scope="module")
def keyed() -> FlaskClient:
    return client_of(api_keys=DIGESTS)


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


# Keys


@pytest.mark.parametrize("path", PAGES)
def test_without_a_key_nothing_is_told(keyed: FlaskClient, path: str) -> None:
    for accept in (HTML, "application/json"):
        response = keyed.get(path, headers={"Accept": accept})
        assert response.status_code == 401
        assert "Wiesbaden" not in response.text
        assert [challenge.split()[0] for challenge in response.headers.getlist("WWW-Authenticate")] == [
            "Bearer",
            "Basic",
        ]


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer wrong", f"Bearer {KEY[:-1]}", f"Bearer {DIGESTS[0]}", "Basic", "Basic !!", basic(""),
     basic("wrong"), f"Digest {KEY}", "Bearer \xff", "Bearer ", KEY],
)  # fmt: skip
def test_a_wrong_key_is_none(keyed: FlaskClient, given: str) -> None:
    response = keyed.post("/api/ask", json={"question": WHERE}, headers={"Authorization": given})
    assert (response.status_code, response.mimetype) == (401, "application/problem+json")
    assert "Authorization: Bearer KEY" in response.get_json()["detail"]


@pytest.mark.parametrize("given", [f"Bearer {KEY}", f"bearer {OTHER}", basic(KEY), basic(OTHER)])
@pytest.mark.parametrize("accept", ["application/json", EVENTS])
def test_either_key_opens_the_service_either_way(keyed: FlaskClient, given: str, accept: str) -> None:
    headers = {"Authorization": given, "Accept": accept}
    assert "Wiesbaden" in keyed.post("/api/ask", json={"question": WHERE}, headers=headers).text
    assert keyed.get("/", headers=headers).status_code == 200


def test_what_watches_over_the_service_needs_no_key_and_neither_does_how_a_page_looks(keyed: FlaskClient) -> None:
    style = keyed.get("/", headers={"Authorization": basic(KEY)}).text.partition('rel="stylesheet" href="')[2]
    for path in ("/healthz", "/readyz", style.partition('"')[0]):
        with keyed.get(path) as response:
            assert response.status_code == 200, path


def test_a_fresh_key_opens_what_has_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    keys = set()
    for _ in range(3):
        assert main(["key"]) == 0
        out = capsys.readouterr().out
        assert "server.api_keys" in out
        key, digest = (line.split()[1] for line in out.splitlines()[:2])
        assert client_of(api_keys=[digest]).get("/", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        keys.add(key)
    assert len(keys) == 3


# Pages of other origins


def test_a_page_of_an_allowed_origin_may_use_the_api() -> None:
    client = client_of(cors_origins=[ALLOWED, "http://localhost:3000"], api_keys=DIGESTS)
    preflight = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
    allowed = client.options("/api/ask", headers={**preflight, "Access-Control-Request-Headers": "authorization"})
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert {"authorization", "content-type"} <= set(allowed.headers["Access-Control-Allow-Headers"].lower().split(", "))
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    headers = {"Origin": "http://localhost:3000", "Authorization": f"Bearer {KEY}"}
    for response in (
        client.post("/api/ask", json={"question": WHERE}, headers=headers),
        client.post("/api/ask", json={"question": ""}, headers=headers),
        client.get("/api/articles", headers={"Origin": "http://localhost:3000"}),
    ):
        assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
        assert "Origin" in response.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://www.example.org", f"{ALLOWED}.evil.example", "null", "*", ALLOWED.upper()],
)
def test_no_other_page_may(origin: str) -> None:
    client = client_of(cors_origins=[ALLOWED])
    for response in (
        client.options("/api/ask", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}),
        client.get("/api/articles", headers={"Origin": origin}),
    ):
        assert "Origin" in response.headers["Vary"]
        assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", PAGES)
def test_by_default_no_page_of_another_origin_may(path: str) -> None:
    response = client_of().get(path, headers={"Origin": ALLOWED})
    assert not [name for name, _ in response.headers if name.startswith("Access-Control")]


# Proxies


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "3.3.3.3"), (2, "2.2.2.2")])
def test_as_many_proxies_are_believed_as_there_are(proxies: int, seen: str) -> None:
    app = create_app(FakeQA(), Config(server=Server(proxies=proxies)))
    app.add_url_rule("/seen", view_func=lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    forwarded = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2, 3.3.3.3", "X-Forwarded-Proto": "http, https, https"}
    got = app.test_client().get("/seen", headers={**forwarded, "X-Forwarded-Host": "evil.example"}).text
    assert got == f"{seen} {'https' if proxies else 'http'} localhost"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"api_keys": ["secret"]}, "qa key"),
        ({"api_keys": [DIGESTS[0].upper()]}, "qa key"),
        ({"cors_origins": ["*"]}, "scheme, host"),
        ({"cors_origins": ["https://example.org/"]}, "scheme, host"),
        ({"cors_origins": ["https://*.example.org:x"]}, "scheme, host"),
        ({"cors_origins": ["example.org"]}, "scheme, host"),
        ({"rate_storage": "localhost:6379"}, "redis://"),
        ({"rate_storage": "http://localhost"}, "redis://"),
    ],
)
def test_what_is_set_wrongly_is_refused_with_the_remedy(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Server.model_validate(settings)
