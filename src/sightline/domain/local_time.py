"""Hours, days and weeks as the clock on a venue's wall has them.

A day is counted since 1970-01-01 on that calendar. An hour is known by the instant at which it began: there
are two of the name 02:00 when the clock goes back, none when it skips one, and in zones that are half an hour
off UTC they begin at half past.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

EPOCH_DAY = date(1970, 1, 1)
HOUR = timedelta(hours=1)
WEEK = 7


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH_DAY).days


def day_of_number(number: int) -> date:
    return EPOCH_DAY + timedelta(days=number)


def local_day(at: datetime, zone: tzinfo) -> int:
    """Number of the day on which `at` (aware) falls."""
    return day_number(at.astimezone(zone).date())


def local_hour(at: datetime, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which the local hour of `at` (aware) began."""
    utc = at.astimezone(UTC)
    return _hour_of_minute(utc.replace(second=0, microsecond=0), zone)


@lru_cache(maxsize=65_536)
def _hour_of_minute(utc: datetime, zone: tzinfo) -> datetime:
    wall = utc.astimezone(zone)
    began = wall.replace(minute=0).astimezone(UTC)
    # Where the clock jumps inside this hour of the wall, what is before the jump is an hour of its own.
    return began if began <= utc else utc.replace(minute=0)


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day, in UTC. Where midnight is skipped, the day begins with the jump."""
    wall = datetime.combine(day, time(), zone)
    start = wall.astimezone(UTC)
    if start.astimezone(zone).date() < day:  # pragma: no cover - fold 0 of a skipped midnight lies before it
        start += HOUR
    return start


@dataclass(frozen=True, slots=True)
class Window:
    """Whole local days of one venue.

    Attributes:
        first, last: both within it.
        zone: of the venue.
    """

    first: date
    last: date
    zone: tzinfo

    @classmethod
    def of_days(cls, days: int, to: date, zone: tzinfo) -> "Window":
        """The last `days` days, `to` being the last of them."""
        return cls(to - timedelta(days=days - 1), to, zone)

    @classmethod
    def of_weeks(cls, weeks: int, to: date, zone: tzinfo) -> "Window":
        """The last `weeks` whole weeks, Monday to Sunday, that are over by the end of `to`."""
        sunday = to - timedelta(days=(to.weekday() + 1) % WEEK)
        return cls(sunday - timedelta(days=WEEK * weeks - 1), sunday, zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """Its first instant, UTC."""
        return day_start(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it, UTC."""
        return day_start(self.last + timedelta(days=1), self.zone)

    @property
    def first_number(self) -> int:
        return day_number(self.first)

    @property
    def last_number(self) -> int:
        return day_number(self.last)

    def before(self) -> "Window":
        """The window of the same length that ends where this one begins."""
        return Window.of_days(self.days, self.first - timedelta(days=1), self.zone)

    def with_before(self) -> "Window":
        """This window and the one before as one."""
        return Window(self.before().first, self.last, self.zone)

    def hours(self) -> Iterator[datetime]:
        """The begin of each local hour in it, UTC, in order."""
        at, end = self.start, self.end
        while at < end:
            yield at
            step = at + HOUR
            begins = local_hour(step, self.zone)
            # An hour that is longer or shorter than 60 minutes: the next one is the first other begin.
            while begins <= at:
                step += timedelta(minutes=15)
                begins = local_hour(step, self.zone)
            at = begins
