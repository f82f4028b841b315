"""/cameras: all cameras and how they are; /cameras/new: another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from sightline.api.cameras import ID
from sightline.dashboard.asking import Asking, AskingToManage, PageRoute
from sightline.dashboard.camera_shown import (
    BADGES,
    HAS_PICTURES,
    Words,
    last_picture,
    reason_of,
    snapshot_of,
    troubles,
)
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.pages import link, part, show
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.cameras import CAMERAS, NEW_CAMERA
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.venue_shown import VenueDesk
from sightline.pipeline.camera_admin import CameraAdmin

MOST = 200
REFRESH_S = 5
WORDS_WITHIN_S = 4
"""Lists that are open side by side share what is asked for them."""
STILL_S = 15
OfVenue = Annotated[str | None, Query(pattern=ID)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraCard:
    """A camera in the list."""

    facts: Mapping[str, Any]
    venue: str
    badge: str
    condition: str
    reason: str
    last: str
    still: str
    href: str
    events_href: str
    is_live: bool


def camera_list_routes(desk: VenueDesk, cameras: CameraAdmin) -> APIRouter:
    """Both pages."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/cameras")
    def camera_list(asked: Asking, venue_id: OfVenue = None) -> HTMLResponse:
        words = in_language(asked.language, SHELL, CAMERAS)
        venues = {one.venue.id: one for one in desk.listed(asked)}
        found, total = cameras.page(asked.caller.scope, venue_id=venue_id or None, limit=MOST, offset=0)
        cards = [
            _card(
                one,
                venues[one["venue_id"]].venue.name,
                venues[one["venue_id"]].zone,
                today,
                words,
                asked.language,
            )
            for one in found
            if one["venue_id"] in venues
            for today in [venues[one["venue_id"]].today]
        ]
        return show(
            "cameras.html",
            asked,
            sentences=CAMERAS,
            scripts=("cameras.js",),
            cards=cards,
            total=total,
            venues=list(venues.values()),
            venue_id=venue_id or "",
            page_data={
                "address": link("/api/cameras", venue_id=venue_id, limit=MOST, within_s=WORDS_WITHIN_S),
                "refresh_s": REFRESH_S,
                "still_s": STILL_S,
                "badges": BADGES,
                "troubles": troubles(asked.language),
                "live": HAS_PICTURES,
                "words": {
                    key: said
                    for key, said in words.items()
                    if key.startswith(("condition_", "about_", "reason_"))
                }
                | {"stale": words["stale"]},
                "zones": {one.venue.id: one.venue.timezone for one in venues.values()},
                "language": asked.language,
            },
        )

    @routes.get("/cameras/new")
    def new_camera(asked: AskingToManage, venue_id: OfVenue = None, id: OfVenue = None) -> HTMLResponse:  # noqa: A002
        words = in_language(asked.language, SHELL, NEW_CAMERA)
        return show(
            "camera_new.html",
            asked,
            sentences=NEW_CAMERA,
            scripts=("camera_new.js",),
            venues=[one.venue for one in desk.listed(asked)],
            venue_id=venue_id or "",
            camera_id=id or "",
            page_data={
                "words": {key: words[key] for key in NEW_CAMERA},
                "troubles": troubles(asked.language),
            },
        )

    return routes


def _card(
    facts: Mapping[str, Any], venue: str, zone: tzinfo, today: date, words: Words, language: str
) -> CameraCard:
    shown = Shown(language, zone)
    day = today.isoformat()
    return CameraCard(
        facts=facts,
        venue=venue,
        badge=BADGES.get(facts["condition"], ""),
        condition=words[f"condition_{facts['condition']}"],
        reason=reason_of(facts, words, language),
        last=last_picture(facts, shown, today),
        still=snapshot_of(facts, within_s=STILL_S // 2),
        href=f"/cameras/{part(facts['venue_id'])}/{part(facts['camera_id'])}",
        events_href=link(
            "/review", venue_id=facts["venue_id"], camera_id=facts["camera_id"], first=day, last=day
        ),
        is_live=facts["condition"] in HAS_PICTURES,
    )
