"""Cameras as programs and pages send and read them. No answer holds an address with its password."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sightline.api.typed_words import Name, SiteId
from sightline.api.zone_models import Zone

Address = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000, pattern=r"^[^\x00-\x20\x7f]+$"),
    Field(
        description="rtsp://, rtsps://, http://, https:// or webcam:N, with user and password where the"
        " camera wants them. Kept encrypted, never shown again.",
        examples=["rtsp://user:password@192.0.2.10:554/stream1"],
    ),
]
Transport = Annotated[Literal["tcp", "udp"], Field(description="Of RTSP; udp only where tcp fails.")]
Rules = Annotated[
    dict[str, Any] | None,
    Field(description="As the site file has this group of a camera; null: its defaults."),
]
CameraState = Literal[
    "running", "starting", "gap", "stopped", "failed", "not_running", "never", "paused", "recordings"
]
CameraCondition = Literal[
    "running", "covered", "blinded", "moved", "recording_paused",
    "starting", "no_answer", "gap", "stopped", "failed", "not_running", "never", "paused", "recordings",
]  # fmt: skip


class CameraRules(BaseModel):
    """Groups of rules of a camera, each as in the site file."""

    staff: Rules = None
    interaction: Rules = None
    unattended: Rules = None
    queue: Rules = None
    security: Rules = None
    lines: Annotated[
        list[dict[str, Any]] | None,
        Field(max_length=20, description="Lines over which people are counted, as the site file has them."),
    ] = None


class CameraIn(CameraRules):
    """A camera to be added."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"venue_id": "my_store", "id": "till", "source": "rtsp://user:password@192.0.2.10/stream1"}
            ]
        },
    )

    venue_id: SiteId
    id: SiteId
    source: Address
    name: Name | None = None
    record_source: Address | None = Field(default=None, description="Another stream, to be recorded.")
    transport: Transport = "tcp"
    enabled: bool = True
    zones: Annotated[list[Zone], Field(max_length=20)] | None = None


class CameraChange(CameraRules):
    """What is to change of a camera; what is not named stays. Zones: PUT /venues/{venue_id}/zones."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": False}]})

    name: Name | None = None
    source: Address | None = None
    record_source: Address | None = Field(default=None, description="null: the source is recorded.")
    transport: Transport | None = None
    enabled: bool | None = Field(default=None, description="false pauses it.")


class Gap(BaseModel):
    """An interruption that lasts now."""

    since: str
    reason: str
    detail: str


class PeopleNow(BaseModel):
    """The people in view of a camera at this moment."""

    customers: int = Field(examples=[5])
    staff: int = Field(examples=[1])
    waiting: int = Field(description="Customers in a line.", examples=[2])


class CameraOut(BaseModel):
    """A camera and how it is."""

    venue_id: str
    camera_id: str
    name: str
    source: str = Field(description="Without its password; empty when known from recordings only.")
    record_source: str | None
    transport: str
    origin: Literal["file", "typed"] | None = Field(
        description="`file`: the site file, where it is changed; `typed`: added by a person; null: known from"
        " recordings only."
    )
    enabled: bool
    state: CameraState
    condition: CameraCondition = Field(
        description="The state; of a camera that runs, what is wrong with its pictures or their recording."
    )
    detail: str = Field(description="Why it is so, for people.")
    codec: str | None
    width: int | None
    height: int | None
    fps: float | None
    last_picture_at: str | None
    people: PeopleNow | None = Field(description="Whom it sees now; null when it does not run.")
    gap: Gap | None
    recording_bytes: int
    recorded_until: str | None = Field(description="End of its last finished file.")
    events_today: int = Field(description="Events that began since midnight, by the venue's clocks.")
    rules: dict[str, Any] = Field(description="Its zones and groups of rules, as the site file has them.")


class CameraRemoved(BaseModel):
    venue_id: str
    camera_id: str
    message: str


class CameraTest(BaseModel):
    """What a look at a camera has shown."""

    answered: bool
    detail: str = Field(description="What it sends, or why it does not answer and what to do.")
    address: str | None = None
    transport: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    key_frame_interval_s: float | None = None
    bit_rate: float | None = None
    clock_offset_s: float | None = Field(default=None, description="Ahead of this machine's clock.")
    warnings: list[str] = Field(description="What will cost footage, clips or work.")


class CameraTrialIn(BaseModel):
    """A camera that is to be looked at before it is added."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"venue_id": "my_store", "source": "rtsp://user:password@192.0.2.10/stream1"}]
        },
    )

    venue_id: SiteId
    id: SiteId | None = Field(default=None, description="As it is to be called: its masks are painted over.")
    source: Address
    transport: Transport = "tcp"


class CameraTrialOut(CameraTest):
    """What a look at an address has shown."""

    picture: str | None = Field(
        default=None,
        description="Its first picture, a JPEG in base64; masked and blurred as the site wants it.",
    )


class FoundCamera(BaseModel):
    """A camera that answered on the network. All texts are its own words."""

    address: str = Field(description="Host or IP address.")
    name: str
    hardware: str
    location: str


class FoundCameras(BaseModel):
    cameras: list[FoundCamera]
