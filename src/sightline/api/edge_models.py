"""What a shop's box tells its centre, as it comes. Checked from the bytes of the body in one go."""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Required

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, TypeAdapter
from typing_extensions import TypedDict

from sightline.api.event_models import EventIn, VenueId, iso_only
from sightline.domain.edge import EVENTS_AT_MOST, HOUR_NAME, NO_CAMERA, STAYS_AT_MOST
from sightline.domain.event import EventKind, Role

YEARS = range(2000, 2200)

CameraName = Annotated[
    str,
    Field(
        pattern=rf"^([A-Za-z0-9_-]{{1,50}}|{NO_CAMERA})$",
        description=f"Id of the camera; `{NO_CAMERA}` for what was told without one.",
    ),
]
HourName = Annotated[
    str,
    Field(pattern=HOUR_NAME, description="An hour of UTC: 2026-03-02T09Z.", examples=["2026-03-02T09Z"]),
]
EventId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


def _of_our_times(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError("must lie in the years 2000 to 2199")
    return at


When = Annotated[datetime, BeforeValidator(iso_only), AfterValidator(_of_our_times)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Detail = str | int | float | None


class StayIn(EventIn, total=False):
    """One event as POST /events takes it; `camera_id` is that of the document."""

    track_id: Annotated[int | None, Field(ge=0, le=2**31 - 1)]
    lasting: Annotated[bool, Field(description="Whether the pseudonym means the same person tomorrow.")]


class PersonIn(TypedDict, total=False):
    """One track in a service event, with its first and last sight once it is over."""

    track_id: Required[Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]]
    role: Required[Role]
    role_confidence: Required[Score]
    first_at: When
    last_at: When
    role_reason: Required[Annotated[str, Field(max_length=500, pattern=r"^[^\u0000]*$")]]


class ServiceEventIn(TypedDict, total=False):
    """One service event, with where its video is."""

    event_id: Required[EventId]
    kind: Required[EventKind]
    start: Required[When]
    end: Required[When]
    confirmed_at: When | None
    created_at: Required[When]
    state: Required[Annotated[str, Field(pattern="^(current|superseded)$")]]
    ongoing: bool
    run_id: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="The analysis of the box: ids of tracks are its."
        ),
    ]
    score: Required[Score]
    people: Required[Annotated[list[PersonIn], Field(max_length=100)]]
    details: Required[Annotated[dict[Annotated[str, Field(max_length=100)], Detail], Field(max_length=100)]]
    video_evidence: Annotated[dict[Annotated[str, Field(max_length=100)], JsonValue], Field(max_length=50)]


class CoverageIn(TypedDict):
    """When the camera looked."""

    minutes: Annotated[
        list[tuple[Annotated[int, Field(ge=0, le=59)], Annotated[int, Field(ge=1, le=2**31 - 1)]]],
        Field(max_length=60, description="Minute of the hour, and how many pictures were looked at in it."),
    ]


class HourIn(TypedDict, total=False):
    """All that a box knows of one camera and one hour of UTC. Members that are not listed are ignored."""

    venue_id: Required[VenueId]
    camera_id: Required[CameraName]
    hour: Required[HourName]
    version: Required[
        Annotated[int, Field(ge=1, le=2**62, description="Counts the changes of this hour at the box.")]
    ]
    sent_at: Annotated[str, Field(max_length=50, description="By the clock of the box; not of the content.")]
    timezone: Annotated[str, Field(max_length=100)]
    stays: Required[Annotated[list[StayIn], Field(max_length=STAYS_AT_MOST)]]
    service_events: Required[Annotated[list[ServiceEventIn], Field(max_length=EVENTS_AT_MOST)]]
    coverage: Required[CoverageIn]


EXAMPLE: dict[str, Any] = {
    "venue_id": "my_store",
    "camera_id": "entrance",
    "hour": "2026-03-02T09Z",
    "version": 3,
    "sent_at": "2026-03-02T10:00:05Z",
    "timezone": "Europe/Paris",
    "stays": [
        {
            "pseudo_id": "visitor-17",
            "timestamp": "2026-03-02T09:30:00+00:00",
            "zone": "entrance",
            "dwell_seconds": 42.5,
            "event_id": "9a1f:17:0",
            "track_id": 17,
            "lasting": False,
        }
    ],
    "service_events": [
        {
            "event_id": "5f0c6f0e6d8b5c1a9a633c1f5f4d7a11",
            "kind": "interaction",
            "start": "2026-03-02T09:30:10+00:00",
            "end": "2026-03-02T09:30:40+00:00",
            "created_at": "2026-03-02T09:30:41+00:00",
            "state": "current",
            "score": 0.9,
            "people": [
                {"track_id": 3, "role": "staff", "role_confidence": 0.9, "role_reason": "behind the counter"},
                {"track_id": 17, "role": "customer", "role_confidence": 0.8, "role_reason": "in front of it"},
            ],
            "details": {"mean_distance": 1.1},
            "video_evidence": {"segment_filename": "segment_8_20260302_093005_interaction_start.mp4"},
        }
    ],
    "coverage": {"minutes": [[30, 240], [31, 236]]},
}


@cache
def hour_adapter() -> TypeAdapter[HourIn]:
    """Checks the body of PUT /api/edge/hours/..."""
    return TypeAdapter(HourIn)
