"""/report/{venue_id}: a venue's window on one to three sheets of A4."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sightline.analytics.findings import findings
from sightline.api.addresses import VenueId
from sightline.api.windows import Days, To
from sightline.dashboard import full_behavior, full_people, full_service, full_visitors, full_zones
from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.charts.figure import Figure
from sightline.dashboard.full import TEXTS, FullServices, context_of, coverage, tiles
from sightline.dashboard.full_context import Context
from sightline.dashboard.pages import show
from sightline.dashboard.sentences import Sentences
from sightline.dashboard.sentences.report import REPORT
from sightline.dashboard.venue_shown import SPANS, VenueDesk, VenueShown, is_unseen
from sightline.domain.local_time import Window

REPORT_TEXTS: Sentences = {**TEXTS, **REPORT}
AUDITS_HOLD = timedelta(days=180)
"""As far from the window an audit may lie to say something about it; see `analytics.visitor_range`."""
MOST_AUDITED = 6


def report_page_routes(desk: VenueDesk, services: FullServices) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/report/{venue_id}")
    def report_page(asked: Asking, venue_id: VenueId, days: Days = 28, to: To = None) -> HTMLResponse:
        venue = desk.shown(asked, venue_id, days=days, to=to)
        values: dict[str, Any] = {"venue": venue, "spans": SPANS, "unseen": False}
        if not venue.is_empty:
            values |= _values(asked, venue, services)
        return show(
            "report.html", asked, sentences=REPORT_TEXTS, zone=venue.zone, scripts=("printing.js",), **values
        )

    return routes


def _values(asked: Asked, venue: VenueShown, services: FullServices) -> dict[str, Any]:
    seen = services.windows.of(asked.caller.scope, venue.id, days=venue.days, to=venue.to)
    if is_unseen(seen.current.known, seen.service):
        return {"unseen": True}
    context = context_of(asked, venue, seen, REPORT_TEXTS)
    return {
        "tiles": tiles(context),
        "coverage": coverage(context),
        "made_on": context.say("made_on", day=context.shown.day(venue.known.today)),
        "audits": _audits(asked, context, services),
        "parts": [(name, figures) for name, figures in _parts(context) if figures],
        "findings": [
            (one, venue.review(**one.query) if one.query else "") for one in findings(seen, asked.language)
        ],
        "method": _method(context),
    }


def _parts(context: Context) -> list[tuple[str, list[Figure]]]:
    """What is known, by part; figures that would say nothing are left out on paper."""
    traffic = [full_visitors.people_by_hour(context)]
    if context.venue.days > 1:
        traffic.insert(0, full_visitors.people_by_day(context))
    people, _, engaged = full_zones.zone_figures(context)
    parts = [
        ("traffic", traffic),
        ("demographics", [full_people.genders(context), full_people.ages(context)]),
        (
            "section_behavior",
            [full_behavior.levels(context), full_behavior.behaviors(context), people, engaged],
        ),
        ("section_service", [full_service.service_by_hour(context), full_service.durations(context)]),
    ]
    return [(name, [one for one in figures if not one.is_empty]) for name, figures in parts]


def _audits(asked: Asked, context: Context, services: FullServices) -> dict[str, Any] | None:
    """When people last checked the figures of this venue, and what they found."""
    venue = context.venue
    window = Window.of_days(venue.days, venue.to, venue.zone)
    near = {"start": window.start - AUDITS_HOLD, "end": window.end + AUDITS_HOLD}
    stretches = services.audits.listed(asked.caller.scope, venue_id=venue.id, **near)
    if not stretches:
        return None
    last = max(one.audited_at for one in stretches).astimezone(venue.zone).date()
    told = services.audits.report(asked.caller.scope, venue_id=venue.id, **near)
    return {
        "title": context.say("verified_on", day=context.shown.day(last)),
        "lines": [_audited(context, one) for one in told[:MOST_AUDITED]],
    }


def _audited(context: Context, one: Mapping[str, Any]) -> str:
    shown = context.shown
    said = context.say(
        "verified_line",
        camera=one["camera_id"],
        rule=context.label("rule", one["rule"]),
        stretches=shown.number(one["stretches"]),
        minutes=shown.number(one["audited_minutes"]),
        found=shown.number(one["found"]),
        truth=shown.number(one["truth"]),
    )
    precision, recall = one["precision"], one["recall"]
    if precision is not None and recall is not None:
        said += context.say(
            "verified_right", precision=_share(context, precision), recall=_share(context, recall)
        )
    return said + "."


def _share(context: Context, one: Mapping[str, float]) -> str:
    shown = context.shown
    value, low, high = (shown.percent(100 * one[key]) for key in ("value", "low", "high"))
    return f"{value} ({context.say('share_range', low=low, high=high)})"


def _method(context: Context) -> Sequence[str]:
    shown, seen = context.shown, context.seen
    interval = seen.interval(seen.current.presence.people)
    found = seen.coverage
    looked = context.words["method_told"]
    if found["known"]:
        looked = context.say(
            "method_seen" if found["cameras"] != 1 else "method_seen_by_one",
            observed=shown.number(found["observed_hours"], 1),
            hours=shown.number(found["window_hours"]),
            cameras=shown.number(found["cameras"]),
        )
    counts = context.say(
        "method_counts",
        low=shown.number(interval["low"]),
        high=shown.number(interval["high"]),
        percent=interval["nominal_percent"],
        method=context.words[f"method_{interval['method']}"],
    )
    return [looked, counts, context.say("method_tests", percent=interval["nominal_percent"])]
