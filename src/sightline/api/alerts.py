"""What people should look at: /api/alerts..."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from sightline.analytics.traffic_alerts import TrafficAlerts
from sightline.api.addresses import VenueId
from sightline.api.alert_models import Acknowledged, Alerts, Checked
from sightline.api.caller import Managing, Viewing
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import LOOKING, problems

OfVenue = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="Of one venue only.")]
AlertId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[17])]


def alert_routes(traffic: TrafficAlerts) -> APIRouter:
    """Listing, acknowledging, and looking at a venue's traffic now."""
    router = APIRouter(prefix="/api/alerts", tags=["alerts"])

    @router.get(
        "",
        response_model=Alerts,
        summary="Alerts",
        responses={200: {"headers": PAGED_HEADERS}, **LOOKING},
    )
    def listed(
        request: Request,
        response: Response,
        caller: Viewing,
        venue_id: OfVenue = None,
        severity: Annotated[Literal["info", "warning", "critical"] | None, Query()] = None,
        acknowledged: Annotated[bool | None, Query(description="Whether a person has seen it.")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        offset: Offset = 0,
    ) -> dict[str, Any]:
        """Alerts of all kinds, newest first. The same condition alerts once until it clears."""
        found, total = traffic.listed(
            caller.scope,
            venue_id=venue_id,
            severity=severity,
            acknowledged=acknowledged,
            limit=limit,
            offset=offset,
        )
        tell_total(request, response, Page(limit, offset), total)
        return {"alerts": found}

    @router.post(
        "/{alert_id}/acknowledge",
        response_model=Acknowledged,
        summary="Acknowledge an alert",
        responses=problems(401, 403, 404, 422),
    )
    def acknowledge(alert_id: AlertId, caller: Managing) -> dict[str, Any]:
        """Says that a person has seen it. The condition may go on; acknowledging again changes nothing."""
        if traffic.acknowledge(caller.scope, alert_id) is None:
            venue_id = traffic.venue_of(alert_id)
            if venue_id is not None:
                caller.demand(venue_id)
            raise HTTPException(404, f"there is no alert {alert_id}; GET /api/alerts lists those there are")
        return {"message": f"alert {alert_id} is acknowledged", "alert_id": alert_id}

    @router.post(
        "/check/{venue_id}",
        response_model=Checked,
        summary="Look at a venue's traffic now",
        responses=problems(401, 403, 404, 422),
    )
    def check(venue_id: VenueId, caller: Managing) -> dict[str, Any]:
        """What else happens every 15 minutes: raises what is new, ends what is over."""
        found = traffic.check(caller.scope, venue_id)
        if found is None:
            raise HTTPException(404, f"there is no venue {venue_id}; GET /venues lists those there are")
        return {"alerts_generated": len(found), "alerts": found}

    return router
