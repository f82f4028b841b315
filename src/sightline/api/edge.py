"""What boxes of shops tell their centre: PUT /api/edge/hours/{venue_id}/{camera_id}/{hour}."""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from sightline.api.caller import Managing
from sightline.api.edge_models import (
    EXAMPLE,
    YEARS,
    CameraName,
    HourIn,
    HourName,
    ServiceEventIn,
    StayIn,
    hour_adapter,
)
from sightline.api.event_models import VenueId, body_of, stay_of
from sightline.api.ingestion import BODY_BYTES, REFUSALS, checked_body, received_json
from sightline.api.problem_docs import problems
from sightline.domain.edge import HOUR, NO_CAMERA, document_id, hour_named
from sightline.domain.event import Participant
from sightline.domain.stay import Stay
from sightline.pipeline.edge_hours import EdgeHours, HourDocument, StoredEvent, camera_of

WRONG_AT_MOST = 100
OF_THE_TELLING = ("version", "sent_at")
"""Members that are not of the content."""


class HourAnswer(BaseModel):
    """What became of a document."""

    status: Literal["stored", "known", "older"] = Field(
        description="known: this version was told before; older: a newer one was."
    )
    version: int = Field(description="The newest that is known here now.")
    server_time: datetime = Field(description="By the clock of this site.")
    timezone: str = Field(description="Of the venue at this site, by which its days are counted here.")


async def received_document(request: Request) -> bytes:
    """The body, of at most 16 MB, and of no more than that once it is unpacked.

    Raises:
        HTTPException: 413, 415, or 400.
    """
    body = await received_json(request)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise HTTPException(415, f"a document comes as it is or as gzip, not as {encoding[:100]}")
    unpacking = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacking.decompress(body, BODY_BYTES)
    except zlib.error as error:
        raise HTTPException(400, "what came is no gzip") from error
    if unpacking.unconsumed_tail:
        raise HTTPException(413, f"a document holds {BODY_BYTES >> 20} MB at most, unpacked")
    if not unpacking.eof:
        raise HTTPException(400, "what came is gzip without an end")
    return unpacked


Body = Annotated[bytes, Depends(received_document)]


def edge_routes(hours: EdgeHours, clock: Callable[[], datetime]) -> APIRouter:
    """The route, over `hours`."""
    router = APIRouter(prefix="/api/edge", tags=["edge"])

    @router.put(
        "/hours/{venue_id}/{camera_id}/{hour}",
        response_model=HourAnswer,
        responses=REFUSALS | problems(409),
        summary="Tell all of one camera and hour",
        openapi_extra=body_of(hour_adapter(), EXAMPLE),
    )
    def put(
        venue_id: Annotated[VenueId, Path()],
        camera_id: Annotated[CameraName, Path()],
        hour: Annotated[HourName, Path()],
        caller: Managing,
        body: Body,
    ) -> dict[str, Any]:
        """Takes the place of what the box told of this camera and hour before, in one transaction: at most
        20,000 stays, 5,000 service events and 16 MB, gzip or not. The same version again changes nothing."""
        told = checked_body(hour_adapter(), body)
        named = {"venue_id": venue_id, "camera_id": camera_id, "hour": hour}
        wrong = [
            _wrong((name,), f"must be the {value} of the address", told[name])  # type: ignore[literal-required]
            for name, value in named.items()
            if told[name] != value  # type: ignore[literal-required]
        ]
        if wrong:
            raise RequestValidationError(wrong)
        taken = hours.take(caller.scope, _document(told))
        return {
            "status": taken.status.value,
            "version": taken.version,
            "server_time": clock(),
            "timezone": taken.timezone,
        }

    return router


def _document(told: HourIn) -> HourDocument:
    try:
        hour_at = hour_named(told["hour"])
    except ValueError:
        raise RequestValidationError([_wrong(("hour",), "there is no such hour", told["hour"])]) from None
    wrong = [*_not_of_the_hour(told, hour_at), *_not_without_camera(told)]
    if wrong:
        raise RequestValidationError(wrong[:WRONG_AT_MOST])
    camera_id = camera_of(told["camera_id"])
    events = told["service_events"]
    return HourDocument(
        venue_id=told["venue_id"],
        camera_id=camera_id,
        hour_at=hour_at,
        version=told["version"],
        content=_content(told),
        stays=[_stay(one, camera_id, hour_at) for one in told["stays"]],
        events=[_event(one, told["venue_id"], camera_id) for one in events],
        videos={one["event_id"]: one.get("video_evidence") or {} for one in events},
        spans=_spans(events),
        minutes={hour_at + timedelta(minutes=minute): seen for minute, seen in told["coverage"]["minutes"]},
    )


def _not_of_the_hour(told: HourIn, hour_at: datetime) -> Iterator[dict[str, Any]]:
    if hour_at.year not in YEARS:
        yield _wrong(("hour",), "must lie in the years 2000 to 2199", told["hour"])
    for number, stay in enumerate(told["stays"]):
        if not hour_at <= _aware(stay["timestamp"]) < hour_at + HOUR:
            yield _wrong(("stays", number, "timestamp"), "must lie in the hour", str(stay["timestamp"]))
    seen: set[str] = set()
    for number, event in enumerate(told["service_events"]):
        start, end = _aware(event["start"]), _aware(event["end"])
        if not hour_at <= start < hour_at + HOUR:
            yield _wrong(("service_events", number, "start"), "must lie in the hour", str(start))
        if end < start:
            yield _wrong(("service_events", number, "end"), "must not be before the start", str(end))
        if event["event_id"] in seen:
            yield _wrong(("service_events", number, "event_id"), "is there twice", event["event_id"])
        seen.add(event["event_id"])


def _not_without_camera(told: HourIn) -> Iterator[dict[str, Any]]:
    if told["camera_id"] == NO_CAMERA:
        if told["service_events"]:
            yield _wrong(("service_events",), "a service event needs a camera", None)
        if told["coverage"]["minutes"]:
            yield _wrong(("coverage",), "only a camera looks", None)


def _wrong(place: tuple[str | int, ...], message: str, value: object) -> dict[str, Any]:
    return {"type": "value_error", "loc": ("body", *place), "msg": message, "input": value}


def _content(told: HourIn) -> bytes:
    """16 bytes that stand for the content: the same for the same content, however it is written."""
    content = {name: value for name, value in told.items() if name not in OF_THE_TELLING}
    try:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
    except ValueError:  # not a number, or one of thousands of digits
        raise RequestValidationError([_wrong((), "holds a number that is none, or too long", None)]) from None
    return hashlib.sha256(text.encode()).digest()[:16]


def _plain(value: object) -> str:
    assert isinstance(value, datetime)
    return _aware(value).astimezone(UTC).isoformat()


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _stay(one: StayIn, camera_id: str, hour_at: datetime) -> Stay:
    told = cast("dict[str, Any]", one)
    beside = {"run_id": document_id(camera_id, hour_at), "track_id": told.get("track_id")}
    return stay_of(told, _aware(one["timestamp"]), camera_id, lasting=told.get("lasting", True), **beside)


def _spans(events: Sequence[ServiceEventIn]) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    found = {}
    for event in events:
        for who in event["people"]:
            run_id, first_at, last_at = event.get("run_id"), who.get("first_at"), who.get("last_at")
            if run_id is not None and first_at is not None and last_at is not None:
                found[run_id, who["track_id"]] = (_aware(first_at), _aware(last_at))
    return found


def _event(one: ServiceEventIn, venue_id: str, camera_id: str) -> StoredEvent:
    confirmed_at = one.get("confirmed_at")
    return StoredEvent(
        id=one["event_id"],
        venue_id=venue_id,
        camera_id=camera_id,
        run_id=one.get("run_id"),
        kind=one["kind"],
        started_at=_aware(one["start"]),
        ended_at=_aware(one["end"]),
        confirmed_at=_aware(confirmed_at) if confirmed_at is not None else None,
        score=one["score"],
        details=one["details"],
        state=one["state"],
        created_at=_aware(one["created_at"]),
        participants=tuple(
            Participant(who["track_id"], who["role"], who["role_confidence"], who["role_reason"])
            for who in one["people"]
        ),
        ongoing=one.get("ongoing", False),
    )
