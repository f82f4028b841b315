"""/cameras/{venue_id}/{camera_id}: one camera live, its health, days, events and settings; its zones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sightline.api.addresses import VenueId
from sightline.api.cameras import CameraId
from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.camera_shown import (
    BADGES,
    HAS_PICTURES,
    DaysShown,
    last_picture,
    midnight,
    reason_of,
    snapshot_of,
    snapshot_to_draw_on,
    troubles,
)
from sightline.dashboard.figures_shown import DASH, Shown
from sightline.dashboard.pages import link, part, show
from sightline.dashboard.sentences import in_language
from sightline.dashboard.sentences.cameras import CAMERA
from sightline.dashboard.sentences.shell import SHELL
from sightline.dashboard.sentences.venue import VENUE
from sightline.dashboard.sentences.zones import ZONES
from sightline.dashboard.venue_shown import VenueDesk, VenueShown
from sightline.dashboard.zone_page import zone_page_data
from sightline.pipeline.camera_admin import CameraAdmin
from sightline.pipeline.camera_days import CameraDays
from sightline.pipeline.drawn_zones import Zones
from sightline.pipeline.event_reading import EventReading
from sightline.pipeline.known_cameras import KnownCamera

DAYS = 7
EVENTS = 4
LIVE_MS = 1_000
STILL_MS = 15_000
WATCHED: Mapping[str, tuple[str, str]] = {
    key: VENUE[key] for key in VENUE if key.startswith("kind_") or key == "no_picture"
}
"""What the cards of events say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraServices:
    """What the pages of a camera read from."""

    cameras: CameraAdmin
    zones: Zones
    days: CameraDays
    events: EventReading


@dataclass(frozen=True, slots=True)
class HealthTile:
    """A figure of a camera's health."""

    label: str
    value: str
    note: str = ""


def camera_page_routes(desk: VenueDesk, services: CameraServices) -> APIRouter:
    """Both pages of one camera."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/cameras/{venue_id}/{camera_id}")
    def camera_page(asked: Asking, venue_id: VenueId, camera_id: CameraId) -> HTMLResponse:
        venue = desk.shown(asked, venue_id, days=1, to=None)
        camera = services.cameras.find(asked.caller.scope, camera_id, venue_id)
        seen = _CameraSeen(asked, venue, camera, services)
        return show(
            "camera.html",
            asked,
            sentences={**WATCHED, **CAMERA},
            zone=venue.zone,
            scripts=("camera.js",),
            venue=venue,
            camera=camera,
            **seen.values(),
        )

    @routes.get("/cameras/{venue_id}/{camera_id}/zones")
    def zone_page(asked: Asking, venue_id: VenueId, camera_id: CameraId) -> HTMLResponse:
        venue = desk.shown(asked, venue_id, days=1, to=None)
        camera = services.cameras.find(asked.caller.scope, camera_id, venue_id)
        facts = services.cameras.facts(camera)
        drawn = services.zones.of(asked.caller.scope, venue_id, camera_id)
        words = in_language(asked.language, SHELL, ZONES)
        data = zone_page_data(
            facts, drawn, words, can_manage=asked.can_manage, timezone=venue.known.venue.timezone
        )
        return show(
            "camera_zones.html",
            asked,
            sentences=ZONES,
            zone=venue.zone,
            scripts=("zones.js",),
            venue=venue,
            camera=camera,
            facts=facts,
            still=snapshot_to_draw_on(facts) or _picture_of_event(asked, camera, services),
            read_only=data["read_only"],
            why_read_only=data["why_read_only"],
            has_line=data["can_have_line"],
            page_data={**data, "language": asked.language},
        )

    return routes


def _picture_of_event(asked: Asked, camera: KnownCamera, services: CameraServices) -> str:
    """Of the newest clip of a camera that is known from recordings alone; empty without any."""
    of_camera = {"venue_id": camera.venue_id, "camera_id": camera.camera_id}
    found, _ = services.events.page(asked.caller.scope, limit=EVENTS, offset=0, **of_camera)
    sealed = [one["evidence"] for one in found if one["evidence"] and one["evidence"]["state"] == "sealed"]
    return f"/api/evidence/{part(sealed[0]['evidence_id'])}/picture" if sealed else ""


class _CameraSeen:
    """One camera, as its page shows it."""

    def __init__(
        self, asked: Asked, venue: VenueShown, camera: KnownCamera, services: CameraServices
    ) -> None:
        self._asked, self._venue, self._camera, self._services = asked, venue, camera, services
        self._words = in_language(asked.language, SHELL, CAMERA)
        self._shown = Shown(asked.language, venue.zone)
        self._facts = services.cameras.facts(camera)
        self._today = venue.known.today

    def values(self) -> dict[str, Any]:
        facts, words = self._facts, self._words
        days = self._days()
        found, _ = self._services.events.page(
            self._asked.caller.scope,
            limit=EVENTS,
            offset=0,
            venue_id=self._venue.id,
            camera_id=self._camera.camera_id,
        )
        live = facts["condition"] in HAS_PICTURES
        return {
            "facts": facts,
            "badge": BADGES.get(facts["condition"], ""),
            "condition": words[f"condition_{facts['condition']}"],
            "reason": reason_of(facts, words, self._asked.language),
            "still": snapshot_of(facts),
            "is_live": live,
            "tiles": self._tiles(),
            "days_title": days.title,
            "days_chart": days.chart(),
            "gaps": days.gaps(),
            "events": found,
            "names": {(facts["venue_id"], facts["camera_id"]): facts["name"]},
            "events_href": link(
                "/review",
                venue_id=self._venue.id,
                camera_id=self._camera.camera_id,
                **self._review_days(found),
            ),
            "rules": self._rules(),
            "page_data": {
                "camera": facts["camera_id"],
                "venue": facts["venue_id"],
                "refresh_s": 5,
                "every_ms": LIVE_MS if live else STILL_MS,
                "badges": BADGES,
                "troubles": troubles(self._asked.language),
                "zone": self._venue.known.venue.timezone,
                "language": self._asked.language,
                "list": link("/cameras", venue_id=self._venue.id),
                "words": {
                    key: said
                    for key, said in words.items()
                    if key.startswith(("condition_", "about_", "reason_"))
                    or key in ("picture_of", "stop_live", "go_live", "saved", "testing", "answered")
                },
            },
        }

    def _days(self) -> DaysShown:
        """The last week in which it saw anything."""
        now = self._services.days.clock()
        recorded = self._facts["recorded_until"]
        last = self._today
        if not self._camera.origin:
            until = datetime.fromisoformat(recorded) if recorded is not None else None
            last = until.astimezone(self._venue.zone).date() if until is not None else self._venue.to
        first = last - timedelta(days=DAYS - 1)
        start, end = midnight(first, self._venue.zone), midnight(last + timedelta(days=1), self._venue.zone)
        return DaysShown(
            self._facts,
            self._services.days.between(self._camera, start, end),
            first=first,
            last=last,
            now=now,
            shown=self._shown,
            words=self._words,
        )

    def _review_days(self, found: list[dict[str, Any]]) -> dict[str, str]:
        """From the first to the last of the events that are shown, so that they are on the page behind."""
        if not found:
            return {}
        days = [one["started_at"].astimezone(self._venue.zone).date().isoformat() for one in found]
        return {"first": min(days), "last": max(days)}

    def _tiles(self) -> list[HealthTile]:
        facts, words, shown = self._facts, self._words, self._shown
        numbers = self._services.days.numbers(self._camera)
        runs = facts["condition"] in HAS_PICTURES or facts["state"] == "gap"
        size = f"{facts['width']} × {facts['height']}" if facts["width"] else DASH
        told = numbers if runs else {}
        gap_note = words["interruptions_note"].format(time=shown.span(told.get("gap_s"))) if told else ""
        tiles = [
            *(
                HealthTile(
                    line["name"],
                    words["counted"].format(entered=shown.number(line["in"]), left=shown.number(line["out"])),
                    words["counted_note"],
                )
                for line in told.get("lines") or ()
            ),
            HealthTile(words["fps"], shown.number(facts["fps"] if runs else None, 1)),
            HealthTile(words["last_picture"], last_picture(facts, shown, self._today)),
            HealthTile(words["picture_size"], size, (facts["codec"] or "").upper()),
            HealthTile(
                words["watched_pictures"],
                shown.number(told.get("analysed")),
                words["since_start"] if told else "",
            ),
            HealthTile(
                words["dropped"], shown.number(told.get("dropped")), words["dropped_note"] if told else ""
            ),
            HealthTile(words["interruptions"], shown.number(told.get("gaps")), gap_note),
            HealthTile(
                words["latency"],
                shown.span(latency := told.get("latency_p95_s")),
                words["latency_note"] if latency is not None else "",
            ),
            HealthTile(words["disk"], self._size(facts["recording_bytes"])),
        ]
        return [one for one in tiles if self._camera.origin or one.value != DASH]

    def _size(self, size_bytes: int) -> str:
        if not size_bytes:
            return DASH
        unit = "Go" if self._asked.language == "fr" else "GB"
        smaller = "Mo" if self._asked.language == "fr" else "MB"
        if size_bytes < 1_000_000_000:
            return f"{self._shown.number(size_bytes / 1_000_000)} {smaller}"
        return f"{self._shown.number(size_bytes / 1_000_000_000, 1)} {unit}"

    def _time(self, seconds: float) -> str:
        """As somebody typed it: without tenths or seconds that are 0."""
        if seconds < 60:
            return f"{self._shown.number(seconds, 0 if seconds == round(seconds) else 1)} s"
        return f"{seconds // 60:.0f} min" if seconds % 60 == 0 else self._shown.span(seconds)

    def _rules(self) -> list[str]:
        rules, words, shown = self._facts["rules"], self._words, self._shown
        staff, zones = rules.get("staff") or {}, rules.get("zones") or []
        said = [words["line_drawn"] if staff.get("line") else words["line_missing"]]
        names = ", ".join(one["name"] for one in zones)
        said.append(
            words["zones_drawn"].format(n=len(zones), names=names) if zones else words["zones_missing"]
        )
        if lines := rules.get("lines"):
            said.append(words["lines_drawn"].format(names=", ".join(one["name"] for one in lines)))
        interaction, unattended = rules.get("interaction"), rules.get("unattended")
        queue = rules.get("queue")
        if interaction:
            said.append(words["rule_interaction"].format(time=self._time(interaction["min_duration_s"])))
        if unattended:
            said.append(words["rule_unattended"].format(time=self._time(unattended["threshold_s"])))
        if queue:
            said.append(
                words["rule_queue"].format(
                    n=shown.number(queue["alert_length"]), time=self._time(queue["alert_wait_s"])
                )
            )
        return said
