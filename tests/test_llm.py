"""Which language model the configuration and the environment choose."""

import pytest

from qa.config import Answering
from qa.errors import ConfigError
from qa.models.llm import open_endpoint


def address(config: Answering, environ: dict[str, str]) -> str:
    llm = open_endpoint(config, environ).llm
    return str(getattr(llm, "api_base", None) or llm.base_url)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("provider", "base_url", "environ", "chosen"),
    [
        ("openai_like", None, {"OPENAI_API_KEY": "k"}, "https://api.openai.com/v1"),
        ("openai_like", None, {"OPENAI_BASE_URL": "http://vllm:8000/v1"}, "http://vllm:8000/v1"),
        ("openai_like", "http://mine/v1", {"OPENAI_BASE_URL": "http://vllm:8000/v1"}, "http://mine/v1"),
        ("ollama", None, {}, "http://localhost:11434"),
        ("ollama", None, {"OLLAMA_BASE_URL": "http://gpu:11434"}, "http://gpu:11434"),
    ],
)
def test_the_address_is_the_file_s_then_the_environment_s_then_the_usual_one(
    provider: str, base_url: str | None, environ: dict[str, str], chosen: str
) -> None:
    config = Answering.model_validate({"provider": provider, "model": "m", "base_url": base_url})
    assert address(config, environ) == chosen


def test_openai_without_a_key_is_an_error_that_names_both_ways_out() -> None:
    with pytest.raises(ConfigError, match=r"OPENAI_API_KEY.*answer\.base_url"):
        open_endpoint(Answering(provider="openai_like", model="gpt-4o-mini"), {})
