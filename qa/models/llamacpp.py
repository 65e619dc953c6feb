"""A GGUF file, run in this process by llama.cpp, as a LlamaIndex `LLM`."""

import os
import queue
import secrets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llama_index.core.llms import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
    MessageRole,
)
from pydantic import PrivateAttr

from qa.errors import ConfigError, EndpointError, ModelError

_QUIET = -1


class LlamaCpp(CustomLLM):
    """Chats with a model through its own chat template. Threads may share it; they take turns.

    Args:
        gguf: the model's file.
        context_tokens: prompt and answer together.
        max_tokens: longest answer.
        temperature: 0 for always the likeliest token.

    Raises:
        ConfigError: the extra `llamacpp` is not installed.
        ModelError: the file is missing or no GGUF.
    """

    gguf: Path
    context_tokens: int
    max_tokens: int
    temperature: float
    _server: Any = PrivateAttr()

    def __init__(self, gguf: Path, context_tokens: int, max_tokens: int, temperature: float) -> None:
        super().__init__(gguf=gguf, context_tokens=context_tokens, max_tokens=max_tokens, temperature=temperature)
        self._server = _open(gguf, context_tokens)

    @classmethod
    def class_name(cls) -> str:
        """LlamaIndex's name of the class."""
        return "LlamaCpp"

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of a model."""
        return LLMMetadata(
            context_window=self.context_tokens,
            num_output=self.max_tokens,
            is_chat_model=True,
            model_name=self.gguf.stem,
        )

    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> Iterator[ChatResponse]:  # type: ignore[override]
        """Answer piece by piece; generation ends when the iterator is closed.

        Raises:
            EndpointError: llama.cpp cannot answer, for instance because the prompt is longer than the context.
        """
        request = {
            "messages": [{"role": message.role.value, "content": message.content or ""} for message in messages],
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        chunks: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        stopped = threading.Event()

        def receive(chunk: dict[str, Any]) -> bool:
            chunks.put(chunk)
            return stopped.is_set()

        def work() -> None:
            try:
                self._server.handle_chat_completions(request, receive)
            except Exception as error:  # of the binding: it has no errors of its own
                chunks.put({"error": {"message": str(error)}})
            chunks.put(None)

        threading.Thread(target=work, name="llama.cpp", daemon=True).start()
        text = ""
        try:
            while (chunk := chunks.get()) is not None:
                response = _response(chunk, text)
                text = response.message.content or ""
                yield response
        finally:
            stopped.set()

    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        """Answer as a whole. Raises what `stream_chat` raises."""
        *_others, last = self.stream_chat(messages)
        return last

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:  # noqa: ARG002
        """Answer a single message as a whole. Raises what `stream_chat` raises."""
        return CompletionResponse(text=self.chat([ChatMessage(prompt)]).message.content or "")

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:  # noqa: ARG002
        """Answer a single message piece by piece. Raises what `stream_chat` raises."""
        for response in self.stream_chat([ChatMessage(prompt)]):
            yield CompletionResponse(text=response.message.content or "", delta=response.delta)


def _open(gguf: Path, context_tokens: int) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise ConfigError(
            "answer.provider llamacpp needs llama.cpp. Install it: pip install 'ask-the-articles[llamacpp]'"
        ) from error
    if not gguf.is_file():
        raise ModelError(f"There is no file {gguf}. Set answer.gguf to a GGUF file.")
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_ctx = context_tokens
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) // 2)
    params.verbosity = _QUIET
    params.warmup = False
    # It opens a port on 127.0.0.1, which nobody is meant to use.
    params.ui = False
    params.api_keys = [secrets.token_urlsafe()]
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(f"{gguf} cannot be loaded as a GGUF file of a language model.") from error


def _response(chunk: dict[str, Any], before: str) -> ChatResponse:
    """A chunk in OpenAI's shape as LlamaIndex's response, with `done` where the answer ends."""
    if "error" in chunk:
        raise EndpointError(
            "llama.cpp rejects the request. Check answer.context_tokens and that the model can chat.", "rejected"
        )
    choice: dict[str, Any] = next(iter(chunk.get("choices") or ()), {})
    delta = choice.get("delta", {}).get("content") or ""
    return ChatResponse(
        message=ChatMessage(role=MessageRole.ASSISTANT, content=before + delta),
        delta=delta,
        raw={"done": bool(choice.get("finish_reason")), "usage": chunk.get("usage")},
    )
