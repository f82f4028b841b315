"""When a shop is open, on the clocks on its wall."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Self

Span = tuple[int, int]
"""Opening and closing in minutes since local midnight; closing at or before opening is past midnight."""

DAY = timedelta(days=1)
USUAL: Span = (5 * 60, 24 * 60)
"""Where nobody has said anything else: 05:00-24:00 every day."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours by weekday, in the time of one place.

    On the nights when clocks change, what is written keeps its meaning on the wall. A time that the clock
    skips is when it jumps. Of a time that it shows twice, the first one opens and the second one closes:
    in doubt the shop is open, because the other way raises a false alarm.

    Attributes:
        zone: of the place.
        week: the spans of Monday to Sunday; a day without any is closed, except for what reaches into it from
            the day before.
    """

    zone: tzinfo
    week: tuple[tuple[Span, ...], ...]

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"opening hours are of seven days, got {len(self.week)}")
        for opens, closes in (span for day in self.week for span in day):
            if not (0 <= opens < 1440 and 0 <= closes <= 1440 and opens != closes):
                raise ValueError(f"opening hours lie within 0..1440 minutes, got {opens} to {closes}")

    @classmethod
    def usual(cls, zone: tzinfo) -> Self:
        """05:00-24:00 every day."""
        return cls(zone, ((USUAL,),) * 7)

    def is_open(self, at: datetime) -> bool:
        """Whether the shop is open at a moment; the closing moment itself is not.

        Raises:
            ValueError: `at` has no zone.
        """
        if at.tzinfo is None:
            raise ValueError(f"a moment needs a zone, got {at.isoformat()}")
        shown = at.astimezone(self.zone).replace(tzinfo=None, fold=0)
        return any(
            self._is_within(at, shown, day, span)
            for day in (shown.date() - DAY, shown.date())
            for span in self.week[day.weekday()]
        )

    def closed_between(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """When the shop is closed in [start, end): stretches in order, in UTC, none of them over a midnight.

        Raises:
            ValueError: a moment has no zone.
        """
        if start.tzinfo is None or end.tzinfo is None:
            raise ValueError("stretches need moments with a zone")
        moments = sorted({start.astimezone(UTC), end.astimezone(UTC), *self._turning_points(start, end)})
        moments = [one for one in moments if start <= one <= end]
        closed: list[tuple[datetime, datetime]] = []
        for begin, until in pairwise(moments):
            if self.is_open(begin):
                continue
            same_day = (
                closed and closed[-1][0].astimezone(self.zone).date() == begin.astimezone(self.zone).date()
            )
            if same_day and closed[-1][1] == begin:
                closed[-1] = (closed[-1][0], until)
            else:
                closed.append((begin, until))
        return closed

    def _turning_points(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Moments around a stretch: all at which the shop may open or close, a day begin, a clock jump."""
        day, last = start.astimezone(self.zone).date() - DAY, end.astimezone(self.zone).date() + DAY
        while day <= last:
            # Clocks jump at a quarter of an hour, if at all, and days begin at one.
            quarters = range(0, 1440, 15)
            spans = self.week[day.weekday()]
            turns = (*quarters, *(one for span in spans for one in _minutes_of(span)))
            for minutes in turns:
                wall = _on_the_wall(day, minutes)
                yield from (self._moment(wall, fold=0), self._moment(wall, fold=1))
            day += DAY

    def _is_within(self, at: datetime, shown: datetime, day: date, span: Span) -> bool:
        opens, closes = span
        begin = _on_the_wall(day, opens)
        end = _on_the_wall(day if closes > opens else day + DAY, closes)
        # What the wall shows decides where it skips a time, the moment itself where it shows one twice.
        has_opened = shown >= begin or at >= self._moment(begin, fold=0)
        has_closed = shown >= end and at >= self._moment(end, fold=1)
        return has_opened and not has_closed

    def _moment(self, wall: datetime, *, fold: int) -> datetime:
        """The first (fold 0) or the last (1) moment at which the wall shows this."""
        return wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)


def _minutes_of(span: Span) -> Span:
    """Opening and closing in minutes since the midnight before the opening."""
    opens, closes = span
    return opens, closes if closes > opens else closes + 1440


def _on_the_wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)
