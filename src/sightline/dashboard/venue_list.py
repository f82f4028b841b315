"""/analytics: all venues, side by side."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sightline.analytics.comparisons import Comparisons
from sightline.dashboard.asking import Asking, PageRoute
from sightline.dashboard.pages import show
from sightline.dashboard.sentences.home import HOME
from sightline.dashboard.venue_shown import VenueDesk

COMPARED, LAST_DAYS = 10, 7
MONTH_DAYS = 28


def venue_list_routes(desk: VenueDesk, comparisons: Comparisons) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/analytics")
    def venue_list(asked: Asking) -> HTMLResponse:
        venues = desk.listed(asked)
        scope = asked.caller.scope
        known = [one.venue.id for one in venues if one.last_day is not None]
        month = comparisons.venues(scope, known, days=MONTH_DAYS, to=None)["venues"]
        compared: dict[str, Any] | None = None
        ids = known[:COMPARED]
        if len(ids) > 1:
            compared = comparisons.venues(scope, ids, days=LAST_DAYS, to=None)
        return show(
            "venue_list.html",
            asked,
            sentences=HOME,
            scripts=("venue_new.js",),
            venues=venues,
            today={one.venue.id: one.today for one in venues},
            # A mean by day is that of the days that somebody saw; without any nobody knows how many came.
            visitors={
                one["venue_id"]: one["unique_visitors"]
                for one in month
                if one["avg_daily_visitors"] is not None
            },
            compared=compared,
        )

    return routes
