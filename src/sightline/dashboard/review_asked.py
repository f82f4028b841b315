"""Which events somebody wants to see: the query of /review, and the same list on the page of each event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Query

from sightline.analytics.data_days import VenueDays
from sightline.api.windows import EARLIEST, LATEST
from sightline.dashboard.asking import Asked
from sightline.dashboard.pages import link, part
from sightline.dashboard.venue_shown import VenueDesk
from sightline.domain.event import EventKind
from sightline.domain.local_time import Window
from sightline.domain.stay_traits import Facing, Level, StayTraits
from sightline.errors import NotFound

LONGEST_DAYS = 366
ID = r"^[A-Za-z0-9_-]{0,50}$"
OrNothing = Literal[""]
"""A field of a form that was left empty."""
Day = Annotated[date | OrNothing | None, Query()]
Label = Annotated[str | None, Query(max_length=100)]
Show = Literal["events", "visits"]
ONLY_OF: Mapping[Show, Sequence[str]] = {
    "events": ("kind", "confirmed", "dismissed"),
    "visits": ("zone", "age", "gender", "behavior", "posture", "level", "facing"),
}
"""Parts of the address of one list that say nothing in the other."""
CONDITIONS = ("camera_id", "hour", "weekday", *ONLY_OF["events"], *ONLY_OF["visits"])


class ReviewQuery:
    """The query as it came; empty fields of the form are as good as none."""

    def __init__(
        self,
        venue_id: Annotated[str | None, Query(pattern=ID)] = None,
        camera_id: Annotated[str | None, Query(pattern=ID)] = None,
        kind: EventKind | OrNothing | None = None,
        confirmed: bool | OrNothing | None = None,
        first: Day = None,
        last: Day = None,
        hour: Annotated[int, Query(ge=0, le=23)] | OrNothing | None = None,
        weekday: Annotated[int, Query(ge=0, le=6)] | OrNothing | None = None,
        zone: Label = None,
        age: Label = None,
        gender: Literal["F", "M", "unknown"] | OrNothing | None = None,
        behavior: Label = None,
        posture: Label = None,
        level: Level | OrNothing | None = None,
        facing: Facing | OrNothing | None = None,
        dismissed: bool = False,
        show: Show = "events",
    ) -> None:
        self.venue_id, self.camera_id, self.zone = venue_id or None, camera_id or None, zone or None
        self.kind = kind or None
        self.confirmed = None if confirmed == "" else confirmed
        self.first, self.last = first or None, last or None
        self.hour = None if hour == "" else hour
        self.weekday = None if weekday == "" else weekday
        self.age, self.gender = age or None, gender or None
        self.behavior, self.posture = behavior or None, posture or None
        self.level, self.facing = level or None, facing or None
        self.dismissed, self.show = dismissed, show
        for day in (self.first, self.last):
            if day is not None and not EARLIEST <= day < LATEST:
                raise HTTPException(422, "such a day is not kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAsked:
    """What is wanted, with everything that the address left open decided.

    Attributes:
        venues: those that the caller may see.
        venue: the one that is looked at; None for all of them.
        zone_of_time: in which days and hours are meant; of all venues at once only where they share it.
        hour: of the wall, of each of the days; None for all of them.
    """

    query: ReviewQuery
    venues: Sequence[VenueDays]
    venue: VenueDays | None
    zone_of_time: tzinfo
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def window(self) -> Window:
        return Window(self.first, self.last, self.zone_of_time)

    def spans(self) -> list[tuple[datetime, datetime]]:
        """The stretches of time that are meant, in order."""
        hour, weekday = self.query.hour, self.query.weekday
        if hour is None and weekday is None:
            return [(self.window.start, self.window.end)]
        days = [self.first + timedelta(days=number) for number in range(self.days)]
        days = [day for day in days if weekday is None or day.weekday() == weekday]
        if hour is None:
            windows = [Window(day, day, self.zone_of_time) for day in days]
            return [(one.start, one.end) for one in windows]
        spans = [hour_of_wall(day, hour, self.zone_of_time) for day in days]
        return [(since, until) for since, until in spans if since < until]

    def traits(self) -> StayTraits:
        """For `FoundStays`."""
        asked = self.query
        return StayTraits(
            zone=asked.zone,
            camera_id=asked.camera_id,
            age=asked.age,
            gender=asked.gender,
            behavior=asked.behavior,
            posture=asked.posture,
            level=asked.level,
            facing=asked.facing,
        )

    def search(self) -> dict[str, Any]:
        """For `EventReading`; without what was dismissed, unless that is asked for."""
        return {
            "venue_id": self.query.venue_id,
            "camera_id": self.query.camera_id,
            "kind": self.query.kind,
            "confirmed": self.query.confirmed,
            "spans": self.spans(),
            "dismissed": None if self.query.dismissed else False,
        }

    def parts(self) -> dict[str, Any]:
        """Of the address, to come back to the same list."""
        asked = self.query
        return {
            "venue_id": asked.venue_id,
            "camera_id": asked.camera_id,
            "kind": asked.kind.value if asked.kind else None,
            "confirmed": None if asked.confirmed is None else str(asked.confirmed).lower(),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "hour": asked.hour,
            "weekday": asked.weekday,
            "zone": asked.zone,
            "age": asked.age,
            "gender": asked.gender,
            "behavior": asked.behavior,
            "posture": asked.posture,
            "level": asked.level,
            "facing": asked.facing,
            "dismissed": "true" if asked.dismissed else None,
            "show": asked.show if asked.show != "events" else None,
        }

    def address(self, **changed: Any) -> str:
        """Of the list, with some parts changed."""
        return link("/review", **{**self.parts(), **changed})

    def other_list(self, show: Show) -> str:
        """Of the events, or of the stays, of the same place and time: what only the other list has goes."""
        return self.address(**dict.fromkeys(ONLY_OF["visits" if show == "events" else "events"]), show=show)

    def without_conditions(self) -> str:
        """Of the list of the same place and days."""
        return self.address(**dict.fromkeys(CONDITIONS))

    @property
    def has_conditions(self) -> bool:
        """Whether anything but place and days was chosen."""
        return any(self.parts()[name] is not None for name in CONDITIONS)

    def event(self, event_id: str) -> str:
        """Of an event of the list, which then knows its neighbours."""
        return link(f"/review/{part(event_id)}", **self.parts())


def review_asked(desk: VenueDesk, asked: Asked, query: ReviewQuery) -> ReviewAsked:
    """Decide what the address left open: the only venue, the last day with anything to see.

    Raises:
        NotFound: there is no such venue.
        HTTPException: 422, the days go backwards or are too many.
    """
    venues = desk.listed(asked)
    if query.venue_id is None and len(venues) == 1:
        query.venue_id = venues[0].venue.id
    venue = next((one for one in venues if one.venue.id == query.venue_id), None)
    if query.venue_id is not None and venue is None:
        raise NotFound(f"there is no venue {query.venue_id!r}")
    chosen = [venue] if venue is not None else venues
    zones = {str(one.zone) for one in chosen}
    zone: tzinfo = chosen[0].zone if len(zones) == 1 else UTC
    seen = [one.last_day for one in chosen if one.last_day is not None]
    last = query.last or query.first or max(seen, default=datetime.now(zone).date())
    first = query.first or last
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise HTTPException(422, "the last day lies before the first one, or too far behind it")
    return ReviewAsked(query=query, venues=venues, venue=venue, zone_of_time=zone, first=first, last=last)


def hour_of_wall(day: date, hour: int, zone: tzinfo) -> tuple[datetime, datetime]:
    """While a clock on the wall shows this hour; an hour that comes twice is one stretch.

    Where the clock skips the hour, its end is not later than its begin.
    """
    begin = datetime.combine(day, time(hour), zone)
    if hour == 23:
        following = datetime.combine(day + timedelta(days=1), time(), zone)
    else:
        following = datetime.combine(day, time(hour + 1), zone)
    return begin.astimezone(UTC), following.astimezone(UTC)
