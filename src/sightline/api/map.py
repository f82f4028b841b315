"""Where the venues are: GET /api/map/venues."""

from typing import Any

from fastapi import APIRouter

from sightline.analytics.comparisons import Comparisons
from sightline.api.benchmark_models import VenuesOnMap
from sightline.api.caller import Viewing
from sightline.api.problem_docs import problems


def map_routes(comparisons: Comparisons) -> APIRouter:
    """The route of the map."""
    router = APIRouter(prefix="/api/map", tags=["map"], responses=problems(401, 403))

    @router.get("/venues", response_model=VenuesOnMap, summary="Venues on a map")
    def venues(caller: Viewing) -> dict[str, Any]:
        """All venues the caller may see; one without coordinates has null there."""
        return {"venues": comparisons.on_map(caller.scope)}

    return router
