"""What was analysed: one run over one recording, and the tracks it saw."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from sightline.domain.event import Role
from sightline.domain.scope import Scope
from sightline.store.edge_marks import mark_events_between
from sightline.store.statements import demand, visible
from sightline.store.tables import run, track


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """One analysis of one recording.

    Attributes:
        recorded_at, recorded_until: capture times of the footage, aware UTC.
        recorded_at_source: how the start was found: option, file name, container, file time.
        started_at, finished_at: when the analysis itself ran.
        software: name and version of what ran.
        analysis: settings and models that shaped the result, JSON values.
        frames, analysed_frames: pictures in the recording, and looked at.
        visitors: {"count", "low", "high"}.
        kind: `file`, or `live`: of a camera that ran or runs; then `source_sha256` is None, and `finished_at`
            None until it ends in order or is recovered after a kill.
        open_since: of a live run: start of the earliest thing that is going on and not concluded yet.
    """

    id: str
    venue_id: str
    camera_id: str
    source_name: str
    source_sha256: str | None
    recorded_at: datetime
    recorded_until: datetime
    recorded_at_source: str
    started_at: datetime
    finished_at: datetime | None
    software: str
    analysis: Mapping[str, Any]
    frames: int
    analysed_frames: int
    warnings: tuple[str, ...]
    visitors: Mapping[str, int | None]
    kind: str = "file"
    open_since: datetime | None = None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """The run that a row of the table `run` holds."""
        return cls(**{**row._mapping, "warnings": tuple(row.warnings)})

    def row(self) -> dict[str, Any]:
        """The run as a row of the table `run`."""
        row = {name: getattr(self, name) for name in StoredRun.__slots__}
        plain = {"analysis": dict(self.analysis), "visitors": dict(self.visitors)}
        return row | plain | {"warnings": list(self.warnings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrack:
    """One person as one run saw it; ids count within the run. `frames` are those it was seen in."""

    track_id: int
    first_at: datetime
    last_at: datetime
    frames: int
    role: Role
    role_confidence: float
    role_reason: str

    def row(self, run_id: str, venue_id: str, camera_id: str) -> dict[str, Any]:
        """The track of this run as a row of the table `track`."""
        where = {"run_id": run_id, "venue_id": venue_id, "camera_id": camera_id}
        return where | asdict(self) | {"role": self.role.value}


def replace_run(
    scope: Scope, connection: Connection, new: StoredRun, tracks: Sequence[StoredTrack]
) -> list[str]:
    """Store a run and its tracks, in place of older runs over the same footage.

    An older run of the same camera goes, with its tracks, when the new one covers half or more of its span;
    a live one that has not ended stays, whatever stretch of it is analysed, because it goes on writing.
    Its events are not touched: `replacement.replace_events` decides about those.

    Returns:
        ids of the runs that went, oldest footage first.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, new.venue_id)
    older = connection.execute(
        select(run.c.id, run.c.recorded_at, run.c.recorded_until)
        .where(
            run.c.venue_id == new.venue_id,
            run.c.camera_id == new.camera_id,
            or_(
                run.c.id == new.id,
                (run.c.recorded_at <= new.recorded_until)
                & (run.c.recorded_until >= new.recorded_at)
                & ((run.c.kind != "live") | run.c.finished_at.is_not(None)),
            ),
        )
        .order_by(run.c.recorded_at)
    ).all()
    gone = [row.id for row in older if row.id == new.id or _covers_half(new, row[1], row[2])]
    connection.execute(delete(run).where(run.c.id.in_(gone)))
    for row in older:
        if row.id in gone:  # the tracks of events that stay have gone
            mark_events_between(scope, connection, new.venue_id, new.camera_id, row[1], row[2])
    connection.execute(insert(run).values(new.row()))
    rows = [one.row(new.id, new.venue_id, new.camera_id) for one in tracks]
    if rows:
        connection.execute(insert(track), rows)
    return gone


def correct_visitors(
    scope: Scope, connection: Connection, run_id: str, visitors: Mapping[str, int | None]
) -> None:
    """Count the people of a run otherwise: who they are is known only once they are stored."""
    query = update(run).where(run.c.id == run_id, visible(scope, run))
    connection.execute(query.values(visitors=dict(visitors)))


def get_run(scope: Scope, connection: Connection, run_id: str) -> StoredRun | None:
    """The run, or None when there is none in the scope."""
    row = connection.execute(select(run).where(run.c.id == run_id, visible(scope, run))).one_or_none()
    return None if row is None else StoredRun.of(row)


def list_runs(
    scope: Scope, connection: Connection, *, venue_id: str | None = None, camera_id: str | None = None
) -> list[StoredRun]:
    """Runs, oldest footage first."""
    query = select(run).where(visible(scope, run)).order_by(run.c.recorded_at, run.c.id)
    if venue_id is not None:
        query = query.where(run.c.venue_id == venue_id)
    if camera_id is not None:
        query = query.where(run.c.camera_id == camera_id)
    return [StoredRun.of(row) for row in connection.execute(query)]


def list_tracks(scope: Scope, connection: Connection, run_id: str) -> list[StoredTrack]:
    """The tracks of one run by id."""
    query = select(track).where(track.c.run_id == run_id, visible(scope, track)).order_by(track.c.track_id)
    return [
        StoredTrack(
            track_id=row.track_id,
            first_at=row.first_at,
            last_at=row.last_at,
            frames=row.frames,
            role=Role(row.role),
            role_confidence=row.role_confidence,
            role_reason=row.role_reason,
        )
        for row in connection.execute(query)
    ]


def _covers_half(new: StoredRun, since: datetime, until: datetime) -> bool:
    common = min(new.recorded_until, until) - max(new.recorded_at, since)
    if until == since:  # one picture
        return common >= timedelta(0)
    return common * 2 >= until - since
