"""Analyses as video jobs ask about them: what an earlier one was made of the same file or the same time."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from sightline.domain.scope import Scope
from sightline.store.review_tables import counts
from sightline.store.runs import StoredRun
from sightline.store.statements import visible
from sightline.store.tables import event, run
from sightline.store.visitor_tables import stay


def runs_of_file(scope: Scope, connection: Connection, venue_id: str, sha256: str) -> list[StoredRun]:
    """The analyses of a venue that are of this very file, newest first."""
    query = (
        select(run)
        .where(run.c.venue_id == venue_id, run.c.source_sha256 == sha256, visible(scope, run))
        .order_by(run.c.started_at.desc(), run.c.id)
    )
    return [StoredRun.of(row) for row in connection.execute(query)]


def runs_between(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str, since: datetime, until: datetime
) -> list[StoredRun]:
    """The analyses of a camera whose footage touches [since, until), earliest footage first."""
    query = (
        select(run)
        .where(
            run.c.venue_id == venue_id,
            run.c.camera_id == camera_id,
            run.c.recorded_at < until,
            run.c.recorded_until > since,
            visible(scope, run),
        )
        .order_by(run.c.recorded_at, run.c.id)
    )
    return [StoredRun.of(row) for row in connection.execute(query)]


def alive_runs(scope: Scope, connection: Connection, run_ids: Collection[str]) -> set[str]:
    """Those of the analyses that no later one has taken the place of."""
    query = select(run.c.id).where(run.c.id.in_(list(run_ids)), visible(scope, run))
    return set(connection.execute(query).scalars())


def count_stays_and_people(scope: Scope, connection: Connection, run_id: str) -> tuple[int, int]:
    """How many stays an analysis has told of, and of how many people."""
    query = select(func.count(), func.count(stay.c.visitor_id.distinct())).where(
        stay.c.run_id == run_id, visible(scope, stay)
    )
    stays, people = connection.execute(query).one()
    return stays, people


def count_events_of_run(scope: Scope, connection: Connection, run_id: str) -> dict[str, int]:
    """How many events of each kind an analysis has found, without those that were dismissed."""
    query = (
        select(event.c.kind, func.count())
        .where(event.c.run_id == run_id, counts(), visible(scope, event))
        .group_by(event.c.kind)
    )
    return {row.kind: row[1] for row in connection.execute(query)}
