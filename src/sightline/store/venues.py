"""Places: venues and their cameras."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, func, insert, select, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.columns import address_without_password
from sightline.store.covered_hours import rebuild_coverage_hours
from sightline.store.recount import rebuild
from sightline.store.statements import demand, dialect_of, visible
from sightline.store.tables import camera, venue

ID = re.compile(r"[A-Za-z0-9_-]{1,50}")
"""Ids become names of folders, so nothing that a path could mean something by."""

DESCRIBED = (
    "latitude", "longitude", "h3_zone", "address", "city", "country", "venue_type", "opening_hours",
)  # fmt: skip
"""What may be said of a venue beside its name and time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVenue:
    """A shop.

    Attributes:
        timezone: IANA name; its days and hours are counted in it.
        h3_zone: H3 cell of resolution 9, None without coordinates.
        opening_hours: spans in minutes for Monday to Sunday, as `domain.opening_hours` takes them; None: the
            usual ones.
    """

    id: str
    name: str
    timezone: str
    created_at: datetime
    latitude: float | None = None
    longitude: float | None = None
    address: str | None = None
    city: str | None = None
    country: str | None = None
    venue_type: str | None = None
    h3_zone: str | None = None
    opening_hours: list[list[list[int]]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCamera:
    """A camera of a venue. `source_label` says where its pictures come from, without any password."""

    venue_id: str
    id: str
    name: str
    source_label: str
    created_at: datetime


def ensure_venue(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    *,
    name: str | None = None,
    timezone: str | None = None,
    at: datetime | None = None,
) -> StoredVenue:
    """Make the venue if it is new; a `name` or `timezone` given replaces the stored one.

    Args:
        name: default, for a new venue: its id.
        timezone: IANA name; default, for a new venue: UTC.
        at: time of creation, default now.

    Raises:
        StoreError: outside the scope, an id that is not 1 to 50 of A-Z a-z 0-9 _ -, or an unknown time zone.
    """
    demand(scope, venue_id)
    _check_id("venue", venue_id)
    _check_timezone(timezone)
    known = get_venue(scope, connection, venue_id)
    if known is None:
        row = StoredVenue(
            id=venue_id,
            name=name or venue_id,
            timezone=timezone or "UTC",
            created_at=at or datetime.now(UTC),
        )
        connection.execute(
            insert(venue).values(id=row.id, name=row.name, timezone=row.timezone, created_at=row.created_at)
        )
        return row
    changes = {"name": name or known.name, "timezone": timezone or known.timezone}
    if changes != {"name": known.name, "timezone": known.timezone}:
        connection.execute(update(venue).where(venue.c.id == venue_id).values(**changes))
    if changes["timezone"] != known.timezone:
        # Other days and hours: what was counted by them is counted anew.
        rebuild(scope, connection, venue_id)
        rebuild_coverage_hours(scope, connection, venue_id)
    return replace(known, name=changes["name"], timezone=changes["timezone"])


def add_venue(scope: Scope, connection: Connection, new: StoredVenue) -> bool:
    """Make a venue with all that is known of it; False when its id is taken.

    Raises:
        StoreError: as `ensure_venue`.
    """
    demand(scope, new.id)
    _check_id("venue", new.id)
    _check_timezone(new.timezone)
    statement = dialect_of(connection).insert(venue).values(**asdict(new))
    added = connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))
    return added.rowcount > 0


def describe_venue(scope: Scope, connection: Connection, venue_id: str, words: Mapping[str, Any]) -> bool:
    """Change where a venue is, of what kind, or when it is open; False when there is none in the scope.

    Args:
        words: new values of the columns in `DESCRIBED`.

    Raises:
        StoreError: outside the scope.
        ValueError: another column.
    """
    demand(scope, venue_id)
    if not set(words) <= set(DESCRIBED):
        raise ValueError(f"these are changed elsewhere: {sorted(set(words) - set(DESCRIBED))}")
    known = get_venue(scope, connection, venue_id)
    if known is None:
        return False
    if any(getattr(known, name) != value for name, value in words.items()):
        connection.execute(update(venue).where(venue.c.id == venue_id).values(**words))
    return True


def ensure_camera(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    camera_id: str,
    *,
    source_label: str,
    name: str | None = None,
    at: datetime | None = None,
) -> StoredCamera:
    """Make the camera if it is new; its `source_label` (and `name`, if given) replace the stored ones.

    Args:
        source_label: a file name or an address; a user name and password in an address are masked. Of a live
            camera the label stays: a file that was exported from it does not become its source.
        at: time of creation, default now.

    Raises:
        StoreError: outside the scope, a bad id, or no such venue.
    """
    demand(scope, venue_id)
    _check_id("camera", camera_id)
    if get_venue(scope, connection, venue_id) is None:
        raise StoreError(f"there is no venue {venue_id!r} to add the camera {camera_id!r} to")
    known = next((c for c in list_cameras(scope, connection, venue_id) if c.id == camera_id), None)
    live = select(camera.c.id).where(
        camera.c.venue_id == venue_id, camera.c.id == camera_id, camera.c.origin.is_not(None)
    )
    if known is not None and connection.execute(live).one_or_none() is not None:
        source_label = known.source_label
    label = address_without_password(source_label)
    row = StoredCamera(
        venue_id=venue_id,
        id=camera_id,
        name=name or (known.name if known else camera_id),
        source_label=label,
        created_at=known.created_at if known else at or datetime.now(UTC),
    )
    if known is None:
        connection.execute(
            insert(camera).values(
                venue_id=venue_id, id=camera_id, name=row.name, source_label=label, created_at=row.created_at
            )
        )
    elif known != row:
        connection.execute(
            update(camera)
            .where(camera.c.venue_id == venue_id, camera.c.id == camera_id)
            .values(name=row.name, source_label=label)
        )
    return row


def get_venue(scope: Scope, connection: Connection, venue_id: str) -> StoredVenue | None:
    """The venue, or None when there is none in the scope."""
    row = connection.execute(select(venue).where(venue.c.id == venue_id, visible(scope, venue))).one_or_none()
    return None if row is None else StoredVenue(**row._mapping)


def list_venues(
    scope: Scope, connection: Connection, *, limit: int | None = None, offset: int = 0
) -> list[StoredVenue]:
    """The venues of the scope by id; all of them without a `limit`."""
    query = select(venue).where(visible(scope, venue)).order_by(venue.c.id)
    rows = connection.execute(query.limit(limit).offset(offset) if limit is not None else query)
    return [StoredVenue(**row._mapping) for row in rows]


def count_venues(scope: Scope, connection: Connection) -> int:
    """How many venues there are in the scope."""
    query = select(func.count()).select_from(venue).where(visible(scope, venue))
    return int(connection.execute(query).scalar_one())


def list_cameras(scope: Scope, connection: Connection, venue_id: str) -> list[StoredCamera]:
    """The cameras of one venue by id."""
    columns = [camera.c[name] for name in StoredCamera.__slots__]
    rows = connection.execute(
        select(*columns).where(camera.c.venue_id == venue_id, visible(scope, camera)).order_by(camera.c.id)
    )
    return [StoredCamera(**row._mapping) for row in rows]


def camera_names(scope: Scope, connection: Connection) -> dict[tuple[str, str], str]:
    """What the cameras of all venues are called, also those that were removed; by venue and id."""
    rows = connection.execute(
        select(camera.c.venue_id, camera.c.id, camera.c.name).where(visible(scope, camera))
    )
    return {(venue_id, camera_id): name or camera_id for venue_id, camera_id, name in rows}


def _check_id(what: str, value: str) -> None:
    if not ID.fullmatch(value):
        raise StoreError(f"the {what} id {value!r} must be 1 to 50 of A-Z a-z 0-9 _ -")


def _check_timezone(name: str | None) -> None:
    if name is None:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise StoreError(f"unknown time zone {name!r}; write an IANA name such as Europe/Paris") from error
