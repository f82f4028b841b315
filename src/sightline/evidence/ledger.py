"""The ledger: what happened to each piece of evidence, hash-chained per venue and signed at its head.

Entries are inserted in the transaction of what they tell; afterwards one sealer gives them their place in
the chain and signs the head. Taking an entry away, changing it or swapping two breaks a hash; taking the last
ones away contradicts the signed head, or a head somebody noted earlier.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sightline.domain.scope import Scope
from sightline.evidence.canonical import JsonObject, canonical_json, parse_canonical, utc_text
from sightline.evidence.keys import Signer
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.ledger import LedgerEntry, LedgerSeal

FIRST_PREVIOUS_HASH = "0" * 64
"""What the entry at position 1 has as its predecessor."""

HEAD_SCHEMA = {"name": "sightline.ledger_head", "version": 1}


@dataclass(frozen=True, slots=True)
class Head:
    """How long the chain is and the hash of its last entry. Position 0 is the empty chain."""

    position: int
    head_hash: str

    @classmethod
    def of_empty_chain(cls) -> "Head":
        return cls(0, FIRST_PREVIOUS_HASH)

    def __str__(self) -> str:
        return f"{self.position}:{self.head_hash}"


def link_fields(entry: LedgerEntry, position: int | None, previous_hash: str | None) -> JsonObject:
    """What the hash of an entry is taken over: what happened and its place. The row id stays at home."""
    return {
        "position": position,
        "previous_hash": previous_hash,
        "venue_id": entry.venue_id,
        "at": utc_text(entry.at),
        "action": entry.action,
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "actor": entry.actor,
        "facts": dict(entry.facts),
    }


def entry_hash(fields: JsonObject) -> str:
    """SHA-256, hex, over the canonical JSON of an entry with `position` and `previous_hash` in it."""
    return hashlib.sha256(canonical_json(fields)).hexdigest()


def head_statement(venue_id: str, head: Head, signed_at: datetime, key_id: str) -> JsonObject:
    """What the key signs about a chain. Its schema name keeps it from being taken for a manifest."""
    return {
        "schema": HEAD_SCHEMA,
        "venue_id": venue_id,
        "position": head.position,
        "head_hash": head.head_hash,
        "signed_at": utc_text(signed_at),
        "key_id": key_id,
    }


def read_head_statement(text: bytes) -> tuple[str, Head]:
    """Venue and head of a statement made by `head_statement`.

    Raises:
        ValueError: another kind of statement, or not one at all.
    """
    stated = parse_canonical(text)
    if stated.get("schema") != HEAD_SCHEMA:
        raise ValueError("it is not a ledger head")
    venue_id, position, head_hash = (stated.get(name) for name in ("venue_id", "position", "head_hash"))
    if not (isinstance(venue_id, str) and isinstance(position, int) and isinstance(head_hash, str)):
        raise ValueError("it lacks the venue, the position or the hash")  # noqa: TRY004  a wrong document
    return venue_id, Head(position, head_hash)


def chained(entries: Sequence[LedgerEntry], after: Head) -> list[LedgerEntry]:
    """`entries` in their order with their places in the chain that so far ends in `after`."""
    result = []
    for entry in entries:
        position = after.position + 1
        digest = entry_hash(link_fields(entry, position, after.head_hash))
        result.append(replace(entry, position=position, previous_hash=after.head_hash, entry_hash=digest))
        after = Head(position, digest)
    return result


def seal_ledger(
    database: Database, scope: Scope, venue_id: str, signer: Signer, now: datetime
) -> LedgerSeal | None:
    """Chain the entries that wait and sign the new head. The one writer is who holds the write transaction.

    Returns:
        the seal at the end of the chain: the new one, or the last when nothing waited; None for an empty
        ledger.

    Raises:
        StoreError, DiskFull: nothing was sealed.
    """
    with database.transaction() as connection:
        last = ledger.last_seal(scope, connection, venue_id)
        waiting = ledger.unsealed_entries(scope, connection, venue_id)
        if not waiting:
            return last
        before = Head(last.position, last.head_hash) if last else Head.of_empty_chain()
        batch = chained(waiting, before)
        head = Head(before.position + len(batch), str(batch[-1].entry_hash))
        statement = head_statement(venue_id, head, now, signer.key_id)
        seal = LedgerSeal(
            venue_id=venue_id,
            position=head.position,
            entry_count=len(batch),
            head_hash=head.head_hash,
            signed_at=now,
            key_id=signer.key_id,
            signature=signer.sign(canonical_json(statement)),
        )
        ledger.write_seal(scope, connection, batch, seal)
        return seal


def statement_of(seal: LedgerSeal) -> JsonObject:
    """The statement that `seal` is the signature of."""
    return head_statement(seal.venue_id, Head(seal.position, seal.head_hash), seal.signed_at, seal.key_id)
