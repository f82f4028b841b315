"""GET /health: is everything as it should be, and if not, what is not?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from sightline.api.caller import OPEN, Caller, caller_of
from sightline.domain.outbox import ItemState
from sightline.pipeline.outbox_alerts import STUCK_AFTER
from sightline.pipeline.site_state import ReadState, SiteState

LEAST_FREE_SHARE = 0.05
LEAST_FREE_BYTES = 1 << 30

Check = Mapping[str, Any]
"""`status` is ok, degraded or unknown; `detail` one sentence; then figures."""


def health_routes(read_state: ReadState) -> APIRouter:
    """The route, over `read_state`."""
    routes = APIRouter()

    @routes.get(
        "/health",
        response_model=Health,
        response_model_exclude_unset=True,
        openapi_extra=OPEN,
        summary="Is everything as it should be?",
        tags=["site"],
    )
    def health(request: Request) -> dict[str, Any]:
        """`healthy` when every check is ok; an answer at all means that this process lives.

        Without a key or session a closed site tells no more than the state of each check.
        """
        return told_to(caller_of(request), read_state())

    return routes


class CheckFigures(BaseModel):
    """One check. What else is in it depends on the check."""

    model_config = ConfigDict(extra="allow")

    status: Literal["ok", "degraded", "unknown"]
    detail: str = ""


class Health(BaseModel):
    """How the site is."""

    status: Literal["healthy", "degraded"]
    timestamp: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    checks: dict[Literal["database", "disk", "outbox", "cameras", "centre"], CheckFigures]


def told_to(caller: Caller | None, state: SiteState) -> dict[str, Any]:
    """The document of /health: nobody gets no name and no figure, others those of their venues."""
    if caller is not None:
        return health_of(_seen(caller, state))
    document = health_of(state)
    states = {name: {"status": check["status"]} for name, check in document["checks"].items()}
    return document | {"checks": states}


def _seen(caller: Caller, state: SiteState) -> SiteState:
    allows = caller.scope.allows
    return replace(
        state,
        cameras=tuple(one for one in state.cameras if allows(one.venue_id)),
        outbox=tuple(one for one in state.outbox if allows(one.venue_id)),
        centre=tuple(one for one in state.centre if allows(one.venue_id)),
        evidence_wanted={venue: n for venue, n in state.evidence_wanted.items() if allows(venue)},
    )


def health_of(state: SiteState) -> dict[str, Any]:
    """The document of /health."""
    checks = {
        "database": _database(state),
        "disk": _disk(state),
        "outbox": _outbox(state),
        "cameras": _cameras(state),
    }
    if state.centre:
        checks["centre"] = _centre(state)
    well = all(check["status"] == "ok" for check in checks.values())
    return {
        "status": "healthy" if well else "degraded",
        "timestamp": state.at.isoformat(),
        "checks": checks,
    }


def _database(state: SiteState) -> Check:
    if state.database_works:
        return {"status": "ok", "detail": "can be read"}
    return {"status": "degraded", "detail": "cannot be read; the log says why"}


def _disk(state: SiteState) -> Check:
    free, total = state.disk_free_bytes, state.disk_total_bytes
    if free is None or total is None:
        return {"status": "degraded", "detail": "the data folder cannot be looked at"}
    figures = {"free_bytes": free, "total_bytes": total}
    if free < min(LEAST_FREE_BYTES, LEAST_FREE_SHARE * total):
        return {"status": "degraded", "detail": "nearly full: recording stops when it is", **figures}
    return {"status": "ok", "detail": "has room", **figures}


def _outbox(state: SiteState) -> Check:
    if not state.database_works:
        return {"status": "unknown", "detail": "the database cannot be read"}
    waiting, dead = (_by_channel(state, which) for which in (ItemState.WAITING, ItemState.DEAD))
    oldest = min((one.oldest_at for one in state.outbox if one.state is ItemState.WAITING), default=None)
    age_s = max(0.0, (state.at - oldest).total_seconds()) if oldest is not None else None
    figures = {
        "waiting": waiting,
        "dead": dead,
        "oldest_waiting_s": round(age_s, 1) if age_s is not None else None,
        "evidence_wanted": sum(state.evidence_wanted.values()),
    }
    if dead:
        return {
            "status": "degraded",
            "detail": f"{sum(dead.values())} given up; `sightline outbox list` says why",
            **figures,
        }
    if age_s is not None and age_s > STUCK_AFTER.total_seconds():
        return {
            "status": "degraded",
            "detail": "something waits for more than an hour; `sightline outbox list` says why",
            **figures,
        }
    return {"status": "ok", "detail": "on its way" if waiting else "nothing waits", **figures}


def _centre(state: SiteState) -> Check:
    """Only of a site whose venues tell a centre."""
    skews = {one.venue_id: round(one.skew.total_seconds(), 3) for one in state.centre if one.skew is not None}
    figures = {
        "hours_waiting": {one.venue_id: one.waiting for one in state.centre},
        "hours_refused": {one.venue_id: one.refused for one in state.centre if one.refused},
        "clock_skew_s": skews,
    }
    for one in state.centre:
        if one.failing_since is not None and state.at - one.failing_since > STUCK_AFTER:
            why = f"{one.venue_id} has told it nothing for more than an hour: {one.error}"
        elif one.refused:
            why = f"it will not have {one.refused} hours of {one.venue_id}: {one.refusal}"
        elif one.clocks_differ:
            why = f"its clock and ours differ by {abs(skews[one.venue_id]):.1f} s"
        elif one.zones_differ:
            why = f"{one.venue_id} counts its days in {one.timezone}, the centre in {one.centre_timezone}"
        else:
            continue
        return {"status": "degraded", "detail": why, **figures}
    waiting = sum(one.waiting for one in state.centre)
    return {"status": "ok", "detail": "on its way" if waiting else "knows all", **figures}


def _by_channel(state: SiteState, which: ItemState) -> dict[str, int]:
    """How many items of all venues are in a state, by channel."""
    found: Counter[str] = Counter()
    for one in state.outbox:
        if one.state is which:
            found[one.channel.value] += one.count
    return dict(sorted(found.items()))


def _cameras(state: SiteState) -> Check:
    if not state.database_works:
        return {"status": "unknown", "detail": "the database cannot be read"}
    down = {
        f"{camera.venue_id}/{camera.camera_id}": camera.state(state.at)
        for camera in state.cameras
        if not camera.is_up(state.at)
    }
    figures = {"total": len(state.cameras), "up": len(state.cameras) - len(down), "down": down}
    if not state.cameras:
        return {"status": "ok", "detail": "no camera is set up", **figures}
    if down:
        return {"status": "degraded", "detail": f"no picture from {len(down)} of them", **figures}
    return {"status": "ok", "detail": "all send pictures", **figures}
