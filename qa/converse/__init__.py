"""Follow-ups: "And where was it?" becomes a question that stands on its own, from what was said before.

Rules on words, no model: an elliptical question ("Why?", "And the UK?") takes over the previous question, and a pronoun
without an antecedent of its own takes one from the exchange before. In doubt the question is left alone: one that lacks
a name finds too little, one with a wrong name finds something wrong.
"""

import re
from collections.abc import Sequence

from qa.converse.ellipsis import TELL_MORE, take_over
from qa.converse.pronouns import fill_in
from qa.converse.thread import Exchange, exchanges
from qa.types import Turn

_CONTRACTED = re.compile(r"\b(who|what|when|where|why|how|that|it|he|she|there)['’]s\b", re.IGNORECASE)
_FOLLOW_UP_CHARACTERS = 300
"""A longer question brings its own context."""


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question as it would be asked without the conversation; itself where it stands on its own."""
    thread: list[Exchange] = []
    for exchange in exchanges(history):
        asked = _resolved(exchange.question, thread).removeprefix(TELL_MORE)
        thread.append(Exchange(asked, exchange.answer, exchange.short))
    return _resolved(question, thread)


def _resolved(question: str, thread: Sequence[Exchange]) -> str:
    if not thread or len(question) > _FOLLOW_UP_CHARACTERS:
        return question
    spelt = _CONTRACTED.sub(r"\1 is", question)
    resolved = take_over(spelt, thread) or fill_in(spelt, thread)
    return question if resolved == spelt else resolved
