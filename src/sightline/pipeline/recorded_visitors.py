"""The visitors of one recording: stored, counted, and who of them was known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.domain.visitors import VisitorCount, count_visitors
from sightline.pipeline.visitor_book import VisitorBook
from sightline.pipeline.visitor_stays import SeenTrack
from sightline.store.known_people import known_of_run
from sightline.store.runs import StoredRun, correct_visitors
from sightline.store.stays import people_of_footage, remove_stays


@dataclass(frozen=True, slots=True)
class RecordedVisitors:
    """What the tracks of a recording come to.

    Attributes:
        reid: see `KnownOfRun`; None where nobody is to be known again.
    """

    count: VisitorCount
    reid: Mapping[str, int] | None


def replace_visitors(
    scope: Scope,
    connection: Connection,
    run: StoredRun,
    book: VisitorBook,
    tracks: Sequence[SeenTrack],
    *,
    gone: Collection[str],
    zone: tzinfo,
) -> RecordedVisitors:
    """Store the visitors of a run, in place of those that earlier analyses found in the same footage.

    Args:
        run: stored already; its `visitors` are counted anew once it is known who they are.
        gone: ids of the runs that it replaces.
        zone: of the venue.

    Raises:
        StoreError: the transaction must not commit.
    """
    here = {"venue_id": run.venue_id, "camera_id": run.camera_id}
    start, end = run.recorded_at, run.recorded_until
    merged = people_of_footage(scope, connection, **here, run_ids=gone, start=start, end=end)
    remove_stays(scope, connection, venue_id=run.venue_id, run_ids=gone)
    remove_stays(scope, connection, **here, start=start, end=end)
    names = book.enter(scope, connection, tracks, **here, run_id=run.id, zone=zone, merged=merged)
    owners = {track_id: name.pseudo_id for track_id, name in names.items()}
    count = count_visitors([track.span for track in tracks], owners)
    if book.recognition is None:
        return RecordedVisitors(count, None)
    correct_visitors(scope, connection, run.id, asdict(count))
    return RecordedVisitors(count, asdict(known_of_run(scope, connection, run.id, run.recorded_at)))
