"""How long to wait before a lost camera is tried again."""

from __future__ import annotations

from collections.abc import Callable

from sightline.domain.gap import GapReason

SHARE = 1 / 7  # an outage of 10 s: 1.4 s, 1.7 s at most, and 0.9 s to connect: back within 3 s
SHORTEST_S, LONGEST_S = 0.5, 30.0
JITTER = 0.2
REFUSED_S, REFUSED_JITTER = 60.0, 0.05
PROVEN_S = 2.0


class ReconnectPause:
    """At once after a connection that worked; then a seventh of the outage so far: short ones end soon.

    Args:
        jitter: gives a number in [0, 1): cameras that were lost together are not tried together.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._down_since: float | None = None

    def after(
        self, reason: GapReason, *, now: float, live_s: float, last_arrival: float | None, hopeless: bool
    ) -> float:
        """Seconds to wait before the next attempt.

        Args:
            now: seconds on a clock that nobody sets.
            live_s: how long the connection gave pictures; 0 where there was none.
            last_arrival: of its last packet, on the same clock.
            hopeless: only a person can change anything (no password, not a camera's address).
        """
        worked = live_s >= PROVEN_S and last_arrival is not None
        if worked or self._down_since is None:
            self._down_since = now if last_arrival is None else last_arrival
        if reason is GapReason.UNAUTHORIZED:
            return REFUSED_S * (1 + REFUSED_JITTER * self._jitter())  # never earlier: cameras lock accounts
        if worked:
            return 0.0
        outage_s = now - self._down_since
        pause_s = LONGEST_S if hopeless else min(LONGEST_S, max(SHORTEST_S, SHARE * outage_s))
        return pause_s * (1 + JITTER * (2 * self._jitter() - 1))
