"""Who asks, and whether they may: every route names one of the needs below, or is listed as open to all.

The gate in front of the application (`api.gate`) finds the caller and leaves it with the request; here it is
held against what the route needs. The venue of the address is checked in the same place, so that no route can
forget it; routes that take a venue in their body call `Caller.demand`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from sightline.domain.account import Role
from sightline.domain.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who asks.

    Attributes:
        kind: `local` (who sits at this machine, in local mode), `key` or `person`.
        id: of the key or the account; `local` in local mode.
        name: for people, and for the audit log.
        venues: those that may be reached; None for all.
        must_change: somebody else set this person's password; until it is changed nothing is answered.
        demanded: venues that this request turned out to be about, for the audit log.
    """

    kind: str
    id: str
    name: str
    role: Role
    venues: frozenset[str] | None
    must_change: bool = False
    demanded: list[str] = field(default_factory=list, compare=False, repr=False)

    @property
    def scope(self) -> Scope:
        return Scope(self.venues)

    @property
    def actor(self) -> str:
        """As ledger and audit log name them: `person:ID`, `key:ID` or `local`."""
        return self.kind if self.kind == "local" else f"{self.kind}:{self.id}"

    def demand(self, venue_id: str) -> None:
        """Refuse a venue that this caller may not reach, whether it exists or not.

        Raises:
            HTTPException: 403.
        """
        if not self.scope.allows(venue_id):
            raise HTTPException(403, f"{self.name} may not reach the venue {venue_id}")
        if venue_id not in self.demanded:
            self.demanded.append(venue_id)


LOCAL = Caller(kind="local", id="local", name="this machine", role=Role.ADMINISTRATOR, venues=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why somebody who showed a key or a session is nobody to us."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)


NOBODY = Refusal(
    status=401,
    reason="say who asks: header X-API-Key: KEY (or Authorization: Bearer KEY), or sign in",
    headers={"WWW-Authenticate": "Bearer"},
)


def caller_of(request: Request) -> Caller | None:
    """Whom the gate has found; None when nobody said who they are."""
    found: Caller | None = getattr(request.state, "caller", None)
    return found


def viewing(request: Request) -> Caller:
    """For routes that show something."""
    return _allowed(request, Role.VIEWER)


def managing(request: Request) -> Caller:
    """For routes that change something of a venue."""
    return _allowed(request, Role.MANAGER)


def managing_in_person(request: Request) -> Caller:
    """For routes that make keys: a program with a key may not make itself another."""
    caller = _allowed(request, Role.MANAGER)
    if caller.kind == "key" and caller.venues is not None:
        raise HTTPException(403, "a venue's key may not do this; sign in, or use an administrator's key")
    return caller


def administering(request: Request) -> Caller:
    """For routes that change the site."""
    return _allowed(request, Role.ADMINISTRATOR)


def signed_in(request: Request) -> Caller:
    """For routes by which people see to their own account; the only ones while a password must be changed."""
    caller = known(request)
    if caller.kind != "person":
        raise HTTPException(403, "this is for people who signed in; a key has no password and no session")
    return caller


def known(request: Request) -> Caller:
    """For the route that tells people and programs who they are to this site."""
    caller = caller_of(request)
    if caller is None:
        raise _nobody(request)
    return caller


Viewing = Annotated[Caller, Depends(viewing)]
Managing = Annotated[Caller, Depends(managing)]
ManagingInPerson = Annotated[Caller, Depends(managing_in_person)]
Administering = Annotated[Caller, Depends(administering)]
SignedIn = Annotated[Caller, Depends(signed_in)]
Known = Annotated[Caller, Depends(known)]

NEEDS = {
    known: "known",
    viewing: "viewing",
    managing: "managing",
    managing_in_person: "managing in person",
    administering: "administering",
    signed_in: "signed in",
}
"""What the documentation says a route needs, by its dependency."""

OPEN = {"x-needs": "nothing"}
"""`openapi_extra` of a route that answers anybody: said, not forgotten."""

RANKS = {Role.VIEWER: 0, Role.MANAGER: 1, Role.ADMINISTRATOR: 2}


def _allowed(request: Request, least: Role) -> Caller:
    caller = known(request)
    if caller.must_change:
        raise HTTPException(403, "change your password first: POST /password, or the page /password")
    if RANKS[caller.role] < RANKS[least]:
        raise HTTPException(403, f"this needs the role {least}; {caller.name} is {caller.role}")
    for venue_id in (request.path_params.get("venue_id"), *request.query_params.getlist("venue_id")):
        if venue_id:
            caller.demand(venue_id)
    return caller


def _nobody(request: Request) -> HTTPException:
    refusal: Refusal = getattr(request.state, "refusal", None) or NOBODY
    return HTTPException(refusal.status, refusal.reason, headers=dict(refusal.headers))
