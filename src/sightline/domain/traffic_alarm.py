"""When the traffic of a shop is news: far more or far fewer people than in the week before."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from math import exp, lgamma, log

from sightline.domain.local_time import HOUR, local_hour

TRAFFIC_SPIKE, TRAFFIC_DROP, UNUSUAL_HOURS = "traffic_spike", "traffic_drop", "unusual_hours"
WEEK = timedelta(days=7)

SPIKE_ABOVE, SPIKE_OVER = 150, 140
DROP_BELOW, DROP_OVER = 70, 80
"""Percent of before that raise the alarm, and at which it is over: one limit for both would ring again."""
SIGNIFICANT = 0.01
UNUSUAL_MORE_THAN = 10
"""Stays outside opening hours in one day."""
LEAST_COMPARED = timedelta(hours=24)

Stretch = tuple[datetime, datetime]
"""From the first on, up to the second, which does not belong to it."""


class Verdict(Enum):
    """What follows for an alert: raise it, leave it as it is, end it."""

    RAISE = "raise"
    LEAVE = "leave"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Change:
    """People of a window and of the one before, which were observed for equally long."""

    before: int
    after: int

    @property
    def share(self) -> float | None:
        """0.5 is half as many again; None where nobody was before."""
        return self.after / self.before - 1 if self.before else None

    @property
    def p_value(self) -> float:
        """How likely a difference of this size or more is between two Poisson counts of one rate.

        The exact conditional test: of all people together, those of one window are binomial with one half.
        """
        both = self.before + self.after
        return min(1.0, 2 * _tail_of_half(min(self.before, self.after), both))

    def verdicts(self) -> dict[str, Verdict]:
        """By type of alert. Where nobody was before there is no change to speak of."""
        if not self.before:
            return {TRAFFIC_SPIKE: Verdict.CLEAR, TRAFFIC_DROP: Verdict.CLEAR}
        significant = self.p_value < SIGNIFICANT
        # Whole numbers: 140 of 200 are exactly 30 % fewer, and floating point would say more.
        now, base = 100 * self.after, self.before
        return {
            TRAFFIC_SPIKE: _verdict(now > SPIKE_ABOVE * base and significant, over=now <= SPIKE_OVER * base),
            TRAFFIC_DROP: _verdict(now < DROP_BELOW * base and significant, over=now >= DROP_OVER * base),
        }


def _tail_of_half(hits: int, trials: int) -> float:
    """Probability of `hits` or fewer of `trials` coins; at most half of the trials are hits.

    Summed from its largest term downwards, until what is left does not count. As exact as floating point, and
    without the 20 MB that a library for it takes in each process.
    """
    term = exp(lgamma(trials + 1) - lgamma(hits + 1) - lgamma(trials - hits + 1) - trials * log(2))
    total = 0.0
    for number in range(hits, -1, -1):
        total += term
        if term <= total * 1e-17:
            break
        term *= number / (trials - number + 1)
    return total


def _verdict(holds: bool, *, over: bool) -> Verdict:
    if holds:
        return Verdict.RAISE
    return Verdict.CLEAR if over else Verdict.LEAVE


@dataclass(frozen=True, slots=True)
class ComparedWeeks:
    """Two windows of seven days by the clock on the wall, the second one ending now."""

    start: datetime
    middle: datetime
    end: datetime
    zone: tzinfo

    @classmethod
    def until(cls, end: datetime, zone: tzinfo) -> "ComparedWeeks":
        wall = end.astimezone(zone)
        middle, start = (_at_wall(wall - WEEK * weeks, end) for weeks in (1, 2))
        return cls(start, middle, end, zone)

    def whole(self) -> tuple[list[Stretch], list[Stretch]]:
        """Both windows in full: of a venue of which only others tell, its counts are what was told."""
        return [(self.start, self.middle)], [(self.middle, self.end)]

    def observed(self, hours: Collection[datetime]) -> tuple[list[Stretch], list[Stretch]]:
        """What of both windows was observed at the same times of the week.

        Args:
            hours: begins of the local hours with coverage or a stay, from the first window's on.
        """
        before, after = [], []
        hour = local_hour(self.middle, self.zone)
        while hour < self.end:
            earlier = local_hour(_at_wall(hour.astimezone(self.zone) - WEEK, hour), self.zone)
            if hour in hours and earlier in hours:
                after.append((max(hour, self.middle), min(hour + HOUR, self.end)))
                before.append((max(earlier, self.start), min(earlier + HOUR, self.middle)))
            hour = local_hour(hour + HOUR, self.zone)
        return joined(before), joined(after)


def _at_wall(wall: datetime, like: datetime) -> datetime:
    """The moment of a time on the wall, in the zone of `like`."""
    return wall.astimezone(like.tzinfo)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time in as few stretches as possible, in order; empty ones are left out."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def length(stretches: Iterable[Stretch]) -> timedelta:
    """Of all of them together."""
    return sum((end - start for start, end in stretches), timedelta())
