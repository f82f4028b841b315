"""How many people came, when, where and who: GET /analytics/{venue_id}, and two older names under /stats."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query

from sightline.analytics.traffic import TrafficFigures
from sightline.api.addresses import VenueId
from sightline.api.caller import Viewing
from sightline.api.problem_docs import LOOKING
from sightline.api.traffic_models import (
    Demographics,
    Heatmap,
    HourlyTraffic,
    Overview,
    Summary,
    Trends,
    ZoneTraffic,
)
from sightline.api.windows import EARLIEST, LATEST, Days, To, Weeks

Day = Annotated[
    date | None,
    Query(ge=EARLIEST, le=LATEST, description="Local date (YYYY-MM-DD); default `to`, else today."),
]
Language = Annotated[
    str,
    Header(alias="Accept-Language", description="Language of the sentences: `fr`, otherwise English."),
]


def traffic_routes(figures: TrafficFigures) -> APIRouter:
    """The routes about visitors, hours, labels, zones and weeks."""
    router = APIRouter(tags=["analytics"], responses=LOOKING)

    @router.get("/analytics/{venue_id}", response_model=Overview, summary="Visitors, returns, dwell, labels")
    @router.get("/stats/{venue_id}", response_model=Overview, summary="The same, by its older name")
    def overview(venue_id: VenueId, caller: Viewing, days: Days = 7, to: To = None) -> dict[str, Any]:
        """A venue that does not exist or has no events: counts are 0, everything else null.

        `coverage` says what was observed.
        """
        return figures.overview(caller.scope, venue_id, days=days, to=to)

    @router.get("/analytics/{venue_id}/hourly", response_model=HourlyTraffic, summary="One day by the hour")
    @router.get(
        "/stats/{venue_id}/hourly", response_model=HourlyTraffic, summary="The same, by its older name"
    )
    def hourly(venue_id: VenueId, caller: Viewing, date: Day = None, to: To = None) -> dict[str, Any]:
        """Hours are those on the venue's wall. An hour that no camera saw is null, not 0."""
        return figures.hourly(caller.scope, venue_id, day=date or to)

    @router.get("/analytics/{venue_id}/demographics", response_model=Demographics, summary="Gender and age")
    def demographics(venue_id: VenueId, caller: Viewing, days: Days = 7, to: To = None) -> dict[str, Any]:
        """Shares of the people of a window and of the one before. Labels are those that were told."""
        return figures.demographics(caller.scope, venue_id, days=days, to=to)

    @router.get("/analytics/{venue_id}/zones", response_model=ZoneTraffic, summary="People by zone")
    def zones(venue_id: VenueId, caller: Viewing, days: Days = 7, to: To = None) -> dict[str, Any]:
        """People, not stays: who is in a zone twice counts once."""
        return figures.zones(caller.scope, venue_id, days=days, to=to)

    @router.get("/analytics/{venue_id}/trends", response_model=Trends, summary="Week by week")
    def trends(venue_id: VenueId, caller: Viewing, weeks: Weeks = 8, to: To = None) -> dict[str, Any]:
        """Whole weeks only, Monday to Sunday: the one that is not over yet is left out."""
        return figures.trends(caller.scope, venue_id, weeks=weeks, to=to)

    @router.get("/analytics/{venue_id}/summary", response_model=Summary, summary="A window beside the last")
    def summary(
        venue_id: VenueId, caller: Viewing, language: Language = "en", days: Days = 7, to: To = None
    ) -> dict[str, Any]:
        """With sentences about it, in English or, by `Accept-Language`, in French."""
        return figures.summary(caller.scope, venue_id, days=days, to=to, language=language[:2].lower())

    @router.get("/analytics/{venue_id}/heatmap", response_model=Heatmap, summary="Weekday and hour")
    def heatmap(venue_id: VenueId, caller: Viewing, weeks: Weeks = 4, to: To = None) -> dict[str, Any]:
        """Stays by weekday and hour on the venue's wall, over whole days."""
        return figures.heatmap(caller.scope, venue_id, weeks=weeks, to=to)

    return router
