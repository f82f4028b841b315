"""Who did what: GET /api/audit-log."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from sightline.api.access import Access
from sightline.api.account_models import Entry
from sightline.api.caller import Administering
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total

VenueIdQuery = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="Of this venue only.")
]
Actor = Annotated[
    str | None,
    Query(max_length=100, pattern=r"^[^\x00-\x1f]*$", examples=["person:5f2c0a9be1d3c477", "local"]),
]
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
From = Annotated[datetime | None, Query(alias="from", description="At or after; without an offset: UTC.")]
Until = Annotated[datetime | None, Query(alias="to", description="Before; without an offset: UTC.")]


def audit_routes(access: Access) -> APIRouter:
    """The route, over the audit log of `access`."""
    routes = APIRouter(tags=["accounts"])

    @routes.get("/api/audit-log", response_model=list[Entry], responses={200: {"headers": PAGED_HEADERS}})
    def entries(
        caller: Administering,
        request: Request,
        response: Response,
        venue_id: VenueIdQuery = None,
        actor: Actor = None,
        since: From = None,
        until: Until = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        offset: Offset = 0,
    ) -> list[dict[str, Any]]:
        """Sign-ins, and changes through the API and by account commands, newest first."""
        total, found = access.audit.page(
            caller.scope,
            venue_id=venue_id,
            actor=actor,
            since=_aware(since),
            until=_aware(until),
            limit=limit,
            offset=offset,
        )
        tell_total(request, response, Page(limit, offset), total)
        return [{name: getattr(one, name) for name in Entry.model_fields} for one in found]

    return routes


def _aware(at: datetime | None) -> datetime | None:
    """In UTC, and no further away than the database can hold."""
    if at is None:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(at, FIRST), LAST)
