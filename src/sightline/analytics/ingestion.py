"""Stays that other programs tell of, taken in: all of one call, or nothing of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import NotFound
from sightline.store.database import Database
from sightline.store.stays import AddedStays, add_stays
from sightline.store.venues import ensure_venue, get_venue


class Ingestion:
    """Takes stays into the database. Safe to share between threads.

    Args:
        clock: when a venue was made that nobody had made before.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def take(
        self, scope: Scope, told: Mapping[str, Sequence[Stay]], *, make_venues: bool = False
    ) -> AddedStays:
        """Store the stays of one call and all that is made of them, in one transaction.

        Args:
            told: by venue.
            make_venues: whether a venue that is not there is made; its time zone is UTC.

        Raises:
            NotFound: no such venue; nothing is stored.
            StoreError: outside the scope; nothing is stored.
        """
        inserted = duplicates = 0
        with self._database.transaction() as connection:
            for venue_id in sorted(told):
                if get_venue(scope, connection, venue_id) is None:
                    if not make_venues:
                        raise NotFound(f"there is no venue {venue_id}; make it with POST /venues first")
                    ensure_venue(scope, connection, venue_id, at=self._clock())
                added = add_stays(scope, connection, venue_id, told[venue_id])
                inserted += added.inserted
                duplicates += added.duplicates
        return AddedStays(inserted=inserted, duplicates=duplicates)
