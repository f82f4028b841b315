"""GET /health: is everything as it should be, and if not, what is not?"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from sightline.pipeline.site_state import ReadState, SiteState

LEAST_FREE_SHARE = 0.05
LEAST_FREE_BYTES = 1 << 30

Check = Mapping[str, Any]
"""`status` is ok, degraded or unknown; `detail` one sentence; then figures."""


def health_routes(read_state: ReadState) -> APIRouter:
    """The route, over `read_state`."""
    routes = APIRouter()

    @routes.get("/health")
    def health() -> dict[str, Any]:
        """`healthy` when every check is ok; an answer at all means that this process lives."""
        return health_of(read_state())

    return routes


def health_of(state: SiteState) -> dict[str, Any]:
    """The document of /health."""
    checks = {
        "database": _database(state),
        "disk": _disk(state),
        "outbox": _outbox(state),
        "cameras": _cameras(state),
    }
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
    wanted = sum(state.evidence_wanted.values())
    return {
        "status": "ok",
        "detail": "nothing is set up to leave this site; clips still to be sealed are counted",
        "evidence_wanted": wanted,
    }


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
