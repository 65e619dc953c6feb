"""How many answers are made at a time, and how many questions wait for it."""

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Event, Lock

from qa.errors import Busy

_LOOK_S = 1.0
"""How often somebody who waits is looked after: whoever has gone need not be answered."""
_MEMORY = 0.1
"""Weight of the last answer in the mean of how long one takes."""
_MOST_RETRY_S = 60


class Turns:
    """Lets a few in at a time, first come, first served; threads share it.

    Args:
        places: how many are in at the same time.
        waiting: how many wait for a place, at most.
        within_s: how long the longest wait may be, in seconds.
        tell: told how many are in and how many wait, whenever that changes.
    """

    def __init__(
        self, places: int, waiting: int, within_s: float, tell: Callable[[int, int], None] = lambda _in, _waiting: None
    ) -> None:
        self._places = places
        self._waiting = waiting
        self._within_s = within_s
        self._tell = tell
        self._inside = 0
        self._queue: deque[Event] = deque()
        self._mean_s = 0.0
        self._lock = Lock()

    def enter(self, gone: Callable[[], bool] = lambda: False) -> "Turn":
        """Wait for a place; leave it when done.

        Args:
            gone: whether nobody waits for the answer any more.

        Raises:
            Busy: too many wait already, it takes too long, or nobody waits any more.
        """
        until = time.monotonic() + self._within_s
        with self._lock:
            if self._inside < self._places:
                self._inside += 1
                self._changed()
                return Turn(self._left, until)
            if len(self._queue) >= self._waiting:
                raise self._busy()
            called = Event()
            self._queue.append(called)
            self._changed()
        while not called.wait(min(_LOOK_S, max(0.0, until - time.monotonic()))):
            if time.monotonic() >= until or gone():
                with self._lock:
                    if called.is_set():
                        break  # just now
                    self._queue.remove(called)
                    self._changed()
                    raise self._busy()
        return Turn(self._left, until)

    def _left(self, seconds: float) -> None:
        with self._lock:
            self._mean_s += _MEMORY * (seconds - self._mean_s)
            if self._queue:
                self._queue.popleft().set()
            else:
                self._inside -= 1
            self._changed()

    def _changed(self) -> None:
        self._tell(self._inside, len(self._queue))

    def _busy(self) -> Busy:
        """Says when the queue will have moved on, as far as can be told."""
        wait_s = min(_MOST_RETRY_S, math.ceil(self._mean_s * (1 + len(self._queue)) / self._places))
        return Busy("As many questions as can be are being answered. Ask again a little later.", max(1, wait_s))


class Turn:
    """A place, until it is left."""

    def __init__(self, left: Callable[[float], None], until: float) -> None:
        self.until = until
        """`time.monotonic()` by which the answer should be there."""
        self._left: Callable[[float], None] | None = left
        self._began = time.monotonic()

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Let the next one in; more than once does nothing."""
        left, self._left = self._left, None
        if left:
            left(time.monotonic() - self._began)
