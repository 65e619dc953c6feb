"""Fixed questions with known answers, and how well a QA answers them."""

from qa.evaluate.cases import QUESTIONS, Case, Split, load_cases
from qa.evaluate.client import Client
from qa.evaluate.measures import Row
from qa.evaluate.run import Answers, Report, evaluate

__all__ = ["QUESTIONS", "Answers", "Case", "Client", "Report", "Row", "Split", "evaluate", "load_cases"]
