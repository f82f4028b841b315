"""What is shown beside a clip: its picture, who stood where in it; and the whole case as one file."""

import shutil
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query, Response
from starlette.responses import FileResponse

from sightline.api.caller import Managing, Viewing
from sightline.api.clip_answers import EvidenceId
from sightline.api.evidence_models import ClipBoxesDocument
from sightline.api.problem_docs import problems
from sightline.evidence.case_desk import CaseDesk
from sightline.evidence.clip_boxes import ClipBoxes
from sightline.evidence.clip_pictures import ClipPictures
from sightline.evidence.reading import EvidenceReading

BINARY = {"schema": {"type": "string", "format": "binary"}}


def clip_view_routes(
    evidence: EvidenceReading, *, pictures: ClipPictures, boxes: ClipBoxes, cases: CaseDesk
) -> APIRouter:
    """The three routes."""
    router = APIRouter(prefix="/api/evidence", tags=["evidence"])

    @router.get(
        "/{evidence_id}/picture",
        response_class=Response,
        responses={
            200: {"description": "The picture.", "content": {"image/jpeg": BINARY}},
            **problems(401, 403, 404, 409, 422),
        },
        summary="A picture out of the clip",
    )
    def picture(evidence_id: EvidenceId, caller: Viewing) -> Response:
        """Of the middle of the event, 640 pixels wide at most, masks painted over and faces blurred as in the
        clip that may be seen."""
        jpeg = pictures.of(evidence.find(caller.scope, evidence_id), by=caller.actor)
        return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})

    @router.get(
        "/{evidence_id}/boxes",
        response_model=ClipBoxesDocument,
        responses=problems(401, 403, 404, 422),
        summary="Who stood where in the clip",
    )
    def seen(evidence_id: EvidenceId, caller: Viewing) -> dict[str, Any]:
        """People with their track numbers and roles, as the analysis saw them; no frames where nothing was
        kept of it."""
        return boxes.of(evidence.find(caller.scope, evidence_id))

    @router.get(
        "/{evidence_id}/export",
        response_class=FileResponse,
        responses={
            200: {"description": "The zip.", "content": {"application/zip": BINARY}},
            **problems(401, 403, 404, 409, 422, 507),
        },
        summary="The whole case as one file",
    )
    def export(
        evidence_id: EvidenceId,
        caller: Managing,
        after: BackgroundTasks,
        original: Annotated[
            bool,
            Query(description="Hand over the sealed clip although the site masks or blurs what it shows."),
        ] = False,
    ) -> FileResponse:
        """The sealed clip with its manifest, the ledger and a page that checks all of it offline, as
        `sightline evidence export` writes it; the ledger tells of it. 409 where masks are set or faces are to
        be blurred, which a sealed clip does not show: then say `original`."""
        found = evidence.find(caller.scope, evidence_id)
        case = cases.write(found, original=original, by=caller.actor)
        after.add_task(_remove, case.parent)
        return FileResponse(
            case,
            media_type="application/zip",
            filename=f"{found.venue_id}_{found.incident_id}.zip",
            headers={"Cache-Control": "private, no-store"},
        )

    return router


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
