"""Events as other programs tell them. One is a stay: a person in a zone, from a moment on, for a while.

They are checked from the bytes of the body in one go, since a thousand come at once; as plain dictionaries,
which cost the least.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal, Required

from pydantic import BeforeValidator, Field, JsonValue, TypeAdapter
from typing_extensions import TypedDict

from sightline.domain.stay import Stay

EVENTS_AT_MOST = 10_000
LONGEST_DWELL_S = 366 * 86_400
NO_CONTROL = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$"


def iso_only(value: object) -> object:
    """A time as text: the first check of each."""
    # A number could be seconds or milliseconds; guessing is how yesterday's peak hour moves.
    if not isinstance(value, str) or value[4:5] != "-" or value[10:11] not in ("T", "t", " "):
        raise ValueError("must be ISO 8601, for instance 2026-03-02T09:30:00+01:00")
    return value


VenueId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
Label = Annotated[str, Field(min_length=1, max_length=30, pattern=NO_CONTROL)]


class EventIn(TypedDict, total=False):
    """One event. Members that are not listed are ignored."""

    pseudo_id: Required[
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=64,
                pattern=NO_CONTROL,
                description="Who: the same text means the same person of this venue.",
            ),
        ]
    ]
    timestamp: Required[
        Annotated[
            datetime,
            BeforeValidator(iso_only),
            Field(
                description="When it began: ISO 8601, years 2000 to 2199; without an offset it is UTC.",
            ),
        ]
    ]
    zone: Required[
        Annotated[str, Field(min_length=1, max_length=100, pattern=NO_CONTROL, description="Where.")]
    ]
    event_id: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            pattern=NO_CONTROL,
            description="The sender's id: told again, it is the same event. Without one, its content says.",
        ),
    ]
    camera_id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")]
    dwell_seconds: Annotated[float | None, Field(ge=0, le=LONGEST_DWELL_S, allow_inf_nan=False)]
    age_bracket: Annotated[
        str | None, Field(min_length=1, max_length=10, pattern=NO_CONTROL, description="Any label.")
    ]
    gender: Literal["M", "F"] | None
    is_repeat: Annotated[
        bool | None, Field(description="The sender knows this person from an earlier visit.")
    ]
    track_frames: Annotated[int | None, Field(ge=0, le=2**31 - 1)]
    detection_conf: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)]
    engagement_score: Annotated[float | None, Field(ge=0, le=100, allow_inf_nan=False)]
    behavior_type: Label | None
    body_orientation: Annotated[
        float | None,
        Field(ge=-1, le=1, allow_inf_nan=False, description="-1 faces away, 1 faces the camera."),
    ]
    posture: Label | None


class EventOfVenue(EventIn, total=False):
    """One event of any venue."""

    venue_id: Required[VenueId]


class EventsIn(TypedDict, total=False):
    """The events of one venue."""

    venue_id: Required[VenueId]
    events: Required[Annotated[list[EventIn], Field(max_length=EVENTS_AT_MOST)]]
    api_key: Annotated[JsonValue, Field(description="Ignored: keys go in the header X-API-Key.")]


EventsOfVenues = Annotated[list[EventOfVenue], Field(max_length=EVENTS_AT_MOST)]

EXAMPLE = {
    "pseudo_id": "visitor-17",
    "timestamp": "2026-03-02T09:30:00+01:00",
    "zone": "entrance",
    "dwell_seconds": 42.5,
    "age_bracket": "30-39",
    "gender": "F",
}


def stay_of(event: Mapping[str, Any], at: datetime, camera_id: str, **beside: Any) -> Stay:
    """A checked event as a stay.

    Args:
        at: its `timestamp`, aware.
        beside: of the stay, what an event does not say.
    """
    get = event.get
    return Stay(
        pseudo_id=event["pseudo_id"],
        at=at,
        zone=event["zone"],
        dwell=timedelta(seconds=get("dwell_seconds") or 0.0),
        event_id=get("event_id"),
        camera_id=camera_id,
        age_bracket=get("age_bracket"),
        gender=get("gender"),
        is_repeat=get("is_repeat") or False,
        track_frames=get("track_frames"),
        detection_conf=get("detection_conf"),
        engagement_score=get("engagement_score"),
        behavior_type=get("behavior_type"),
        body_orientation=get("body_orientation"),
        posture=get("posture"),
        **beside,
    )


@cache
def events_adapter() -> TypeAdapter[EventsIn]:
    """Checks the body of POST /events."""
    return TypeAdapter(EventsIn)


@cache
def batch_adapter() -> TypeAdapter[list[EventOfVenue]]:
    """Checks the body of POST /events/batch."""
    return TypeAdapter(EventsOfVenues)


def body_of(adapter: TypeAdapter[Any], example: object) -> dict[str, Any]:
    """How the documentation shows a body that `adapter` checks: everything in place, nothing referred to."""
    schema = adapter.json_schema()
    parts = schema.pop("$defs", {})
    content = {"schema": _in_place(schema, parts), "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def _in_place(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_in_place(one, parts) for one in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _in_place(parts[reference.rpartition("/")[2]], parts)
    return {name: _in_place(value, parts) for name, value in schema.items()}
