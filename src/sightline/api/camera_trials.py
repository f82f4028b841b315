"""Before a camera is added: whether an address answers, and which cameras are on the network."""

from base64 import b64encode
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from sightline.api.caller import Managing
from sightline.api.camera_models import CameraTrialIn, CameraTrialOut, FoundCameras
from sightline.api.problem_docs import problems
from sightline.api.problems import told
from sightline.pipeline.camera_look import CameraLook
from sightline.pipeline.camera_search import CameraSearch
from sightline.pipeline.typed_cameras import checked_address


def camera_trial_routes(look: CameraLook, search: CameraSearch) -> APIRouter:
    """The two routes; neither stores anything."""
    router = APIRouter(prefix="/api/cameras", tags=["cameras"])

    @router.post(
        "/test",
        response_model=CameraTrialOut,
        responses=problems(400, 401, 403, 409, 422),
        summary="Open an address for some seconds and tell what it sends",
    )
    def test(body: CameraTrialIn, caller: Managing) -> dict[str, Any]:
        """As `POST /api/cameras/{camera_id}/test`, before the camera is added. The address is not kept."""
        caller.demand(body.venue_id)
        trial, jpeg = look.try_address(
            checked_address(body.source),
            transport=body.transport,
            venue_id=body.venue_id,
            camera_id=body.id,
        )
        return {
            **trial.facts,
            "answered": trial.answered,
            "detail": told(trial.detail),
            "warnings": [told(one) for one in trial.warnings],
            "picture": None if jpeg is None else b64encode(jpeg).decode(),
        }

    @router.post(
        "/discover",
        response_model=FoundCameras,
        responses=problems(401, 403, 409, 422),
        summary="Ask the site's network which cameras are on it",
    )
    def find(_caller: Managing) -> dict[str, Any]:
        """ONVIF cameras of the same network, where that is switched on in them. Takes three seconds; no
        password is sent, and nothing is changed."""
        return {"cameras": [asdict(one) for one in search.found()]}

    return router
