"""What the routes of video jobs take and answer."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sightline.api.typed_words import Name, PlainText, SiteId

JobState = Literal["pending", "processing", "completed", "failed", "cancelled"]
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _iso_time(value: object) -> object:
    at = datetime.fromisoformat(value if isinstance(value, str) else "")
    if not EARLIEST <= (at if at.tzinfo else at.replace(tzinfo=UTC)) <= LATEST:
        raise ValueError("no recording is from before 2000 or after 2200")
    return at


RecordedAt = Annotated[
    datetime,
    BeforeValidator(_iso_time, json_schema_input_type=str),
    Field(
        description="Start of the recording, ISO 8601; without an offset on the clocks of the venue. Without"
        " any, the name of the file or the file itself says; else it is taken as recorded when it came.",
        examples=["2026-03-02T09:30:00+01:00"],
    ),
]
Priority = Annotated[int, Field(ge=-1_000, le=1_000, description="Higher ones go first, then older ones.")]
Address = Annotated[PlainText, Field(max_length=2_000)]


class UploadFields(BaseModel):
    """What stands beside the file in a form."""

    venue_id: SiteId
    camera_id: SiteId | None = None
    recorded_at: RecordedAt | None = None
    priority: Priority = 0

    @model_validator(mode="before")
    @classmethod
    def _left_empty_is_left_out(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if value != ""}


class FromWeb(BaseModel):
    """A video to be fetched."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ", "venue_id": "my_store"}]
        }
    )

    url: Address
    venue_id: SiteId
    camera_id: SiteId | None = None
    venue_name: Name | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    recorded_at: RecordedAt | None = None
    priority: Priority = 0

    @model_validator(mode="after")
    def _has_both_coordinates(self) -> "FromWeb":
        if (self.latitude is None) is not (self.longitude is None):
            raise ValueError("latitude and longitude go together")
        return self


class JobStarted(BaseModel):
    """A job that was made."""

    job_id: str = Field(examples=["0f8b3c2e9d5a4c1b8e7f6a5d4c3b2a19"])
    status: Literal["started"] = "started"


class JobStatus(BaseModel):
    """How far a job is, and what it came to: null until that is known."""

    job_id: str
    status: JobState
    message: str = Field(description="A sentence for people; of a failed job, why.")
    venue_id: str
    camera_id: str = Field(description="Where its events are; `upload` when none was named.")
    current_frame: int
    total_frames: int | None
    frames_to_process: int | None = Field(description="Pictures that are looked at, of all.")
    fps: float | None = Field(description="Pictures per second of the video.")
    duration: float | None = Field(description="Of the video, seconds.")
    eta_seconds: float | None
    total_events: int | None = Field(description="Stays that were found.")
    unique_visitors: int | None = Field(description="Different people with a stay.")
    visitors_detected: int | None = Field(description="People that the tracks come to.")
    return_visitors: int | None = Field(
        description="Different people known from an earlier visit; null as long as nobody can tell."
    )
    new_visitors: int | None = Field(
        description="Different people with a face who are seen for the first time."
    )
    reid_enabled: bool = Field(description="Whether people are known again by their faces.")
    reid_stats: dict[str, int] | None = Field(
        description="Different people: `known`, `new`, `same_visit` (here less than half an hour before) and"
        " `faceless` (no face was good enough).",
        examples=[{"known": 3, "new": 12, "same_visit": 0, "faceless": 8}],
    )


class Job(JobStatus):
    """All there is to say about a job."""

    source: Literal["upload", "url"]
    video_name: str
    url: str | None
    priority: int
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    recorded_at: datetime | None = Field(description="Start of the recording, once it is known.")
    time_unknown: bool = Field(description="Nobody knows when it was recorded: taken as when it came.")
    events: dict[str, int] | None = Field(description="How many of each kind the rules have found.")
    run_id: str | None


class FileTaken(BaseModel):
    """What became of one file of several."""

    job_id: str | None
    filename: str
    status: Literal["pending", "failed"]
    error: str | None = Field(default=None, description="Why it was not taken.")


class FilesTaken(BaseModel):
    """One result per file, in the order in which they came."""

    jobs: list[FileTaken]


class AddressTaken(BaseModel):
    """What became of one address of several."""

    job_id: str | None = None
    url: str
    video_name: str | None = None
    status: Literal["pending", "failed"]
    error: str | None = Field(default=None, description="Why it was not taken.")


class AddressesTaken(BaseModel):
    """One result per address, in the order in which they came."""

    jobs: list[AddressTaken]


class QueueLengths(BaseModel):
    """How many jobs are in each state; `total` holds those that were cancelled, too."""

    pending: int
    processing: int
    completed: int
    failed: int
    total: int


class JobStats(BaseModel):
    """All jobs that the caller may see, or those of one venue."""

    queue: QueueLengths
    total_visitors_detected: int
    processor_running: bool = Field(description="Whether a process takes jobs: `sightline serve` has one.")


class JobStopped(BaseModel):
    """A job that was removed, or is being stopped."""

    job_id: str
    status: Literal["removed", "cancelling"]
    message: str
