"""Words and phrases that sentences are falsified with."""

from qa.models.train.nearmiss import SERIES

STRENGTH = [pair.replace("_", " ").split("/") for pair in """
may/will could/will might/will some/all many/all several/dozens_of most/all about/exactly nearly/more_than
up_to/more_than at_least/at_most more_than/less_than one_of_the/the considering/planning considered/decided_on
proposed/adopted suspected_of/convicted_of alleged/proven partly/entirely often/always sometimes/always usually/always
rarely/often plans_to/refuses_to wants_to/refuses_to hopes_to/has_decided_to is_expected_to/has_already_agreed_to
tried_to/managed_to likely_to/certain_to likely/unlikely expected/forced each/one_of every/almost_every only/not_only
all/some_of both/neither_of few/many a_few/hundreds_of half/most_of twice/three_times almost/exactly before/after
after/before until/since since/until because_of/despite due_to/despite despite/because_of with/without without/with
against/in_favour_of in_favor_of/against in_favour_of/against up_from/down_from above/below over/under inside/outside
""".split()]  # fmt: skip
"""Words that are one step stronger or weaker, or turn a relation round."""
ADDED = (
    ", making it the largest ever", " for the first time", " in secret", " despite protests", ", according to experts",
    " free of charge", " every year", ", costing millions", ", which led to widespread criticism", ", a record high",
    " by the end of the year", ", with support from the government", " and won an award for it",
    ", drawing thousands of people", ", surpassing expectations", " in collaboration with a university",
)  # fmt: skip
EPITHETS = (
    "controversial", "newly elected", "former", "award-winning", "35-year-old", "British", "American", "local",
    "retired", "popular", "state-owned", "secret", "annual", "unanimous", "two-day", "international",
)  # fmt: skip
MEMBERS = {word: series.split() for series in SERIES for word in series.split()}
"""Words whose meanings exclude each other, each with all of its series."""
MONTHS = set(SERIES[0].split())
UNSURE = frozenset("second last left right may march fall spring".split())
"""Members of a series that are more often something else."""
