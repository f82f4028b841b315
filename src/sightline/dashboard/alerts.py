"""/alerts: what people should look at, newest first."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from sightline.analytics.traffic_alerts import TrafficAlerts
from sightline.dashboard.asking import Asking, PageRoute
from sightline.dashboard.pages import show
from sightline.dashboard.sentences.alert_messages import ALERT_MESSAGES
from sightline.dashboard.sentences.alerts import ALERT_TITLES, ALERTS
from sightline.dashboard.stored_messages import StoredMessages
from sightline.dashboard.venue_shown import VenueDesk

PAGE = 50
_MESSAGES = StoredMessages(ALERT_MESSAGES)


def alert_page_routes(desk: VenueDesk, alerts: TrafficAlerts) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/alerts")
    def alert_page(
        asked: Asking,
        venue_id: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{0,50}$")] = "",
        which: Literal["open", "all"] = "open",
        page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    ) -> HTMLResponse:
        venues = desk.listed(asked)
        found, total = alerts.listed(
            asked.caller.scope,
            venue_id=venue_id or None,
            severity=None,
            acknowledged=False if which == "open" else None,
            limit=PAGE,
            offset=(page - 1) * PAGE,
        )
        return show(
            "alerts.html",
            asked,
            sentences={**ALERTS, **ALERT_TITLES},
            scripts=("alerts.js",),
            venues=venues,
            places={one.venue.id: one for one in venues},
            venue_id=venue_id,
            which=which,
            alerts=found,
            french=_MESSAGES.french,
            names=desk.camera_names(asked),
            page=page,
            pages=-(-total // PAGE),
        )

    return routes
