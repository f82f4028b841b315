"""/review: the events of some days, or the stays behind a figure of visitors, each a click from its video."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from sightline.analytics.found_stays import FoundStays
from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.charts.marks import ON_SCREEN, Mark, on_both
from sightline.dashboard.charts.timeline import Happened, timeline
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.pages import link, show
from sightline.dashboard.review_asked import ReviewAsked, ReviewQuery, hour_of_wall, review_asked
from sightline.dashboard.review_conditions import conditions_shown
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.event import EVENT
from sightline.dashboard.sentences.full import FULL
from sightline.dashboard.sentences.review import REVIEW
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.venue_shown import VenueDesk, zone_said
from sightline.domain.event import EventKind
from sightline.pipeline.camera_admin import CameraAdmin
from sightline.pipeline.event_reading import EventMark, EventReading

PER_PAGE = 24
STAYS_PER_PAGE = 50
MOST_TICKS, TICKS_ON_PHONE = 9, 4
STEPS_MIN = (2, 5, 10, 30, 60, 180)
"""Between two ticks of a day's line."""
AROUND = timedelta(minutes=10)
DRAWN = 240
"""Events on the time line at most: more of them are not told apart."""
OF_LABELS = ("behavior_", "posture_", "level_", "label_", "facing_", "sideways")
WORDS = {
    **{key: said for key, said in FULL.items() if key.startswith(OF_LABELS)},
    **VENUE,
    **REVIEW,
    **EVENT,
}


def review_routes(
    desk: VenueDesk, events: EventReading, stays: FoundStays, cameras: CameraAdmin
) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/review")
    def review(
        asked: Asking,
        query: Annotated[ReviewQuery, Depends()],
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> HTMLResponse:
        wanted = review_asked(desk, asked, query)
        found = _Review(asked, wanted, events, stays, cameras)
        values = found.visits(page) if query.show == "visits" else found.events(page)
        scripts = ("review.js",) if query.show == "visits" and asked.can_manage else ()
        return show(
            "review.html",
            asked,
            sentences=WORDS,
            zone=wanted.zone_of_time,
            scripts=scripts,
            wanted=wanted,
            kinds=[(kind.value, found.words[f"kind_{kind.value}"]) for kind in EventKind],
            cameras=found.cameras(),
            names=desk.camera_names(asked),
            **conditions_shown(wanted, found.words, found.shown),
            **values,
        )

    return routes


class _Review:
    """What the page shows of what is wanted."""

    def __init__(
        self,
        asked: Asked,
        wanted: ReviewAsked,
        events: EventReading,
        stays: FoundStays,
        cameras: CameraAdmin,
    ) -> None:
        self._asked, self._wanted = asked, wanted
        self._events, self._stays = events, stays
        self.words = in_language(asked.language, SHELL, WORDS)
        self.shown = Shown(asked.language, wanted.zone_of_time)
        venue = wanted.venue.venue.id if wanted.venue else None
        known, _ = cameras.page(asked.caller.scope, venue_id=venue, limit=200, offset=0)
        self._names = {(one["venue_id"], one["camera_id"]): one["name"] or one["camera_id"] for one in known}

    def cameras(self) -> list[tuple[str, str]]:
        """Id and name of those that can be chosen."""
        names = {camera_id: name for (_, camera_id), name in sorted(self._names.items())}
        if self._wanted.query.camera_id is not None:
            names.setdefault(self._wanted.query.camera_id, self._wanted.query.camera_id)
        return sorted(names.items())

    def _row_name(self, key: tuple[str, str]) -> str:
        name: str = self._names.get(key, key[1])
        if self._wanted.venue is not None:
            return name
        venues = {one.venue.id: one.venue.name for one in self._wanted.venues}
        return f"{name} · {venues.get(key[0], key[0])}"

    def events(self, page: int) -> dict[str, Any]:
        wanted, scope = self._wanted, self._asked.caller.scope
        search = wanted.search()
        found, total = self._events.page(scope, limit=PER_PAGE, offset=(page - 1) * PER_PAGE, **search)
        dismissed = 0
        if not wanted.query.dismissed:
            _, dismissed = self._events.page(scope, limit=1, offset=0, **{**search, "dismissed": True})
        marks = self._events.marks(scope, limit=DRAWN, **search)
        return {
            "events": found,
            "total": total,
            "newest": None if found or page > 1 else self._newest_day(),
            "dismissed": dismissed,
            "line": self._line(marks) if marks else None,
            "not_drawn": max(0, total - DRAWN),
            "drawn_kinds": sorted({one.kind for one in marks}),
            **self._pages(page, total, PER_PAGE),
        }

    def _newest_day(self) -> tuple[str, str] | None:
        """Name and address of the last day with an event of the place; None where there never was one."""
        wanted, venue_id = self._wanted, self._wanted.query.venue_id
        found, _ = self._events.page(self._asked.caller.scope, limit=1, offset=0, venue_id=venue_id)
        if not found:
            return None
        day = found[0]["started_at"].astimezone(wanted.zone_of_time).date()
        href = link("/review", venue_id=venue_id, first=day.isoformat(), last=day.isoformat())
        return self.shown.day(day), href

    def visits(self, page: int) -> dict[str, Any]:
        wanted, scope = self._wanted, self._asked.caller.scope
        if wanted.venue is None:
            return {"stays": None, "total": 0, **self._pages(page, 0, STAYS_PER_PAGE)}
        query, venue_id = wanted.query, wanted.venue.venue.id
        found = self._stays.page(
            scope,
            venue_id,
            wanted.spans(),
            traits=wanted.traits(),
            limit=STAYS_PER_PAGE,
            offset=(page - 1) * STAYS_PER_PAGE,
        )
        zones = self._stays.zones(scope, venue_id, (wanted.window.start, wanted.window.end))
        return {
            "stays": found.stays,
            "total": found.total,
            "people": found.people,
            "zones": [
                (one, zone_said(one, self.words))
                for one in sorted({*zones, *([query.zone] if query.zone else [])})
            ],
            "zone_said": zone_said,
            "page_data": {"words": {key: self.words[key] for key in ("watch", "cutting")}},
            **self._pages(page, found.total, STAYS_PER_PAGE),
        }

    def _pages(self, page: int, total: int, size: int) -> dict[str, Any]:
        last = max(1, -(-total // size))
        return {
            "page": page,
            "last_page": last,
            "newer": self._wanted.address(page=page - 1) if page > 1 else None,
            "older": self._wanted.address(page=page + 1) if page < last else None,
        }

    def _line(self, marks: Sequence[EventMark]) -> Markup:
        wanted, words, shown = self._wanted, self.words, self.shown
        rows = sorted({(one.venue_id, one.camera_id) for one in marks})
        span = (wanted.window.start, wanted.window.end)
        if wanted.query.hour is not None and wanted.days == 1:
            span = hour_of_wall(wanted.first, wanted.query.hour, wanted.zone_of_time)
        elif wanted.days == 1:
            span = _around(marks, span)
        happened = [
            Happened(
                row=f"{one.venue_id}/{one.camera_id}",
                kind=one.kind,
                started_at=one.started_at,
                ended_at=one.ended_at,
                mark=Mark(
                    label="",
                    value=1,
                    said=words["event_said"].format(
                        kind=words[f"kind_{one.kind}"],
                        at=shown.moment(one.started_at, seconds=True),
                        span=shown.span(one.ended_at - one.started_at),
                    ),
                    href=wanted.event(one.id),
                ),
            )
            for one in reversed(marks)
        ]
        title = words["line_title"]
        named = [("/".join(row), self._row_name(row)) for row in rows]
        ticks = self._ticks(span)

        def draw(width: float) -> Markup:
            every = 1 if width == ON_SCREEN else max(1, -(-len(ticks) // TICKS_ON_PHONE))
            return timeline(happened, named, span, ticks[::every], title=title, width=width)

        return on_both(draw)

    def _ticks(self, span: tuple[datetime, datetime]) -> list[tuple[datetime, str]]:
        wanted, shown = self._wanted, self.shown
        if wanted.days > 1:
            step = max(1, -(-wanted.days // 8))
            days = [wanted.first + timedelta(days=number) for number in range(0, wanted.days, step)]
            starts = [hour_of_wall(day, 12, wanted.zone_of_time)[0] for day in days]
            return [(at, shown.short_day(day)) for at, day in zip(starts, days, strict=True)]
        whole = (span[1] - span[0]) / timedelta(minutes=1)
        minutes = next(step for step in STEPS_MIN if whole <= MOST_TICKS * step or step == STEPS_MIN[-1])
        at, ticks = span[0].astimezone(UTC) + timedelta(minutes=minutes), []
        while at < span[1]:
            ticks.append((at, shown.time(at)))
            at += timedelta(minutes=minutes)
        return ticks


def _around(marks: Sequence[EventMark], day: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Of a day, the tens of minutes in which something happened: over all of it a line would be a dot."""
    first, last = min(one.started_at for one in marks), max(one.ended_at for one in marks)
    begin = day[0] + (first - day[0]) // AROUND * AROUND
    end = day[0] + ((last - day[0]) // AROUND + 1) * AROUND
    return max(day[0], begin), min(day[1], end)
