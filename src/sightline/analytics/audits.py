"""Audits: a person counts a stretch of video, and the product says how right it was, with intervals."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sightline.domain.event import EventKind
from sightline.domain.interval import (
    FEWEST_STRETCHES,
    NOMINAL_PERCENT,
    CountedStretch,
    Share,
    count_ratio,
    wilson,
)
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.store.audits import VISITORS, AuditedStretch, add_audited, count_found, list_audited
from sightline.store.database import Database
from sightline.store.presences import minutes_looked_at

RULES = (VISITORS, *(kind.value for kind in EventKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a person counted in [start, end) of one camera.

    Attributes:
        rule: one of `RULES`.
        truth: how many there were.
        matched: how many of those that the product had found were right; None when that was not looked at.
        by: who counted.
    """

    venue_id: str
    camera_id: str
    rule: str
    start: datetime
    end: datetime
    truth: int
    matched: int | None
    by: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Audits:
    """Keeps what people counted, and reckons from it."""

    database: Database
    clock: Callable[[], datetime]

    def add(self, scope: Scope, seen: Seen) -> tuple[AuditedStretch, list[str]]:
        """Store what a person counted beside what the database holds of the same stretch now.

        Returns:
            The stretch, and warnings: what makes it say less than it seems to.

        Raises:
            ConfigError: no such rule, a stretch that is empty or not over, or numbers that cannot be.
        """
        now = self.clock()
        if seen.rule not in RULES:
            raise ConfigError(f"there is no rule {seen.rule!r}; choose one of {', '.join(RULES)}")
        if not seen.start < seen.end <= now:
            raise ConfigError("a stretch begins before it ends, and is over by now")
        where: dict[str, Any] = {
            "venue_id": seen.venue_id,
            "camera_id": seen.camera_id,
            "start": seen.start,
            "end": seen.end,
        }
        with self.database.transaction() as connection:
            found = count_found(scope, connection, rule=seen.rule, **where)
            # What was looked at is kept by the minute: the one in which a stretch begins counts, too.
            minute = seen.start.replace(second=0, microsecond=0)
            looked_at = minutes_looked_at(scope, connection, **{**where, "start": minute})
            if seen.truth < 0 or (
                seen.matched is not None and not 0 <= seen.matched <= min(found, seen.truth)
            ):
                raise ConfigError(
                    f"{seen.truth} there and {seen.matched} matched cannot be: {found} were found here"
                )
            stored = add_audited(
                scope,
                connection,
                AuditedStretch(
                    venue_id=seen.venue_id,
                    camera_id=seen.camera_id,
                    rule=seen.rule,
                    started_at=seen.start,
                    ended_at=seen.end,
                    found=found,
                    truth=seen.truth,
                    matched=seen.matched,
                    audited_at=now,
                    audited_by=seen.by,
                    note=seen.note,
                ),
            )
        return stored, _warnings(seen, looked_at)

    def listed(self, scope: Scope, **which: Any) -> list[AuditedStretch]:
        """Audited stretches; `which` as `store.audits.list_audited` takes it."""
        with self.database.reading() as connection:
            return list_audited(scope, connection, **which)

    def report(self, scope: Scope, **which: Any) -> list[dict[str, Any]]:
        """Precision, recall and the ratio of counts by venue, camera and rule, each with its interval.

        Precision and recall are of the stretches whose matches were counted, None without any; `count_ratio`
        is what there was for each one found, None with fewer than five stretches in which any was.
        """
        stretches = self.listed(scope, **which)
        return [
            _summed_up(venue_id, camera_id, rule, list(group))
            for (venue_id, camera_id, rule), group in groupby(
                stretches, key=lambda one: (one.venue_id, one.camera_id, one.rule)
            )
        ]


def _summed_up(
    venue_id: str, camera_id: str, rule: str, stretches: Sequence[AuditedStretch]
) -> dict[str, Any]:
    matched = [one for one in stretches if one.matched is not None]
    hits = sum(one.matched or 0 for one in matched)
    return {
        "venue_id": venue_id,
        "camera_id": camera_id,
        "rule": rule,
        "stretches": len(stretches),
        "audited_minutes": round(_length(stretches) / timedelta(minutes=1), 1),
        "found": sum(one.found for one in stretches),
        "truth": sum(one.truth for one in stretches),
        "precision": _told(wilson(hits, sum(one.found for one in matched))),
        "recall": _told(wilson(hits, sum(one.truth for one in matched))),
        "count_ratio": _told(count_ratio([CountedStretch(one.found, one.truth) for one in stretches])),
        "nominal_percent": NOMINAL_PERCENT,
        "fewest_stretches_for_ratio": FEWEST_STRETCHES,
    }


def _told(share: Share | None) -> dict[str, float] | None:
    if share is None:
        return None
    return {"value": round(share.value, 4), "low": round(share.low, 4), "high": round(share.high, 4)}


def _length(stretches: Iterable[AuditedStretch]) -> timedelta:
    return sum((one.ended_at - one.started_at for one in stretches), timedelta())


def _warnings(seen: Seen, looked_at: int) -> list[str]:
    if looked_at > 0:
        return []
    return [f"camera {seen.camera_id} was not looked at in this stretch, so nothing could be found there"]
