"""Live cameras: their settings, where these come from, and which of them are to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.columns import address_without_password
from sightline.store.statements import demand, visible
from sightline.store.tables import camera
from sightline.store.venues import ensure_camera

FROM_FILE = "file"
TYPED = "typed"
ORIGINS = (FROM_FILE, TYPED)
ADDRESSES = ("source", "record_source")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCameraSettings:
    """A camera with its settings.

    Attributes:
        settings: the settings as a document; its addresses without passwords, or as env: or file: reference.
            Empty for a camera that is known from recordings only.
        origin: `file` (the site file), `typed` (added by a person), None when known from recordings only.
        revision: grows with each change of settings, state or address.
        enabled: whether it is to run.
        removed_at: when it was taken out; its footage, events and evidence stay.
    """

    venue_id: str
    camera_id: str
    name: str
    settings: Mapping[str, Any]
    origin: str | None
    revision: int
    enabled: bool
    removed_at: datetime | None
    created_at: datetime


def put_camera(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    settings: Mapping[str, Any],
    origin: str,
    at: datetime,
    enabled: bool = True,
    address_changed: bool = False,
) -> StoredCameraSettings:
    """Store the settings of a camera, which is made if it is new and taken in again if it was removed.

    Args:
        settings: JSON values. A user name and password in `source` or `record_source` are masked here.
        origin: `file` or `typed`.
        at: time of creation of a new camera.
        address_changed: the address behind the masked one is another, so it is a change in any case.

    Returns:
        what is stored; `revision` is one more than before, or as before when nothing changed.

    Raises:
        StoreError: outside the scope, a bad id, no such venue, an unknown origin, or the camera is in use
            with the other origin.
    """
    if origin not in ORIGINS:
        raise StoreError(f"the settings of a camera come from {' or '.join(ORIGINS)}, not {origin!r}")
    document = dict(settings)
    for name in ADDRESSES:
        if document.get(name) is not None:
            document[name] = address_without_password(str(document[name]))
    label = str(document.get("source") or camera_id)
    demand(scope, venue_id)
    known = get_camera(scope, connection, venue_id, camera_id)
    _refuse_other_origin(known, origin)
    if known is None:
        ensure_camera(scope, connection, venue_id, camera_id, source_label=label, at=at)
    wanted = {"settings": document, "origin": origin, "enabled": enabled, "removed_at": None}
    unchanged = known is not None and wanted == {name: getattr(known, name) for name in wanted}
    if not unchanged or address_changed:
        _change(connection, venue_id, camera_id, source_label=label, **wanted)
    return _demanded(scope, connection, venue_id, camera_id)


def import_cameras(
    scope: Scope,
    connection: Connection,
    cameras: Mapping[tuple[str, str], Mapping[str, Any]],
    at: datetime,
) -> list[StoredCameraSettings]:
    """Take over the cameras of the site file; those of an earlier file that are not in it are removed.

    Args:
        cameras: settings by venue id and camera id; the venues are there already.

    Returns:
        the cameras of the file as stored, in the order given.

    Raises:
        StoreError: as `put_camera`; a camera that was typed and is in use is named, and nothing may be
            committed then.
    """
    known = list_cameras_of_origin(scope, connection, FROM_FILE)
    for one in known:
        if (one.venue_id, one.camera_id) not in cameras:
            remove_camera(scope, connection, one.venue_id, one.camera_id, at)
    enabled = {(one.venue_id, one.camera_id): one.enabled for one in known}
    return [
        put_camera(
            scope,
            connection,
            venue_id=venue_id,
            camera_id=camera_id,
            settings=settings,
            origin=FROM_FILE,
            at=at,
            enabled=enabled.get((venue_id, camera_id), True),
        )
        for (venue_id, camera_id), settings in cameras.items()
    ]


def enable_camera(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, *, enabled: bool
) -> bool:
    """Let a camera run, or pause it. False when there is no such live camera.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    known = get_camera(scope, connection, venue_id, camera_id)
    if known is None or known.origin is None or known.removed_at is not None:
        return False
    if known.enabled != enabled:
        _change(connection, venue_id, camera_id, enabled=enabled)
    return True


def remove_camera(scope: Scope, connection: Connection, venue_id: str, camera_id: str, at: datetime) -> bool:
    """Take a camera out; its footage, events and evidence stay. False when there is no such live camera.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    known = get_camera(scope, connection, venue_id, camera_id)
    if known is None or known.origin is None or known.removed_at is not None:
        return False
    _change(connection, venue_id, camera_id, removed_at=at)
    return True


def get_camera(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str
) -> StoredCameraSettings | None:
    """The camera, removed or not, or None when there is none in the scope."""
    row = connection.execute(
        select(camera).where(camera.c.venue_id == venue_id, camera.c.id == camera_id, visible(scope, camera))
    ).one_or_none()
    return None if row is None else _stored(row)


def list_live_cameras(
    scope: Scope, connection: Connection, *, venue_id: str | None = None, with_disabled: bool = False
) -> list[StoredCameraSettings]:
    """Cameras that are to run, by venue and id: with settings, enabled, not removed.

    Args:
        with_disabled: those that are paused, too.
    """
    query = (
        select(camera)
        .where(visible(scope, camera), camera.c.origin.is_not(None), camera.c.removed_at.is_(None))
        .order_by(camera.c.venue_id, camera.c.id)
    )
    if venue_id is not None:
        query = query.where(camera.c.venue_id == venue_id)
    if not with_disabled:
        query = query.where(camera.c.enabled.is_(True))
    return [_stored(row) for row in connection.execute(query)]


def list_all_cameras(scope: Scope, connection: Connection) -> list[StoredCameraSettings]:
    """Cameras that are to run, paused ones, and those known from recordings only, by venue and id; removed
    ones not."""
    query = select(camera).where(visible(scope, camera), camera.c.removed_at.is_(None))
    return [_stored(row) for row in connection.execute(query.order_by(camera.c.venue_id, camera.c.id))]


def venues_with_camera(scope: Scope, connection: Connection, camera_id: str) -> list[str]:
    """Ids of the venues that have, or had, a camera of this id."""
    query = select(camera.c.venue_id).where(camera.c.id == camera_id, visible(scope, camera))
    return list(connection.execute(query.order_by(camera.c.venue_id)).scalars())


def rename_camera(scope: Scope, connection: Connection, venue_id: str, camera_id: str, name: str) -> bool:
    """What people call it; False when there is none. It runs on as it is.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    changed = connection.execute(
        update(camera).where(camera.c.venue_id == venue_id, camera.c.id == camera_id).values(name=name)
    )
    return changed.rowcount > 0


def put_zones(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, zones: Sequence[Mapping[str, Any]]
) -> bool:
    """Replace the zones of a camera, its other settings stay; False when there is none, or it was removed.

    One that runs is begun anew with them. Of one known from recordings only they are all its settings.

    Args:
        zones: JSON values, as `config.camera.ZoneSettings` writes them.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    known = get_camera(scope, connection, venue_id, camera_id)
    if known is None or known.removed_at is not None:
        return False
    document = {**known.settings, "zones": [dict(zone) for zone in zones]}
    if document != known.settings:
        _change(connection, venue_id, camera_id, settings=document)
    return True


def list_cameras_of_origin(scope: Scope, connection: Connection, origin: str) -> list[StoredCameraSettings]:
    """Cameras whose settings come from `origin`, paused ones too, removed ones not."""
    found = list_live_cameras(scope, connection, with_disabled=True)
    return [one for one in found if one.origin == origin]


def _refuse_other_origin(known: StoredCameraSettings | None, origin: str) -> None:
    if known is None or known.removed_at is not None or known.origin in (None, origin):
        return
    where = f"the camera {known.camera_id!r} of the venue {known.venue_id!r}"
    if origin == FROM_FILE:
        raise StoreError(
            f"{where} is in the site file, but was added with 'camera add' before; remove one of the two "
            "(sightline camera remove), or give it another id"
        )
    raise StoreError(f"{where} comes from the site file; change it there, or choose another id")


def _change(connection: Connection, venue_id: str, camera_id: str, **values: Any) -> None:
    connection.execute(
        update(camera)
        .where(camera.c.venue_id == venue_id, camera.c.id == camera_id)
        .values(revision=camera.c.revision + 1, **values)
    )


def _demanded(scope: Scope, connection: Connection, venue_id: str, camera_id: str) -> StoredCameraSettings:
    stored = get_camera(scope, connection, venue_id, camera_id)
    assert stored is not None, "stored in this transaction"
    return stored


def _stored(row: Row[Any]) -> StoredCameraSettings:
    return StoredCameraSettings(
        venue_id=row.venue_id,
        camera_id=row.id,
        name=row.name,
        settings=row.settings or {},
        origin=row.origin,
        revision=row.revision,
        enabled=row.enabled,
        removed_at=row.removed_at,
        created_at=row.created_at,
    )
