"""Other rules over recorded footage, and how what they find differs from what is stored. Stores nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sightline.domain.event import EventKind, ServiceEvent, sort_of
from sightline.domain.footage import RecordedSegment
from sightline.domain.matching import StoredSpan, match_rerun
from sightline.domain.scene import CameraRules
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.store.events import StoredEvent
from sightline.tracking.protocol import Tracker
from sightline.video.picture import Frame
from sightline.vision.clothes import Clothes
from sightline.vision.picture import Detector

NOBODY: frozenset[int] = frozenset()
"""Track numbers of two runs have nothing in common, so they must not decide which event is which."""
HALF = 0.5


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules to try, with `lost_after` as long as the tracker's memory; `tracker` makes a fresh one."""

    rules: CameraRules
    tracker: Callable[[], Tracker]


@dataclass(slots=True)
class Replayed:
    """What one set of rules found.

    Attributes:
        first_at, last_at: capture times of the first and the last picture; None without any.
        pictures: how many were looked at.
    """

    lost_after: timedelta
    events: list[ServiceEvent] = field(default_factory=list)
    first_at: datetime | None = None
    last_at: datetime | None = None
    pictures: int = 0

    def add(self, report: WatchReport) -> None:
        """Take what one picture brought."""
        self.events += report.events
        self.first_at = self.first_at or report.until
        self.last_at = report.until
        self.pictures += sum(report.coverage.values())


def replay_rules(
    frames: Iterable[Frame],
    rule_sets: Sequence[RuleSet],
    *,
    detector: Detector,
    on_frame: Callable[[Frame], None],
    clothes: Clothes | None = None,
) -> list[Replayed]:
    """Watch footage once, as a live camera would, and judge it by each set of rules.

    Looking at pictures is what takes time, so it is done once for all sets; each has its own tracks.

    Args:
        frames: of one camera, in order of capture; holes are time that passes.
        detector: a fresh one where it has to learn the scene.
        on_frame: called after each picture, for progress.
        clothes: what the trackers know people by beside their motion.

    Returns:
        one result per set, in their order; events by their start. What goes on at the end of the footage
        ends there.

    Raises:
        SightlineError: reading or detecting failed.
    """
    results = [Replayed(one.rules.lost_after) for one in rule_sets]
    watches = [
        LiveWatch(rules=one.rules, tracker=one.tracker, on_report=result.add, clothes=clothes)
        for one, result in zip(rule_sets, results, strict=True)
    ]
    for frame, detections in detected_ahead(frames, detector):
        for watch in watches:
            watch.take(frame, detections)
        on_frame(frame)
    for watch, result in zip(watches, results, strict=True):
        watch.finish()
        result.events.sort(key=lambda event: (event.started_at, event.kind))
    return results


class Verdict(StrEnum):
    """What would become of an event."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNJUDGED = "unjudged"
    """It is stored and was not found again, but less than half of it could be watched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One event before and after.

    Attributes:
        before: as it is stored, None when it would be new.
        after: as the rules found it, None when it would be gone.
        cut_start, cut_end: it goes on beyond the footage that was watched, so that its start or end there
            says nothing.
        start_shift, end_shift: after minus before; None where only one of them has it, or it is cut.
    """

    verdict: Verdict
    before: StoredEvent | None
    after: ServiceEvent | None
    cut_start: bool
    cut_end: bool
    start_shift: timedelta | None
    end_shift: timedelta | None

    @property
    def kind(self) -> EventKind:
        return self._one.kind

    @property
    def started_at(self) -> datetime:
        return self._one.started_at

    @property
    def is_cut(self) -> bool:
        return self.cut_start or self.cut_end

    @property
    def _one(self) -> StoredEvent | ServiceEvent:
        one = self.after or self.before
        assert one is not None, "an event is there before or after"
        return one


def difference_facts(one: Difference) -> dict[str, Any]:
    """One event before and after as JSON values, as `replay --json` tells it."""

    def span(event: StoredEvent | ServiceEvent | None) -> dict[str, Any] | None:
        if event is None:
            return None
        return {
            "start": event.started_at.isoformat(),
            "end": event.ended_at.isoformat(),
            "duration_s": round(event.duration.total_seconds(), 3),
        }

    shift = {"start_shift_s": one.start_shift, "end_shift_s": one.end_shift}
    return {
        "change": one.verdict.value,
        "kind": one.kind.value,
        "event_id": one.before.id if one.before else None,
        "before": span(one.before),
        "after": span(one.after),
        **{
            key: round(value.total_seconds(), 3) if value is not None else None
            for key, value in shift.items()
        },
        "cut_start": one.cut_start,
        "cut_end": one.cut_end,
    }


def compare(
    stored: Sequence[StoredEvent],
    replayed: Replayed,
    *,
    span: tuple[datetime, datetime],
    segments: Sequence[RecordedSegment],
    tolerance: timedelta,
) -> list[Difference]:
    """Which event is which, what changed, what is new, what is gone; by start.

    An event is the same when kind and half or more of its time are (`domain.matching`). Only events with any
    time in `span` count; footage before and after it is watched too, to know the scene and to see events to
    their end.

    Args:
        stored: the events of one camera as stored now.
        span: start and end of what was asked for; watched may be more.
        segments: the footage that was watched.
        tolerance: start and end may differ by this much in an event that is called unchanged.
    """
    old = [one for one in stored if _shares_time(one, span)]
    new = [one for one in replayed.events if _shares_time(one, span)]
    if replayed.first_at is None or replayed.last_at is None:
        return [_alone(one, None, Verdict.UNJUDGED, (False, False)) for one in old]
    borders = _Borders(replayed.first_at, replayed.last_at, replayed.lost_after, tolerance)
    heirs = match_rerun(
        [StoredSpan(one.id, sort_of(one.kind, one.details), *borders.clipped(one), NOBODY) for one in old],
        [StoredSpan("", sort_of(one.kind, one.details), one.started_at, one.ended_at, NOBODY) for one in new],
    )
    by_id = {one.id: one for one in old}
    found = [_pair(by_id[heirs[place]], one, borders) for place, one in enumerate(new) if place in heirs]
    for place, one in enumerate(new):
        if place not in heirs:
            found.append(_alone(None, one, Verdict.NEW, borders.cuts_of_new(one)))
    kept = set(heirs.values())
    for before in old:
        if before.id not in kept:
            judged = _watched_share(before, segments, borders) >= HALF
            verdict = Verdict.GONE if judged else Verdict.UNJUDGED
            found.append(_alone(before, None, verdict, borders.cuts_of_old(before)))
    return sorted(found, key=lambda one: (one.started_at, one.kind, one.verdict))


@dataclass(frozen=True, slots=True)
class _Borders:
    """First and last picture that was watched, and how near to them an event counts as cut."""

    first_at: datetime
    last_at: datetime
    lost_after: timedelta
    tolerance: timedelta

    def clipped(self, one: StoredEvent) -> tuple[datetime, datetime]:
        """The part of a stored event that could be seen again."""
        started_at = min(max(one.started_at, self.first_at), self.last_at)
        return started_at, max(started_at, min(one.ended_at, self.last_at))

    def cuts_of_old(self, one: StoredEvent) -> tuple[bool, bool]:
        return one.started_at < self.first_at - self.tolerance, one.ended_at > self.last_at + self.tolerance

    def cuts_of_new(self, one: ServiceEvent) -> tuple[bool, bool]:
        """An end so near the last picture that the next one might have continued the event."""
        return (
            one.started_at <= self.first_at + self.tolerance,
            one.ended_at >= self.last_at - self.lost_after,
        )


def _pair(before: StoredEvent, after: ServiceEvent, borders: _Borders) -> Difference:
    old, new = borders.cuts_of_old(before), borders.cuts_of_new(after)
    start, end = after.started_at - before.started_at, after.ended_at - before.ended_at
    near = (abs(start) <= borders.tolerance, abs(end) <= borders.tolerance)
    # What looks cut but agrees with what is stored was not.
    cut_start, cut_end = old[0] or (new[0] and not near[0]), old[1] or (new[1] and not near[1])
    changed = not ((cut_start or near[0]) and (cut_end or near[1]))
    return Difference(
        verdict=Verdict.CHANGED if changed else Verdict.UNCHANGED,
        before=before,
        after=after,
        cut_start=cut_start,
        cut_end=cut_end,
        start_shift=None if cut_start else start,
        end_shift=None if cut_end else end,
    )


def _alone(
    before: StoredEvent | None, after: ServiceEvent | None, verdict: Verdict, cuts: tuple[bool, bool]
) -> Difference:
    return Difference(
        verdict=verdict,
        before=before,
        after=after,
        cut_start=cuts[0],
        cut_end=cuts[1],
        start_shift=None,
        end_shift=None,
    )


def _shares_time(one: StoredEvent | ServiceEvent, span: tuple[datetime, datetime]) -> bool:
    return one.started_at < span[1] and (one.ended_at > span[0] or one.started_at >= span[0])


def _watched_share(one: StoredEvent, segments: Sequence[RecordedSegment], borders: _Borders) -> float:
    """How much of an event was watched: 0..1."""
    if one.ended_at == one.started_at:
        return float(any(part.started_at <= one.started_at <= part.ended_at for part in segments))
    return recorded_time(segments, *borders.clipped(one)) / one.duration


def recorded_time(segments: Iterable[RecordedSegment], start: datetime, end: datetime) -> timedelta:
    """How much of [start, end] is recorded; what is recorded twice counts once."""
    total, reached = timedelta(), start
    for part in sorted(segments, key=lambda segment: segment.started_at):
        since, until = max(part.started_at, reached), min(part.ended_at, end)
        if until > since:
            total += until - since
            reached = until
    return total
