"""What the analysis of a job came to, read from what it stored."""

from typing import Any

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.database import Database
from sightline.store.job_runs import count_events_of_run, count_stays_and_people
from sightline.store.runs import get_run


def figures_of_run(database: Database, venue_id: str, run_id: str) -> dict[str, Any]:
    """The figures of an analysis as a JSON document.

    `total_events` are the stays it has told of, `unique_visitors` the people they are of, `visitors` how many
    people the tracks come to, with bounds, and `events` how many of each kind the rules have found.

    Raises:
        StoreError: there is no such analysis.
    """
    scope = Scope.of(venue_id)
    with database.reading() as connection:
        run = get_run(scope, connection, run_id)
        stays, people = count_stays_and_people(scope, connection, run_id)
        events = count_events_of_run(scope, connection, run_id)
    if run is None:
        raise StoreError(f"there is no analysis {run_id}")
    return {
        "camera_id": run.camera_id,
        "recorded_at": run.recorded_at.isoformat(),
        "recorded_until": run.recorded_until.isoformat(),
        "recorded_at_source": run.recorded_at_source,
        "frames": run.frames,
        "analysed_frames": run.analysed_frames,
        "visitors": dict(run.visitors),
        "total_events": stays,
        "unique_visitors": people,
        "events": events,
        "warnings": list(run.warnings),
    }
