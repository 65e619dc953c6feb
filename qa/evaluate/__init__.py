"""Fixed questions with known answers, and how well a QA answers them."""

from qa.evaluate.cases import QUESTIONS, Case, Split, load_cases
from qa.evaluate.report import failures, render
from qa.evaluate.run import Report, Row, Summary, evaluate

__all__ = ["QUESTIONS", "Case", "Report", "Row", "Split", "Summary", "evaluate", "failures", "load_cases", "render"]
