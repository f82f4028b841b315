"""All that one live camera is made of, chosen by the wiring and handed over ready."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from sightline.domain.line_alarm import LineLimits
from sightline.domain.scene import CameraRules
from sightline.pipeline.looking import Looks, StaffCues
from sightline.pipeline.visitor_book import VisitorBook
from sightline.store.clips import ClipRule
from sightline.tracking.protocol import Tracker
from sightline.vision.clothes import Clothes
from sightline.vision.picture import Detector


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPlan:
    """One camera of one venue, as its settings are now.

    Attributes:
        revision: changes whenever a setting changes; a camera whose revision changed is begun anew.
        timezone: IANA name of the venue's zone.
        shown: the address as anybody may read it, password masked.
        address: the full address of the stream that is analysed, asked for at each connection and kept
            nowhere.
        record_address: of the stream that is recorded; None when one stream serves both.
        transport: of RTSP.
        rules: `lost_after` already set to the tracker's memory.
        line_limits: when a line of waiting people alerts.
        detector: the shared one, or a fresh one for each call where `needs_every_picture`.
        tracker: a fresh one for each call.
        recordings_dir: holds `<venue>/<camera>/` with the recorded files.
        data_dir: holds `locks/`.
        segment_s: recorded files are about this long.
        visitors: where those who came are entered.
        clothes: what the tracker knows people by beside their motion; asked for once by each start.
        looks, cues: fresh ones for each call, where people are looked at closer.
    """

    venue_id: str
    camera_id: str
    revision: str
    timezone: str
    shown: str
    address: Callable[[], str]
    record_address: Callable[[], str] | None
    transport: Literal["tcp", "udp"]
    rules: CameraRules
    analysis_fps: float
    clip_rule: ClipRule
    detector: Callable[[], Detector]
    tracker: Callable[[], Tracker]
    recordings_dir: Path
    data_dir: Path
    segment_s: float = 10.0
    line_limits: LineLimits = field(default_factory=LineLimits)
    visitors: VisitorBook = field(default_factory=VisitorBook)
    clothes: Callable[[], Clothes | None] = lambda: None
    looks: Callable[[], Looks | None] = lambda: None
    cues: Callable[[], StaffCues | None] = lambda: None

    @property
    def zone(self) -> ZoneInfo:
        """The venue's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def name(self) -> str:
        """`venue/camera`, as logs, folders and the supervisor call it."""
        return f"{self.venue_id}/{self.camera_id}"
