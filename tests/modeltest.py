"""What the tests of language models share: the shipped service with a model in it, what must hold of its answers."""

from dataclasses import replace

from qa.answer.condense import Condense
from qa.answer.generative import Generative
from qa.answer.verify import Verify
from qa.config import Answering
from qa.models.embedding import MiniLMEmbedding
from qa.models.llm import open_endpoint
from qa.models.verifier import Verifier
from qa.service import QA, Stages
from qa.types import Answer

WHERE = "Where would a NATO headquarters be created?"
GOOD = "Allies considered creating a NATO headquarters in Wiesbaden, Germany. [1]"
KEY = "sk-this-is-a-secret"


def with_model(qa: QA, stages: Stages, answering: Answering, key: str = KEY) -> QA:
    """The service, its answers written by a language model."""
    endpoint = open_endpoint(answering, {"OPENAI_API_KEY": key})
    verify = Verify(MiniLMEmbedding().embed, Verifier())
    generative = Generative(stages.answerer, endpoint, verify, answering.context_tokens, answering.max_tokens)
    articles = {article.id: article for article in qa.articles}
    return QA(articles, "index", replace(stages, answerer=generative, condense=Condense(endpoint)), suggestions=())


def check_citations(answer: Answer, qa: QA) -> None:
    for citation in answer.citations:
        article = qa.article(citation.article_id)
        assert article is not None
        assert article.text[citation.start : citation.end] == citation.quote
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))


def check_quoted(answer: Answer, qa: QA) -> None:
    assert answer.answered
    assert answer.short_answer == "Wiesbaden, Germany"
    assert answer.trace.model == "extractive"
    assert (answer.notice or "").endswith("The articles are quoted instead.")
    check_citations(answer, qa)
