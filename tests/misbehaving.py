"""A language model's server, over real HTTP, that behaves as it is told: well, or badly in one of many ways."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Write = Callable[[bytes], None]
Behaviour = Callable[["Call"], None]


class Call:
    """One request to the server, and the means to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopped: threading.Event) -> None:
        self._handler = handler
        self.stopped = stopped
        self.path = handler.path
        self.key = handler.headers.get("Authorization", "")
        self.body: dict[str, Any] = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length", 0))))

    @property
    def prompt(self) -> str:
        """Everything that the model is given to read."""
        return "\n".join(message["content"] for message in self.body["messages"])

    def head(self, status: int = 200, mimetype: str = "text/event-stream", **headers: str) -> None:
        self._handler.send_response(status)
        for name, value in {"Content-Type": mimetype, "Connection": "close", **headers}.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def write(self, data: bytes) -> None:
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def send(self, chunk: object) -> None:
        """One chunk, in the manner of the API that is asked."""
        self.write(
            json.dumps(chunk).encode() + b"\n" if self.ollama else b"data: " + json.dumps(chunk).encode() + b"\n\n"
        )

    @property
    def ollama(self) -> bool:
        return self.path == "/api/chat"

    def say(self, text: str) -> None:
        if self.ollama:
            self.send({"model": "m", "message": {"role": "assistant", "content": text}, "done": False})
        else:
            self.send(_chunk({"content": text}))

    def finish(self, prompt_tokens: int = 100, completion_tokens: int = 10) -> None:
        if self.ollama:
            self.send({"model": "m", "message": {"role": "assistant", "content": ""}, "done": True,
                       "prompt_eval_count": prompt_tokens, "eval_count": completion_tokens})  # fmt: skip
            return
        self.send(_chunk({}, "stop"))
        total = prompt_tokens + completion_tokens
        usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "total_tokens": total}
        self.send({**_chunk({}), "choices": [], "usage": usage})
        self.write(b"data: [DONE]\n\n")


def _chunk(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}


class ModelServer:
    """Serves on a free port until it is closed. `behaviour` may be changed at any time."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.calls: list[Call] = []
        self.hung_up = threading.Event()
        """Set when a client went away before it had everything."""
        stopped = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805
                call = Call(handler, stopped)
                self.calls.append(call)
                try:
                    self.behaviour(call)
                except OSError:
                    self.hung_up.set()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._stopped = stopped
        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


# Behaviours


def says(text: str, piece: int = 7) -> Behaviour:
    """Answers well, a few characters at a time."""

    def behave(call: Call) -> None:
        call.head()
        for start in range(0, len(text), piece):
            call.say(text[start : start + piece])
        call.finish()

    return behave


def fails(status: int, **headers: str) -> Behaviour:
    """Fails with a message that repeats the key, as some servers do."""

    def behave(call: Call) -> None:
        call.head(status, "application/json", **headers)
        call.write(json.dumps({"error": {"message": f"Incorrect key {call.key}", "type": "x", "code": "y"}}).encode())

    return behave


def silent(call: Call) -> None:
    call.stopped.wait()


def stalls(text: str) -> Behaviour:
    def behave(call: Call) -> None:
        call.head()
        call.say(text)
        call.stopped.wait()

    return behave


def drips(call: Call) -> None:
    """Never silent, and never a whole line."""
    call.head()
    while not call.stopped.wait(0.05):
        call.write(b":")


def breaks_off(text: str) -> Behaviour:
    """Ends in mid-answer without a word."""

    def behave(call: Call) -> None:
        call.head()
        call.say(text)

    return behave


def cut_off(text: str) -> Behaviour:
    """The connection breaks within a chunk of the transfer."""

    def behave(call: Call) -> None:
        call.head(Transfer_Encoding="chunked")
        call.write(b"ffff\r\n")
        call.say(text)

    return behave


def endless(call: Call) -> None:
    call.head()
    while not call.stopped.is_set():
        call.say("And so on and on, without an end in sight, for ever and ever. " * 20)


def empty(call: Call) -> None:
    call.head()
    call.finish()


def raw(data: bytes, mimetype: str = "text/event-stream") -> Behaviour:
    def behave(call: Call) -> None:
        call.head(mimetype=mimetype)
        call.write(data)

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One behaviour for each call; the last for all that follow."""
    left = list(behaviours)

    def behave(call: Call) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(call)

    return behave


def slowly(text: str, pause_s: float) -> Behaviour:
    def behave(call: Call) -> None:
        call.head()
        for word in text.split(" "):
            call.say(word + " ")
            time.sleep(pause_s)
        call.finish()

    return behave
