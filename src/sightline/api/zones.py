"""Zones: GET, PUT /venues/{venue_id}/zones."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from sightline.api.addresses import VenueId
from sightline.api.caller import Managing, Viewing
from sightline.api.problem_docs import problems
from sightline.api.zone_models import ZonesIn, ZonesOut
from sightline.pipeline.drawn_zones import DrawnZones, Zones

OfCamera = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9_-]{1,50}$",
        description="Id of the camera; needed when the venue has several.",
        examples=["till"],
    ),
]


def zone_routes(zones: Zones) -> APIRouter:
    """The two routes, over `zones`."""
    router = APIRouter(prefix="/venues/{venue_id}/zones", tags=["venues"])

    @router.get(
        "",
        response_model=ZonesOut,
        responses=problems(400, 401, 403, 404, 422),
        summary="The zones of a camera",
    )
    def read(venue_id: VenueId, caller: Viewing, camera_id: OfCamera = None) -> dict[str, Any]:
        """Of the venue's only camera, or of the one that is named."""
        return _document(zones.of(caller.scope, venue_id, camera_id))

    @router.put(
        "",
        response_model=ZonesOut,
        responses=problems(400, 401, 403, 404, 409, 422),
        summary="Draw the zones of a camera anew",
    )
    def replace(
        venue_id: VenueId, body: ZonesIn, caller: Managing, camera_id: OfCamera = None
    ) -> dict[str, Any]:
        """A camera that runs takes them up within seconds; otherwise they hold for the next recording of it
        that is analysed. Those of a camera in the site file are changed there: 409."""
        drawn = [zone.model_dump(mode="json") for zone in body.zones]
        return _document(zones.replace(caller.scope, venue_id, camera_id, drawn))

    return router


def _document(drawn: DrawnZones) -> dict[str, Any]:
    return {
        "venue_id": drawn.venue_id,
        "camera_id": drawn.camera_id,
        "zones": list(drawn.zones),
        "read_only": drawn.read_only,
    }
