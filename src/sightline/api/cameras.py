"""Cameras: /api/cameras."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from sightline.api.caller import Managing, Viewing
from sightline.api.camera_models import CameraChange, CameraIn, CameraOut, CameraRemoved, CameraTest
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import problems
from sightline.api.problems import told
from sightline.domain.scope import Scope
from sightline.pipeline.camera_admin import CameraAdmin
from sightline.pipeline.camera_look import CameraLook
from sightline.pipeline.shared_answer import SharedAnswer

ID = r"^[A-Za-z0-9_-]{1,50}$"
CameraId = Annotated[str, Path(pattern=ID, description="Id of a camera.", examples=["till"])]
OfVenue = Annotated[
    str | None,
    Query(pattern=ID, description="Id of its venue; needed when several venues have a camera of this id."),
]
Within = Annotated[
    int | None,
    Query(ge=0, le=10, description="A picture that is so many seconds older than the newest will do."),
]
AnswerWithin = Annotated[
    int, Query(ge=0, le=10, description="An answer that is so many seconds old will do; it costs less.")
]
RULES = ("staff", "interaction", "unattended", "queue", "security", "lines")


def camera_routes(cameras: CameraAdmin, look: CameraLook) -> APIRouter:
    """The routes of cameras: what they are (`cameras`), and what they show (`look`)."""
    router = APIRouter(prefix="/api/cameras", tags=["cameras"])
    lists = SharedAnswer[tuple[Scope, str | None, int, int], tuple[list[dict[str, Any]], int]]()

    @router.get(
        "",
        response_model=list[CameraOut],
        responses={200: {"headers": PAGED_HEADERS}, **problems(401, 403, 422)},
        summary="The cameras that you may see, and how they are",
    )
    def page(
        request: Request,
        response: Response,
        caller: Viewing,
        venue_id: OfVenue = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Offset = 0,
        within_s: AnswerWithin = 0,
    ) -> list[dict[str, Any]]:
        """By venue and id; those known from recordings only, too."""
        found, total = lists.get(
            (caller.scope, venue_id, limit, offset),
            within_s,
            lambda: cameras.page(caller.scope, venue_id=venue_id, limit=limit, offset=offset),
        )
        tell_total(request, response, Page(limit, offset), total)
        return [_out(one) for one in found]

    @router.post(
        "",
        response_model=CameraOut,
        status_code=201,
        responses=problems(400, 401, 403, 404, 409, 422),
        summary="Add a camera",
    )
    def add(body: CameraIn, caller: Managing) -> dict[str, Any]:
        """A running `sightline serve` takes it up within seconds. Its address is kept encrypted."""
        caller.demand(body.venue_id)
        words: dict[str, Any] = {name: value for name in RULES if (value := getattr(body, name)) is not None}
        words["transport"] = body.transport
        if body.zones is not None:
            words["zones"] = [zone.model_dump(mode="json") for zone in body.zones]
        added = cameras.add(
            caller.scope,
            body.venue_id,
            body.id,
            addresses={"source": body.source, "record_source": body.record_source},
            words=words,
            name=body.name,
            enabled=body.enabled,
        )
        return _out(cameras.facts(added))

    @router.get(
        "/{camera_id}",
        response_model=CameraOut,
        responses=problems(400, 401, 403, 404, 422),
        summary="One camera, and how it is",
    )
    def one(camera_id: CameraId, caller: Viewing, venue_id: OfVenue = None) -> dict[str, Any]:
        return _out(cameras.facts(cameras.find(caller.scope, camera_id, venue_id)))

    @router.patch(
        "/{camera_id}",
        response_model=CameraOut,
        responses=problems(400, 401, 403, 404, 409, 422),
        summary="Change a camera, or pause it",
    )
    def change(
        camera_id: CameraId, body: CameraChange, caller: Managing, venue_id: OfVenue = None
    ) -> dict[str, Any]:
        """Of a camera of the site file only its name and `enabled` can be changed here: 409."""
        changes = body.model_dump(exclude_unset=True)
        for name in ("name", "source", "transport", "enabled"):
            if name in changes and changes[name] is None:
                raise HTTPException(422, f"{name} cannot be null; leave it out to keep it as it is")
        found = cameras.find(caller.scope, camera_id, venue_id)
        return _out(cameras.facts(cameras.change(caller.scope, found, changes)))

    @router.delete(
        "/{camera_id}",
        response_model=CameraRemoved,
        responses=problems(400, 401, 403, 404, 409, 422),
        summary="Stop watching a camera",
    )
    def remove(camera_id: CameraId, caller: Managing, venue_id: OfVenue = None) -> dict[str, Any]:
        """Its address is forgotten; footage, events and clips stay until their retention ends."""
        found = cameras.find(caller.scope, camera_id, venue_id)
        cameras.remove(found)
        return {
            "venue_id": found.venue_id,
            "camera_id": found.camera_id,
            "message": f"camera {found.camera_id} is not watched any more, its address is forgotten; footage,"
            " events and clips stay until their retention ends",
        }

    @router.post(
        "/{camera_id}/test",
        response_model=CameraTest,
        responses=problems(400, 401, 403, 404, 409, 422),
        summary="Open a camera for some seconds and tell what it sends",
    )
    def test(camera_id: CameraId, caller: Managing, venue_id: OfVenue = None) -> dict[str, Any]:
        """Takes about five seconds; half a minute where nothing answers. A camera that does not answer is an
        answer, too: `answered` false, and `detail` says why."""
        trial = look.test(cameras.find(caller.scope, camera_id, venue_id))
        return {
            **trial.facts,
            "answered": trial.answered,
            "detail": told(trial.detail),
            "warnings": list(trial.warnings),
        }

    @router.get(
        "/{camera_id}/snapshot",
        response_class=Response,
        responses={
            200: {
                "description": "The picture; masks of the site are painted over.",
                "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
                "headers": {
                    "X-Captured-At": {
                        "description": "When the camera took it.",
                        "schema": {"type": "string", "format": "date-time"},
                    }
                },
            },
            **problems(400, 401, 403, 404, 409, 422),
        },
        summary="The newest picture of a camera",
    )
    def snapshot(
        camera_id: CameraId, caller: Viewing, venue_id: OfVenue = None, within_s: Within = None
    ) -> Response:
        """The newest that was recorded; of a camera that was never recorded, one that it sends now."""
        still = look.still(cameras.find(caller.scope, camera_id, venue_id), within_s=within_s)
        return Response(
            still.jpeg,
            media_type="image/jpeg",
            headers={"Cache-Control": "no-store", "X-Captured-At": still.captured_at.isoformat()},
        )

    return router


def _out(facts: dict[str, Any]) -> dict[str, Any]:
    """What a camera says of itself comes from messages of its stream, which may name folders."""
    gap = facts["gap"]
    return {
        **facts,
        "detail": told(facts["detail"]),
        "gap": {**gap, "detail": told(gap["detail"])} if gap else None,
    }
