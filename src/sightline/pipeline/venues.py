"""The shops of a site: made, listed, and taken away with all that was ever known of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import h3
import structlog
from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import ConfigError, Conflict, NotFound, OutOfScope
from sightline.evidence.chain import EVIDENCE
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.venue_folders import VenueFolders
from sightline.store import ledger, venue_removal
from sightline.store import venues as venue_store
from sightline.store.database import Database
from sightline.store.venues import StoredVenue

log = structlog.get_logger()

H3_RESOLUTION = 9
"""Cells of about 0.1 square kilometres."""

FIRST_KEY = "made with the venue"
"""What the key is named that comes with a venue."""

NAMED_AT_MOST = 10
"""Held clips that a refusal names."""


def h3_zone(latitude: float | None, longitude: float | None) -> str | None:
    """The H3 cell of a place, resolution 9; None without coordinates."""
    if latitude is None or longitude is None:
        return None
    return str(h3.latlng_to_cell(latitude, longitude, H3_RESOLUTION))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVenue:
    """A venue that was just made, and its key at the only time when it can be read."""

    venue: StoredVenue
    api_key: str = field(repr=False)


class Venues:
    """The venues of a site.

    Args:
        from_file: ids of the venues that the site file defines: they go when they are taken out of it.
        folders: what lies on the disk of them.
    """

    def __init__(
        self,
        database: Database,
        *,
        keys: ApiKeys,
        from_file: Collection[str],
        folders: VenueFolders,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._keys = keys
        self._from_file = frozenset(from_file)
        self._folders = folders
        self._clock = clock

    def make(self, scope: Scope, venue_id: str, *, name: str, **words: Any) -> NewVenue:
        """A new venue and its first key, in one transaction.

        Args:
            words: `timezone`, `latitude`, `longitude`, `address`, `city`, `country`, `venue_type`.

        Raises:
            ConfigError: there is one of this id.
            StoreError: outside the scope.
        """
        new = StoredVenue(
            id=venue_id,
            name=name,
            created_at=self._clock(),
            h3_zone=h3_zone(words.get("latitude"), words.get("longitude")),
            **words,
        )
        self._clear_earlier(venue_id)
        with self._database.transaction() as connection:
            if not venue_store.add_venue(scope, connection, new):
                raise ConfigError(f"there is a venue {venue_id!r} already; choose another id")
            key = self._keys.make_in(scope, connection, venue_id, name=FIRST_KEY)
        return NewVenue(venue=new, api_key=key.text)

    def page(self, scope: Scope, *, limit: int, offset: int) -> tuple[list[StoredVenue], int]:
        """Venues of the scope by id, and how many there are in all."""
        with self._database.reading() as connection:
            found = venue_store.list_venues(scope, connection, limit=limit, offset=offset)
            return found, venue_store.count_venues(scope, connection)

    def remove(self, scope: Scope, venue_id: str, *, by: str) -> Mapping[str, int]:
        """Take a venue away: every row of it in one transaction, then its files.

        Its ledger stays, and ends with who did it; each sealed clip has an entry of its own there. Cameras
        that run for it stop by themselves within seconds.

        Args:
            by: who does it, for the ledger.

        Returns:
            how many rows went, by table.

        Raises:
            NotFound: there is none.
            Conflict: the site file defines it, or clips of it are under a legal hold.
            OutOfScope: another venue than those of the scope.
        """
        if not scope.allows(venue_id):
            raise OutOfScope(f"the venue {venue_id!r} is another's")
        if venue_id in self._from_file:
            raise Conflict(
                f"the venue {venue_id!r} stands in the site file and would come back at the next start; take"
                " it out there, start again, then delete it"
            )
        with self._database.transaction() as connection:
            if not venue_removal.take_venue(scope, connection, venue_id):
                raise NotFound(f"there is no venue {venue_id!r}")
            held = venue_removal.held_evidence(scope, connection, venue_id, limit=NAMED_AT_MOST + 1)
            if held:
                names = [part.file_name for one in held for part in one.parts[:1]] or [one.id for one in held]
                more = ", ..." if len(held) > NAMED_AT_MOST else ""
                raise Conflict(
                    f"clips of the venue {venue_id!r} are under a legal hold: "
                    f"{', '.join(names[:NAMED_AT_MOST])}{more}; lift the holds first (DELETE"
                    " /api/evidence/ID/hold)"
                )
            now = self._clock()
            for one in venue_removal.sealed_titles(scope, connection, venue_id):
                facts = {"event_id": one.event_id, "manifest_sha256": one.manifest_sha256}
                self._enter(scope, connection, venue_id, "deleted", EVIDENCE, one.id, by, now, facts)
            removed = venue_removal.remove_venue(scope, connection, venue_id)
            counts = {name: removed[name] for name in ("evidence", "event", "stay")}
            action = venue_removal.VENUE_DELETED
            self._enter(scope, connection, venue_id, action, "venue", venue_id, by, now, counts)
        log.info("venue deleted", venue=venue_id, by=by)
        self._folders.remove(venue_id)
        return removed

    def _clear_earlier(self, venue_id: str) -> None:
        """What a kill has left of an earlier venue of this id must not be taken for the new one's."""
        with self._database.reading() as connection:
            gone = venue_removal.removed_venues(Scope.site(), connection, [venue_id])
        if gone:
            self._folders.remove(venue_id)

    @staticmethod
    def _enter(
        scope: Scope,
        connection: Connection,
        venue_id: str,
        action: str,
        kind: str,
        subject: str,
        by: str,
        at: datetime,
        facts: Mapping[str, Any],
    ) -> None:
        ledger.add_entry(
            scope,
            connection,
            venue_id=venue_id,
            at=at,
            action=action,
            subject_kind=kind,
            subject_id=subject,
            actor=by,
            facts=facts,
        )
