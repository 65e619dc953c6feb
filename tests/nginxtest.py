"""A real nginx for the tests, with the configuration that ships. A plugin of pytest."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from programs import installed

TEMPLATE = Path(__file__).parent.parent / "web" / "deploy" / "nginx.conf.template"
TOKEN = "5ec2e7" * 10
_AROUND = """
daemon off;
master_process off;
pid {folder}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/responses;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {ours}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """An nginx that runs."""

    url: str
    plain_url: str
    certificate: Path


Front = Callable[[str, str], Proxy]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    """Starts nginx before an app and a Chroma server, given as host:port."""
    program = installed("nginx")
    with ExitStack() as running:

        def start(app: str, chroma: str) -> Proxy:
            ports, certificate = (_free_port(), _free_port()), _certificate(tmp_path)
            (tmp_path / "nginx.conf").write_text(_AROUND.format(folder=tmp_path, ours=_filled(ports, app, chroma)))
            command = [program, "-p", str(tmp_path), "-e", str(tmp_path / "errors"), "-c", str(tmp_path / "nginx.conf")]
            tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
            assert tried.returncode == 0, tried.stderr
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            running.callback(process.wait, 20)
            running.callback(process.terminate)
            _wait_for(ports[1])
            return Proxy(f"https://localhost:{ports[1]}", f"http://localhost:{ports[0]}", certificate)

        def _filled(ports: tuple[int, int], app: str, chroma: str) -> str:
            text = TEMPLATE.read_text()
            for name, value in {"SITE": "localhost", "APP": app, "CHROMA": chroma, "CHROMA_TOKEN": TOKEN}.items():
                text = text.replace(f"${{{name}}}", value)
            lines = [line for line in text.splitlines() if "[::]" not in line]  # not every machine has IPv6
            return (
                "\n".join(lines)
                .replace("listen 80;", f"listen 127.0.0.1:{ports[0]};")
                .replace("listen 443 ", f"listen 127.0.0.1:{ports[1]} ")
                .replace("/etc/nginx/certificates", str(tmp_path))
                .replace("/var/www/html", str(tmp_path / "www"))
            )

        yield start


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _certificate(folder: Path) -> Path:
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "fullchain.pem"


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not start")
