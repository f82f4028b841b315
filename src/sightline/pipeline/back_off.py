"""How long somebody who guesses passwords has to wait.

Kept in memory: one process answers the web, and guessing on after a restart is guessing from the start of the
same slope. Waiting is by name and address together, and by address: who sits elsewhere is never kept waiting
by somebody's wrong guesses, so nobody can lock an administrator out.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FORGOTTEN_AFTER_S = 3600.0
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Slope:
    """After `free` failures the first pause is a second; each further one doubles it, up to `longest_s`."""

    free: int
    longest_s: float

    def pause_s(self, failures: int) -> float:
        beyond = failures - self.free
        return 0.0 if beyond < 0 else min(self.longest_s, 2.0 ** min(beyond, 30))


OF_NAME_AND_ADDRESS = Slope(free=5, longest_s=300.0)
OF_ADDRESS = Slope(free=30, longest_s=60.0)


@dataclass(slots=True)
class _Tally:
    failures: int = 0
    closed_until: float = float("-inf")
    last_at: float = float("-inf")


class BackOff:
    """Counts failed attempts. Safe to share between threads."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._tallies: OrderedDict[tuple[str, str], _Tally] = OrderedDict()

    def begin(self, name: str, address: str) -> float:
        """Count an attempt as failed before it is made: many at once get no further than one after another.

        Returns:
            Seconds to wait; 0.0 when it may be made. One that has to wait is not counted.
        """
        now = self._monotonic()
        with self._lock:
            tallies = [(self._tally(key, now), slope) for key, slope in _keys(name, address)]
            wait_s = max(tally.closed_until - now for tally, _ in tallies)
            if wait_s > 0:
                return wait_s
            for tally, slope in tallies:
                tally.failures += 1
                tally.last_at = now
                tally.closed_until = now + slope.pause_s(tally.failures)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """The attempt that `begin` counted was the right one."""
        with self._lock:
            (of_both, _), (of_address, _) = _keys(name, address)
            self._tallies.pop(of_both, None)
            tally = self._tallies.get(of_address)
            if tally is not None:
                tally.failures = max(0, tally.failures - 1)
                tally.closed_until = float("-inf")

    def _tally(self, key: tuple[str, str], now: float) -> _Tally:
        tally = self._tallies.get(key)
        if tally is None or now - max(tally.last_at, tally.closed_until) > FORGOTTEN_AFTER_S:
            tally = self._tallies[key] = _Tally()
        self._tallies.move_to_end(key)
        while len(self._tallies) > MOST_REMEMBERED:
            self._tallies.popitem(last=False)
        return tally


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], Slope], tuple[tuple[str, str], Slope]]:
    return ((name, address), OF_NAME_AND_ADDRESS), (("", address), OF_ADDRESS)
