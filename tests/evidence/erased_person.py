"""A small site in which one person is everywhere: two tracks, two clips, a face, links, deliveries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from evidence_site import CAMERA, SCOPE, VENUE, SmallSite, at
from sqlalchemy import text, update

from sightline.config.identity_key import IdentityKey
from sightline.domain.outbox import Channel, OutboxItem
from sightline.domain.stay import Stay
from sightline.domain.templates import Template
from sightline.evidence.erasure import Erasure
from sightline.pipeline.face_templates import FaceTemplates
from sightline.store import evidence as evidence_store
from sightline.store import face_templates, ledger, outbox, private_links
from sightline.store.all_tables import ALL_TABLES
from sightline.store.delivery_tables import outbox as outbox_table
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry
from sightline.store.private_links import StoredLink
from sightline.store.stays import add_stays

WHO, BOB = "v-anne-marie-9f3c7d1e", "v-bob-00112233445566"
KEY = IdentityKey.parse("5a" * 31 + "5b", named="test")
FACE = Template.begin("net", np.random.default_rng(7).normal(size=512).astype(np.float32))
LATER = at(3600)


def own(who: str, track: int, start_s: float, dwell_s: float, **more: Any) -> Stay:
    """A stay that our own analysis of the recording found."""
    return Stay(
        pseudo_id=who,
        at=at(start_s),
        zone="till",
        dwell=timedelta(seconds=dwell_s),
        event_id=f"run-1:{track}:0",
        camera_id=CAMERA,
        run_id="run-1",
        track_id=track,
        **more,
    )


def told(who: str, hours: float) -> Stay:
    """One that another program told."""
    return Stay(pseudo_id=who, at=at(hours * 3600), zone="door", dwell=timedelta(seconds=90))


def people() -> list[Stay]:
    """The person, Bob, and three hundred others, so that rows of one lie among those of others."""
    crowd = [told(f"v-{'abcz'[number % 4]}{number * 7919 % 1000:04}", number / 7) for number in range(300)]
    return [
        *crowd[:150],
        own(WHO, 2, 6, 8, age_bracket="30-39", gender="F"),
        own(WHO, 3, 12, 12, age_bracket="30-39"),
        told(WHO, 24),
        own(BOB, 4, 25, 10),
        *crowd[150:],
    ]


@dataclass
class Person:
    """The site, and words to ask about what is left."""

    site: SmallSite
    now: datetime = LATER

    def settle(self) -> "Person":
        """Put the person there."""
        with self.site.database.transaction() as connection:
            add_stays(SCOPE, connection, VENUE, people())
            known = {WHO: FACE, BOB: Template.begin("net", -FACE.mean)}
            FaceTemplates(KEY).put_in(SCOPE, connection, VENUE, known, at=at(0))
        return self

    def write_results(self) -> Path:
        """What an analysis leaves for people to read: links to all clips, and a summary with a name in it."""
        folder = self.site.data_dir / "analysis" / VENUE / CAMERA
        self.site.export(folder)
        (folder / "summary.json").write_text(f'{{"seen": ["{WHO}"]}}')
        (folder / "tracks.csv.part").write_text("1,2,3")
        return folder

    def erasure(self) -> Erasure:
        return Erasure(
            self.site.database,
            segments_dir=self.site.segments_dir,
            results_dir=self.site.data_dir / "analysis",
            notes_dir=self.site.data_dir / "erasures",
            signer=lambda _: self.site.signer(),
            keep_recordings=timedelta(days=3),
            clock=lambda: self.now,
        )

    def evidence(self) -> list[StoredEvidence]:
        """Of the three events in order: with track 2, with track 3, with Bob's."""
        with self.site.database.reading() as connection:
            return evidence_store.list_evidence(SCOPE, connection)

    def clip(self, one: StoredEvidence) -> Path:
        return self.site.clips / one.parts[0].file_name

    def link(self, one: StoredEvidence) -> str:
        """A private link to it that is alive."""
        link = StoredLink(
            id=str(uuid4()), venue_id=VENUE, evidence_id=one.id, part=0, hosted_video_id=None, purpose=None,
            created_at=at(100), created_by="test", expires_at=LATER + timedelta(days=1),
        )  # fmt: skip
        with self.site.database.transaction() as connection:
            private_links.add_link(SCOPE, connection, link)
        return link.id

    def link_state(self, link_id: str) -> str:
        with self.site.database.reading() as connection:
            found = private_links.get_link(SCOPE, connection, link_id)
        assert found is not None
        return found.state(LATER)

    def deliver(self, one: StoredEvidence, channel: Channel, **values: Any) -> int:
        """An item of the outbox, with these columns set."""
        item = OutboxItem(
            key=str(uuid4()), channel=channel, destination="far", venue_id=VENUE, chain=one.id,
            event_id=one.event_id, evidence_id=one.id,
        )  # fmt: skip
        with self.site.database.transaction() as connection:
            outbox.put_items(SCOPE, connection, [item], now=at(100))
            if values:
                changed = update(outbox_table).where(outbox_table.c.key == item.key).values(**values)
                connection.execute(changed)
            number: int = (
                connection.execute(outbox_table.select().where(outbox_table.c.key == item.key)).one().id
            )
        return number

    def state_of(self, item: int) -> str:
        with self.site.database.reading() as connection:
            row = connection.execute(outbox_table.select().where(outbox_table.c.id == item)).one()
        return str(row.state)

    def templates(self) -> list[str]:
        with self.site.database.reading() as connection:
            stored = face_templates.templates_of_venue(SCOPE, connection, VENUE)
        return [one.pseudo_id for one in stored]

    def sealed_face(self) -> bytes:
        with self.site.database.reading() as connection:
            stored = face_templates.templates_of_venue(SCOPE, connection, VENUE)
        return next(one.sealed for one in stored if one.pseudo_id == WHO)

    def entries(self, action: str) -> list[LedgerEntry]:
        with self.site.database.reading() as connection:
            found = ledger.chain(SCOPE, connection, VENUE)
            found += ledger.unsealed_entries(SCOPE, connection, VENUE)
        return [one for one in found if one.action == action]

    def traces(self, *marks: bytes) -> list[str]:
        """Where these bytes are: tables, and files under the data folder but recordings and keys."""
        return [*self._in_tables(marks), *in_files(self.site.data_dir, marks)]

    def _in_tables(self, marks: tuple[bytes, ...]) -> Iterator[str]:
        with self.site.database.reading() as connection:
            for table in ALL_TABLES:
                for row in connection.execute(text(f'SELECT * FROM "{table.name}"')):
                    for value in row:
                        plain = value.encode() if isinstance(value, str) else value
                        if isinstance(plain, bytes | memoryview) and any(m in bytes(plain) for m in marks):
                            yield table.name


def in_files(folder: Path, marks: tuple[bytes, ...]) -> Iterator[str]:
    """Files that hold one of these bytes. Recorded video goes by its age, and the receipt says when."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and inside[0] not in ("recordings", "keys"):
            content = path.read_bytes()
            if any(mark in content for mark in marks):
                yield str(path.relative_to(folder))
