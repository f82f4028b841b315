"""Clips to their receiver: HTTP, S3 or a video host."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sightline.delivery.hosted_video import HostedVideoClient, hosted_metadata
from sightline.domain.delivery import Consignment, Proof, Receipt
from sightline.domain.outbox import Channel
from sightline.evidence.canonical import utc_text
from sightline.evidence.couriers.desk import Desk, consignment_of, receiver_of, sealed_parts
from sightline.evidence.couriers.words import incident_facts
from sightline.evidence.outbox_worker import Sent
from sightline.store.outbox_items import StoredItem

_WEAKEST_FIRST = (Proof.NONE, Proof.LENGTH, Proof.MD5, Proof.SHA256)

SHOWN = "shown"
"""In the answer to an upload: how a video host that took it shows it, for alerts."""

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


class Uploader(Protocol):
    """Takes one file to the far end, and says how its copy there was compared."""

    def send(self, consignment: Consignment, *, key: str) -> Receipt: ...


class UploadCourier:
    """Every part of a piece of evidence to its receiver, each under a key of its own.

    Args:
        uploaders: by `http`, `s3` or `hosted`: what the items were made for.
    """

    def __init__(self, desk: Desk, uploaders: Mapping[str, Uploader], *, clock: Clock = wall_clock) -> None:
        self._desk = desk
        self._uploaders = uploaders
        self._clock = clock

    def send(self, item: StoredItem) -> Sent:
        """All parts that have footage; what had arrived before is sent again under the same key."""
        uploader = receiver_of(self._uploaders, item)
        evidence = self._desk.matter(item).require_clip()
        # S3 keeps files by path, so names of two cameras need not meet.
        folder = f"{evidence.venue_id}/{evidence.camera_id}/" if item.destination == "s3" else ""
        receipts: list[Receipt] = []
        hashes: list[str] = []
        original = True
        for number in sealed_parts(evidence):
            released = self._desk.released(evidence, number)
            consignment = consignment_of(released, file_name=folder + released.file_name)
            key = f"{item.key}:part{number}" if receipts else item.key
            receipts.append(uploader.send(consignment, key=key))
            hashes.append(released.sha256)
            original = original and released.is_original
        proof = min((one.proof for one in receipts), key=_WEAKEST_FIRST.index)
        return Sent(
            action="uploaded",
            answer={
                "stored_name": receipts[0].stored_name,
                "video_url": receipts[0].url,
                "proof": proof.value,
                "original": original,
                "uploaded_at": utc_text(self._clock()),
                SHOWN: receipts[0].facts.get(SHOWN),
                "parts": [{"stored_name": one.stored_name, "url": one.url} for one in receipts],
            },
            facts={"proof": proof.value, "sha256": hashes, "original": original},
        )


class HostedUploader:
    """A video host as the receiver of all evidence (`to: hosted`)."""

    def __init__(
        self, client: HostedVideoClient, *, expiration_hours: int, clock: Clock = wall_clock
    ) -> None:
        self._client = client
        self._hours = expiration_hours
        self._clock = clock

    def send(self, consignment: Consignment, *, key: str) -> Receipt:
        """One file, under an id made of its key, so that it is the same when sent again."""
        video_id = video_id_of(key)
        now = self._clock()
        metadata = hosted_metadata(
            video_id=video_id,
            upload_timestamp=now,
            expiration_time=now + timedelta(hours=self._hours),
            source="sightline",
            type="evidence",
            incident_type=None,
            risk_level=None,
            confidence=None,
            frame_count=None,
            analysis=None,
            file_hash=consignment.sha256,
        )
        link = self._client.upload(
            consignment, video_id=video_id, metadata=metadata, expiration_hours=self._hours
        )
        shown = {
            "video_id": link.video_id,
            "private_link": link.private_link,
            "expires_at": utc_text(link.expiration_time),
            "size_bytes": consignment.size_bytes,
        }
        return Receipt(
            stored_name=link.video_id, url=link.private_link, proof=link.proof, facts={SHOWN: shown}
        )


class HostedLinkCourier:
    """The clip of an alert to a video host, for its private link."""

    def __init__(
        self, desk: Desk, client: HostedVideoClient, *, expiration_hours: int, clock: Clock = wall_clock
    ) -> None:
        self._desk = desk
        self._client = client
        self._hours = expiration_hours
        self._clock = clock

    def send(self, item: StoredItem) -> Sent:
        """The first part of an event's clip; or the clip that an alert of another program brought."""
        matter = self._desk.matter(item)
        if item.event_id is None:
            consignment, told = self._desk.hosted_file(item), dict(item.payload)
        else:
            clip = matter.require_clip()
            released = self._desk.released(clip, sealed_parts(clip)[0], for_viewing=True)
            consignment = consignment_of(released)
            told = asdict(incident_facts(matter.require_event(), matter.answer_of(Channel.ANALYZER)))
        video_id = str(item.payload.get("hosted_video_id") or video_id_of(item.key))
        link = self._client.upload(
            consignment,
            video_id=video_id,
            metadata=self._metadata(video_id, told, consignment.sha256),
            expiration_hours=self._hours,
        )
        expires_at = utc_text(link.expiration_time)
        return Sent(
            action="hosted",
            answer={
                "video_id": link.video_id,
                "private_link": link.private_link,
                "expires_at": expires_at,
                "size_bytes": consignment.size_bytes,
                "proof": link.proof.value,
            },
            facts={
                "video_id": link.video_id,
                "proof": link.proof.value,
                "sha256": [consignment.sha256],
                "expires_at": expires_at,
            },
        )

    def _metadata(self, video_id: str, told: Mapping[str, Any], sha256: str) -> Mapping[str, Any]:
        now = self._clock()
        return hosted_metadata(
            video_id=video_id,
            upload_timestamp=now,
            expiration_time=now + timedelta(hours=self._hours),
            source="sightline",
            type="security_alert",
            incident_type=told.get("incident_type"),
            risk_level=told.get("risk_level"),
            confidence=told.get("confidence"),
            frame_count=told.get("frame_count"),
            analysis=told.get("analysis"),
            file_hash=sha256,
        )


def video_id_of(key: str) -> str:
    """The id a clip has at a video host: the same for the same delivery, in the form of a uuid4."""
    return str(UUID(bytes=hashlib.sha256(key.encode()).digest()[:16], version=4))
