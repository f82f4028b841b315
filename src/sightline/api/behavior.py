"""How people behaved, by window, hour and zone: GET /analytics/{venue_id}/behavior..."""

from typing import Any

from fastapi import APIRouter

from sightline.analytics.behavior import BehaviorFigures
from sightline.api.addresses import VenueId
from sightline.api.behavior_models import Behavior, BehaviorByHour, BehaviorByZone
from sightline.api.caller import Viewing
from sightline.api.problem_docs import LOOKING
from sightline.api.windows import Days, To


def behavior_routes(figures: BehaviorFigures) -> APIRouter:
    """The three routes of behaviour."""
    router = APIRouter(prefix="/analytics/{venue_id}/behavior", tags=["analytics"], responses=LOOKING)

    @router.get("", response_model=Behavior, summary="Engagement, behaviours, postures, orientation")
    def behavior(venue_id: VenueId, caller: Viewing, days: Days = 7, to: To = None) -> dict[str, Any]:
        """Everything is over the stays that carry the value; a share or mean of none is null."""
        return figures.behavior(caller.scope, venue_id, days=days, to=to)

    @router.get("/hourly", response_model=BehaviorByHour, summary="Engagement by hour of the day")
    def hourly(venue_id: VenueId, caller: Viewing, days: Days = 7, to: To = None) -> dict[str, Any]:
        """Hours are those on the venue's wall, all days of the window together."""
        return figures.by_hour(caller.scope, venue_id, days=days, to=to)

    @router.get("/zones", response_model=BehaviorByZone, summary="Engagement and behaviours by zone")
    def zones(venue_id: VenueId, caller: Viewing, days: Days = 7, to: To = None) -> dict[str, Any]:
        """Which zones hold people's interest, and which do not."""
        return figures.by_zone(caller.scope, venue_id, days=days, to=to)

    return router
