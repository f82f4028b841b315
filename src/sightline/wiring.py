"""The one place that chooses implementations: checked settings in, working parts out.

Parts are imported where they are put together: the supervisor, the web process and the worker need no models,
decoders or trackers, and would hold 100 MB each for nothing.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sightline.config.camera import CameraSettings
from sightline.config.load import load_settings
from sightline.config.naming import camera_for_video
from sightline.config.settings import SecuritySettings, Settings, VenueSettings
from sightline.config.vault import Vault
from sightline.domain.crossing import CountLine
from sightline.domain.interaction import Distance, InteractionRule
from sightline.domain.opening_hours import OpeningHours
from sightline.domain.queueing import QueueRule
from sightline.domain.scene import CameraRules
from sightline.domain.security import SecurityRules
from sightline.domain.unattended import UnattendedRule
from sightline.domain.zone import StaffLine, Zone, ZoneKind
from sightline.store.clips import ClipRule
from sightline.store.database import Database, open_database, sqlite_url

if TYPE_CHECKING:
    from sightline.evidence.file_verdicts import FileVerdicts
    from sightline.pipeline.look_models import SiteLooks
    from sightline.pipeline.piecewise import Pieces
    from sightline.pipeline.results import Analysis
    from sightline.pipeline.visitor_book import Recognition
    from sightline.tracking.protocol import Tracker
    from sightline.vision.picture import Detector

DEFAULT_SITE_FILE = Path("sightline.yaml")
PIECES = "pieces"
"""Folder below `data_dir` in which `analyze` keeps what is found in pieces of a video until it has ended."""
LEAST_PIECE_S = 60.0
"""Starting a process for less would cost more than it saves."""


@dataclass(frozen=True)
class Site:
    """A site as one process sees it: its settings, its folder and, once asked for, its database."""

    settings: Settings
    data_dir: Path

    @cached_property
    def database(self) -> Database:
        """Opened, and brought up to date, on first use; closed with the site, or with the program."""
        opened = open_database(self.database_url)
        weakref.finalize(self, opened.close)
        return opened

    @cached_property
    def recognition(self) -> Recognition | None:
        """What knows people again, for all cameras of this process; None: nobody is to be known again.

        Raises:
            ConfigError, StoreError: as `look_wiring.recognition`.
        """
        from sightline.look_wiring import recognition

        return recognition(self)

    @property
    def database_url(self) -> str:
        url = self.settings.database_url
        return url.resolve() if url is not None else sqlite_url(self.data_dir / "sightline.db")

    @property
    def recordings_dir(self) -> Path:
        return self.data_dir / "recordings"

    @property
    def segments_dir(self) -> Path:
        return self.data_dir / "segments"

    @property
    def keys_dir(self) -> Path:
        return self.data_dir / "keys"

    @property
    def vault(self) -> Vault:
        """Addresses of cameras that were typed."""
        return Vault(self.data_dir / "secrets")

    @cached_property
    def looks(self) -> SiteLooks | None:
        """The models that look closer at people, opened once; None where the settings ask for none."""
        from sightline.look_wiring import site_looks

        return site_looks(self)

    @cached_property
    def file_verdicts(self) -> FileVerdicts:
        """Hashes of clips, remembered for a while: one memory for the API and the pages."""
        from sightline.evidence.file_verdicts import FileVerdicts

        return FileVerdicts()

    @property
    def clip_rule(self) -> ClipRule:
        recording = self.settings.recording
        return ClipRule(
            pre=timedelta(seconds=recording.pre_s),
            post=timedelta(seconds=recording.post_s),
            longest=timedelta(seconds=recording.segment_s),
        )


def open_site(
    config: Path | None, data_dir: Path | None = None, *, environ: Mapping[str, str] = os.environ
) -> Site:
    """The site of a settings file, else of `./sightline.yaml`, else of the defaults.

    Args:
        config: the file asked for; None to take `./sightline.yaml` when it is there.
        data_dir: overrides the setting.

    Raises:
        ConfigError: settings that are wrong, each with its line.
    """
    if config is None and DEFAULT_SITE_FILE.is_file():
        config = DEFAULT_SITE_FILE
    settings = load_settings(config, environ=environ)
    return Site(settings, (data_dir or settings.data_dir).absolute())


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraChoice:
    """Which venue and camera a recording belongs to, and the rules there.

    Attributes:
        drawn: something tells staff from customers: a line, a zone or a uniform.
    """

    venue_id: str
    camera_id: str
    zone: ZoneInfo
    rules: CameraRules
    drawn: bool
    camera: CameraSettings


def choose_camera(
    settings: Settings, source: Path, *, venue_id: str | None = None, camera_id: str | None = None
) -> CameraChoice:
    """The camera a recording belongs to; see `config.naming`.

    Raises:
        ConfigError: several venues or cameras to choose from, or one that is not in the settings.
    """
    venue, camera = camera_for_video(settings, source, venue_id=venue_id, camera_id=camera_id)
    rules = camera_rules(settings, venue, camera)
    return CameraChoice(
        venue_id=venue.id,
        camera_id=camera.id,
        zone=venue.zone,
        rules=rules,
        drawn=rules.staff_line is not None
        or any(zone.kind is ZoneKind.STAFF for zone in rules.zones)
        or bool(camera.staff.uniform),
        camera=camera,
    )


def camera_rules(settings: Settings, venue: VenueSettings, camera: CameraSettings) -> CameraRules:
    """The rules of a camera as the domain wants them: time spans, zones with their kinds.

    Args:
        settings: of the site; its `security` is what the camera's own deviates from.
        venue: whose time zone and opening hours the camera is in.
    """
    interaction, unattended, queue = camera.interaction, camera.unattended, camera.queue
    line = camera.staff.line
    return CameraRules(
        zones=_zones(camera),
        staff_line=StaffLine(line[0], line[1], camera.staff.side) if line is not None else None,
        lines=tuple(CountLine(drawn.name, *drawn.line, drawn.side) for drawn in camera.lines),
        interaction=InteractionRule(
            distance=Distance.parse(str(interaction.distance)),
            min_duration=timedelta(seconds=interaction.min_duration_s),
            start_after=timedelta(seconds=interaction.start_after_s),
            end_after=timedelta(seconds=interaction.end_after_s),
        ),
        unattended=UnattendedRule(
            threshold=timedelta(seconds=unattended.threshold_s),
            confirmation=timedelta(seconds=unattended.confirmation_s),
            grace=timedelta(seconds=unattended.grace_s),
        ),
        queue=QueueRule(
            min_duration=timedelta(seconds=queue.min_duration_s),
            validation=timedelta(seconds=queue.validation_s),
            stability=queue.stability,
        ),
        security=_security_rules(settings.security.for_camera(camera.security), opening_hours(venue)),
    )


def _security_rules(security: SecuritySettings, hours: OpeningHours) -> SecurityRules:
    return SecurityRules(
        hours=hours,
        after_hours=security.after_hours,
        loiter=timedelta(seconds=security.loiter_s) if security.loiter_s is not None else None,
        crowd=security.crowd,
        min_duration=timedelta(seconds=security.min_duration_s),
    )


def opening_hours(venue: VenueSettings) -> OpeningHours:
    """When a venue is open, on its own clocks; without any setting 05:00-24:00 every day."""
    drawn = venue.opening_hours
    if drawn is None:
        return OpeningHours.usual(venue.zone)
    days = (drawn.mon, drawn.tue, drawn.wed, drawn.thu, drawn.fri, drawn.sat, drawn.sun)
    return OpeningHours(venue.zone, tuple(tuple((span.opens, span.closes) for span in day) for day in days))


def _zones(camera: CameraSettings) -> tuple[Zone, ...]:
    """Drawn zones; one that `staff.zones` names counts as a staff zone beside what it is otherwise."""
    zones = []
    for drawn in camera.zones:
        zone = Zone(drawn.name, ZoneKind(drawn.kind), tuple(drawn.points))
        zones.append(zone)
        if drawn.name in camera.staff.zones and zone.kind is not ZoneKind.STAFF:
            zones.append(replace(zone, name=f"{zone.name} (staff)", kind=ZoneKind.STAFF))
    return tuple(zones)


def detector_for(settings: Settings, name: str | None = None, *, parallel: int = 0) -> Detector:
    """The detector asked for, else the configured one; `auto` takes the best whose file is there.

    Args:
        parallel: how many pictures are looked at at once, each by one thread; 0 = one per core.
    """
    from sightline.vision.registry import open_detector

    chosen = settings.detector
    return open_detector(
        name or chosen.name,
        confidence=chosen.confidence if "confidence" in chosen.model_fields_set else None,
        runtime=chosen.runtime,
        precision=chosen.precision,
        threads=parallel or chosen.threads,
        parallel=parallel,
        find_model=partial(_model_file, settings),
    )


def require_detector(settings: Settings) -> None:
    """Make sure, without loading it, that the configured detector is here: before cameras are started.

    Raises:
        ConfigError, ModelError: as `open_detector`, with the way out.
    """
    from sightline.vision.registry import choose_model

    choose_model(settings.detector.name, partial(_model_file, settings))


def _model_file(settings: Settings, name: str) -> Path | None:
    from sightline.vision.catalogue import find_model, load_catalogue

    return find_model(
        name, models_dir=settings.models.dir, catalogue=load_catalogue(settings.models.catalogue)
    )


def zoomed(detector: Detector, camera: CameraSettings) -> Detector:
    """The detector, looking closely at the zones of a camera that ask for it.

    The built-in one gains nothing by it: it measures motion in the picture it is given.
    """
    from sightline.vision.zoom import ZoomDetector

    boxes = _zoomed_boxes(camera)
    return ZoomDetector(detector, boxes) if boxes and not detector.needs_every_picture else detector


def _zoomed_boxes(camera: CameraSettings) -> tuple[tuple[float, float, float, float], ...]:
    from sightline.vision.zoom import box_around

    return tuple(box_around(zone.points) for zone in camera.zones if zone.zoom)


def pieces_for(
    site: Site,
    camera: CameraSettings,
    detector: str | None,
    *,
    at_most: int,
    folder: Path,
    least_s: float = LEAST_PIECE_S,
) -> Pieces | None:
    """How a recording of this camera is detected in pieces, by processes of this machine; None: in one go.

    Args:
        detector: the one asked for; None: the configured one.
        at_most: how many pieces; 0 = one per core.
        folder: see `Pieces`.
    """
    from sightline.pipeline.piece_processes import LocalPieces
    from sightline.pipeline.pieces import DetectorChoice
    from sightline.pipeline.piecewise import Pieces
    from sightline.vision.registry import choose_model
    from sightline.vision.runtime import cores

    chosen = site.settings.detector
    total = chosen.threads or cores()
    if (at_most or total) == 1:
        return None
    name, model = choose_model(detector or chosen.name, partial(_model_file, site.settings))
    at_once = min(at_most or total, total)
    return Pieces(
        at_most=at_most or total,
        least_s=least_s,
        folder=folder,
        runner=LocalPieces(at_once),
        detector=DetectorChoice(
            name=name,
            model=str(model.absolute()) if model is not None else None,
            confidence=chosen.confidence if "confidence" in chosen.model_fields_set else None,
            runtime=chosen.runtime,
            precision=chosen.precision,
            zoomed=_zoomed_boxes(camera) if model is not None else (),
        ),
        threads=max(1, total // at_once),
    )


def tracker_for(settings: Settings, name: str | None, rules: CameraRules) -> tuple[Tracker, CameraRules]:
    """A fresh tracker, and the rules told how long it keeps a person who is out of sight."""
    from sightline.tracking.registry import open_tracker

    tracker = open_tracker(name or settings.tracker.name)
    return tracker, replace(rules, lost_after=tracker.memory)


def analysis_of(
    site: Site,
    choice: CameraChoice,
    detector: Detector,
    tracker: str | None,
    out: Path,
    pieces: Pieces | None = None,
) -> Analysis:
    """What one recording of the chosen camera is analysed with; `out` receives the results."""
    from sightline.delivery_wiring import delivery_plan
    from sightline.look_wiring import clothes_of, recorded_looks, staff_cues, visitor_book
    from sightline.pipeline.recording import Means
    from sightline.pipeline.results import Analysis

    fresh, rules = tracker_for(site.settings, tracker, choice.rules)
    cues = staff_cues(site, choice.venue_id, choice.camera)
    return Analysis(
        means=Means(
            database=site.database,
            recordings_dir=site.recordings_dir,
            detector=zoomed(detector, choice.camera),
            tracker=fresh,
            rules=rules,
            clip_rule=site.clip_rule,
            analysis_fps=site.settings.analysis_fps,
            pieces=pieces,
            visitors=visitor_book(site),
            clothes=clothes_of(site.settings),
            looks=recorded_looks(site, detector.name),
            cues=cues,
        ),
        data_dir=site.data_dir,
        segments_dir=site.segments_dir,
        keys_dir=site.keys_dir,
        out=out.absolute(),
        roles_drawn=choice.drawn or cues is not None,
        plan=delivery_plan(site.settings),
    )
