"""/analytics-dashboard/{venue_id}: everything that is known of a window, each mark a link."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sightline.analytics.audits import Audits
from sightline.analytics.behavior import BehaviorFigures
from sightline.analytics.floor import Floors
from sightline.analytics.traffic import TrafficFigures
from sightline.analytics.traffic_window import HoursOfWindow
from sightline.analytics.visitors import Visitors
from sightline.analytics.whole_window import WholeWindow, WholeWindows
from sightline.api.addresses import VenueId
from sightline.api.windows import Days, To
from sightline.dashboard import (
    full_behavior,
    full_floor,
    full_people,
    full_service,
    full_visitors,
    full_zones,
)
from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.charts.figure import Figure
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.full_context import Context
from sightline.dashboard.pages import show
from sightline.dashboard.sentences import Sentences, in_language
from sightline.dashboard.sentences.full import FULL
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.venue import Tile
from sightline.dashboard.venue_shown import (
    SPANS,
    VenueDesk,
    VenueShown,
    coverage_said,
    events_counted,
    is_unseen,
)
from sightline.pipeline.camera_admin import CameraAdmin

TEXTS: Sentences = {**VENUE, **FULL}
TREND_WEEKS = 12
HEAT_DAYS = 28
"""For windows that are shorter than a week: the grid of weekdays is of four."""
CAMERAS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FullServices:
    """What the page and the report read from."""

    windows: WholeWindows
    traffic: TrafficFigures
    behavior: BehaviorFigures
    visitors: Visitors
    cameras: CameraAdmin
    audits: Audits
    floors: Floors


def full_page_routes(desk: VenueDesk, services: FullServices) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/analytics-dashboard/{venue_id}")
    def full_page(asked: Asking, venue_id: VenueId, days: Days = 7, to: To = None) -> HTMLResponse:
        venue = desk.shown(asked, venue_id, days=days, to=to)
        values: dict[str, Any] = {"venue": venue, "spans": SPANS, "unseen": False}
        if not venue.is_empty:
            values |= _values(asked, venue, services)
        return show(
            "full.html", asked, sentences=TEXTS, zone=venue.zone, scripts=("zone_pictures.js",), **values
        )

    return routes


def context_of(asked: Asked, venue: VenueShown, seen: WholeWindow, sentences: Sentences) -> Context:
    """What the figures of a window are made with, in the language of who asks."""
    return Context(
        venue=venue,
        seen=seen,
        words=in_language(asked.language, SHELL, sentences),
        shown=Shown(asked.language, venue.zone),
    )


def tiles(context: Context) -> list[Tile]:
    """The window in a few numbers, as many days before it beside them."""
    seen, words, shown = context.seen, context.words, context.shown
    now, before = seen.current, seen.previous
    interval = seen.interval(now.presence.people)
    method = words[f"method_{interval['method']}"]
    span = context.say(
        "visitors_range",
        low=shown.number(interval["low"]),
        high=shown.number(interval["high"]),
        percent=interval["nominal_percent"],
    )
    hint = context.say("visitors_range_hint", percent=interval["nominal_percent"], method=method)
    dwell, dwell_before = now.dwell_minutes, before.dwell_minutes
    score, score_before = now.summary()["avg_engagement"], before.summary()["avg_engagement"]

    def was(value: str, known: bool) -> str:
        return context.say("before_was", value=value) if known else ""

    return [
        Tile(words["people"], shown.number(now.presence.people), span, context.visits(), hint),
        Tile(words["stays"], shown.number(now.stays), words["stays_note"], context.visits()),
        Tile(
            words["dwell"],
            shown.span(None if dwell is None else 60 * dwell),
            was(shown.span(60 * (dwell_before or 0)), dwell_before is not None),
            context.visits(),
        ),
        Tile(
            words["return_rate"],
            shown.percent(now.return_rate, 1),
            was(shown.percent(before.return_rate, 1), before.return_rate is not None),
            context.visits(),
        ),
        Tile(
            words["engagement"],
            shown.number(score, 1),
            was(shown.number(score_before, 1), score_before is not None) or words["of_100"],
            context.visits(),
        ),
        Tile(
            words["unattended"],
            shown.number(events_counted(seen.service, "unattended", seen.coverage)),
            context.say(
                "of_customers_note",
                n=shown.number(events_counted(seen.service, "interactions", seen.coverage)),
            ),
            context.venue.review(kind="unattended"),
        ),
    ]


def coverage(context: Context) -> str:
    """How much of the window cameras looked at."""
    return coverage_said(context.seen.coverage, context.words, context.shown)


def _nothing(context: Context) -> dict[str, str]:
    """Why a section is empty, where more can be said than that nothing is known."""
    watched = context.seen.coverage["known"]
    return {
        "service": context.words["no_service" if watched else "no_events_unwatched"],
        "people": context.words["labels_unknown"],
        "behavior": context.words["nobody_scored"],
    }


def _values(asked: Asked, venue: VenueShown, services: FullServices) -> dict[str, Any]:
    scope, days, last = asked.caller.scope, venue.days, venue.to
    context = context_of(asked, venue, services.windows.of(scope, venue.id, days=days, to=last), TEXTS)
    if is_unseen(context.seen.current.known, context.seen.service):
        return {"unseen": True}
    hours: HoursOfWindow = context.seen.current
    if days < full_visitors.WEEK:
        hours = services.windows.hours(scope, venue.id, days=HEAT_DAYS, to=last)
    returning = services.visitors.returning(scope, venue.id, days=days, to=last)
    stats = services.visitors.stats(scope, venue.id)
    engagement = services.behavior.by_hour(scope, venue.id, days=days, to=last)
    cameras, _ = services.cameras.page(scope, venue_id=venue.id, limit=CAMERAS, offset=0)
    visitors: list[Figure] = [full_visitors.people_by_hour(context)]
    if days > 1:
        visitors.append(full_visitors.people_by_day(context))
    trends = services.traffic.trends(scope, venue.id, weeks=TREND_WEEKS, to=last)
    visitors += [full_visitors.heat(context, hours), *full_visitors.weeks(context, trends)]
    return {
        "tiles": tiles(context),
        "coverage": coverage(context),
        "nothing": _nothing(context),
        "pictures": full_zones.camera_pictures(context, cameras),
        "floors": full_floor.floor_pictures(context, scope, cameras, services.floors),
        "sections": [
            ("visitors", visitors),
            ("people", [full_people.genders(context), full_people.ages(context)]),
            ("zones", full_zones.zone_figures(context)),
            (
                "service",
                [
                    full_service.durations(context),
                    full_service.service_by_hour(context),
                    full_service.staff(context),
                ],
            ),
            (
                "behavior",
                [
                    full_behavior.levels(context),
                    full_behavior.behaviors(context),
                    full_behavior.postures(context),
                    full_behavior.orientation(context),
                    full_behavior.engagement_by_hour(context, engagement),
                ],
            ),
            (
                "returning",
                [
                    full_people.tiers(context, stats),
                    full_people.retention(context, returning),
                    full_people.top_ten(context, returning),
                ],
            ),
        ],
    }
