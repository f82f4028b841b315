"""Which key this site signs with, and refusing to go on with another one."""

from pathlib import Path

from sightline.domain.scope import Scope
from sightline.evidence.keys import Signer, open_signer
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
