"""Builds the language model that the configuration names, as a LlamaIndex `LLM`.

Retries, time-outs and faults are `qa.models.endpoint`'s business: the clients are told to try once.
"""

import os
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import httpx
from llama_index.core.llms import LLM, ChatResponseGen

from qa.config import Answering
from qa.errors import ConfigError
from qa.models.endpoint import Endpoint

OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://localhost:11434"
_NO_KEY = "none"
"""The client insists on a key; a server of one's own wants none."""
_TEMPERATURE = 0.0
"""The same question should get the same answer."""
_opened: ContextVar[list[httpx.Response]] = ContextVar("opened")
"""The responses that this thread has begun to read."""

# A client library is imported when it is needed: each takes up to a second.


def open_endpoint(config: Answering, environ: Mapping[str, str] = os.environ) -> Endpoint:
    """Open the language model of `answer.provider`.

    `OPENAI_API_KEY`, and `OPENAI_BASE_URL` or `OLLAMA_BASE_URL` where `answer.base_url` is not set, are taken from the
    environment.

    Raises:
        ConfigError: the extra `llamacpp` is not installed, or the key is missing where one is needed.
        ModelError: the GGUF file is missing or damaged.
    """
    match config.provider:
        case "openai_like":
            llm = _openai_like(config, environ)
        case "ollama":
            llm = _ollama(config, environ)
        case "llamacpp":
            from qa.models.llamacpp import LlamaCpp

            assert config.gguf  # the configuration has seen to it
            llm = LlamaCpp(config.gguf, config.context_tokens, config.max_tokens, _TEMPERATURE)
        case _:
            raise ConfigError(f"answer.provider: {config.provider} is no language model.")
    name = config.model or (config.gguf.stem if config.gguf else config.provider)
    return Endpoint(llm, name, config.timeout_seconds, config.max_tokens)


def _openai_like(config: Answering, environ: Mapping[str, str]) -> LLM:
    from llama_index.llms.openai_like import OpenAILike
    from openai import DefaultHttpxClient

    class ClosingOpenAILike(OpenAILike):
        """OpenAI's client leaves a stream that nobody reads on to the garbage collector, and the model writing."""

        def stream_chat(self, *args: Any, **kwargs: Any) -> ChatResponseGen:
            responses: list[httpx.Response] = []
            _opened.set(responses)
            try:
                yield from super().stream_chat(*args, **kwargs)
            finally:
                for response in responses:
                    response.close()

    address = config.base_url or environ.get("OPENAI_BASE_URL") or OPENAI
    key = environ.get("OPENAI_API_KEY")
    if address == OPENAI and not key:
        raise ConfigError(f"{OPENAI} needs a key: set OPENAI_API_KEY, or answer.base_url to a server of your own.")
    return ClosingOpenAILike(
        model=config.model or "",
        api_base=address,
        api_key=key or _NO_KEY,
        is_chat_model=True,
        context_window=config.context_tokens,
        max_tokens=config.max_tokens,
        temperature=_TEMPERATURE,
        timeout=config.timeout_seconds,
        max_retries=0,
        http_client=DefaultHttpxClient(event_hooks={"response": [lambda response: _opened.get().append(response)]}),
        additional_kwargs={"stream_options": {"include_usage": True}},
    )


def _ollama(config: Answering, environ: Mapping[str, str]) -> LLM:
    from llama_index.llms.ollama import Ollama

    return Ollama(
        model=config.model or "",
        base_url=config.base_url or environ.get("OLLAMA_BASE_URL") or OLLAMA,
        context_window=config.context_tokens,
        temperature=_TEMPERATURE,
        request_timeout=config.timeout_seconds,
        additional_kwargs={"num_predict": config.max_tokens},
    )
