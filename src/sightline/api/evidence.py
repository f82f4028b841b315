"""Evidence: its story, its papers, legal holds, links to it, and clips that somebody asks for."""

from typing import Any

from fastapi import APIRouter, Response

from sightline.api.caller import Managing, Viewing
from sightline.api.clip_answers import EvidenceId
from sightline.api.evidence_models import (
    CutIn,
    CutOut,
    EvidenceDocument,
    EvidenceLedger,
    HoldIn,
    HoldState,
    LinkFacts,
    LinkIn,
    LinkMade,
    SignedManifest,
)
from sightline.api.problem_docs import problems
from sightline.api.problems import told
from sightline.evidence.clip_cutting import ClipCutting
from sightline.evidence.holding import Holds
from sightline.evidence.link_desk import LinkDesk
from sightline.evidence.reading import EvidenceReading

READING = problems(401, 403, 404, 422)
CHANGING = problems(400, 401, 403, 404, 409, 422)


def evidence_routes(
    evidence: EvidenceReading, *, holds: Holds, links: LinkDesk, cutting: ClipCutting
) -> APIRouter:
    """All routes under /api/evidence but that of the bytes."""
    router = APIRouter(prefix="/api/evidence", tags=["evidence"])

    @router.post(
        "/cut",
        response_model=CutOut,
        responses={202: {"model": CutOut, "description": "It is still being recorded or cut."}, **CHANGING},
        summary="Make a sealed clip of any stretch that was recorded",
    )
    def cut(body: CutIn, response: Response, caller: Managing) -> dict[str, Any]:
        """It stays on the site until somebody hands it on. More than ten minutes are left to `sightline
        serve`, as is what a camera is recording just now: 202. Refused with 409 where nothing is recorded,
        naming what is."""
        if body.venue_id is not None:
            caller.demand(body.venue_id)
        made = cutting.cut(
            caller.scope,
            venue_id=body.venue_id,
            camera_id=body.camera_id,
            since=body.since,
            until=body.until,
            by=caller.actor,
            reason=body.reason,
        )
        response.status_code = 202 if made.state == "wanted" else 200
        return {
            "evidence_id": made.id,
            "venue_id": made.venue_id,
            "camera_id": made.camera_id,
            "state": made.state,
            "clips": [part.file_name for part in made.parts],
            "failure": told(made.failure) if made.failure else None,
        }

    @router.get(
        "/{evidence_id}", response_model=EvidenceDocument, responses=READING, summary="One piece of evidence"
    )
    def show(evidence_id: EvidenceId, caller: Viewing) -> dict[str, Any]:
        """What it shows, where it comes from, what happened to it; every byte of its clips is checked."""
        return evidence.document(evidence.find(caller.scope, evidence_id))

    @router.get(
        "/{evidence_id}/manifest",
        response_class=Response,
        responses={200: {"model": SignedManifest}, **problems(401, 403, 404, 409, 422)},
        summary="The signed manifest",
    )
    def manifest(evidence_id: EvidenceId, caller: Viewing) -> Response:
        """The bytes of its line in `evidence.jsonl`; the signature is over those of its member `manifest`."""
        found = evidence.find(caller.scope, evidence_id)
        return Response(evidence.signed_manifest(found), media_type="application/json")

    @router.get(
        "/{evidence_id}/ledger",
        response_model=EvidenceLedger,
        responses=READING,
        summary="What happened to it, as the ledger has it",
    )
    def ledger(evidence_id: EvidenceId, caller: Viewing) -> dict[str, Any]:
        """Each entry with its hash and that of the one before, and the signed head of the ledger."""
        return evidence.ledger(evidence.find(caller.scope, evidence_id))

    @router.post(
        "/{evidence_id}/hold", response_model=HoldState, responses=CHANGING, summary="Put a clip on hold"
    )
    def hold(evidence_id: EvidenceId, body: HoldIn, caller: Managing) -> dict[str, Any]:
        """No retention touches it until the hold is lifted. Who and when stays in the ledger for ever."""
        found = evidence.find(caller.scope, evidence_id)
        return holds.put(found, by=caller.actor, reason=body.reason)

    @router.delete(
        "/{evidence_id}/hold", response_model=HoldState, responses=CHANGING, summary="Lift the hold on a clip"
    )
    def lift(evidence_id: EvidenceId, caller: Managing) -> dict[str, Any]:
        """When its time is over by now, the next cleaning removes the clip."""
        return holds.lift(evidence.find(caller.scope, evidence_id), by=caller.actor)

    @router.post(
        "/{evidence_id}/links",
        response_model=LinkMade,
        status_code=201,
        responses=CHANGING,
        summary="Make a private link to a clip",
    )
    def link(evidence_id: EvidenceId, caller: Managing, body: LinkIn | None = None) -> dict[str, Any]:
        """Who has the link can watch the clip, masks drawn, until it expires or is revoked. Its address is
        told this once."""
        wanted = body or LinkIn()
        found = evidence.find(caller.scope, evidence_id)
        made = links.make(found, part=wanted.part, hours=wanted.hours, by=caller.actor, name=caller.name)
        return {
            "link_id": made.id,
            "private_link": made.url,
            "expires_at": made.expires_at,
            "life_hours": made.life_hours,
            "reach": made.reach,
        }

    @router.get(
        "/{evidence_id}/links", response_model=list[LinkFacts], responses=READING, summary="Links to a clip"
    )
    def links_to(evidence_id: EvidenceId, caller: Managing) -> list[dict[str, Any]]:
        """Newest first, without their addresses."""
        return links.of(evidence.find(caller.scope, evidence_id))

    return router
