"""Venues beside each other: /api/benchmark/..."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import StringConstraints

from sightline.analytics.comparisons import Comparisons
from sightline.api.benchmark_models import IndustryBenchmark, VenueBenchmark
from sightline.api.caller import Viewing
from sightline.api.problem_docs import LOOKING, problems
from sightline.api.windows import Days, To

FEWEST, MOST = 2, 10
VENUE = re.compile(r"[A-Za-z0-9_-]{1,50}")

VenueIds = Annotated[
    list[Annotated[str, StringConstraints(max_length=600, pattern=r"^[A-Za-z0-9_, -]*$")]],
    Query(
        description="2 to 10 ids of venues, with commas between them or one at a time.", examples=[["a,b"]]
    ),
]
VenueType = Annotated[str, Query(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f]+$", examples=["cafe"])]


def benchmark_routes(comparisons: Comparisons) -> APIRouter:
    """Named venues, and all of a type."""
    router = APIRouter(prefix="/api/benchmark", tags=["benchmarks"])

    @router.get(
        "/venues",
        response_model=VenueBenchmark,
        summary="Venues beside each other",
        responses=problems(400, 401, 403, 404, 422),
    )
    def venues(caller: Viewing, venue_ids: VenueIds, days: Days = 7, to: To = None) -> dict[str, Any]:
        """The same figures of each, and their means."""
        ids = _ids(venue_ids)
        for venue_id in ids:
            caller.demand(venue_id)
        found = comparisons.venues(caller.scope, ids, days=days, to=to)
        missing = set(ids) - {one["venue_id"] for one in found["venues"]}
        if missing:
            names = ", ".join(sorted(missing))
            raise HTTPException(404, f"there is no venue {names}; GET /venues lists those there are")
        return found

    @router.get(
        "/industry", response_model=IndustryBenchmark, summary="Venues of one type", responses=LOOKING
    )
    def industry(caller: Viewing, venue_type: VenueType, days: Days = 7, to: To = None) -> dict[str, Any]:
        """Means over venues of a type; generic figures, and a note that says so, where there is none."""
        return comparisons.industry(caller.scope, venue_type, days=days, to=to)

    return router


def _ids(given: list[str]) -> list[str]:
    """The ids asked for, each once. Raises HTTPException 400 when they are too few, too many, or no ids."""
    ids = list(dict.fromkeys(one.strip() for text in given for one in text.split(",") if one.strip()))
    for one in ids:
        if not VENUE.fullmatch(one):
            raise HTTPException(400, f"{one[:60]!r} is no id of a venue: 1 to 50 letters, digits, '_' or '-'")
    if not FEWEST <= len(ids) <= MOST:
        raise HTTPException(400, f"venue_ids names {len(ids)} venues; it takes {FEWEST} to {MOST}")
    return ids
