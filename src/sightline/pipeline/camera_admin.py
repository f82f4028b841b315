"""Live cameras as programs and pages change them: added, changed, taken out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.config.settings import Settings
from sightline.config.typed import checked_camera
from sightline.config.vault import Vault
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, Conflict, NotFound, OutOfScope
from sightline.pipeline.camera_days import CameraDays, CamerasToday
from sightline.pipeline.known_cameras import (
    ADDRESSES,
    RULES,
    KnownCamera,
    KnownVenue,
    camera_facts,
    known_cameras,
    known_venues,
)
from sightline.pipeline.site_state import CameraState, camera_states
from sightline.pipeline.typed_cameras import address_of, checked_address, keep_camera, take_out_camera
from sightline.store import cameras as camera_store
from sightline.store.cameras import FROM_FILE
from sightline.store.database import Database
from sightline.store.venues import ensure_camera, ensure_venue


class CameraAdmin:
    """The cameras of a site, for programs and pages.

    Addresses come over the network here: only those of cameras are taken, in full. References (`env:`,
    `file:`) and paths would let who may add a camera read what belongs to the machine.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        vault: Vault,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._database = database
        self._vault = vault
        self._clock = clock

    def page(
        self, scope: Scope, *, venue_id: str | None, limit: int, offset: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Cameras of the scope by venue and id, as `facts` tells each, and how many there are in all."""
        found = [
            one for one in self._all() if scope.allows(one.venue_id) and venue_id in (None, one.venue_id)
        ]
        shown = found[offset : offset + limit]
        states, today = self._states(), self._today(shown)
        return [self._told(one, states, today) for one in shown], len(found)

    def find(self, scope: Scope, camera_id: str, venue_id: str | None) -> KnownCamera:
        """The camera of this id; see `camera_called`."""
        return camera_called(self._all(), scope, camera_id, venue_id)

    def facts(self, camera: KnownCamera) -> dict[str, Any]:
        """All that may be told of a camera: `camera_facts`, its events of today, whether it is to run, and
        its rules."""
        return self._told(camera, self._states(), self._today([camera]))

    def address(self, camera: KnownCamera) -> str:
        """As `address_of`."""
        return address_of(self._settings, self._vault, camera)

    def add(
        self,
        scope: Scope,
        venue_id: str,
        camera_id: str,
        *,
        addresses: Mapping[str, str | None],
        words: Mapping[str, Any],
        name: str | None,
        enabled: bool,
    ) -> KnownCamera:
        """A new camera; a running `serve` takes it up within seconds.

        Args:
            addresses: `source` and, if wanted, `record_source`, in full.
            words: `transport` and the groups of rules, as the site file has them.

        Raises:
            NotFound: no such venue.
            Conflict: the venue has a camera of this id.
            ConfigError: an address or setting that is none.
        """
        venue = self._venue(scope, venue_id)
        known = next(
            (one for one in self._all() if (one.venue_id, one.camera_id) == (venue_id, camera_id)), None
        )
        if known is not None and known.origin is not None:
            where = "stands in the site file" if known.origin == FROM_FILE else "is there already"
            raise Conflict(
                f"the camera {camera_id!r} of venue {venue_id!r} {where}; change it, or take another id"
            )
        given = {field: checked_address(text) for field, text in addresses.items() if text is not None}
        settings = checked_camera(venue_id, {"id": camera_id, **given, **words})
        keep_camera(
            self._database,
            self._vault,
            venue,
            settings,
            addresses=given,
            at=self._clock(),
            name=name,
            enabled=enabled,
        )
        return self.find(scope, camera_id, venue_id)

    def change(self, scope: Scope, camera: KnownCamera, changes: Mapping[str, Any]) -> KnownCamera:
        """Change what is named; a running camera is begun anew when that concerns its picture or rules.

        Args:
            changes: `name`, `enabled`, `source`, `record_source` (None: no other stream is recorded),
                `transport`, and groups of rules.

        Raises:
            Conflict: of a camera of the site file more than name and `enabled`; of one known from recordings
                only more than its name.
            ConfigError: an address or setting that is none.
        """
        settings = {name: value for name, value in changes.items() if name not in ("name", "enabled")}
        where = f"the camera {camera.camera_id!r} of venue {camera.venue_id!r}"
        if camera.origin == FROM_FILE and settings:
            raise Conflict(f"{where} stands in the site file; change its {', '.join(sorted(settings))} there")
        if camera.origin is None and set(changes) - {"name"}:
            raise Conflict(
                f"{where} is known from recordings only: add it with an address to have it watched"
            )
        if settings:
            self._replace(camera, settings)
        own = Scope.of(camera.venue_id)
        with self._database.transaction() as connection:
            key = (camera.venue_id, camera.camera_id)
            if changes.get("name") is not None:
                if camera_store.get_camera(own, connection, *key) is None:
                    self._store_row(connection, camera)
                camera_store.rename_camera(own, connection, *key, changes["name"])
            if changes.get("enabled") is not None:
                stored = camera_store.enable_camera(own, connection, *key, enabled=changes["enabled"])
                if not stored and camera.enabled != changes["enabled"]:
                    raise Conflict(f"{where} has never been served; start sightline serve once")
        return self.find(scope, camera.camera_id, camera.venue_id)

    def remove(self, camera: KnownCamera) -> None:
        """Stop watching a camera. Its footage, events and evidence stay until their retention ends.

        Raises:
            Conflict: it stands in the site file, or is known from recordings only.
        """
        where = f"the camera {camera.camera_id!r} of venue {camera.venue_id!r}"
        if camera.origin == FROM_FILE:
            raise Conflict(f"{where} stands in the site file; take it out there")
        if camera.origin is None:
            raise Conflict(
                f"{where} is known from recordings only: nothing watches it, and its footage and events go"
                " with their retention"
            )
        take_out_camera(self._database, self._vault, camera, at=self._clock())

    def _replace(self, camera: KnownCamera, changes: Mapping[str, Any]) -> None:
        given = {
            field: checked_address(changes[field]) for field in ADDRESSES if changes.get(field) is not None
        }
        document = {
            "id": camera.camera_id,
            "source": camera.source,
            "record_source": camera.record_source,
            "transport": camera.transport,
            **camera.rules,
            **changes,
            **given,
        }
        settings = checked_camera(camera.venue_id, document)
        keep_camera(
            self._database,
            self._vault,
            self._venue(Scope.of(camera.venue_id), camera.venue_id),
            settings,
            addresses=given,
            at=self._clock(),
            enabled=camera.enabled,
        )

    def _store_row(self, connection: Connection, camera: KnownCamera) -> None:
        """Of a camera that so far stands in the site file only."""
        venue, own = self._venue(Scope.site(), camera.venue_id), Scope.of(camera.venue_id)
        ensure_venue(own, connection, venue.id, name=venue.name, timezone=venue.timezone)
        ensure_camera(own, connection, venue.id, camera.camera_id, source_label=camera.source)

    def _venue(self, scope: Scope, venue_id: str) -> KnownVenue:
        if not scope.allows(venue_id):
            raise OutOfScope(f"the venue {venue_id!r} is another's")
        venue = known_venues(self._settings, self._database).get(venue_id)
        if venue is None:
            raise NotFound(f"there is no venue {venue_id!r}; make it with POST /venues")
        return venue

    def _all(self) -> list[KnownCamera]:
        return known_cameras(self._settings, self._database, with_recordings=True)

    def _states(self) -> dict[tuple[str, str], CameraState]:
        told = camera_states(self._database, with_disabled=True)
        return {(one.venue_id, one.camera_id): one for one in told}

    def _today(self, cameras: Sequence[KnownCamera]) -> CamerasToday:
        """Of the venues of these cameras; today is what their own clocks say."""
        venues, now = known_venues(self._settings, self._database), self._clock()
        midnights = {
            one: now.astimezone(ZoneInfo(venues[one].timezone)).replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            for one in sorted({camera.venue_id for camera in cameras})
        }
        return CameraDays(self._database, self._clock).today(midnights)

    def _told(
        self, one: KnownCamera, states: Mapping[tuple[str, str], CameraState], today: CamerasToday
    ) -> dict[str, Any]:
        key = (one.venue_id, one.camera_id)
        rules = {name: one.rules.get(name) for name in RULES}
        recorded = today.recorded_until.get(key)
        return {
            **camera_facts(one, states.get(key), self._clock()),
            "events_today": today.events.get(key, 0),
            "recorded_until": recorded.isoformat() if recorded is not None else None,
            "enabled": one.enabled,
            "rules": {k: v for k, v in rules.items() if v is not None},
        }


def camera_called(
    cameras: list[KnownCamera], scope: Scope, camera_id: str, venue_id: str | None
) -> KnownCamera:
    """The camera of this id among `cameras`, within the scope.

    Raises:
        NotFound: there is none.
        OutOfScope: only a venue outside the scope has one.
        ConfigError: several venues have one, and none is named.
    """
    called = [one for one in cameras if one.camera_id == camera_id and venue_id in (None, one.venue_id)]
    found = [one for one in called if scope.allows(one.venue_id)]
    if len(found) > 1:
        venues = ", ".join(one.venue_id for one in found)
        raise ConfigError(f"several venues have a camera {camera_id!r}; say which with venue_id: {venues}")
    if found:
        return found[0]
    if called:
        raise OutOfScope(f"the camera {camera_id!r} is another venue's")
    of_venue = f" in venue {venue_id!r}" if venue_id else ""
    raise NotFound(f"there is no camera {camera_id!r}{of_venue}; GET /api/cameras lists all")
