"""Summing up how long things took."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Durations:
    """Count, shortest, longest and mean of durations, added one at a time.

    Sums are `timedelta`, whole microseconds, so the order of adding does not show in the result.
    """

    count: int = 0
    total: timedelta = timedelta(0)
    shortest: timedelta | None = None
    longest: timedelta | None = None

    def add(self, duration: timedelta) -> None:
        self.count += 1
        self.total += duration
        self.shortest = duration if self.shortest is None else min(self.shortest, duration)
        self.longest = duration if self.longest is None else max(self.longest, duration)

    @property
    def mean_s(self) -> float | None:
        """Seconds to two decimals; None when there is nothing to average."""
        return round(self.total / SECOND / self.count, 2) if self.count else None

    @property
    def shortest_s(self) -> float | None:
        return None if self.shortest is None else seconds(self.shortest)

    @property
    def longest_s(self) -> float | None:
        return None if self.longest is None else seconds(self.longest)


def seconds(duration: timedelta) -> float:
    """Seconds to two decimals."""
    return round(duration / SECOND, 2)


def local_text(at: datetime, zone: tzinfo) -> str:
    """`YYYY-MM-DD HH:MM:SS` on the clocks of `zone`. An hour that clocks show twice reads the same twice."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, aware UTC."""
    return datetime.now(UTC)
