"""Who comes, who comes back, and forgetting them: /api/visitors/{venue_id}..."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from sightline.analytics.visitors import Visitors
from sightline.api.addresses import VenueId
from sightline.api.audit_trail import tell_audit
from sightline.api.caller import Managing, Viewing
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import LOOKING, problems
from sightline.api.visitor_models import Forgotten, History, KnownVisitors, Returning, VisitorStats
from sightline.api.windows import Days, To
from sightline.evidence.erasure import Erasure
from sightline.evidence.erasure_receipt import pseudonym_hash

VisitorId = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00]+$",
        description="A pseudonym as it was told, percent-encoded; it may hold any character but NUL.",
        examples=["v-81c3"],
    ),
]
SortBy = Annotated[
    Literal["last_seen", "first_seen", "visit_count"],
    Query(description="Newest first, or most visits first."),
]


def visitor_routes(visitors: Visitors, erasure: Erasure) -> APIRouter:
    """The five routes of known visitors."""
    router = APIRouter(prefix="/api/visitors/{venue_id}", tags=["visitors"])

    @router.get(
        "",
        response_model=KnownVisitors,
        summary="Known visitors",
        responses={200: {"headers": PAGED_HEADERS}, **LOOKING},
    )
    def listed(
        request: Request,
        response: Response,
        venue_id: VenueId,
        caller: Viewing,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Offset = 0,
        sort_by: SortBy = "last_seen",
    ) -> dict[str, Any]:
        """People of a lasting pseudonym, a page at a time."""
        found, total = visitors.listed(caller.scope, venue_id, sort_by=sort_by, limit=limit, offset=offset)
        tell_total(request, response, Page(limit, offset), total)
        return {"venue_id": venue_id, "total_known_visitors": total, "visitors": found}

    @router.get("/stats", response_model=VisitorStats, summary="Loyalty", responses=LOOKING)
    def stats(venue_id: VenueId, caller: Viewing) -> dict[str, Any]:
        """All known visitors together, as they stand today."""
        return visitors.stats(caller.scope, venue_id)

    @router.get("/returning", response_model=Returning, summary="Who came back", responses=LOOKING)
    def returning(venue_id: VenueId, caller: Viewing, days: Days = 30, to: To = None) -> dict[str, Any]:
        """Returns and retention of a window."""
        return visitors.returning(caller.scope, venue_id, days=days, to=to)

    @router.get(
        "/history/{visitor_id:path}",
        response_model=History,
        summary="One visitor",
        responses=problems(401, 403, 404, 422),
    )
    def history(venue_id: VenueId, visitor_id: VisitorId, caller: Viewing) -> dict[str, Any]:
        """Who it is, and what they did on each day."""
        found = visitors.history(caller.scope, venue_id, visitor_id)
        if found is None:
            raise HTTPException(404, _nobody(venue_id))
        return found

    @router.delete(
        "/{visitor_id:path}",
        response_model=Forgotten,
        summary="Erase a visitor",
        responses=problems(401, 403, 404, 422),
    )
    def erase(request: Request, venue_id: VenueId, visitor_id: VisitorId, caller: Managing) -> dict[str, Any]:
        """Erases the person everywhere: stays, visits, profile, face templates, and the clips of events they
        took part in, with the links to them; the figures they were counted in go down.

        The receipt says what went, which clips a legal hold keeps, and where copies lie that have to be asked
        for elsewhere. It is an entry of the venue's ledger, too.
        """
        erased = erasure.erase(caller.scope, venue_id, visitor_id, by=caller.actor)
        if erased is None:
            raise HTTPException(404, _nobody(venue_id))
        tell_audit(request, subject=f"visitor_sha256={pseudonym_hash(venue_id, visitor_id)}")
        return {
            "message": _what_is_left(erased.receipt),
            "visitor_id": visitor_id,
            "venue_id": venue_id,
            "receipt": erased.receipt,
            "signature": erased.signature,
            "overwritten": erased.overwritten,
        }

    return router


def _nobody(venue_id: str) -> str:
    return (
        f"the venue {venue_id} knows nobody of this pseudonym; /api/visitors/{venue_id} lists those it knows"
    )


def _what_is_left(receipt: dict[str, Any]) -> str:
    kept = len(receipt["evidence_kept"])
    if not kept:
        return "everything about this visitor is erased"
    clips = "1 clip is" if kept == 1 else f"{kept} clips are"
    return (
        f"everything about this visitor is erased, but {clips} under a legal hold and will be deleted once it"
        " is lifted"
    )
