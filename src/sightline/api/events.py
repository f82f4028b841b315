"""Service events: GET /api/events, /api/events/{event_id}."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from sightline.api.caller import Viewing
from sightline.api.moments import Moment
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import problems
from sightline.api.service_event_models import ServiceEvent
from sightline.domain.event import EventKind
from sightline.pipeline.event_reading import EventReading

ID = r"^[A-Za-z0-9_-]{1,50}$"
EventId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="Id of an event.")]


def event_routes(events: EventReading) -> APIRouter:
    """The two routes, over `events`."""
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

    return router
