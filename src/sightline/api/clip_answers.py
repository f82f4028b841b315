"""GET /api/evidence/{id}/clip: the bytes, whole or a range of them."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from sightline.api.byte_ranges import NotSatisfiable, ask_for, asked_range
from sightline.api.caller import RANKS, Caller, Viewing
from sightline.api.problem_docs import problems
from sightline.api.problems import problem_answer
from sightline.domain.account import Role
from sightline.evidence.clip_files import ClipFile, ClipFiles
from sightline.evidence.clip_views import ClipViews
from sightline.evidence.reading import EvidenceReading

EvidenceId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="Id of evidence, or of an event that has some.")
]
BINARY = {"schema": {"type": "string", "format": "binary"}}
TEXT = {"schema": {"type": "string"}}
CLIP = {
    "description": "The video.",
    "content": {"video/mp4": BINARY, "video/x-matroska": BINARY},
    "headers": {
        "ETag": {"description": "SHA-256 of the whole file.", **TEXT},
        "X-Content-SHA256": {"description": "The same, hex.", **TEXT},
        "X-Clip-Copy": {
            "description": "original (the sealed file), viewing (H.264 copy), masked (masks are drawn),"
            " blurred (faces are) or masked+blurred.",
            **TEXT,
        },
        "X-Original-SHA256": {"description": "Of the sealed file that a copy was made of.", **TEXT},
    },
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: CLIP,
    206: {**CLIP, "description": "The range that was asked for."},
    **problems(401, 403, 404, 409, 416, 422),
}


def clip_routes(evidence: EvidenceReading, files: ClipFiles, views: ClipViews) -> APIRouter:
    """The route of the bytes."""
    router = APIRouter(prefix="/api/evidence", tags=["evidence"])

    def clip(
        request: Request,
        evidence_id: EvidenceId,
        caller: Viewing,
        part: Annotated[int, Query(ge=0, le=10_000, description="0 is the first.")] = 0,
        original: Annotated[
            bool, Query(description="The sealed file, whatever is masked or blurred; not for viewers.")
        ] = False,
    ) -> Response:
        """Checked before it goes: what is not as it was sealed is refused with 409. Where the site demands
        masks or blurred faces it is a copy with these, and where that cannot be made, nothing. Who watched it
        stands in the ledger, once an hour."""
        _demand_original(caller, original)
        asked = evidence.find(caller.scope, evidence_id)
        found = files.open(asked, part, original=original, by=caller.actor)
        answer = _bytes(request, found)
        if request.method == "GET" and answer.status_code < 400:
            answer.background = BackgroundTask(views.enter, asked, copy=found.copy.value, by=caller.actor)
        return answer

    router.add_api_route(
        "/{evidence_id}/clip",
        clip,
        methods=["GET"],
        response_class=FileResponse,
        responses=ANSWERS,
        summary="The clip itself",
    )
    router.add_api_route("/{evidence_id}/clip", clip, methods=["HEAD"], include_in_schema=False)
    return router


def _demand_original(caller: Caller, original: bool) -> None:
    if original and RANKS[caller.role] < RANKS[Role.MANAGER]:
        raise HTTPException(
            403, f"the sealed original needs the role manager; {caller.name} is {caller.role}"
        )


def _bytes(request: Request, found: ClipFile) -> Response:
    try:
        asked = asked_range(request.headers.get("range"), found.size_bytes)
    except NotSatisfiable:
        answer = problem_answer(request.scope, 416, "the clip ends before the range that was asked for")
        answer.headers["Content-Range"] = f"bytes */{found.size_bytes}"
        return answer
    ask_for(request, asked)
    headers = {
        "ETag": f'"{found.sha256}"',
        "X-Content-SHA256": found.sha256,
        "X-Clip-Copy": found.copy.value,
        "Cache-Control": "private, no-store",
    }
    if found.original_sha256 is not None:
        headers["X-Original-SHA256"] = found.original_sha256
    return FileResponse(
        found.path,
        headers=headers,
        media_type=found.media_type,
        filename=found.file_name,
        content_disposition_type="inline",
    )
