"""Are the figures what the stays say? Counted anew, venue by venue, and put right when asked to."""

from collections.abc import Iterator

from sightline.domain.scope import Scope
from sightline.store.covered_hours import rebuild_coverage_hours
from sightline.store.database import Database
from sightline.store.recount import differences, rebuild
from sightline.store.venues import list_venues


def recounted_venues(
    scope: Scope, database: Database, *, repair: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """Each venue of the scope with what differs in it, as sentences.

    Args:
        repair: make anew what differs, in the transaction that found it; others wait as long as it takes.
            Without it nobody waits.
    """
    with database.reading() as connection:
        venues = [venue.id for venue in list_venues(scope, connection)]
    for venue_id in venues:
        with database.reading() as connection:
            found = differences(scope, connection, venue_id)
        if found and repair:
            with database.transaction() as connection:
                found = differences(scope, connection, venue_id)
                rebuild(scope, connection, venue_id)
                rebuild_coverage_hours(scope, connection, venue_id)
        yield venue_id, found
