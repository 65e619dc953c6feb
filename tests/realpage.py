"""The real service, started as users start it, and a Chromium: for the scripts that look at the page from outside."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from pagetest import CHROMIUM_ARGS
from playwright.sync_api import Browser, sync_playwright
from programs import CHROMIUM, find

ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def served(**environ: str) -> Iterator[str]:
    """Run `qa serve` on the configuration that ships, with an index and an evaluation of its own; gives its address.

    Raises:
        SystemExit: it did not start; what it said is on the terminal.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = {**os.environ, "QA_INDEX__FOLDER": folder, "QA_EVALUATION__FOLDER": folder, **environ}
        command = [sys.executable, "-m", "qa.cli", "serve", "--port", str(port)]
        with subprocess.Popen(command, cwd=ROOT, env=settings, stderr=subprocess.PIPE, text=True) as server:
            said = ""
            for line in server.stderr or ():
                said += line
                if "Ready" in line:
                    break
            else:
                raise SystemExit(f"error: the service did not start:\n{said}")
            reader = threading.Thread(target=server.stderr.read)  # a full pipe would stop the service
            reader.start()
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()
                server.wait()
                reader.join()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """An installed Chromium.

    Raises:
        SystemExit: there is none.
    """
    path = find(*CHROMIUM)
    if path is None:
        raise SystemExit("error: No Chromium found. Install it (apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()
