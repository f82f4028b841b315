"""/: all venues now, cameras, latest events, and the first steps on a new site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sightline.analytics.at_a_glance import Glances, VenueNow
from sightline.analytics.traffic_alerts import TrafficAlerts
from sightline.dashboard.asking import Asking, PageRoute
from sightline.dashboard.camera_shown import BADGES
from sightline.dashboard.pages import link, part, show, show_part
from sightline.dashboard.sentences.alerts import ALERT_TITLES
from sightline.dashboard.sentences.cameras import CONDITIONS
from sightline.dashboard.sentences.home import HOME
from sightline.domain.scope import Scope
from sightline.pipeline.camera_admin import CameraAdmin
from sightline.pipeline.event_reading import EventReading
from sightline.pipeline.shared_answer import SharedAnswer

EVENTS, CAMERAS, ALERTS = 8, 200, 5
TILES_WITHIN_S = 5.0
"""So old the tiles of an open page may be that asks again; a page that is opened has them of this moment."""
GOOD_STATES = frozenset({"running", "recordings"})


@dataclass(frozen=True, slots=True)
class HomeServices:
    """What the home page reads from."""

    glances: Glances
    cameras: CameraAdmin
    events: EventReading
    alerts: TrafficAlerts


def home_routes(services: HomeServices) -> APIRouter:
    """The page, and the part of it that is asked for again and again."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)
    tiles = SharedAnswer[Scope, dict[str, Any]]()

    def seen_within(seconds: float, scope: Scope) -> dict[str, Any]:
        return tiles.get(scope, seconds, lambda: _now(services, scope))

    @routes.get("/")
    def home(asked: Asking) -> HTMLResponse:
        seen = seen_within(0, asked.caller.scope)
        events, _ = services.events.page(asked.caller.scope, limit=EVENTS, offset=0)
        alerts, open_alerts = services.alerts.listed(
            asked.caller.scope, venue_id=None, severity=None, acknowledged=False, limit=ALERTS, offset=0
        )
        return show(
            "home.html",
            asked,
            sentences={**HOME, **CONDITIONS, **ALERT_TITLES},
            scripts=("home.js", "venue_new.js"),
            events=events,
            alerts=alerts,
            open_alerts=open_alerts,
            places={one.venue_id: one for one in seen["venues"]},
            names={
                (one["venue_id"], one["camera_id"]): one["name"] or one["camera_id"]
                for one in seen["cameras"]
            },
            steps=first_steps(seen["venues"], seen["cameras"], bool(events)),
            **seen,
        )

    @routes.get("/now")
    def now(asked: Asking) -> HTMLResponse:
        seen = seen_within(TILES_WITHIN_S, asked.caller.scope)
        return show_part("now.html", asked, sentences={**HOME, **CONDITIONS}, **seen)

    return routes


def _now(services: HomeServices, scope: Scope) -> dict[str, Any]:
    cameras, _ = services.cameras.page(scope, venue_id=None, limit=CAMERAS, offset=0)
    return {
        "venues": services.glances.now(scope, cameras),
        "cameras": [one | {"badge": BADGES.get(one["condition"], "")} for one in cameras],
        "at": datetime.now(UTC),
    }


def first_steps(
    venues: Sequence[VenueNow], cameras: Sequence[Mapping[str, Any]], has_events: bool
) -> list[dict[str, Any]] | None:
    """The first steps, and which are done; None when there is nothing left to do."""
    drawn = any(one["rules"].get("zones") or (one["rules"].get("staff") or {}).get("line") for one in cameras)
    works = has_events or any(one["state"] in GOOD_STATES for one in cameras)
    done = [bool(venues), bool(cameras), bool(cameras) and (drawn or has_events), works]
    if all(done):
        return None
    camera = f"/cameras/{part(cameras[0]['venue_id'])}/{part(cameras[0]['camera_id'])}" if cameras else ""
    new_camera = link("/cameras/new", venue_id=venues[0].venue_id) if venues else ""
    goals = {"venue": "", "camera": new_camera, "line": f"{camera}/zones", "done": camera}
    next_one = done.index(False)
    return [
        {"name": name, "done": is_done, "goal": goal, "next": place == next_one}
        for place, ((name, goal), is_done) in enumerate(zip(goals.items(), done, strict=True))
    ]
