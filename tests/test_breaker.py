"""The circuit breaker, by a clock that stands still."""

import pytest

from qa.errors import EndpointError, EndpointTimeout
from qa.models.breaker import Breaker
from qa.types import ModelState


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def test_one_failure_keeps_nobody_away(breaker: Breaker) -> None:
    breaker.failed(EndpointError("Broken."))
    breaker.check()
    assert breaker.state is ModelState.FAILING


def test_two_failures_in_a_row_do_with_the_last_one_s_words(breaker: Breaker) -> None:
    breaker.failed(EndpointError("Broken."))
    breaker.failed(EndpointTimeout("Slow."))
    with pytest.raises(EndpointTimeout, match="Slow"):
        breaker.check()


def test_a_success_between_two_failures_counts(breaker: Breaker) -> None:
    breaker.failed(EndpointError("Broken."))
    breaker.succeeded()
    breaker.failed(EndpointError("Broken."))
    breaker.check()


def test_after_a_rest_one_call_tries_and_the_others_do_not_wait_for_it(breaker: Breaker, clock: Clock) -> None:
    for _ in range(2):
        breaker.failed(EndpointError("Broken."))
    clock.now += 30.1
    breaker.check()
    with pytest.raises(EndpointError):
        breaker.check()
    breaker.succeeded()
    breaker.check()
    assert (breaker.state, breaker.last) == (ModelState.WORKING, None)


def test_an_endpoint_that_wants_to_be_left_alone_is_for_that_long_but_not_for_ever(
    breaker: Breaker, clock: Clock
) -> None:
    breaker.failed(EndpointError("Too often.", retry_after=120))
    clock.now += 119
    with pytest.raises(EndpointError):
        breaker.check()
    clock.now += 2
    breaker.check()
    breaker.failed(EndpointError("Too often.", retry_after=1e9))
    clock.now += 301
    breaker.check()


def test_nothing_is_known_of_an_endpoint_that_was_not_tried(breaker: Breaker) -> None:
    assert breaker.state is ModelState.UNTRIED
