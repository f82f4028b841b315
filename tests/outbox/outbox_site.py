"""A small site with footage, whose site file names receivers of ours; everything else is the real thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from evidence_site import CAMERA, EVENTS, SCOPE, VENUE, SmallSite

from sightline.delivery_wiring import delivery_plan, outbox_worker
from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.outbox import Channel, RetryRhythm
from sightline.evidence.outbox_worker import Drained, OutboxWorker
from sightline.evidence.sealing import EvidenceSealer
from sightline.store import evidence, ledger, outbox_items
from sightline.store.events import StoredEvent, list_events
from sightline.store.evidence import StoredEvidence
from sightline.store.outbox_items import StoredItem
from sightline.wiring import Site, open_site

QUICK = RetryRhythm(pauses=(timedelta(milliseconds=5),) * 6, longest_asked=timedelta(milliseconds=10))
"""Six quick tries, so that a test sees the end of them."""


@dataclass
class OutboxSite:
    """The data folder of a test, the settings beside it, and the site they make."""

    data_dir: Path
    site: Site
    small: SmallSite

    @classmethod
    def open(cls, data_dir: Path, settings: Mapping[str, Any]) -> "OutboxSite":
        file = data_dir.parent / f"{data_dir.name}.yaml"
        venue = {"id": VENUE, "timezone": "Europe/Paris", "branch_id": "B7", "location": "1 rue Haute"}
        camera = {"id": CAMERA, "source": "till.mp4"}
        file.write_text(yaml.safe_dump({"venues": [venue | {"cameras": [camera]}], **settings}))
        return cls(data_dir, open_site(file, data_dir, environ={}), SmallSite.open(data_dir))

    def close(self) -> None:
        self.small.database.close()
        self.site.database.close()

    def sealer(self) -> EvidenceSealer:
        return EvidenceSealer(
            self.small.database,
            SCOPE,
            recordings_dir=self.data_dir / "recordings",
            segments_dir=self.small.segments_dir,
            signer=self.small.signer(),
            software="sightline test",
            plan=delivery_plan(self.site.settings),
        )

    def seal(self) -> None:
        self.sealer().seal_all(VENUE, CAMERA)

    def conclude(self, *events: ServiceEvent) -> None:
        self.small.conclude(*(events or EVENTS))

    def worker(self, *, rhythm: RetryRhythm = QUICK) -> OutboxWorker:
        return outbox_worker(self.site, rhythm=rhythm)

    def drain(self, timeout_s: float = 20.0, *, rhythm: RetryRhythm = QUICK) -> Drained:
        return self.worker(rhythm=rhythm).drain(timeout_s)

    def items(self, channel: Channel | None = None) -> list[StoredItem]:
        with self.small.database.reading() as connection:
            return outbox_items.list_items(SCOPE, connection, channel=channel)

    def event(self, kind: EventKind) -> StoredEvent:
        with self.small.database.reading() as connection:
            (found,) = list_events(SCOPE, connection, venue_id=VENUE, kind=kind)
        return found

    def evidence(self) -> list[StoredEvidence]:
        with self.small.database.reading() as connection:
            return evidence.list_evidence(SCOPE, connection)

    def ledger_actions(self, subject_id: str) -> list[str]:
        with self.small.database.reading() as connection:
            entries = ledger.chain(SCOPE, connection, VENUE)
            entries += ledger.unsealed_entries(SCOPE, connection, VENUE)
        return [one.action for one in entries if one.subject_id == subject_id]


def recently(events: Sequence[ServiceEvent]) -> datetime:
    """Just after the last of these events: an alert about them is news."""
    return max(one.ended_at for one in events).astimezone(UTC) + timedelta(minutes=1)
