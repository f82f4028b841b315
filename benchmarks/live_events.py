"""The events a live site stored, beside those of its recorded footage analysed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.domain.event import ServiceEvent
from sightline.domain.matching import StoredSpan, match_rerun
from sightline.domain.scope import Scope
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.loop import watch_footage
from sightline.store.events import StoredEvent, list_events
from sightline.store.runs import StoredRun, list_runs
from sightline.testing.live_site import VENUE, LiveSite
from sightline.video.replay import read_footage
from sightline.wiring import camera_rules, detector_for, open_site, tracker_for


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """One run of one camera: stored events and replayed ones, paired where kind and time agree.

    Attributes:
        errors_s: of each pair, the larger of the differences of start and end.
    """

    camera: str
    run_id: str
    length_s: float
    stored: int
    replayed: int
    only_stored: list[str]
    only_replayed: list[str]
    errors_s: list[float]


def runs_of(site: LiveSite, camera: str) -> list[StoredRun]:
    """All runs of a camera, in order."""
    with site.database.reading() as connection:
        found = list_runs(Scope.of(VENUE), connection, venue_id=VENUE, camera_id=camera)
    return sorted(found, key=lambda run: run.recorded_at)


def compare_with_replay(site: LiveSite, camera: str, scratch: Path) -> list[RunComparison]:
    """Each run's events beside those of its footage, read from the recorded files and judged anew."""
    with site.database.reading() as connection:
        stored = list_events(Scope.of(VENUE), connection, venue_id=VENUE, camera_id=camera)
    return [
        _compare(site, camera, run, [event for event in stored if event.run_id == run.id], scratch)
        for run in runs_of(site, camera)
    ]


def _compare(
    site: LiveSite, camera: str, run: StoredRun, stored: Sequence[StoredEvent], scratch: Path
) -> RunComparison:
    replayed = replayed_events(site, camera, run, scratch)
    pairs = match_rerun(
        [_span(event, event.id) for event in stored], [_span(event, "") for event in replayed]
    )
    known = {event.id: event for event in stored}
    errors = []
    for number, event_id in pairs.items():
        old, new = known.pop(event_id), replayed[number]
        starts, ends = old.started_at - new.started_at, old.ended_at - new.ended_at
        errors.append(max(abs(starts.total_seconds()), abs(ends.total_seconds())))
    return RunComparison(
        camera=camera,
        run_id=run.id,
        length_s=(run.recorded_until - run.recorded_at).total_seconds(),
        stored=len(stored),
        replayed=len(replayed),
        only_stored=[_shown(event) for event in known.values()],
        only_replayed=[_shown(event) for number, event in enumerate(replayed) if number not in pairs],
        errors_s=errors,
    )


def replayed_events(site: LiveSite, camera: str, run: StoredRun, scratch: Path) -> tuple[ServiceEvent, ...]:
    """What the footage of a run shows to a fresh detector, tracker and set of rules."""
    opened = open_site(site.folder / "sightline.yaml", site.data_dir)
    settings = opened.settings
    tracker, rules = tracker_for(settings, None, camera_rules(settings.camera(VENUE, camera)))
    frames = read_footage(
        site.segments(camera),
        site.data_dir / "recordings",
        analysis_fps=settings.analysis_fps,
        start=run.recorded_at,
        end=run.recorded_until,
    )
    with (scratch / "tracks.csv").open("w") as tracks_file:
        return watch_footage(
            detected_ahead(frames, detector_for(settings)),
            tracker=tracker,
            rules=rules,
            tracks_file=tracks_file,
            on_frame=lambda _frame: None,
        ).events


def summary(compared: Sequence[RunComparison], allowed_s: float) -> dict[str, Any]:
    """All comparisons in one: counts, the worst error, and what has no partner."""
    errors = sorted(error for one in compared for error in one.errors_s)
    return {
        "runs": len(compared),
        "stored": sum(one.stored for one in compared),
        "replayed": sum(one.replayed for one in compared),
        "paired": len(errors),
        "exact": sum(error < 0.001 for error in errors),
        "worst_error_s": max(errors, default=0.0),
        "beyond_allowed": sum(error > allowed_s for error in errors),
        "only_stored": [text for one in compared for text in one.only_stored],
        "only_replayed": [text for one in compared for text in one.only_replayed],
    }


def _span(event: StoredEvent | ServiceEvent, event_id: str) -> StoredSpan:
    people = frozenset(person.track_id for person in event.participants)
    return StoredSpan(event_id, event.kind.value, event.started_at, event.ended_at, people)


def _shown(event: StoredEvent | ServiceEvent) -> str:
    return f"{event.kind.value} {event.started_at:%H:%M:%S.%f} to {event.ended_at:%H:%M:%S.%f}"
