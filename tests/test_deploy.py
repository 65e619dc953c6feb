"""The deployment that ships: what it names is there, and its nginx lets through what it should and nothing else."""

import os
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from chromatest import ChromaServer
from fakeservetest import Start
from nginxtest import TEMPLATE, TOKEN, Front, Proxy
from webtest import PIECEMEAL, SEEDS, WHERE

from qa.config import Config

ROOT = SEEDS.parent
DEPLOY = ROOT / "web" / "deploy"
GUIDE = (DEPLOY / "README.md").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
EXAMPLE = (DEPLOY / "env.example").read_text()
JSON = {"Content-Type": "application/json"}


def test_chroma_s_server_is_of_the_version_that_is_installed() -> None:
    locked = re.findall(r"^chromadb==([\d.]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert [COMPOSE["services"]["chroma"]["image"]] == [f"chromadb/chroma:{version}" for version in locked]


def test_only_nginx_is_open_to_the_world() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert COMPOSE["services"]["chroma"]["networks"] == COMPOSE["services"]["redis"]["networks"] == ["inside"]


def test_the_files_and_volumes_that_are_mounted_exist() -> None:
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", ())]
    named = [mount.split(":")[0] for mount in mounts if not mount.startswith("${")]
    assert len(named) == len(mounts) - 3
    assert all((DEPLOY / name).is_file() if name.startswith("./") else name in COMPOSE["volumes"] for name in named)


def test_every_variable_is_in_the_example_and_means_something() -> None:
    mentioned = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    wanted = set(re.findall(r"\$\{([A-Z_]+)[:}]", (DEPLOY / "compose.yaml").read_text()))
    assert wanted <= mentioned.keys()
    filled = set(re.findall(r"\$\{([A-Z_]+)\}", TEMPLATE.read_text()))
    assert filled == set(COMPOSE["services"]["nginx"]["environment"])
    environ = {name: value.strip("'") for name, value in mentioned.items() if name.startswith("QA_")}
    environ |= COMPOSE["x-app"]["environment"] | {"QA_SERVER__API_KEYS": f'["{"0" * 64}"]'}
    config = Config.load(DEPLOY / "config.yaml", environ)
    assert config.server.rate_storage == "redis://redis:6379/0"
    assert config.answer.provider == "ollama"
    assert config.chroma.url == "http://chroma:8000"
    profiles = {name for service in COMPOSE["services"].values() for name in service.get("profiles", ())}
    assert set(re.findall(r"COMPOSE_PROFILES=(\w+)", EXAMPLE)) == profiles


def test_the_configuration_serves_from_several_processes_behind_nginx() -> None:
    config = Config.load(DEPLOY / "config.yaml", {})
    assert (config.chroma.mode, config.server.proxies, config.server.host) == ("server", 1, "127.0.0.1")
    assert config.server.workers > 1
    timeouts = [int(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s", TEMPLATE.read_text())]
    assert min(timeouts) > config.server.answer_seconds
    grace = int(COMPOSE["services"]["app"]["stop_grace_period"].removesuffix("s"))
    stop = re.search(r"TimeoutStopSec=(\d+)", (DEPLOY / "ask-the-articles.service").read_text())
    assert stop and grace == int(stop[1]) > config.server.drain_seconds + config.server.answer_seconds


def test_the_guide_names_keys_and_files_that_exist() -> None:
    sections = Config.model_fields
    for section, key in re.findall(r"`([a-z]+)\.([a-z_]+)(?:: [^`]+)?`", GUIDE):
        if section in sections and key not in ("yaml", "conf"):
            assert key in type(getattr(Config(), section)).model_fields, f"{section}.{key}"
    for name in re.findall(r"`((?:qa|web|tests)/[\w/.-]+)`", GUIDE):
        assert (ROOT / name).exists(), name
    counted = set(re.findall(r"`(qa_[a-z_]+)", GUIDE))
    source = (ROOT / "web" / "metrics.py").read_text()
    assert counted and all(f'"{name.removesuffix("_total")}' in source for name in counted)


# nginx


@pytest.fixture
def site(front: Front, start: Start, chroma_server: ChromaServer) -> Proxy:
    """The real nginx before a real `qa serve`, in which a client may ask three times a minute, and a real Chroma."""
    app = start(proxies=1, requests_per_minute=3)
    return front(app.removeprefix("http://"), chroma_server.url.removeprefix("http://"))


@pytest.fixture
def client(site: Proxy) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=str(site.certificate))
    with httpx.Client(base_url=site.url, verify=context, timeout=30) as client:
        yield client


def test_a_page_comes_over_tls_with_the_app_s_own_headers(client: httpx.Client, site: Proxy) -> None:
    page = client.get("/")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "max-age" in page.headers["Strict-Transport-Security"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Request-Id"]
    plain = httpx.get(f"{site.plain_url}/articles?x=1")
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://localhost/articles?x=1")


def test_browsers_are_offered_http_2(site: Proxy) -> None:
    context = ssl.create_default_context(cafile=str(site.certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("localhost", httpx.URL(site.url).port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"


def test_an_answer_streams_as_it_is_written(client: httpx.Client) -> None:
    arrived = []
    headers = {"Accept": "text/event-stream", "X-Forwarded-For": "192.0.2.1"}
    with client.stream("POST", "/api/ask", json={"question": PIECEMEAL}, headers=headers) as response:
        for line in response.iter_lines():
            if line == "event: message":
                arrived.append(time.monotonic())
    assert len(arrived) == 3
    assert arrived[-1] - arrived[0] > 0.4, "the pieces, of which each takes 0.4 s, came at once"


def test_clients_are_told_apart_and_cannot_pretend_to_be_others(front: Front, start: Start) -> None:
    app = start(proxies=1, requests_per_minute=2)
    site = front(app.removeprefix("http://"), "127.0.0.1:9")
    context = ssl.create_default_context(cafile=str(site.certificate))

    def ask(address: str, pretended: str) -> int:
        transport = httpx.HTTPTransport(verify=context, local_address=address)
        with httpx.Client(transport=transport, headers={"X-Forwarded-For": pretended}, timeout=30) as client:
            return client.post(f"{site.url}/api/ask", json={"question": WHERE}).status_code

    assert [ask("127.0.0.1", f"192.0.2.{n}") for n in range(3)] == [200, 200, 429]
    assert ask("127.0.0.2", "127.0.0.1") == 200


@pytest.mark.parametrize("path", ["/metrics", "//metrics", "/%6detrics", "/articles/../metrics", "/metrics?x=1"])
def test_metrics_stay_inside(client: httpx.Client, path: str) -> None:
    assert client.get(httpx.URL(client.base_url, raw_path=path.encode())).status_code == 403


def test_large_bodies_are_refused_by_the_app_and_larger_ones_by_nginx(client: httpx.Client) -> None:
    large = client.post("/api/ask", content=b" " * 300_000, headers=JSON)
    assert (large.status_code, large.headers["Content-Type"]) == (413, "application/problem+json")
    assert client.post("/api/ask", content=b" " * 600_000, headers=JSON).status_code == 413


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"])
def test_chroma_is_shut_without_the_token(client: httpx.Client, value: str) -> None:
    for path in ("heartbeat", "tenants/default_tenant/databases/default_database/collections"):
        assert client.get(f"/api/v2/{path}", headers={"Authorization": value} if value else {}).status_code == 401
    assert client.post("/api/v2/reset", headers={"Authorization": value} if value else {}).status_code == 401


def test_who_has_the_token_ingests_from_elsewhere(site: Proxy, tmp_path: Path) -> None:
    database = f"elsewhere{tmp_path.name}"
    (tmp_path / "config.yaml").write_text(
        yaml.safe_dump(
            {
                "articles": {"folder": str(SEEDS)},
                "chroma": {"mode": "server", "url": site.url, "database": database},
            }
        )
    )
    command = [sys.executable, "-m", "qa.cli", "ingest", "--config", str(tmp_path / "config.yaml")]
    environ = {**os.environ, "SSL_CERT_FILE": str(site.certificate)}
    refused = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Set CHROMA_TOKEN" in refused.stderr
    environ["CHROMA_TOKEN"] = TOKEN
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 added" in done.stderr
