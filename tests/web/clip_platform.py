"""A platform with three sealed clips of one camera, as an analysis leaves them, and a second venue."""

import shutil
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evidence_site import CAMERA, EVENTS, VENUE, SmallSite, write_video
from platform_site import PlatformSite

from sightline.domain.scope import Scope
from sightline.pipeline.api_keys import ApiKeys
from sightline.store import evidence as evidence_store
from sightline.store import ledger, venues
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry

SITE = Scope.site()
OTHER = "other_shop"
NASTY = "<script>alert(1)</script> \"'; DROP TABLE venue; -- %s {{7*7}} ‮"
"""What comes back as it was sent, or is refused; never anything else."""


def sealed_shop_in(folder: Path) -> Path:
    """A data folder to be copied: recorded footage, three events with sealed clips, a second venue."""
    write_video(folder / "till.mp4")
    small = SmallSite.open(folder / "data")
    small.record(folder / "till.mp4")
    small.conclude(*EVENTS)
    small.seal()
    with small.database.transaction() as connection:
        venues.ensure_venue(SITE, connection, OTHER)
    small.database.close()
    return folder / "data"


class ClipPlatform(PlatformSite):
    """The same as a platform that answers."""

    @classmethod
    def copied(cls, folder: Path, to: Path, settings: Mapping[str, Any] | None = None) -> "ClipPlatform":
        shutil.copytree(folder, to)
        made = cls.made(to, settings)
        assert isinstance(made, ClipPlatform)
        return made

    def evidence(self, number: int = 0) -> StoredEvidence:
        with self.database.reading() as connection:
            return evidence_store.list_evidence(SITE, connection, state="sealed")[number]

    def clip(self, number: int = 0) -> Path:
        return self.site.segments_dir / VENUE / CAMERA / self.evidence(number).parts[0].file_name

    def key(self, venue_id: str = VENUE) -> dict[str, str]:
        """The header of a fresh key of a venue."""
        return {"X-API-Key": ApiKeys(self.database).make(SITE, venue_id, name="test").text}

    def entries(self, action: str, venue_id: str = VENUE) -> list[LedgerEntry]:
        with self.database.reading() as connection:
            found = ledger.chain(SITE, connection, venue_id)
            found += ledger.unsealed_entries(SITE, connection, venue_id)
        return [one for one in found if one.action == action]


@contextmanager
def answering_copy(folder: Path, to: Path, settings: Mapping[str, Any] | None = None) -> Any:
    """A copy of `folder` as a platform that answers."""
    site = ClipPlatform.copied(folder, to, settings)
    with site.answering():
        yield site
    site.close()
