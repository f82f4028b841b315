"""What other zones would have found in the last minutes that are recorded. Stores nothing.

The rules as they are watch the same footage beside those to be tried. What differs from the stored events
under both has another reason than the zones: another detector then, or rules that were changed meanwhile.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.errors import SourceRejected
from sightline.pipeline.recovery import LEAD, LEARNING_LEAD
from sightline.pipeline.replaying import (
    Difference,
    RuleSet,
    Verdict,
    compare,
    difference_facts,
    recorded_time,
    replay_rules,
)
from sightline.store.database import Database
from sightline.store.events import StoredEvent, list_events
from sightline.store.recordings import last_segment, segments_between
from sightline.video.replay import read_footage
from sightline.vision.clothes import Clothes
from sightline.vision.picture import Detector

LONGEST_EVENT = timedelta(days=1)
SAME = timedelta(seconds=2)
"""Start and end of an event that both sets of rules find anew may differ by this."""

OnProgress = Callable[[float, float], None]
"""Seconds of footage that were watched, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewMeans:
    """With what a preview is made.

    Attributes:
        rules: as they are now, and as they are to be tried.
        clothes: what the trackers know people by beside their motion.
    """

    database: Database
    recordings_dir: Path
    detector: Detector
    rules: tuple[RuleSet, RuleSet]
    analysis_fps: float
    clothes: Clothes | None = None


def preview(
    means: PreviewMeans, venue_id: str, camera_id: str, length: timedelta, on_progress: OnProgress
) -> dict[str, Any]:
    """Watch the last `length` that are recorded of a camera, and compare; JSON values.

    Raises:
        SourceRejected: nothing is recorded.
        SightlineError: reading or detecting failed.
    """
    start, end, since, segments, stored = _stored(means, venue_id, camera_id, length)
    total = (end - since).total_seconds()
    with read_footage(
        segments, means.recordings_dir, analysis_fps=means.analysis_fps, start=since, end=end
    ) as reading:
        as_is, tried = replay_rules(
            reading,
            means.rules,
            detector=means.detector,
            clothes=means.clothes,
            on_frame=lambda frame: on_progress((frame.captured_at - since).total_seconds(), total),
        )
    tolerance = timedelta(seconds=1 / means.analysis_fps)
    known, found = (
        compare(stored, one, span=(start, end), segments=segments, tolerance=tolerance)
        for one in (as_is, tried)
    )
    counts = Counter(one.verdict for one in found)
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "footage_s": round(recorded_time(segments, start, end).total_seconds(), 3),
        "pictures": tried.pictures,
        "detector": means.detector.name,
        "summary": {verdict.value: counts[verdict] for verdict in Verdict},
        "events": [{**difference_facts(one), "anyway": _anyway(one, known)} for one in found],
        "warnings": [*([means.detector.note] if means.detector.note else []), *reading.warnings],
    }


def _stored(
    means: PreviewMeans, venue_id: str, camera_id: str, length: timedelta
) -> tuple[datetime, datetime, datetime, list[RecordedSegment], list[StoredEvent]]:
    """Start and end of what is compared, where watching begins, the footage, and what is stored of it."""
    scope = Scope.of(venue_id)
    with means.database.reading() as connection:
        last = last_segment(scope, connection, venue_id, camera_id)
        if last is None:
            raise SourceRejected(f"nothing is recorded of camera {camera_id!r}: there is nothing to try on")
        end = last.ended_at
        start = end - length
        since = start - (LEARNING_LEAD if means.detector.needs_every_picture else LEAD)
        segments = segments_between(scope, connection, venue_id, camera_id, since, end)
        events = list_events(
            scope, connection, venue_id=venue_id, camera_id=camera_id, start=start - LONGEST_EVENT, end=end
        )
    first = min(one.started_at for one in segments)
    return max(start, first), end, max(since, first), segments, [one for one in events if one.run_id]


def _anyway(one: Difference, known: Sequence[Difference]) -> bool:
    """Whether the rules as they are differ from what is stored in the same way."""
    return any(
        other.verdict is one.verdict
        and other.kind is one.kind
        and (other.before.id if other.before else "") == (one.before.id if one.before else "")
        and _ends_alike(one, other)
        for other in known
    )


def _ends_alike(one: Difference, other: Difference) -> bool:
    if one.after is None or other.after is None:
        return one.after is other.after
    return (
        abs(one.after.started_at - other.after.started_at) <= SAME
        and abs(one.after.ended_at - other.after.ended_at) <= SAME
    )
