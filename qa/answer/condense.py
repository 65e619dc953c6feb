"""Follow-ups made standalone by the language model, as far as it can be trusted."""

import contextlib
import re
import time
from collections.abc import Generator, Sequence

from qa.answer.prompts import condensing, echoes
from qa.errors import EndpointError
from qa.models.endpoint import Endpoint
from qa.text import content_words, stem, words
from qa.types import Pause, Turn, Usage

_SHARE = 0.25
_MOST_S = 8.0
"""A quarter of the time-out, and no longer than this: the rules are nearly as good, and the search waits."""
_LONGEST = 300
"""Characters; a question that is longer is no question."""
_NOT_KEPT = 0.5
"""Share of the question's content words that may be put otherwise."""
_LABEL = re.compile(
    r"^(?:(?:the )?(?:rewritten|standalone|new) question(?: is)?|question|answer)\s*:\s*", re.IGNORECASE
)


class Condense:
    """Makes a follow-up standalone.

    Args:
        endpoint: the model.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def __call__(self, question: str, history: Sequence[Turn]) -> Generator[Pause, None, tuple[str | None, Usage]]:
        """The question as it would be asked without the conversation, and what the model was used for.

        None where the model fails, or writes something else. Closing the generator stops the model.
        """
        within_s = min(_SHARE * self._endpoint.timeout_s, _MOST_S)
        try:
            reply = self._endpoint.ask(condensing(question, history), within_s, time.monotonic())
            written = ""
            with contextlib.closing(reply):
                for piece in reply:
                    written += piece or ""
                    yield Pause()
        except EndpointError:  # the endpoint has logged it; the answer will carry a notice if it lasts
            return None, Usage()
        rewritten = _tidied(written)
        return (rewritten if faithful(rewritten, question, history) else None), reply.usage


def faithful(rewritten: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a rewritten question is one that the conversation can have meant.

    It keeps the question's names and numbers and most of its words; it adds some, all of which have been said before.
    So a model that repeats the question, answers it, digresses or obeys somebody else is not believed.
    """
    if not rewritten.endswith("?") or len(rewritten) > _LONGEST or echoes(rewritten):
        return False
    asked, new = _stems(question), _stems(rewritten)
    before = _stems(" ".join(turn.text for turn in history))
    lost = asked - new
    _first, *others = words(question)
    names = {stem(word) for word in others if word[0].isupper() or word[0].isdigit()} & asked
    return asked < asked | new <= asked | before and not lost & names and len(lost) <= _NOT_KEPT * len(asked)


def _tidied(written: str) -> str:
    first = next((line.strip() for line in written.splitlines() if line.strip()), "")
    return _LABEL.sub("", first).strip("\"“”' ")


def _stems(text: str) -> set[str]:
    return {stem(word) for word in content_words(text)}
