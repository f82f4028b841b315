"""Zones as people draw them: those of one camera of a venue, read and replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.config.settings import Settings
from sightline.config.typed import checked_camera
from sightline.domain.scope import Scope
from sightline.domain.zone import crosses_itself
from sightline.errors import ConfigError, Conflict, NotFound, OutOfScope
from sightline.pipeline.camera_admin import camera_called
from sightline.pipeline.known_cameras import KnownCamera, known_cameras, known_venues
from sightline.store.cameras import FROM_FILE, put_zones
from sightline.store.database import Database

NOT_YET = "webcam:0"
"""An address for checking the rules of a camera that has none: nothing is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnZones:
    """The zones of one camera.

    Attributes:
        zones: JSON values, as the site file writes them.
        read_only: they stand in the site file.
    """

    venue_id: str
    camera_id: str
    zones: Sequence[Mapping[str, Any]]
    read_only: bool


class Zones:
    """The zones of a site's cameras.

    A camera that runs is begun anew with its new zones within seconds. Those of a camera that is known from
    recordings only hold for the next recording of it that is analysed.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def of(self, scope: Scope, venue_id: str, camera_id: str | None) -> DrawnZones:
        """The zones of a camera of the venue.

        Args:
            camera_id: may be None where the venue has one camera.

        Raises:
            NotFound: no such venue or camera, or the venue has none yet.
            ConfigError: the venue has several cameras, and none is named.
            OutOfScope: another venue's.
        """
        return _told(self._camera(scope, venue_id, camera_id))

    def replace(
        self, scope: Scope, venue_id: str, camera_id: str | None, zones: Sequence[Mapping[str, Any]]
    ) -> DrawnZones:
        """Have the camera look at these zones from now on.

        Args:
            zones: `name`, `kind`, `color`, `points`, and `zoom` where a zone is to be looked at closely.

        Raises:
            Conflict: the camera stands in the site file.
            ConfigError: a zone that is none, a polygon that crosses itself, or a staff zone that is missing
                now.
            NotFound, OutOfScope: as `of`.
        """
        camera = self._camera(scope, venue_id, camera_id)
        if camera.origin == FROM_FILE:
            raise Conflict(
                f"the camera {camera.camera_id!r} of venue {venue_id!r} stands in the site file: change its"
                " zones there and start again"
            )
        document = {**camera.rules, "id": camera.camera_id, "source": NOT_YET, "zones": list(zones)}
        checked = checked_camera(venue_id, document)
        for zone in checked.zones:
            if crosses_itself(zone.points):
                raise ConfigError(f"the zone {zone.name!r} crosses itself; put its points in order")
        stored = [zone.model_dump(mode="json") for zone in checked.zones]
        with self._database.transaction() as connection:
            if not put_zones(Scope.of(venue_id), connection, venue_id, camera.camera_id, stored):
                raise NotFound(f"there is no camera {camera.camera_id!r} in venue {venue_id!r} any more")
        return self.of(scope, venue_id, camera.camera_id)

    def _camera(self, scope: Scope, venue_id: str, camera_id: str | None) -> KnownCamera:
        if not scope.allows(venue_id):
            raise OutOfScope(f"the venue {venue_id!r} is another's")
        cameras = [
            one
            for one in known_cameras(self._settings, self._database, with_recordings=True)
            if one.venue_id == venue_id
        ]
        if camera_id is not None and cameras:
            return camera_called(cameras, scope, camera_id, venue_id)
        if not cameras:
            if venue_id not in known_venues(self._settings, self._database):
                raise NotFound(f"there is no venue {venue_id!r}; make it with POST /venues")
            raise NotFound(
                f"the venue {venue_id!r} has no camera yet: add one with POST /api/cameras or sightline"
                " camera add, or analyse a recording of it"
            )
        if len(cameras) > 1:
            names = ", ".join(one.camera_id for one in cameras)
            raise ConfigError(
                f"the venue {venue_id!r} has several cameras; say which with camera_id: {names}"
            )
        return cameras[0]


def _told(camera: KnownCamera) -> DrawnZones:
    return DrawnZones(
        venue_id=camera.venue_id,
        camera_id=camera.camera_id,
        zones=camera.rules.get("zones") or [],
        read_only=camera.origin == FROM_FILE,
    )
