"""Citations: which sentences of the articles bear out which sentences of an answer. Pure functions, no model.

splitter = Splitter()                             # an answer as it comes in -> its sentences
found = sources(evidence)                         # the passages' sentences, as quotes
aligned = align(sentence.text, found.quotes, similarity, judge, found.hinted(sentence.hints))
text, sentences, citations = number([statement(aligned), ...])
"""

from qa.cite.align import Aligned, Judge, align, statement
from qa.cite.checks import ADDRESS
from qa.cite.numbering import Statement, number
from qa.cite.sources import Sources, sources
from qa.cite.stream import Splitter, Written

__all__ = [
    "ADDRESS", "Aligned", "Judge", "Sources", "Splitter", "Statement", "Written",
    "align", "number", "sources", "statement",
]  # fmt: skip
