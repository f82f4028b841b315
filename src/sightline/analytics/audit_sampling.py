"""Which stretches of video a person counts: drawn by chance from what was both recorded and looked at."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random, SystemRandom
from typing import Any
from zoneinfo import ZoneInfo

from sightline.analytics.audits import RULES
from sightline.domain.event import EventKind
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, NotFound
from sightline.store.audits import found_moments, list_audited
from sightline.store.coverage import coverage_between
from sightline.store.database import Database
from sightline.store.recordings import segments_between
from sightline.store.venues import get_venue, list_cameras

Span = tuple[datetime, datetime]

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
JOINED = timedelta(seconds=1)
"""Files of a recording that are no further apart are one stretch."""
LEAD = timedelta(seconds=2)
"""Left out at the begin of a recording: who stands in its first picture began before it, or did not."""
SHOWN_AFTER = {
    EventKind.INTERACTION.value: timedelta(seconds=15),
    EventKind.UNATTENDED.value: timedelta(seconds=60),
    EventKind.QUEUE.value: timedelta(seconds=30),
}
"""How much more is shown, by rule: what begins at the end of a stretch has to be seen going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be counted.

    Attributes:
        rule: one of `audits.RULES`.
        first, last: local days of the venue, both included.
        length: of each stretch.
        count: how many at most.
    """

    venue_id: str
    camera_id: str
    rule: str
    first: date
    last: date
    length: timedelta
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What begins in [start, end) is counted; it is shown until `shown_until`."""

    start: datetime
    end: datetime
    shown_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The stretches, earliest first, and how much there was to draw from."""

    stretches: Sequence[Stretch]
    available: timedelta


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """Draws stretches, and says afterwards what had been found in one."""

    database: Database
    clock: Callable[[], datetime]

    def draw(self, scope: Scope, wish: Wish, *, random: Random | None = None) -> Drawn:
        """Stretches of equal chance, none twice, none that was counted before for this rule.

        Raises:
            NotFound: no such venue or camera.
            ConfigError: no such rule, or days that end before they begin.
        """
        _demand_rule(wish.rule)
        if wish.last < wish.first:
            raise ConfigError("the last day is not before the first one")
        with self.database.reading() as connection:
            venue = get_venue(scope, connection, wish.venue_id)
            if venue is None:
                raise NotFound(f"there is no venue {wish.venue_id!r}")
            self._demand_camera(scope, connection, wish.venue_id, wish.camera_id)
            days = (wish.last - wish.first).days + 1
            window = Window.of_days(days, wish.last, ZoneInfo(venue.timezone))
            start, end = window.start, min(window.end, self.clock())
            where = (wish.venue_id, wish.camera_id)
            files = segments_between(scope, connection, *where, start, end)
            minutes = coverage_between(
                scope, connection, venue_id=wish.venue_id, camera_id=wish.camera_id, start=start, end=end
            )
            counted = list_audited(
                scope, connection, venue_id=wish.venue_id, camera_id=wish.camera_id, rule=wish.rule
            )
        recorded = joined(((one.started_at, one.ended_at) for one in files), within=JOINED)
        seen = joined((one.minute_at, one.minute_at + MINUTE) for one in minutes)
        spans = common(
            common(((a + LEAD, b) for a, b in recorded if a + LEAD < b), seen), [(start, max(start, end))]
        )
        free = without(spans, [(one.started_at, one.ended_at) for one in counted])
        chosen = chosen_from(free, wish.length, wish.count, random or SystemRandom())
        after = SHOWN_AFTER.get(wish.rule, timedelta())
        return Drawn(
            stretches=[
                Stretch(start=a, end=b, shown_until=_shown_until(b, after, recorded)) for a, b in chosen
            ],
            available=sum((b - a for a, b in free), timedelta()),
        )

    def found(
        self, scope: Scope, *, venue_id: str, camera_id: str, rule: str, start: datetime, end: datetime
    ) -> list[datetime]:
        """When each of those began that the product has found in [start, end), in order.

        Raises:
            NotFound: no such camera.
            ConfigError: no such rule.
        """
        _demand_rule(rule)
        with self.database.reading() as connection:
            self._demand_camera(scope, connection, venue_id, camera_id)
            return found_moments(
                scope, connection, rule=rule, venue_id=venue_id, camera_id=camera_id, start=start, end=end
            )

    def demand_camera(self, scope: Scope, venue_id: str, camera_id: str) -> None:
        """Counts of a camera that does not exist would all be nothing.

        Raises:
            NotFound: no such camera.
        """
        with self.database.reading() as connection:
            self._demand_camera(scope, connection, venue_id, camera_id)

    def _demand_camera(self, scope: Scope, connection: Any, venue_id: str, camera_id: str) -> None:
        if camera_id not in [one.id for one in list_cameras(scope, connection, venue_id)]:
            raise NotFound(
                f"there is no camera {camera_id!r} in venue {venue_id!r}; GET /api/cameras lists all"
            )


def joined(spans: Iterable[Span], *, within: timedelta = timedelta()) -> list[Span]:
    """Spans by begin, those that overlap or are no further apart than `within` as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] <= within:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def common(some: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """What lies in one of `some` and in one of `others`."""
    both = ((max(a, c), min(b, d)) for a, b in some for c, d in others if max(a, c) < min(b, d))
    return sorted(both)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of spans that do not overlap when others are taken out."""
    left = sorted(spans)
    for c, d in taken:
        left = [
            piece
            for a, b in left
            for piece in ((a, min(b, c)), (max(a, d), b))
            if piece[0] < piece[1]
        ]  # fmt: skip
    return joined(left)


def chosen_from(free: Sequence[Span], length: timedelta, count: int, random: Random) -> list[Span]:
    """Up to `count` stretches of a length, each begin as likely as any other; they begin at full seconds."""
    left, chosen = list(free), []
    for _ in range(count):
        begins = [int((b - a - length) / SECOND) + 1 for a, b in left]
        places = [max(0, one) for one in begins]
        if not sum(places):
            break
        (which,) = random.choices(range(len(left)), weights=places)
        start = left[which][0] + random.randrange(places[which]) * SECOND
        chosen.append((start, start + length))
        left = without(left, chosen[-1:])
    return sorted(chosen)


def _shown_until(end: datetime, after: timedelta, recorded: Sequence[Span]) -> datetime:
    """As far as there is footage."""
    last = next((b for a, b in recorded if a < end <= b), end)
    return min(end + after, last)


def _demand_rule(rule: str) -> None:
    if rule not in RULES:
        raise ConfigError(f"there is no rule {rule!r}; choose one of {', '.join(RULES)}")
