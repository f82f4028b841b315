"""Audits: a person counts stretches of video, and the site says how right it was."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from sightline.analytics.audit_sampling import AuditDesk, Wish
from sightline.analytics.audits import Audits, Seen
from sightline.api.addresses import VenueId
from sightline.api.audit_models import Audited, AuditIn, AuditMade, FoundOut, Rule, StretchesOut
from sightline.api.caller import Managing
from sightline.api.moments import Moment
from sightline.api.problem_docs import problems
from sightline.api.windows import EARLIEST, LATEST

ID = r"^[A-Za-z0-9_-]{1,50}$"
MOST_DAYS = 90
CameraId = Annotated[str, Path(pattern=ID, description="Id of a camera of it.")]
LocalDay = Annotated[date | None, Query(ge=EARLIEST, le=LATEST, description="Local date of the venue.")]
RENAMED = {"id": "audit_id", "started_at": "since", "ended_at": "until"}


def audit_count_routes(audits: Audits, desk: AuditDesk) -> APIRouter:
    """All routes under /api/audits."""
    router = APIRouter(prefix="/api/audits", tags=["audits"])

    @router.get(
        "",
        response_model=Audited,
        responses=problems(401, 403, 422),
        summary="What was counted, and how right we were",
    )
    def listed(
        caller: Managing,
        venue_id: Annotated[str | None, Query(pattern=ID, description="Of this venue only.")] = None,
        camera_id: Annotated[str | None, Query(pattern=ID, description="Of this camera only.")] = None,
        rule: Annotated[Rule | None, Query(description="Of this rule only.")] = None,
    ) -> dict[str, Any]:
        """Precision, recall and the ratio of counts by camera and rule, each with its interval."""
        which = {"venue_id": venue_id, "camera_id": camera_id, "rule": rule}
        return {
            "audits": [_told(one) for one in audits.listed(caller.scope, **which)],
            "report": audits.report(caller.scope, **which),
        }

    @router.get(
        "/{venue_id}/{camera_id}/stretches",
        response_model=StretchesOut,
        responses=problems(400, 401, 403, 404, 422),
        summary="Stretches to be counted, drawn by chance",
    )
    def stretches(
        caller: Managing,
        venue_id: VenueId,
        camera_id: CameraId,
        rule: Rule = "visitors",
        last: LocalDay = None,
        days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="Up to `last`, which counts as one.")] = 7,
        seconds: Annotated[int, Query(ge=5, le=600, description="Length of each.")] = 60,
        count: Annotated[int, Query(ge=1, le=50)] = 5,
    ) -> dict[str, Any]:
        """Of what was both recorded and looked at, each begin as likely as any other; never what was
        counted before for the same rule. Fewer than asked for where there is not enough; `last` is today by
        default."""
        until = last or audits.clock().date()
        drawn = desk.draw(
            caller.scope,
            Wish(
                venue_id=venue_id,
                camera_id=camera_id,
                rule=rule,
                first=until - timedelta(days=days - 1),
                last=until,
                length=timedelta(seconds=seconds),
                count=count,
            ),
        )
        return {
            "stretches": [
                {"since": one.start, "until": one.end, "shown_until": one.shown_until}
                for one in drawn.stretches
            ],
            "available_s": round(drawn.available.total_seconds(), 1),
        }

    @router.get(
        "/{venue_id}/{camera_id}/found",
        response_model=FoundOut,
        responses=problems(400, 401, 403, 404, 422),
        summary="What had been found in a stretch",
    )
    def found(
        caller: Managing,
        venue_id: VenueId,
        camera_id: CameraId,
        since: Annotated[Moment, Query(alias="from", description="Without an offset: UTC.")],
        until: Annotated[Moment, Query(alias="to", description="Not included.")],
        rule: Rule = "visitors",
    ) -> dict[str, Any]:
        """Ask after counting: whoever knows the answer counts towards it."""
        where = {"venue_id": venue_id, "camera_id": camera_id, "rule": rule}
        moments = desk.found(caller.scope, **where, start=since, end=until)
        return {"found": len(moments), "moments": moments}

    @router.post(
        "",
        response_model=AuditMade,
        status_code=201,
        responses=problems(400, 401, 403, 404, 422),
        summary="Note what a person counted in a stretch",
    )
    def add(body: AuditIn, caller: Managing) -> dict[str, Any]:
        """What had been found there is taken from the database. From five stretches on, the interval of the
        visitor count is that of these audits, so choose stretches by chance."""
        caller.demand(body.venue_id)
        desk.demand_camera(caller.scope, body.venue_id, body.camera_id)
        stored, warnings = audits.add(
            caller.scope,
            Seen(
                venue_id=body.venue_id,
                camera_id=body.camera_id,
                rule=body.rule,
                start=body.since,
                end=body.until,
                truth=body.truth,
                matched=body.matched,
                by=caller.name,
                note=body.note,
            ),
        )
        return _told(stored) | {"warnings": warnings}

    return router


def _told(stretch: Any) -> dict[str, Any]:
    return {RENAMED.get(name, name): value for name, value in asdict(stretch).items()}
