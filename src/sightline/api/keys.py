"""Keys of programs: GET, POST, PATCH, DELETE /api/keys."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from sightline.api.access import Access
from sightline.api.account_models import Key, KeyChange, NewKey, ShownKey
from sightline.api.audit_trail import tell_audit
from sightline.api.caller import Caller, ManagingInPerson
from sightline.api.paging import PAGED_HEADERS, Offset, Page, tell_total
from sightline.api.problem_docs import problems
from sightline.errors import ConfigError

Id = Annotated[str, Path(pattern=r"^[0-9a-z]{1,32}$", description="Id of a key, which is not its text.")]
VenueIdQuery = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="Of this venue only.")
]


def key_routes(access: Access) -> APIRouter:
    """The routes, over the keys of `access`."""
    routes = APIRouter(prefix="/api/keys", tags=["accounts"])
    keys = access.keys

    @routes.get("", response_model=list[Key], responses={200: {"headers": PAGED_HEADERS}})
    def listed(
        caller: ManagingInPerson,
        request: Request,
        response: Response,
        venue_id: VenueIdQuery = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Offset = 0,
    ) -> list[Any]:
        """The keys of the venues one reaches, oldest first, revoked ones too; never their texts."""
        total, found = keys.page(caller.scope, venue_id=venue_id, limit=limit, offset=offset)
        tell_total(request, response, Page(limit, offset), total)
        return [_facts(one) for one in found]

    @routes.post("", response_model=ShownKey, status_code=201, responses=problems(404, 422))
    def make(caller: ManagingInPerson, request: Request, wanted: NewKey) -> dict[str, Any]:
        """Make a key. Its text is in this answer and nowhere else."""
        _demand(caller, wanted.venue_id)
        try:
            made = keys.make(caller.scope, wanted.venue_id, name=wanted.name)
        except ConfigError as error:
            raise HTTPException(
                404, f"there is no venue {wanted.venue_id}; POST /venues makes one"
            ) from error
        tell_audit(request, subject=f"key={made.id}", venue_id=wanted.venue_id)
        stored = keys.key(made.id)
        return _facts(stored) | {"api_key": made.text}

    @routes.patch("/{key_id}", response_model=Key, responses=problems(404, 422))
    def rename(caller: ManagingInPerson, request: Request, key_id: Id, wanted: KeyChange) -> dict[str, Any]:
        """Give a key another name."""
        venue_id = _venue_of(caller, key_id)
        keys.rename(caller.scope, key_id, wanted.name)
        tell_audit(request, subject=f"key={key_id}", venue_id=venue_id)
        return _facts(keys.key(key_id))

    @routes.delete("/{key_id}", status_code=204, response_class=Response, responses=problems(404))
    def revoke(caller: ManagingInPerson, request: Request, key_id: Id) -> Response:
        """Revoke a key: its next request is refused. Revoking it again changes nothing."""
        venue_id = _venue_of(caller, key_id)
        keys.revoke(caller.scope, key_id)
        tell_audit(request, subject=f"key={key_id}", venue_id=venue_id)
        return Response(status_code=204)

    def _venue_of(caller: Caller, key_id: str) -> str | None:
        stored = keys.key(key_id)
        if stored is None:
            raise HTTPException(404, f"there is no key {key_id}; GET /api/keys lists them")
        _demand(caller, stored.venue_id)
        return stored.venue_id

    return routes


def _demand(caller: Caller, venue_id: str | None) -> None:
    if venue_id is not None:
        caller.demand(venue_id)
    elif caller.venues is not None:
        raise HTTPException(403, "a key for all venues is an administrator's business")


def _facts(key: Any) -> dict[str, Any]:
    return {name: getattr(key, name) for name in ("id", "venue_id", "name", "created_at", "revoked_at")}
