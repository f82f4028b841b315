"""How the site is right now, as database and disk tell it: for /health, /metrics and `camera list`."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from sightline.domain.gap import Gap
from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.store.alerts import list_alerts
from sightline.store.cameras import list_live_cameras
from sightline.store.database import Database
from sightline.store.edge_hours import ToldCentre, told_centre
from sightline.store.evidence import wanted_evidence
from sightline.store.gaps import open_gaps
from sightline.store.outbox_items import OutboxCount, count_items
from sightline.store.recordings import recorded_bytes
from sightline.store.status import list_status

log = structlog.get_logger()

STATUS_IS_OLD_AFTER = timedelta(seconds=15)
"""A camera process tells its status every second or so, the writer commits it twice a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraState:
    """One camera as last told.

    Attributes:
        status: what `pipeline.camera_status.camera_status` says; empty when it never ran.
        told_at: when it said so; None when it never ran.
        open_gap: the interruption that lasts now.
        recording_bytes: size of its recorded files.
    """

    venue_id: str
    camera_id: str
    status: Mapping[str, Any]
    told_at: datetime | None
    open_gap: Gap | None
    recording_bytes: int

    def state(self, now: datetime) -> str:
        """`running`, `starting`, `gap`, `stopped`, `failed`, `not_running` (nobody runs it) or `never`."""
        if self.told_at is None:
            return "never"
        said = str(self.status.get("state", "stopped"))
        if said != "stopped" and now - self.told_at > STATUS_IS_OLD_AFTER:
            return "not_running"
        return said

    def is_up(self, now: datetime) -> bool:
        """Whether pictures are coming in."""
        return self.state(now) == "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """The whole site at one instant.

    Attributes:
        database_works: False when it could not be read; then nothing is known of cameras, alerts, evidence.
        alerts_open: how many alerts have not cleared, by venue and type.
        evidence_wanted: clips still to be sealed, by venue.
        outbox: what leaves the site, by venue, channel and state.
        centre: how the venues that have a centre stand with it.
        disk_free_bytes, disk_total_bytes: of the disk of the data folder; None when it cannot be asked.
    """

    at: datetime
    database_works: bool
    cameras: tuple[CameraState, ...]
    alerts_open: Mapping[tuple[str, str], int]
    evidence_wanted: Mapping[str, int]
    disk_free_bytes: int | None
    disk_total_bytes: int | None
    outbox: tuple[OutboxCount, ...] = ()
    centre: tuple[ToldCentre, ...] = ()


ReadState = Callable[[], SiteState]


def read_site_state(database: Callable[[], Database], data_dir: Path) -> SiteState:
    """How the site is now. A database that cannot be read is part of the answer, not an error.

    Args:
        database: gives the open database; may fail with one of our errors, and is asked again next time.
    """
    now = datetime.now(UTC)
    free, total = _disk(data_dir)
    try:
        stored = _stored(database())
    except SightlineError as error:
        log.error("the database cannot be read", reason=str(error))  # noqa: TRY400  one line is all of it
        stored = None
    return SiteState(
        at=now,
        database_works=stored is not None,
        cameras=stored.cameras if stored else (),
        alerts_open=stored.alerts_open if stored else {},
        evidence_wanted=stored.evidence_wanted if stored else {},
        outbox=stored.outbox if stored else (),
        centre=stored.centre if stored else (),
        disk_free_bytes=free,
        disk_total_bytes=total,
    )


def camera_states(database: Database, *, with_disabled: bool = False) -> tuple[CameraState, ...]:
    """All live cameras of the site, by venue and id, as they were last told of.

    Raises:
        StoreError: the database cannot be read.
    """
    scope = Scope.site()
    with database.reading() as connection:
        live = list_live_cameras(scope, connection, with_disabled=with_disabled)
        told = {(one.venue_id, one.camera_id): one for one in list_status(scope, connection)}
        gaps = {(one.venue_id, one.camera_id): one.gap for one in open_gaps(scope, connection)}
        sizes = {
            (one.venue_id, one.camera_id): recorded_bytes(
                scope, connection, venue_id=one.venue_id, camera_id=one.camera_id
            )
            for one in live
        }
    states = []
    for one in live:
        key = (one.venue_id, one.camera_id)
        last = told.get(key)
        states.append(
            CameraState(
                venue_id=one.venue_id,
                camera_id=one.camera_id,
                status=last.status if last else {},
                told_at=last.at if last else None,
                open_gap=gaps.get(key),
                recording_bytes=sizes[key],
            )
        )
    return tuple(states)


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the database says of the site."""

    cameras: tuple[CameraState, ...]
    alerts_open: Mapping[tuple[str, str], int]
    evidence_wanted: Mapping[str, int]
    outbox: tuple[OutboxCount, ...]
    centre: tuple[ToldCentre, ...]


def _stored(database: Database) -> _Stored:
    cameras = camera_states(database)
    with database.reading() as connection:
        alerts = list_alerts(Scope.site(), connection, holding=True, limit=None)
        wanted = wanted_evidence(Scope.site(), connection)
        outbox = count_items(Scope.site(), connection)
        centre = told_centre(Scope.site(), connection)
    return _Stored(
        cameras,
        Counter((one.venue_id, one.alert_type) for one in alerts),
        Counter(one.venue_id for one in wanted),
        tuple(outbox),
        tuple(centre),
    )


def _disk(data_dir: Path) -> tuple[int | None, int | None]:
    """Free and total bytes of the disk on which `data_dir` lies, or will lie."""
    existing = next((folder for folder in (data_dir, *data_dir.parents) if folder.exists()), None)
    if existing is None:
        return None, None
    try:
        usage = shutil.disk_usage(existing)
    except OSError:
        return None, None
    return usage.free, usage.total
