"""Cameras and venues as people know them: those of the database and those of the site file in one list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sightline.config.camera import CameraSettings
from sightline.config.references import REFERENCE, SCHEME, Source
from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.pipeline.site_state import CameraState
from sightline.store.cameras import StoredCameraSettings, list_all_cameras
from sightline.store.database import Database
from sightline.store.venues import list_venues
from sightline.video.camera_address import shown_address

ADDRESSES = ("source", "record_source")
RULES = ("staff", "zones", "lines", "interaction", "unattended", "queue", "security")
"""The settings of a camera that are no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVenue:
    """A venue; `stored` is False while it stands in the site file only."""

    id: str
    name: str
    timezone: str
    stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCamera:
    """A camera.

    Attributes:
        source, record_source: without passwords.
        origin: `file` or `typed`; None when it is known from recordings only.
        rules: its settings that are no address, as JSON values.
        revision: grows with each change of what is stored of it.
    """

    venue_id: str
    camera_id: str
    name: str
    source: str
    record_source: str | None
    transport: str
    origin: str | None
    enabled: bool
    rules: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    revision: int = 0

    @property
    def is_recording(self) -> bool:
        """Whether there is nothing to be watched: only files, for `analyze`."""
        return self.origin is None or (not REFERENCE.match(self.source) and not SCHEME.match(self.source))


def shown(address: Source) -> str:
    """What may be printed and stored of an address: without what either of two masks takes for a secret."""
    return address.shown() if address.is_reference else shown_address(address.shown())


def known_venues(settings: Settings, database: Database | None) -> dict[str, KnownVenue]:
    """By id, those of the site file as the file says."""
    venues: dict[str, KnownVenue] = {}
    if database is not None:
        with database.reading() as connection:
            for one in list_venues(Scope.site(), connection):
                venues[one.id] = KnownVenue(id=one.id, name=one.name, timezone=one.timezone, stored=True)
    for venue in settings.venues:
        venues[venue.id] = KnownVenue(
            id=venue.id, name=venue.name or venue.id, timezone=venue.timezone, stored=venue.id in venues
        )
    return dict(sorted(venues.items()))


def known_cameras(
    settings: Settings, database: Database | None, *, with_recordings: bool = False
) -> list[KnownCamera]:
    """By venue and id: those that are to run, of the site file and typed ones.

    Args:
        with_recordings: also those that are known from recordings only.
    """
    cameras: dict[tuple[str, str], KnownCamera] = {}
    if database is not None:
        with database.reading() as connection:
            stored = list_all_cameras(Scope.site(), connection)
        for one in stored:
            if one.origin is not None or with_recordings:
                cameras[one.venue_id, one.camera_id] = _stored(one)
    for venue in settings.venues:
        for camera in venue.cameras:
            known = cameras.get((venue.id, camera.id))
            if known is not None and known.origin == "typed":
                continue  # typed before it came into the file: `serve` names the conflict
            cameras[venue.id, camera.id] = _of_file(venue.id, camera, known)
    return [cameras[key] for key in sorted(cameras)]


def camera_facts(camera: KnownCamera, state: CameraState | None, now: datetime) -> dict[str, Any]:
    """One camera as `camera list --json` tells it: whether pictures come in, since when not, and why.

    `condition` is the state, or what is wrong with the pictures of a camera that runs: `covered`, `blinded`,
    `moved`, `recording_paused`; of one that starts and was refused or not heard so far: `no_answer`.
    """
    status = state.status if state is not None else {}
    gap = state.open_gap if state is not None else None
    told = state.state(now) if state is not None else "never"
    if camera.is_recording or not camera.enabled:
        told = "recordings" if camera.is_recording else "paused"
    return {
        "venue_id": camera.venue_id,
        "camera_id": camera.camera_id,
        "name": camera.name,
        "source": camera.source,
        "record_source": camera.record_source,
        "transport": camera.transport,
        "origin": camera.origin,
        "state": told,
        "condition": _condition(told, status),
        "detail": str(status.get("detail") or ""),
        "codec": status.get("codec"),
        "width": status.get("width"),
        "height": status.get("height"),
        "fps": status.get("fps_in"),
        "last_picture_at": status.get("last_packet_at"),
        "people": status.get("people"),
        "gap": {"since": gap.started_at.isoformat(), "reason": gap.reason.value, "detail": gap.detail}
        if gap is not None
        else None,
        "recording_bytes": state.recording_bytes if state is not None else 0,
    }


def _condition(state: str, status: Mapping[str, Any]) -> str:
    if state == "starting" and status.get("detail"):
        return "no_answer"
    if state != "running":
        return state
    view = str(status.get("view") or "ok")
    if view != "ok":
        return view
    return "recording_paused" if status.get("recording") == "paused" else state


def _stored(one: StoredCameraSettings) -> KnownCamera:
    settings = one.settings
    return KnownCamera(
        venue_id=one.venue_id,
        camera_id=one.camera_id,
        name=one.name,
        source=str(settings.get("source", "")),
        record_source=settings.get("record_source"),
        transport=str(settings.get("transport", "tcp")),
        origin=one.origin,
        enabled=one.enabled,
        rules={name: settings[name] for name in RULES if name in settings},
        revision=one.revision,
    )


def _of_file(venue_id: str, camera: CameraSettings, known: KnownCamera | None) -> KnownCamera:
    document = camera.model_dump(mode="json")
    return KnownCamera(
        venue_id=venue_id,
        camera_id=camera.id,
        name=known.name if known else camera.id,
        source=shown(camera.source),
        record_source=shown(camera.record_source) if camera.record_source else None,
        transport=camera.transport,
        origin="file",
        enabled=known.enabled if known else True,
        rules={name: document[name] for name in RULES},
        revision=known.revision if known else 0,
    )
