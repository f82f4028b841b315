"""The whole site: every group of settings with its default. Loading them is `config.load`."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sightline.config.camera import CameraSecuritySettings, CameraSettings
from sightline.config.delivery import DeliverySettings
from sightline.config.group import Group
from sightline.config.references import DatabaseUrl, Secret
from sightline.config.site_checks import nearest, site_problems
from sightline.config.values import (
    Count,
    Hours,
    Id,
    Name,
    Number,
    Point,
    Port,
    Seconds,
    Share,
    WebAddress,
    Words,
)
from sightline.errors import ConfigError

PlacePath = Annotated[Path, AfterValidator(Path.expanduser)]
DOWNLOAD_HOSTS = ("youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be")


class ModelSettings(Group):
    """Where model files lie, and a catalogue that adds to the one shipped."""

    dir: PlacePath | None = None
    catalogue: PlacePath | None = None


class DetectorSettings(Group):
    """Which detector sees people. `auto` takes the best that is there."""

    name: Annotated[str, Field(min_length=1)] = Field(
        default="auto",
        description="auto, yolo11n, yolox_nano, builtin, path of an .onnx file, a name of models.catalogue",
    )
    confidence: Share = 0.25
    runtime: Literal["auto", "onnxruntime", "openvino"] = "auto"
    precision: Literal["f32", "bf16", "int8"] = "f32"
    threads: Annotated[Count, Field(ge=0, le=256)] = Field(
        default=0, description="0: as many as the runtime likes"
    )


class TrackerSettings(Group):
    """What keeps people apart, and by what beside their motion. With looks, who was behind a shelf for up to
    20 s comes back as the same person."""

    name: Literal["botsort", "deepsort", "bytetrack"] = "botsort"
    looks: Literal["motion", "colours", "model", "auto"] = Field(
        default="motion",
        description="motion: none; colours: of clothes; model: of appearance; auto: the model, else colours",
    )


class IdentitySettings(Group):
    """Faces, appearance, age and gender: off until the site turns them on."""

    enabled: bool = False
    demographics: bool = True
    reid: bool = True
    key: Secret = Secret("env:SIGHTLINE_IDENTITY_KEY")


class BehaviorSettings(Group):
    enabled: bool = False


class MaskSettings(Group):
    """A stretch of picture that never leaves the site."""

    camera: Id
    venue: Id | None = None
    points: Annotated[tuple[Point, ...], Field(min_length=3, max_length=100)]


class PrivacySettings(Group):
    blur_faces: bool = False
    masks: tuple[MaskSettings, ...] = ()


class RecordingSettings(Group):
    """How footage is kept. `segment_s` is the longest clip; `pre_s` and `post_s` surround an event."""

    disk_share: Annotated[Share, Field(gt=0)] = 0.8
    segment_s: Annotated[Number, Field(ge=10, le=3_600)] = 120
    pre_s: Annotated[Number, Field(ge=0, le=300)] = 5
    post_s: Annotated[Number, Field(ge=0, le=300)] = 5


Days = Annotated[Count, Field(ge=1, le=36_500)]


class RetentionSettings(Group):
    """Days after which each kind of data is deleted."""

    recording: Days = 3
    evidence: Days = 30
    events: Days = 400
    identity: Days = 30
    audit: Days = 400


class AnalyzerSettings(Group):
    """An outside service that looks at security clips."""

    url: WebAddress = Field(repr=False)
    api_key: Secret | None = None
    timeout_s: Annotated[Number, Field(gt=0, le=600)] = 30


class SecuritySettings(Group):
    """Incidents that start by themselves; all off until set. `kind: restricted` zones need no switch."""

    after_hours: bool = False
    loiter_s: Annotated[Seconds, Field(gt=0)] | None = None
    crowd: Annotated[Count, Field(ge=1)] | None = None
    min_duration_s: Seconds = 3
    analyzer: AnalyzerSettings | None = None

    def for_camera(self, camera: CameraSecuritySettings) -> "SecuritySettings":
        """These settings with what `camera` sets otherwise."""
        return self.model_copy(update=camera.model_dump(exclude_none=True))


class LocationSettings(Group):
    """Where a venue is. A plain text in the file is its address."""

    latitude: Annotated[Number, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[Number, Field(ge=-180, le=180)] | None = None
    address: str | None = None
    city: str | None = None
    country: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _text_is_an_address(cls, data: object) -> object:
        return {"address": data} if isinstance(data, str) else data


DayHours = Annotated[tuple[Hours, ...], Field(max_length=6)]


class OpeningHours(Group):
    """Local opening times per weekday; a day that is not named is closed."""

    mon: DayHours = ()
    tue: DayHours = ()
    wed: DayHours = ()
    thu: DayHours = ()
    fri: DayHours = ()
    sat: DayHours = ()
    sun: DayHours = ()

    @field_validator("*", mode="before")
    @classmethod
    def _one_span_needs_no_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class VenueSettings(Group):
    """One shop with its cameras. Hours, days and weeks of its figures are in `timezone`."""

    id: Id
    name: Name | None = Field(default=None, description="shown to people; the id where none is given")
    timezone: str = "UTC"
    branch_id: Name | None = Field(default=None, description="the shop's id at the receiver of incidents")
    venue_type: Name | None = Field(default=None, description="for comparing it with others, such as retail")
    location: LocationSettings = LocationSettings()
    opening_hours: OpeningHours | None = Field(default=None, description="without any: 05:00-24:00 every day")
    cameras: tuple[CameraSettings, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, timezone: str) -> str:
        if timezone not in available_timezones():
            hint = nearest(timezone, available_timezones()) or "; write an IANA name such as Europe/Paris"
            raise ValueError(f"unknown timezone {timezone!r}{hint}")
        return timezone

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def camera(self, camera_id: str) -> CameraSettings:
        """The camera called `camera_id`. Raises ConfigError, naming those there are."""
        for camera in self.cameras:
            if camera.id == camera_id:
                return camera
        ids = [camera.id for camera in self.cameras]
        raise ConfigError(
            f"venue {self.id!r} has no camera {camera_id!r}{nearest(camera_id, ids) or _those(ids)}"
        )


class DownloadSettings(Group):
    """From where videos are fetched, and how large an upload may be."""

    hosts: Words = DOWNLOAD_HOSTS
    max_upload_mb: Annotated[Count, Field(ge=1)] = 2048


class RateLimits(Group):
    """POST calls per minute and key."""

    ingest: Annotated[Count, Field(ge=1)] = 100
    process: Annotated[Count, Field(ge=1)] = 10


class ServerSettings(Group):
    """The web process. `auth: required` demands keys even on a loopback address."""

    host: Name = "127.0.0.1"
    port: Port = 8000
    public_url: WebAddress | None = None
    auth: Literal["auto", "required"] = "auto"
    cors_origins: tuple[WebAddress, ...] = ()
    rate_limits: RateLimits = RateLimits()


class Settings(Group):
    """One site: its venues and everything around them."""

    data_dir: PlacePath = Path("./sightline-data")
    database_url: DatabaseUrl | None = Field(default=None, description="without one: SQLite under data_dir")
    models: ModelSettings = ModelSettings()
    detector: DetectorSettings = DetectorSettings()
    tracker: TrackerSettings = TrackerSettings()
    analysis_fps: Annotated[Number, Field(gt=0, le=120)] = 5
    identity: IdentitySettings = IdentitySettings()
    behavior: BehaviorSettings = BehaviorSettings()
    privacy: PrivacySettings = PrivacySettings()
    recording: RecordingSettings = RecordingSettings()
    retention_days: RetentionSettings = RetentionSettings()
    security: SecuritySettings = SecuritySettings()
    venues: tuple[VenueSettings, ...] = ()
    delivery: DeliverySettings = DeliverySettings()
    downloads: DownloadSettings = DownloadSettings()
    server: ServerSettings = ServerSettings()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Settings":
        problems = site_problems(self.model_dump(mode="json", include={"venues", "detector", "models"}))
        if problems:
            text = "; ".join(problem.text for problem in problems)
            raise PydanticCustomError("site", "{text}", {"text": text})
        return self

    def venue(self, venue_id: str) -> VenueSettings:
        """The venue called `venue_id`. Raises ConfigError, naming those there are."""
        for venue in self.venues:
            if venue.id == venue_id:
                return venue
        ids = [venue.id for venue in self.venues]
        raise ConfigError(f"there is no venue {venue_id!r}{nearest(venue_id, ids) or _those(ids)}")

    def camera(self, venue_id: str, camera_id: str) -> CameraSettings:
        """The camera `camera_id` of the venue `venue_id`. Raises ConfigError, naming those there are."""
        return self.venue(venue_id).camera(camera_id)


def _those(ids: list[str]) -> str:
    return f"; there are: {', '.join(ids)}" if ids else "; there are none"
