"""Whatever is sent to the running service, it answers soundly: no failure, no word about its insides, its headers."""

import json
import re
import socket
import string
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from apitest import EVENTS, JSON, events
from hypothesis import given, settings
from hypothesis import strategies as st

from web import MAX_BODY_BYTES

PROBLEM = "application/problem+json"
QUESTION = "Where would a NATO headquarters be created?"
BODY = json.dumps({"question": QUESTION}).encode()
INSIDES = re.compile(r"Traceback|File \"|\.py\b|site-packages|/home/|/root/|/tmp/|/work/")
ANYTHING = st.characters(codec="utf-8")
SURROGATES = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF)
TEXT = st.text(
    ANYTHING | SURROGATES | st.sampled_from("\0\ufeff\u202e\u2066\u200b\u0301\u1f600ﷺİß\u2028"), max_size=600
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
)
MESSAGES = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]) | JSON_VALUES, "content": TEXT})
HEADER = st.binary(max_size=80).map(lambda value: bytes(c for c in value if c >= 0x20 and c != 0x7F).strip())
"""What a header may hold: HTTP itself forbids the rest."""


def sound(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    assert not INSIDES.search(response.text)
    headers = response.headers
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", headers["X-Request-Id"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "no-referrer" in headers["Referrer-Policy"]
    if response.status_code >= 400 and response.request.method != "HEAD" and response.url.path.startswith("/api/"):
        assert headers["Content-Type"] == PROBLEM
        problem = response.json()
        assert (problem["status"], problem["request_id"]) == (response.status_code, headers["X-Request-Id"])


@pytest.fixture(scope="module")
def http(service: str) -> httpx.Client:
    with httpx.Client(base_url=service, timeout=30) as client:
        yield client


def post(http: httpx.Client, body: bytes, **headers: Any) -> httpx.Response:
    response = http.post("/api/ask", content=body, headers={"Content-Type": JSON, **headers})
    sound(response)
    return response


# Bodies


@settings(max_examples=150)
@given(body=JSON_VALUES)
def test_any_json_is_answered_or_refused_by_field(http: httpx.Client, body: Any) -> None:
    assert post(http, json.dumps(body).encode()).status_code in (400, 422)


@settings(max_examples=150)
@given(question=TEXT, history=st.lists(MESSAGES, max_size=25))
def test_any_text_is_answered_with_true_quotes_or_refused(
    http: httpx.Client, question: str, history: list[Any]
) -> None:
    body = json.dumps({"question": question, "history": history}).encode()
    response = post(http, body)
    assert response.status_code in (200, 413, 422)
    if response.status_code == 200:
        answer = response.json()
        assert answer["answered"] is (answer["refusal"] is None) is bool(answer["citations"])
        for cited in [*answer["citations"], *filter(None, [answer["closest"]])]:
            text = http.get(f"/api/articles/{cited['article_id']}").json()["text"]
            assert text[cited["start"] : cited["end"]] == cited["quote"]


def without_what_differs(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in ("id", "trace")}


@settings(max_examples=30)
@given(noise=st.text(ANYTHING, max_size=40), asked=st.sampled_from([QUESTION, "Who opened the meeting?", ""]))
def test_a_streamed_answer_is_the_answer(http: httpx.Client, noise: str, asked: str) -> None:
    body = json.dumps({"question": f"{asked} {noise} x"}).encode()
    streamed = events(post(http, body, Accept=EVENTS).text)
    final = dict(streamed)["final_answer"]
    assert without_what_differs(final) == without_what_differs(post(http, body).json())
    assert "".join(data["delta"] for name, data in streamed if name == "message") == final["answer"]
    assert [data for name, data in streamed if name == "citation"] == final["citations"]


@pytest.mark.parametrize("junk", [" ", "\n\n", "\t \r\n", "\u00a0", "\u2003", "\u3000"])
def test_what_surrounds_a_question_does_not_matter(http: httpx.Client, junk: str) -> None:
    plain = post(http, BODY).json()
    response = post(http, json.dumps({"question": f"{junk}{QUESTION}{junk}"}).encode())
    assert without_what_differs(response.json()) == without_what_differs(plain)


@settings(max_examples=100)
@given(
    body=st.binary(max_size=300), kind=st.sampled_from([JSON, f"{JSON}; charset=utf-16", "text/json", "a/b+json", ""])
)
def test_any_bytes_are_refused(http: httpx.Client, body: bytes, kind: str) -> None:
    assert post(http, body, **{"Content-Type": kind}).status_code in (400, 415, 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xef\xbb\xbf" + BODY, 200),
        (BODY.decode().encode("utf-16"), 200),
        (b'{"question": "x", "history": NaN}', 422),
        (b'{"question": ' + b"9" * 100_000 + b"}", 400),
        (b'{"question": "\\ud800"}', 422),
        (b'{"question": "x", "\\ud800": 1}', 422),
        (b'{"question": "\\u0000"}', 422),
        (b'{"question": "\xff"}', 400),
        (b'{"question": ' + b"[" * 900 + b"]" * 900 + b"}", 422),
        (b'{"question": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b'"' + b"x" * 1_000_000 + b'"', 413),
        (b"", 400),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)
def test_a_strange_body(http: httpx.Client, body: bytes, status: int) -> None:
    assert post(http, body, Connection="close").status_code == status  # too large a body ends the connection anyway


# Addresses and headers


@settings(max_examples=200)
@given(
    start=st.sampled_from(["/", "//", "/api/", "/api/articles/", "/articles/", "/articles?page=", "/timeline?page=",
                           "/static/", "/docs/", "/api/ask/", "/evaluation", "/?", "/api/suggestions;"]),
    rest=st.lists(st.binary(max_size=8) | st.sampled_from([b"..", b"/", b"//", b"\\", b"\0", b"%", b"\xff\xfe", b"1"])),
    encoded=st.booleans(),
    method=st.sampled_from(["GET", "GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "DELETE", "PATCH", "FOO"]),
)  # fmt: skip
def test_any_address_and_method(http: httpx.Client, start: str, rest: list[bytes], encoded: bool, method: str) -> None:
    path = start + quote(b"".join(rest), safe="" if encoded else string.punctuation.replace("#", ""))
    response = http.request(method, httpx.URL(str(http.base_url)).copy_with(raw_path=path.encode()))
    sound(response)
    assert response.status_code in (200, 400, 404, 405, 415)


@pytest.mark.parametrize("path", ["/", "/api/articles", "/nowhere", "/timeline", "/openapi.json", "/metrics"])
@settings(max_examples=25)
@given(data=st.data())
def test_any_header(http: httpx.Client, path: str, data: st.DataObject) -> None:
    names = ["Accept", "X-Request-Id", "Accept-Encoding", "Accept-Language", "Range", "If-None-Match", "If-Range",
             "If-Modified-Since", "Cookie", "Authorization", "X-Forwarded-Host", "X-Forwarded-For", "Origin",
             "Content-Type", "X-HTTP-Method-Override", "Forwarded", "Referer"]  # fmt: skip
    chosen = data.draw(st.dictionaries(st.sampled_from(names), HEADER, min_size=1, max_size=4))
    response = http.get(path, headers=[(name.encode(), value) for name, value in chosen.items()])
    sound(response)
    assert response.status_code in (200, 304, 404)


# Below HTTP clients: what scanners send


def exchange(address: str, data: bytes) -> bytes:
    """Send these bytes, and read until the service closes the connection."""
    with socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def ask_raw(headers: bytes, body: bytes = BODY) -> bytes:
    return b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + b"\r\n\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"
NEXT = b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (ask_raw(CHUNKED, b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"), 200),
        (ask_raw(CHUNKED, b"zz\r\n" + BODY), 400),
        (ask_raw(CHUNKED, b"%x\r\n" % (MAX_BODY_BYTES + 9) + b" " * (MAX_BODY_BYTES + 9) + b"\r\n0\r\n\r\n"), 413),
        (ask_raw(b"Content-Length: 5\r\n" + CHUNKED, NEXT), 400),
        (ask_raw(CHUNKED + b"\r\nTransfer-Encoding: identity", NEXT), 400),
        (ask_raw(b"Transfer-Encoding: \x0bchunked", NEXT), 400),
        (ask_raw(b"Content-Length: 5\r\nContent-Length: 40", NEXT), 400),
        (ask_raw(b"Content-Length: -1"), 400),
        (ask_raw(b"Content-Length: 99999999999999999999"), 413),
        (ask_raw(b"X: y"), 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\r\n b: c\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500 + b"\r\n", 431),
        (b"<script> / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    ],
    ids=lambda value: repr(value[-40:]) if isinstance(value, bytes) else None,
)
def test_malformed_http_is_refused_and_smuggles_nothing(service: str, request_: bytes, status: int) -> None:
    answered = exchange(service, request_)
    assert answered.startswith(b"HTTP/1.1 %d " % status)
    assert b"smuggled" not in answered
    assert not INSIDES.search(answered.decode("latin-1"))


@pytest.mark.parametrize("headers", [CHUNKED, b"Content-Length: 9999"])
def test_a_body_that_breaks_off_is_no_question(service: str, headers: bytes) -> None:
    assert exchange(service, ask_raw(headers, b"fffffff\r\n" + BODY))[:13] in (b"", b"HTTP/1.1 400 ")


@pytest.mark.parametrize("path", ["//api//articles", "//evil.example/%2e%2e", "/articles/", "/api/articles/", "/x//y"])
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Server"])
def test_no_redirect_and_no_link_goes_where_a_header_says(service: str, path: str, header: str) -> None:
    for address in (path, "/", "/articles", "/openapi.json"):
        response = httpx.get(service + address, headers={header: "evil.example", "Accept": "text/html"})
        assert "Location" not in response.headers
        assert "evil.example" not in response.text.replace(path, "")


@pytest.mark.parametrize("name", [b"SCRIPT_NAME", b"Script_Name", b"PATH_INFO", b"Script-Name"])
def test_no_header_moves_the_links_of_a_page(service: str, name: bytes) -> None:
    for path in (b"/evil/articles", b"/articles"):
        answered = exchange(service, b"GET %s HTTP/1.1\r\nHost: x\r\n%s: /evil\r\n\r\n" % (path, name))
        assert answered.startswith(b"HTTP/1.1 404" if b"evil" in path else b"HTTP/1.1 200")
        assert b"/evil/static" not in answered


@pytest.mark.parametrize("step", ["../", "..%2f", "%2e%2e/", "..\\", "..%5c", "%252e%252e%252f", "....//", "\0../"])
@pytest.mark.parametrize("folder", ["/static/0/", "/docs/", "/articles/", "/api/articles/", "/"])
def test_no_path_leads_to_a_file_of_the_machine(http: httpx.Client, folder: str, step: str) -> None:
    page = re.search(r"/static/\w+/", http.get("/").text)
    assert page
    for start in (folder, page[0]):
        for target in ("etc/passwd", "config.yaml", "pyproject.toml", "qa/config.py"):
            path = quote(f"{start}{step * 6}{target}", safe="/%\\.")
            response = http.get(httpx.URL(str(http.base_url)).copy_with(raw_path=path.encode()))
            assert response.status_code in (400, 404)
            assert "root:" not in response.text
