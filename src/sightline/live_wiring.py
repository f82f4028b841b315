"""The live half of the wiring: cameras from the database, and what each process of `serve` is made of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sightline.config.camera import CameraSettings
from sightline.config.references import SCHEME, Source
from sightline.config.settings import Settings, VenueSettings
from sightline.config.vault import SecretName
from sightline.domain.line_alarm import LineLimits
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, ModelError
from sightline.store import cameras as camera_store
from sightline.store import venues as venue_store
from sightline.wiring import Site, camera_rules, detector_for, tracker_for, zoomed

if TYPE_CHECKING:
    from sightline.pipeline.camera_plan import CameraPlan
    from sightline.pipeline.housekeeping import Chore, Housekeeping
    from sightline.pipeline.looking import Looks
    from sightline.vision.clothes import Clothes
    from sightline.vision.picture import Detector


def import_cameras(site: Site) -> list[str]:
    """Take over the venues of the site file, and those of its cameras that are streams, into the database.

    Returns:
        `venue/camera` of those whose source is a file or folder: recordings, not cameras.

    Raises:
        StoreError, DiskFull: nothing was taken over.
    """
    streams, recordings = {}, []
    for venue in site.settings.venues:
        for camera in venue.cameras:
            if _is_recording(camera.source):
                recordings.append(f"{venue.id}/{camera.id}")
            else:
                streams[venue.id, camera.id] = camera.model_dump(mode="json")
    now = datetime.now(UTC)
    with site.database.transaction() as connection:
        for venue in site.settings.venues:
            venue_store.ensure_venue(
                Scope.of(venue.id), connection, venue.id, name=venue.name, timezone=venue.timezone, at=now
            )
            venue_store.describe_venue(Scope.of(venue.id), connection, venue.id, _description(venue))
        camera_store.import_cameras(Scope.site(), connection, streams, now)
    return recordings


def _description(venue: VenueSettings) -> dict[str, Any]:
    """What the site file says of a venue beside its name and zone. Of a place that the file does not name,
    what was told otherwise stays; opening hours are the file's alone."""
    from sightline.pipeline.venues import h3_zone

    hours, place = venue.opening_hours, venue.location
    told = place.model_dump() | {"venue_type": venue.venue_type}
    if place.latitude is not None and place.longitude is not None:
        told["h3_zone"] = h3_zone(place.latitude, place.longitude)
    week = (hours.mon, hours.tue, hours.wed, hours.thu, hours.fri, hours.sat, hours.sun) if hours else ()
    return {name: value for name, value in told.items() if value is not None} | {
        "opening_hours": [[[span.opens, span.closes] for span in day] for day in week] if hours else None
    }


def _is_recording(source: Source) -> bool:
    """Whether it is the path of a file; an address that cannot be read now may come to be readable."""
    try:
        return SCHEME.match(source.resolve()) is None
    except ConfigError:
        return False


def live_cameras(site: Site) -> list[tuple[str, str, int]]:
    """Venue, id and revision of every camera that is to run now.

    Raises:
        StoreError: the database cannot be read.
    """
    with site.database.reading() as connection:
        live = camera_store.list_live_cameras(Scope.site(), connection)
    return [(one.venue_id, one.camera_id, one.revision) for one in live]


class LiveDetectors:
    """The detector of a camera process: one for all cameras, or one each where it remembers pictures.

    Args:
        threads: from how many threads it will be called at once.
    """

    def __init__(self, settings: Settings, threads: int) -> None:
        self._settings = settings
        self._threads = threads
        self._lock = threading.Lock()
        self._shared: Detector | None = None

    def __call__(self) -> Detector:
        """The detector; a `LateDetector` while its model cannot be loaded: cameras are recorded without it.

        Raises:
            ConfigError: a setting that no detector can follow.
        """
        from sightline.vision.late import LateDetector

        try:
            return self._opened()
        except ModelError as error:
            return LateDetector(self._settings.detector.name, error, self._opened)

    def _opened(self) -> Detector:
        with self._lock:
            if self._shared is not None:
                return self._shared
            opened = detector_for(self._settings, parallel=self._threads)
            if not opened.needs_every_picture:
                self._shared = opened
            return opened


def live_plan(
    site: Site,
    detectors: Callable[[], Detector],
    venue_id: str,
    camera_id: str,
    *,
    looks: Callable[[str], Looks | None] = lambda _: None,
    clothes: Callable[[], Clothes | None] = lambda: None,
) -> CameraPlan:
    """All that one live camera is made of, as its settings are now.

    Args:
        looks: who looks closer at the people of the camera with a name, see `LiveLooks`.
        clothes: what trackers know people by beside their motion.

    Raises:
        ConfigError: there is no such camera (any more), or its settings do not fit this version.
        StoreError: the database cannot be read.
    """
    from sightline.look_wiring import staff_cues, visitor_book
    from sightline.pipeline.camera_plan import CameraPlan
    from sightline.tracking.registry import open_tracker

    scope = Scope.of(venue_id)
    with site.database.reading() as connection:
        stored = camera_store.get_camera(scope, connection, venue_id, camera_id)
        venue = venue_store.get_venue(scope, connection, venue_id)
    if stored is None or venue is None or stored.origin is None or stored.removed_at is not None:
        raise ConfigError(f"there is no live camera {camera_id!r} in venue {venue_id!r}")
    try:
        camera = CameraSettings.model_validate(stored.settings)
    except ValueError as error:
        raise ConfigError(
            f"the stored settings of camera {camera_id!r} of venue {venue_id!r} do not fit this version;"
            " remove it and add it again"
        ) from error
    placed = venue_settings(site.settings, venue_id, venue.timezone)
    _, rules = tracker_for(site.settings, None, camera_rules(site.settings, placed, camera))
    address = partial(_address, site, venue_id, camera_id, stored.origin)
    return CameraPlan(
        venue_id=venue_id,
        camera_id=camera_id,
        revision=str(stored.revision),
        timezone=venue.timezone,
        shown=camera.source.shown(),
        address=partial(address, "source", camera.source),
        record_address=partial(address, "record_source", camera.record_source)
        if camera.record_source is not None
        else None,
        transport=camera.transport,
        rules=rules,
        analysis_fps=site.settings.analysis_fps,
        clip_rule=site.clip_rule,
        detector=lambda: zoomed(detectors(), camera),
        tracker=lambda: open_tracker(site.settings.tracker.name),
        recordings_dir=site.recordings_dir,
        data_dir=site.data_dir,
        visitors=visitor_book(site),
        clothes=clothes,
        looks=lambda: looks(f"{venue_id}/{camera_id}"),
        cues=lambda: staff_cues(site, venue_id, camera),
        line_limits=LineLimits(
            length=camera.queue.alert_length,
            wait=timedelta(seconds=camera.queue.alert_wait_s),
            validation=rules.queue.validation,
        ),
    )


def venue_settings(settings: Settings, venue_id: str, timezone: str) -> VenueSettings:
    """What the site file says of a venue, which may be nothing; its time zone is the stored one."""
    known = [venue for venue in settings.venues if venue.id == venue_id]
    return (known or [VenueSettings(id=venue_id)])[0].model_copy(update={"timezone": timezone})


def _address(site: Site, venue_id: str, camera_id: str, origin: str, field: str, stored: Source) -> str:
    """The full address, for opening only. `stored` is what may be shown of it, or a reference."""
    if origin == camera_store.TYPED:
        return site.vault.address(SecretName(venue_id, camera_id, field), stored.shown())
    written: Source | None = getattr(site.settings.camera(venue_id, camera_id), field)
    if written is None:
        raise ConfigError(f"the site file has no {field} for camera {camera_id!r} any more; start again")
    return written.resolve()


def housekeeping_of(
    site: Site, step: Callable[[], None], *, on_sealed: Callable[[], None] = lambda: None
) -> Housekeeping:
    """What the worker process does beside emptying the outbox.

    Args:
        step: called whenever it has come further.
        on_sealed: called when something may have to leave.
    """
    from sightline.access_wiring import access_chores
    from sightline.analytics.traffic_alerts import TrafficAlerts
    from sightline.delivery_wiring import delivery_chores, delivery_plan
    from sightline.pipeline.disk_alerts import DiskAlerts
    from sightline.pipeline.housekeeping import Chore, Housekeeping
    from sightline.pipeline.retention import Retention
    from sightline.pipeline.software import SOFTWARE
    from sightline.privacy_wiring import privacy_chores

    settings = site.settings
    keep = timedelta(days=settings.retention_days.recording)
    share = settings.recording.disk_share
    traffic = Chore(name="traffic alerts", every_s=900.0, do=TrafficAlerts(site.database).check_all)
    return Housekeeping(
        site.database,
        recordings_dir=site.recordings_dir,
        segments_dir=site.segments_dir,
        keys_dir=site.keys_dir,
        software=SOFTWARE,
        retention=Retention(
            site.database, recordings_dir=site.recordings_dir, keep=keep, disk_share=share, beat=step
        ),
        alerts=DiskAlerts(site.database, keep=keep, disk_share=share),
        plan=delivery_plan(settings),
        chores=(
            *delivery_chores(site),
            *access_chores(site),
            *privacy_chores(site),
            traffic,
            _venue_chore(site),
        ),
        on_sealed=on_sealed,
        step=step,
    )


def _venue_chore(site: Site) -> Chore:
    """Removes the files that a kill, or a camera in its last second, left of a deleted venue."""
    from sightline.pipeline.housekeeping import Chore
    from sightline.pipeline.venue_folders import VenueFolders

    folders = VenueFolders(site.data_dir)
    return Chore(name="deleted venues", every_s=60.0, do=lambda: folders.remove_leftovers(site.database))
