"""Private links: GET, PATCH, DELETE /api/links/{link_id}. They are made under /api/evidence."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from sightline.api.caller import Managing, Viewing
from sightline.api.evidence_models import LinkChange, LinkFacts
from sightline.api.problem_docs import problems
from sightline.evidence.link_desk import LinkDesk

LinkId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,36}$", description="Id of a link.")]


def link_routes(links: LinkDesk) -> APIRouter:
    """The three routes, over `links`."""
    router = APIRouter(prefix="/api/links", tags=["evidence"])

    @router.get(
        "/{link_id}", response_model=LinkFacts, responses=problems(401, 403, 404, 422), summary="One link"
    )
    def one(link_id: LinkId, caller: Viewing) -> dict[str, Any]:
        """What it shows, until when, how often it was looked at. Never its address."""
        return links.one(caller.scope, link_id)

    @router.patch(
        "/{link_id}",
        response_model=LinkFacts,
        responses=problems(400, 401, 403, 404, 409, 422),
        summary="Let a link live longer",
    )
    def extend(link_id: LinkId, body: LinkChange, caller: Managing) -> dict[str, Any]:
        """One that has expired lives again, that long from now; one that was revoked does not: 409."""
        return links.extend(caller.scope, link_id, hours=body.hours, by=caller.actor)

    @router.delete(
        "/{link_id}",
        response_model=LinkFacts,
        responses=problems(401, 403, 404, 422),
        summary="Take a link back",
    )
    def revoke(link_id: LinkId, caller: Managing) -> dict[str, Any]:
        """From now on it answers 403, and nothing undoes that."""
        return links.revoke(caller.scope, link_id, by=caller.actor)

    return router
