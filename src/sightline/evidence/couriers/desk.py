"""What every courier needs to know of an item: its event, its evidence, the venue, and what may leave."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from sightline.domain.delivery import Consignment
from sightline.domain.event import EventKind
from sightline.domain.outbox import Channel
from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.domain.video_evidence import Deliveries
from sightline.errors import DeliveryRefused, EvidenceError
from sightline.evidence.incident import reported_video_evidence
from sightline.evidence.releasing import Blur, ReleasedFile, released_file
from sightline.store import events, hosted_videos, outbox_items, venues
from sightline.store import evidence as evidence_store
from sightline.store.database import Database
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence
from sightline.store.outbox_items import StoredItem


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """A shop in the words of its receivers.

    Attributes:
        branch_id: the shop's id at the receiver of incidents.
        location: where it is, one line.
    """

    venue_id: str
    name: str
    zone: tzinfo
    branch_id: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What one item is about.

    Attributes:
        evidence: None when it was erased meanwhile.
        told: all items of the event, sent and waiting.
    """

    item: StoredItem
    venue: VenueFacts
    event: StoredEvent | None
    evidence: StoredEvidence | None
    told: tuple[StoredItem, ...] = ()

    @property
    def deliveries(self) -> Deliveries:
        """How far the clip and the report of this very evidence have got."""
        return Deliveries.of(one for one in self.told if one.evidence_id == self.item.evidence_id)

    def answer_of(self, channel: Channel) -> Mapping[str, Any] | None:
        """What a receiver said of this event, None while it did not."""
        answers = [one.answer for one in self.told if one.channel is channel and one.answer is not None]
        return answers[-1] if answers else None

    @property
    def camera_id(self) -> str:
        known = self.event or self.evidence
        return known.camera_id if known is not None else str(self.item.payload.get("camera_id", ""))

    def require_event(self) -> StoredEvent:
        """The event; refuses what is about none, or about one that is gone."""
        if self.event is None:
            raise DeliveryRefused(f"the event {self.item.event_id} is not stored any more")
        return self.event

    def require_clip(self) -> StoredEvidence:
        """The sealed evidence; refuses what has no clip any more."""
        if self.evidence is None or self.evidence.state != "sealed" or self.evidence.moved_at is not None:
            state = "gone" if self.evidence is None else self.evidence.failure or self.evidence.state
            raise DeliveryRefused(f"there is no clip to send: it is {state}")
        return self.evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The site as couriers see it.

    Attributes:
        venue_words: branch id and location by venue id, where the site file says them.
        camera_masks: of a venue's camera, relative points; burned into everything that leaves.
        blur: what faces are blurred with in everything that leaves; None: they are shown.
        actor: who makes copies, for the ledger.
    """

    database: Database
    segments_dir: Path
    hosted_dir: Path
    venue_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    camera_masks: Callable[[str, str], Sequence[Sequence[Point]]] = lambda _venue, _camera: ()
    blur: Blur | None = None
    actor: str = "sightline"

    def matter(self, item: StoredItem) -> Matter:
        """What `item` is about, as stored now."""
        scope = Scope.of(item.venue_id)
        with self.database.reading() as connection:
            event = events.get_event(scope, connection, item.event_id) if item.event_id else None
            evidence = (
                evidence_store.get_evidence(scope, connection, item.evidence_id) if item.evidence_id else None
            )
            told = (
                outbox_items.items_of_events(scope, connection, [item.event_id], tuple(Channel))
                if item.event_id
                else {}
            )
        return Matter(
            item=item,
            venue=self.venue(item.venue_id),
            event=event,
            evidence=evidence,
            told=tuple(told.get(item.event_id or "", ())),
        )

    def venue(self, venue_id: str) -> VenueFacts:
        """What is known of a venue."""
        with self.database.reading() as connection:
            stored = venues.get_venue(Scope.of(venue_id), connection, venue_id)
        words = self.venue_words.get(venue_id, {})
        name = words.get("name") or (stored.name if stored is not None else venue_id)
        return VenueFacts(
            venue_id=venue_id,
            name=name,
            zone=ZoneInfo(stored.timezone) if stored is not None else UTC,
            branch_id=words.get("branch_id") or venue_id,
            location=words.get("location") or name,
        )

    def released(self, evidence: StoredEvidence, part: int, *, for_viewing: bool = False) -> ReleasedFile:
        """The file that may leave for a part of sealed evidence.

        Raises:
            DeliveryRefused: none may.
        """
        try:
            return released_file(
                self.database,
                Scope.of(evidence.venue_id),
                evidence,
                evidence.parts[part],
                segments_dir=self.segments_dir,
                masks=self.camera_masks(evidence.venue_id, evidence.camera_id),
                blur=self.blur,
                actor=self.actor,
                for_viewing=for_viewing,
            )
        except EvidenceError as error:
            raise DeliveryRefused(f"the clip cannot leave: {error}") from error

    def ongoing(self, venue_id: str, camera_id: str, kind: EventKind) -> int:
        """How many events of a kind go on at a camera now."""
        with self.database.reading() as connection:
            found = events.list_events(
                Scope.of(venue_id),
                connection,
                venue_id=venue_id,
                camera_id=camera_id,
                kind=kind,
                ongoing=True,
                counted=True,
            )
        return len(found)

    def hosted_file(self, item: StoredItem) -> Consignment:
        """The clip that an alert of another program brought.

        Raises:
            DeliveryRefused: it is gone.
        """
        video_id = str(item.payload.get("hosted_video_id"))
        with self.database.reading() as connection:
            stored = hosted_videos.get_hosted_video(Scope.of(item.venue_id), connection, video_id)
        if stored is None or stored.deleted_at is not None:
            raise DeliveryRefused(f"the video {video_id} of this alert is gone")
        return Consignment(
            path=self.hosted_dir / item.venue_id / f"{stored.id}.mp4",
            file_name=stored.file_name,
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
        )

    def video_evidence(self, matter: Matter) -> dict[str, Any]:
        """As it stands now, empty without a clip."""
        if matter.evidence is None:
            return {}
        return reported_video_evidence(
            matter.evidence, matter.deliveries, self.segments_dir, matter.venue.zone
        )


Receiver = TypeVar("Receiver")


def receiver_of(receivers: Mapping[str, Receiver], item: StoredItem) -> Receiver:
    """The receiver an item was made for; refuses what is for one that the site file no longer names."""
    if item.destination not in receivers:
        raise DeliveryRefused(
            f"{item.channel.value} {item.destination!r} is not set up any more; put it back into the site"
            " file and retry this item, or leave it"
        )
    return receivers[item.destination]


class NotSetUp:
    """The courier of a channel that the site file no longer names: nothing of it waits for ever."""

    def send(self, item: StoredItem) -> NoReturn:
        """Refuses it."""
        receiver_of({}, item)
        raise AssertionError("there is no receiver")


def sealed_parts(evidence: StoredEvidence) -> list[int]:
    """The numbers of the parts that are there; footage of others was missing when they were cut."""
    return [number for number, part in enumerate(evidence.parts) if part.sha256 is not None]


def consignment_of(released: ReleasedFile, *, file_name: str | None = None) -> Consignment:
    """A released file as the adapters want it."""
    return Consignment(
        path=released.path,
        file_name=file_name or released.file_name,
        size_bytes=released.size_bytes,
        sha256=released.sha256,
    )
