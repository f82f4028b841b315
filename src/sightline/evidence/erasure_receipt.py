"""The receipt of an erasure: what went, what stays and why, and who else has to be asked. Signed by the site.

It names evidence and counts rows. Of the person it holds a hash of the pseudonym alone: whoever has the
pseudonym can see that the receipt is about it, and nobody else learns it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sightline.domain.outbox import Channel, ItemState
from sightline.evidence.canonical import JsonObject, canonical_json, utc_text
from sightline.evidence.keys import PublicKey, Signer
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry
from sightline.store.outbox_items import StoredItem

SCHEMA = {"name": "sightline.erasure_receipt", "version": 1}

WITH_CLIP = frozenset({Channel.UPLOAD, Channel.HOSTED, Channel.ANALYZER})
"""Channels by which the clip itself leaves; by the others words, and links that are revoked now."""


def pseudonym_hash(venue_id: str, pseudo_id: str) -> str:
    """SHA-256, hex, of venue and pseudonym, parted by NUL, after a name of its own."""
    return hashlib.sha256(f"sightline erased visitor\0{venue_id}\0{pseudo_id}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many of each went, or were taken back."""

    stays: int
    visits: int
    tracks: int
    templates: int
    evidence: int
    files: int
    links: int
    deliveries: int

    def told(self) -> dict[str, int]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Something that has left, or may have.

    Attributes:
        evidence_id: of which clip; None: figures.
        channel: way out, `export` for a case that a person made, `centre` for the site above this one.
        destination: label of the receiver.
        at: when it arrived; None: it was on its way at that moment.
        holds_clip: whether the clip itself is there.
    """

    evidence_id: str | None
    channel: str
    destination: str
    at: datetime | None
    holds_clip: bool

    def told(self) -> JsonObject:
        """As the receipt has it, with what to do."""
        when = "while this was erased" if self.at is None else f"on {self.at:%Y-%m-%d %H:%M} UTC"
        advice = f"sent to {self.destination} by {self.channel} {when}: ask there"
        if self.channel == "export":
            advice = f"handed over by {self.destination} {when}: ask whoever has it"
        if self.channel == "centre":
            advice = "the centre is told the hours anew, without this person, by itself"
        return {
            "evidence_id": self.evidence_id,
            "channel": self.channel,
            "destination": self.destination,
            "at": None if self.at is None else utc_text(self.at),
            "holds_clip": self.holds_clip,
            "advice": advice,
        }


def copies_of(items: Iterable[StoredItem], exports: Iterable[LedgerEntry], now: datetime) -> list[Copy]:
    """What left of some evidence: deliveries that arrived or are under way, and cases that people made."""
    found = []
    for item in items:
        under_way = (
            item.state is ItemState.WAITING and item.leased_until is not None and item.leased_until > now
        )
        if item.state is ItemState.SENT or under_way:
            found.append(
                Copy(
                    evidence_id=item.evidence_id,
                    channel=item.channel.value,
                    destination=item.destination,
                    at=None if under_way else item.settled_at,
                    holds_clip=item.channel in WITH_CLIP,
                )
            )
    handed_over = [
        Copy(
            evidence_id=entry.subject_id,
            channel="export",
            destination=entry.actor,
            at=entry.at,
            holds_clip=True,
        )
        for entry in exports
    ]
    return found + handed_over


def receipt_of(
    *,
    receipt_id: str,
    venue_id: str,
    pseudo_id: str,
    by: str,
    at: datetime,
    key_id: str,
    removed: Removed,
    deleted: Sequence[StoredEvidence],
    held: Sequence[StoredEvidence],
    others: Sequence[str],
    elsewhere: Sequence[Copy],
    recordings_until: datetime | None,
) -> JsonObject:
    """The receipt, ready to be signed: JSON values only.

    Args:
        others: evidence of the same cameras and times that is of somebody else.
        recordings_until: when the last recorded file that shows the person is deleted by its age.
    """
    return {
        "schema": SCHEMA,
        "receipt_id": receipt_id,
        "venue_id": venue_id,
        "visitor_sha256": pseudonym_hash(venue_id, pseudo_id),
        "erased_at": utc_text(at),
        "erased_by": by,
        "key_id": key_id,
        "removed": removed.told(),
        "evidence_deleted": [one.id for one in deleted],
        "evidence_kept": [
            {"evidence_id": one.id, "reason": "legal_hold", "since": utc_text(one.held_at)}
            for one in held
            if one.held_at is not None
        ],
        "evidence_of_others": list(others),
        "elsewhere": [one.told() for one in elsewhere],
        "recordings_until": None if recordings_until is None else utc_text(recordings_until),
    }


def sign_receipt(receipt: JsonObject, signer: Signer) -> str:
    """Ed25519 over the canonical JSON of the receipt, base64."""
    return signer.sign(canonical_json(receipt))


def receipt_is_genuine(receipt: JsonObject, signature: str, key: PublicKey) -> bool:
    """Whether this key signed just this receipt."""
    return receipt.get("schema") == SCHEMA and key.verifies(signature, canonical_json(receipt))
