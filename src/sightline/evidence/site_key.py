"""Which key this site signs with, and refusing to go on with another one."""

from datetime import datetime
from pathlib import Path

from sightline.domain.scope import Scope
from sightline.evidence.keys import Signer, open_signer
from sightline.evidence.ledger import seal_ledger
from sightline.store import evidence as evidence_store
from sightline.store import ledger, venues
from sightline.store.database import Database


def site_signer(database: Database, scope: Scope, keys_dir: Path) -> Signer:
    """The key of this site, made on first use only: once anything was sealed, that key is expected.

    The key is the site's, not a venue's: what another venue sealed counts as well.

    Raises:
        EvidenceError: the key is missing although expected, is another one, or cannot be read.
        DiskFull, ConfigError: a new key cannot be written.
    """
    in_use = _key_in_use(database, scope) or _key_in_use(database, Scope.site())
    return open_signer(keys_dir, expected_key_id=in_use)


def _key_in_use(database: Database, scope: Scope) -> str | None:
    with database.reading() as connection:
        for venue in venues.list_venues(scope, connection):
            seal = ledger.last_seal(scope, connection, venue.id)
            if seal is not None:
                return seal.key_id
        # Killed between the first evidence and the first seal of the ledger.
        sealed = evidence_store.list_evidence(scope, connection, state="sealed", limit=1)
    return sealed[0].key_id if sealed else None


def seal_waiting(database: Database, keys_dir: Path, now: datetime) -> int:
    """Give the entries that wait their place in the ledger of each venue; how many ledgers had any.

    Raises: as `site_signer`, and as `seal_ledger`.
    """
    with database.reading() as connection:
        waiting = ledger.venues_with_unsealed(Scope.site(), connection)
    for venue_id in waiting:
        scope = Scope.of(venue_id)
        seal_ledger(database, scope, venue_id, site_signer(database, scope, keys_dir), now)
    return len(waiting)
