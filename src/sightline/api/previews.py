"""Zones tried on recorded footage before they are saved: /api/cameras/{camera_id}/preview."""

from typing import Any

from fastapi import APIRouter

from sightline.api.caller import Managing
from sightline.api.cameras import CameraId, OfVenue
from sightline.api.preview_models import PreviewIn, PreviewOut
from sightline.api.problem_docs import problems
from sightline.api.problems import told
from sightline.jobs.previews import Preview, Previews
from sightline.pipeline.camera_admin import CameraAdmin


def preview_routes(cameras: CameraAdmin, previews: Previews) -> APIRouter:
    """The three routes."""
    router = APIRouter(prefix="/api/cameras/{camera_id}/preview", tags=["cameras"])

    @router.post(
        "",
        response_model=PreviewOut,
        status_code=202,
        responses=problems(400, 401, 403, 404, 409, 422),
        summary="Try zones on the newest footage of a camera",
    )
    def start(
        camera_id: CameraId, body: PreviewIn, caller: Managing, venue_id: OfVenue = None
    ) -> dict[str, Any]:
        """Nothing is stored, and what is saved stays as it is. One trial runs at a time: 409."""
        camera = cameras.find(caller.scope, camera_id, venue_id)
        zones = [zone.model_dump(mode="json") for zone in body.zones]
        return _out(previews.start(camera, zones, staff=body.staff, minutes=body.minutes))

    @router.get(
        "",
        response_model=PreviewOut,
        responses=problems(400, 401, 403, 404, 422),
        summary="How the last trial of a camera goes, or what it found",
    )
    def read(camera_id: CameraId, caller: Managing, venue_id: OfVenue = None) -> dict[str, Any]:
        return _out(previews.of(cameras.find(caller.scope, camera_id, venue_id)))

    @router.delete(
        "",
        response_model=PreviewOut,
        responses=problems(400, 401, 403, 404, 422),
        summary="End the trial of a camera",
    )
    def cancel(camera_id: CameraId, caller: Managing, venue_id: OfVenue = None) -> dict[str, Any]:
        """One that is over stays as it is."""
        return _out(previews.cancel(cameras.find(caller.scope, camera_id, venue_id)))

    return router


def _out(one: Preview) -> dict[str, Any]:
    result = one.result
    return {
        "preview_id": one.id,
        "venue_id": one.venue_id,
        "camera_id": one.camera_id,
        "started_at": one.started_at.isoformat(),
        "state": one.state,
        "progress": one.progress,
        "message": told(one.message),
        "result": None if result is None else {**result, "warnings": [*map(told, result["warnings"])]},
    }
