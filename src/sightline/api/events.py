"""Service events: GET /api/events, /api/events/{event_id}, and what people say of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from sightline.api.caller import Managing, Viewing
from sightline.api.moments import Moment
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import problems
from sightline.api.service_event_models import ServiceEvent, Verdict, VerdictIn
from sightline.domain.event import EventKind
from sightline.pipeline.event_reading import EventReading
from sightline.pipeline.event_verdicts import EventVerdicts

ID = r"^[A-Za-z0-9_-]{1,50}$"
EventId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="Id of an event.")]


def event_routes(events: EventReading, verdicts: EventVerdicts) -> APIRouter:
    """The three routes."""
    router = APIRouter(prefix="/api/events", tags=["events"])

    @router.get(
        "",
        response_model=list[ServiceEvent],
        responses={200: {"headers": PAGED_HEADERS}, **problems(401, 403, 422)},
        summary="Service events, newest first",
    )
    def page(
        request: Request,
        response: Response,
        caller: Viewing,
        venue_id: Annotated[str | None, Query(pattern=ID, description="Only of this venue.")] = None,
        camera_id: Annotated[str | None, Query(pattern=ID, description="Only of cameras of this id.")] = None,
        kind: EventKind | None = None,
        since: Annotated[
            Moment | None, Query(alias="from", description="Began at or after; without an offset: UTC.")
        ] = None,
        until: Annotated[
            Moment | None, Query(alias="to", description="Began before; without an offset: UTC.")
        ] = None,
        confirmed: Annotated[
            bool | None, Query(description="Whether it was confirmed; interactions and queues never are.")
        ] = None,
        dismissed: Annotated[
            bool | None, Query(description="Whether a person said that there was no such event.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Offset = 0,
    ) -> list[dict[str, Any]]:
        """With their people, their video, and whether that is as it was sealed: signature, names and lengths
        are looked at here, the bytes where one event is asked for."""
        found, total = events.page(
            caller.scope,
            venue_id=venue_id,
            camera_id=camera_id,
            kind=kind,
            since=since,
            until=until,
            confirmed=confirmed,
            dismissed=dismissed,
            limit=limit,
            offset=offset,
        )
        tell_total(request, response, Page(limit, offset), total)
        return found

    @router.get(
        "/{event_id}",
        response_model=ServiceEvent,
        responses=problems(401, 403, 404, 422),
        summary="One event",
    )
    def one(event_id: EventId, caller: Viewing) -> dict[str, Any]:
        """Also one that was superseded by another look at the same footage."""
        return events.one(caller.scope, event_id)

    @router.post(
        "/{event_id}/verdict",
        response_model=Verdict,
        responses=problems(401, 403, 404, 422),
        summary="Confirm or dismiss an event",
    )
    def judge(event_id: EventId, body: VerdictIn, caller: Managing) -> dict[str, Any]:
        """The last word counts. A dismissed event stays, with its clip, but counts in no figure of service.
        Who and when stays in the ledger for ever."""
        return verdicts.give(
            caller.scope, event_id, verdict=body.verdict, reason=body.reason, by=caller.actor
        )

    return router
