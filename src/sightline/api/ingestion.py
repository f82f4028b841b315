"""Events come in: POST /events for one venue, POST /events/batch for several at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Any, TypeVar, cast

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from sightline.analytics.ingestion import Ingestion
from sightline.api.caller import Caller, Managing
from sightline.api.event_models import (
    EVENTS_AT_MOST,
    EXAMPLE,
    EventIn,
    batch_adapter,
    body_of,
    events_adapter,
    stay_of,
)
from sightline.api.problem_docs import problems
from sightline.domain.stay import Stay

BODY_BYTES = 16 << 20
YEARS = range(2000, 2200)
WRONG_AT_MOST = 100
"""Things that are wrong, which one answer lists."""

REFUSALS = problems(400, 401, 403, 404, 413, 415, 422)


class EventsTaken(BaseModel):
    """How many events were new, and how many had been told before."""

    status: str = Field(examples=["ok"])
    inserted: int = Field(examples=[1])
    duplicates: int = Field(examples=[0])


async def received_json(request: Request) -> bytes:
    """The body, of at most 16 MB; reading stops there.

    Raises:
        HTTPException: 413, 415, or 400 when the sender left in the middle.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(415, f"events come as application/json, not as {kind[:100]}")
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > BODY_BYTES:
                raise HTTPException(
                    413,
                    f"a call holds {BODY_BYTES >> 20} MB at most; send the events in several",
                    headers={"Connection": "close"},
                )
            parts.append(part)
    except ClientDisconnect as error:
        raise HTTPException(400, "the sender left before the end of the events") from error
    return b"".join(parts)


Told = TypeVar("Told")
Body = Annotated[bytes, Depends(received_json)]


def ingestion_routes(ingestion: Ingestion) -> APIRouter:
    """The two routes, over `ingestion`."""
    router = APIRouter(prefix="/events", tags=["events"], responses=REFUSALS)

    @router.post(
        "",
        response_model=EventsTaken,
        summary="Tell events of one venue",
        openapi_extra=body_of(events_adapter(), {"venue_id": "my_store", "events": [EXAMPLE]}),
    )
    def take(caller: Managing, body: Body) -> dict[str, Any]:
        """At most 10,000 events and 16 MB a call. All are stored, or none; told again, they are duplicates.

        A venue that is not there is made in local mode, and 404 otherwise.
        """
        told = checked_body(events_adapter(), body)
        venue_id = told["venue_id"]
        caller.demand(venue_id)
        return _take(ingestion, caller, {venue_id: _stays(told["events"], ("body", "events"))})

    @router.post(
        "/batch",
        response_model=EventsTaken,
        summary="Tell events of several venues",
        openapi_extra=body_of(batch_adapter(), [{"venue_id": "my_store"} | EXAMPLE]),
    )
    def take_batch(caller: Managing, body: Body) -> dict[str, Any]:
        """Like POST /events, with a `venue_id` in each event: all are stored, or none."""
        told = checked_body(batch_adapter(), body)
        for venue_id in sorted({event["venue_id"] for event in told}):
            caller.demand(venue_id)
        by_venue: dict[str, list[Stay]] = defaultdict(list)
        for event, stay in zip(told, _stays(told, ("body",)), strict=True):
            by_venue[event["venue_id"]].append(stay)
        return _take(ingestion, caller, by_venue)

    return router


def _take(ingestion: Ingestion, caller: Caller, told: dict[str, list[Stay]]) -> dict[str, Any]:
    added = ingestion.take(caller.scope, told, make_venues=caller.kind == "local")
    return {"status": "ok", "inserted": added.inserted, "duplicates": added.duplicates}


def checked_body(adapter: TypeAdapter[Told], body: bytes) -> Told:
    """A body as its adapter wants it.

    Raises:
        RequestValidationError: it is not.
        HTTPException: 413, too many events.
    """
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False)
    if wrong[0]["type"] == "too_long" and wrong[0]["loc"] in ((), ("events",)):
        raise HTTPException(413, f"a call holds {EVENTS_AT_MOST} events at most; send them in several")
    for one in wrong[:WRONG_AT_MOST]:
        one["loc"] = ("body", *one["loc"])
    raise RequestValidationError(wrong[:WRONG_AT_MOST])


def _stays(events: Sequence[EventIn], place: tuple[str, ...]) -> list[Stay]:
    stays: list[Stay] = []
    wrong: list[dict[str, Any]] = []
    for number, event in enumerate(events):
        at = event["timestamp"]
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        if at.year not in YEARS:
            message = "must lie in the years 2000 to 2199"
            where = (*place, number, "timestamp")
            wrong.append({"type": "value_error", "loc": where, "msg": message, "input": str(at)})
            continue
        told = cast("dict[str, Any]", event)
        stays.append(stay_of(told, at, told.get("camera_id") or ""))
    if wrong:
        raise RequestValidationError(wrong[:WRONG_AT_MOST])
    return stays
