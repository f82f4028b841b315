"""/dashboard/{venue_id}: a venue at a glance, each figure a link to what is behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from sightline.analytics.audits import Audits
from sightline.analytics.service import ServiceFigures
from sightline.analytics.traffic import TrafficFigures
from sightline.api.addresses import VenueId
from sightline.api.windows import Days, To
from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.charts.bars import bars
from sightline.dashboard.charts.marks import Mark
from sightline.dashboard.charts.shares import share_bars
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.pages import show
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.venue_shown import SPANS, VenueDesk, VenueShown, events_counted
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
    desk: VenueDesk, traffic: TrafficFigures, service: ServiceFigures, events: EventReading, audits: Audits
) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/dashboard/{venue_id}")
    def venue_page(asked: Asking, venue_id: VenueId, days: Days = 1, to: To = None) -> HTMLResponse:
        venue = desk.shown(asked, venue_id, days=days, to=to)
        values: dict[str, Any] = {"venue": venue, "spans": SPANS}
        if not venue.is_empty:
            values |= _VenueFigures(asked, venue, traffic, service).values()
            values["events"] = _latest(events, asked, venue)
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


class _VenueFigures:
    """Figures of the window, as the page shows them."""

    def __init__(
        self, asked: Asked, venue: VenueShown, traffic: TrafficFigures, service: ServiceFigures
    ) -> None:
        self._asked, self._venue, self._traffic = asked, venue, traffic
        self._words = in_language(asked.language, SHELL, VENUE)
        self._shown = Shown(asked.language, venue.zone)
        window: dict[str, Any] = {"days": venue.days, "to": venue.to}
        scope = asked.caller.scope
        self._overview = traffic.overview(scope, venue.id, **window)
        self._summary = traffic.summary(scope, venue.id, language=asked.language, **window)
        self._zones = traffic.zones(scope, venue.id, **window)["zones"]
        self._service = service.service(scope, venue.id, limit=1, offset=0, **window).document

    def values(self) -> dict[str, Any]:
        title, chart = self._over_time()
        return {
            "tiles": self._tiles(),
            "chart_title": title,
            "chart": chart,
            "coverage": self._coverage(),
            "zones": self._zone_bars() if self._zones else None,
            "insights": self._summary["insights"],
        }

    def _tiles(self) -> list[Tile]:
        words, shown, venue = self._words, self._shown, self._venue
        now, change = self._overview, self._summary["change"]["visitors_percent"]
        interval, service = now["visitor_range"], self._service
        range_words = {
            "percent": interval["nominal_percent"],
            "method": words[f"method_{interval['method']}"],
        }
        span = words["visitors_range"].format(
            low=shown.number(interval["low"]), high=shown.number(interval["high"]), **range_words
        )
        compared = ""
        if change is not None:
            signed = shown.signed(change) + (" %" if self._asked.language == "fr" else "%")
            compared = words["against_before"].format(change=signed)
        dwell = now["avg_dwell_minutes"]
        peak = now["peak_hour"]
        return [
            Tile(
                words["visitors"],
                shown.number(now["unique_visitors"]),
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
            Tile(words["returning"], shown.percent(now["repeat_rate"]), "", venue.review(show="visits")),
            Tile(
                words["peak"],
                shown.hour(peak),
                "",
                venue.review(show="visits", hour=peak if peak is not None else ""),
            ),
            Tile(
                words["unattended"],
                shown.number(events_counted(service, "unattended", now["coverage"])),
                "",
                venue.review(kind="unattended"),
            ),
            Tile(
                words["interactions"],
                shown.number(events_counted(service, "interactions", now["coverage"])),
                "",
                venue.review(kind="interaction"),
            ),
            Tile(
                words["queue_wait"],
                shown.span(service["queues"]["wait_s"]["p50"]),
                words["half_under"],
                venue.review(kind="queue"),
            ),
        ]

    def _coverage(self) -> str:
        coverage: Mapping[str, Any] = self._overview["coverage"]
        if not coverage["known"]:
            return self._words["not_watched"]
        share = coverage["observed_share"]
        return self._words["observed"].format(
            share=self._shown.percent(None if share is None else 100 * share)
        )

    def _over_time(self) -> tuple[str, Markup]:
        """By hour for one day, by day for more."""
        venue, words, shown = self._venue, self._words, self._shown
        if venue.days == 1:
            found = self._traffic.hourly(self._asked.caller.scope, venue.id, day=venue.to)["hourly"]
            marks = [self._hour(one, venue.to) for one in found]
            title = words["by_hour_of"].format(day=shown.day(venue.to))
            return title, bars(marks, title=title, number=shown.number, every=3)
        title = words["by_day"]
        scope = self._asked.caller.scope
        days = self._traffic.daily(scope, venue.id, days=venue.days, to=venue.to)
        marks = [self._day(day, stays) for day, stays in days]
        return title, bars(marks, title=title, number=shown.number, every=max(1, venue.days // 7))

    def _hour(self, one: Mapping[str, Any], day: date) -> Mark:
        hour = self._shown.hour(one["hour"])
        known = one["visitors"] is not None
        said = self._words["hour_said" if known else "hour_unseen"]
        return Mark(
            label=str(one["hour"]),
            value=one["visitors"],
            said=said.format(hour=hour, n=self._shown.number(one["visitors"])),
            href=self._venue.of_hour(day, one["hour"], show="visits"),
        )

    def _day(self, day: date, stays: int | None) -> Mark:
        name = self._shown.day(day, year=False)
        said = self._words["hour_said" if stays is not None else "hour_unseen"]
        one = day.isoformat()
        return Mark(
            label=f"{day.day}.",
            value=stays,
            said=said.format(hour=name, n=self._shown.number(stays)),
            href=self._venue.page("dashboard", days=1, to=one),
        )

    def _zone_bars(self) -> Markup:
        shown, words, venue = self._shown, self._words, self._venue
        marks, figures = [], []
        for one in self._zones[:ZONES]:
            dwell = one["avg_dwell_minutes"]
            dwell_said = shown.span(dwell * 60 if dwell is not None else None)
            said = words["zone_said"].format(
                zone=one["zone"], n=shown.number(one["visitors"]), dwell=dwell_said
            )
            href = venue.review(show="visits", zone=one["zone"])
            marks.append(Mark(label=one["zone"], value=one["visitors"], said=said, href=href))
            figures.append(f"{shown.number(one['visitors'])} · {dwell_said}")
        return share_bars(marks, title=words["zones"], figures=figures)
