"""/dashboard/{venue_id}: a venue at a glance, each figure a link to what is behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from sightline.analytics.audits import Audits
from sightline.analytics.insights import insights
from sightline.analytics.traffic import TrafficFigures, change_between
from sightline.analytics.whole_window import WholeWindows
from sightline.api.addresses import VenueId
from sightline.api.windows import Days, To
from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.charts.bars import bars
from sightline.dashboard.charts.marks import ON_SCREEN, Mark, on_both
from sightline.dashboard.charts.shares import share_bars
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.pages import show
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.venue_shown import (
    SPANS,
    VenueDesk,
    VenueShown,
    coverage_said,
    events_counted,
    is_unseen,
    zone_said,
)
from sightline.domain.local_time import Window
from sightline.pipeline.event_reading import EventReading

EVENTS = 8
ZONES = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that leads to its events."""

    label: str
    value: str
    note: str
    href: str
    hint: str = ""


def venue_page_routes(
    desk: VenueDesk, traffic: TrafficFigures, windows: WholeWindows, events: EventReading, audits: Audits
) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/dashboard/{venue_id}")
    def venue_page(asked: Asking, venue_id: VenueId, days: Days = 1, to: To = None) -> HTMLResponse:
        venue = desk.shown(asked, venue_id, days=days, to=to)
        values: dict[str, Any] = {"venue": venue, "spans": SPANS, "unseen": False}
        if not venue.is_empty:
            values |= _VenueFigures(asked, venue, traffic, windows).values()
            values["events"] = _latest(events, asked, venue)
            values["names"] = desk.camera_names(asked)
            values["verified"] = _verified(audits, asked, venue)
        return show("venue.html", asked, sentences=VENUE, zone=venue.zone, **values)

    return routes


def _latest(events: EventReading, asked: Asked, venue: VenueShown) -> list[dict[str, Any]]:
    window = Window.of_days(venue.days, venue.to, venue.zone)
    found, _ = events.page(
        asked.caller.scope, limit=EVENTS, offset=0, venue_id=venue.id, since=window.start, until=window.end
    )
    return found


def _verified(audits: Audits, asked: Asked, venue: VenueShown) -> str:
    """When people counted last what the figures are made of; empty when nobody did."""
    counted = audits.listed(asked.caller.scope, venue_id=venue.id)
    if not counted:
        return ""
    last = max(one.audited_at for one in counted).astimezone(venue.zone).date()
    words, shown = in_language(asked.language, VENUE), Shown(asked.language, venue.zone)
    return words["verified"].format(day=shown.day(last))


def _over_time(marks: Sequence[Mark], title: str, shown: Shown, *, labels: tuple[int, int]) -> Markup:
    """Bars with so many labels at most on a screen and on a phone."""

    def draw(width: float) -> Markup:
        every = -(-len(marks) // labels[width != ON_SCREEN])
        return bars(marks, title=title, number=shown.number, every=every, width=width)

    return on_both(draw)


class _VenueFigures:
    """Figures of the window, as the page shows them."""

    def __init__(
        self, asked: Asked, venue: VenueShown, traffic: TrafficFigures, windows: WholeWindows
    ) -> None:
        self._asked, self._venue, self._traffic = asked, venue, traffic
        self._words = in_language(asked.language, SHELL, VENUE)
        self._shown = Shown(asked.language, venue.zone)
        self._seen = windows.at_a_glance(asked.caller.scope, venue.id, days=venue.days, to=venue.to)

    def values(self) -> dict[str, Any]:
        if is_unseen(self._seen.current.known, self._seen.service):
            return {"unseen": True}
        title, chart = self._over_time()
        return {
            "tiles": self._tiles(),
            "chart_title": title,
            "chart": chart,
            "coverage": coverage_said(self._seen.coverage, self._words, self._shown),
            "zones": self._zone_bars() if self._seen.zones else None,
            "insights": insights(
                self._seen.current, self._seen.previous, self._seen.now, self._asked.language
            ),
            "watched": self._seen.coverage["known"],
        }

    def _tiles(self) -> list[Tile]:
        words, shown, venue = self._words, self._shown, self._venue
        now, service = self._seen.current, self._seen.service
        change = change_between(now, self._seen.previous)["visitors_percent"]
        interval = self._seen.interval(now.presence.people)
        range_words = {
            "percent": interval["nominal_percent"],
            "method": words[f"method_{interval['method']}"],
        }
        span = words["visitors_range"].format(
            low=shown.number(interval["low"]), high=shown.number(interval["high"]), **range_words
        )
        compared = ""
        if change is not None:
            before = words["day_before" if venue.days == 1 else "days_before"].format(n=venue.days)
            compared = words["against"].format(change=shown.percent_change(change), before=before)
        served, unattended, queues = (
            events_counted(service, kind, self._seen.coverage)
            for kind in ("interactions", "unattended", "queues")
        )
        waited, unknown = service["queues"]["wait_s"]["p50"], words["no_camera"]
        dwell = now.dwell_minutes
        peak = now.peak_hour
        return [
            Tile(
                words["visitors"],
                shown.number(now.presence.people),
                " · ".join(one for one in (span, compared) if one),
                venue.review(show="visits"),
                words["visitors_range_hint"].format(**range_words),
            ),
            Tile(
                words["dwell"],
                shown.span(dwell * 60 if dwell is not None else None),
                "",
                venue.review(show="visits"),
            ),
            Tile(words["returning"], shown.percent(now.return_rate), "", venue.review(show="visits")),
            Tile(
                words["peak"],
                shown.hour(peak),
                "",
                venue.review(show="visits", hour=peak if peak is not None else ""),
            ),
            Tile(
                words["unattended"],
                shown.number(unattended),
                unknown if unattended is None else "",
                venue.review(kind="unattended"),
            ),
            Tile(
                words["interactions"],
                shown.number(served),
                unknown if served is None else "",
                venue.review(kind="interaction"),
            ),
            Tile(
                words["queue_wait"],
                shown.span(waited),
                words["half_under"]
                if waited is not None
                else unknown
                if queues is None
                else words["no_queue"],
                venue.review(kind="queue"),
            ),
        ]

    def _over_time(self) -> tuple[str, Markup]:
        """By hour for one day, by day for more."""
        venue, words, shown = self._venue, self._words, self._shown
        if venue.days == 1:
            found = self._traffic.hourly(self._asked.caller.scope, venue.id, day=venue.to)["hourly"]
            marks = [self._hour(one, venue.to) for one in found]
            return words["by_hour"], _over_time(marks, words["by_hour"], shown, labels=(8, 8))
        scope = self._asked.caller.scope
        days = self._traffic.daily(scope, venue.id, days=venue.days, to=venue.to)
        marks = [self._day(day, people) for day, people in days]
        return words["by_day"], _over_time(marks, words["by_day"], shown, labels=(10, 5))

    def _hour(self, one: Mapping[str, Any], day: date) -> Mark:
        hour = self._shown.hour(one["hour"])
        return Mark(
            label=str(one["hour"]),
            value=one["unique"],
            said=self._counted(hour, one["unique"]),
            href=self._venue.of_hour(day, one["hour"], show="visits"),
        )

    def _day(self, day: date, people: int | None) -> Mark:
        return Mark(
            label=self._shown.short_day(day),
            value=people,
            said=self._counted(self._shown.day(day, year=False), people),
            href=self._venue.page("dashboard", days=1, to=day.isoformat()),
        )

    def _counted(self, name: str, people: int | None) -> str:
        key = "hour_unseen" if people is None else "hour_said_1" if people == 1 else "hour_said"
        return self._words[key].format(hour=name, n=self._shown.number(people))

    def _zone_bars(self) -> Markup:
        shown, words, venue = self._shown, self._words, self._venue
        marks, figures = [], []
        for one in self._seen.zones[:ZONES]:
            dwell = one["avg_dwell_minutes"]
            dwell_said = shown.span(dwell * 60 if dwell is not None else None)
            zone = zone_said(one["zone"], words)
            said = words["zone_said_1" if one["visitors"] == 1 else "zone_said"].format(
                zone=zone, n=shown.number(one["visitors"]), dwell=dwell_said
            )
            href = venue.review(show="visits", zone=one["zone"])
            marks.append(Mark(label=zone, value=one["visitors"], said=said, href=href))
            figures.append(f"{shown.number(one['visitors'])} · {dwell_said}")
        return share_bars(marks, title=words["zones"], figures=figures)
