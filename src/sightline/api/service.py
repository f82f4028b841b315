"""How customers were served: GET /analytics/{venue_id}/service."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from sightline.analytics.service import ServiceFigures
from sightline.api.addresses import VenueId
from sightline.api.caller import Viewing
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import LOOKING
from sightline.api.service_models import Service
from sightline.api.windows import Days, To

Limit = Annotated[int, Query(ge=1, le=500, description="How many events the page holds at most.")]


def service_routes(figures: ServiceFigures) -> APIRouter:
    """The route of the service."""
    router = APIRouter(prefix="/analytics/{venue_id}", tags=["analytics"], responses=LOOKING)

    @router.get(
        "/service",
        response_model=Service,
        summary="Interactions, unattended customers and queues, with their videos",
        responses={200: {"headers": PAGED_HEADERS}},
    )
    def service(
        request: Request,
        response: Response,
        venue_id: VenueId,
        caller: Viewing,
        days: Days = 7,
        to: To = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> dict[str, Any]:
        """Counts, waiting and service times, by hour of the day and by member of staff.

        A customer is a track of one camera and recording, so who is seen by two cameras counts in each.
        """
        answer = figures.service(caller.scope, venue_id, days=days, to=to, limit=limit, offset=offset)
        tell_total(request, response, Page(limit, offset), answer.events)
        return answer.document

    return router
