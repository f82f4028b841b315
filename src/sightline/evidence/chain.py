"""Walking a ledger chain: does each entry follow the one before, and is each what was hashed?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sightline.evidence.bundle import ChainLink, Finding, Unreadable
from sightline.evidence.canonical import JsonObject
from sightline.evidence.ledger import FIRST_PREVIOUS_HASH, Head, entry_hash

SEALED = "sealed"
EVIDENCE = "evidence"
MOVED = "moved"
EXPIRED, ERASED = "expired", "erased"
TOMBSTONES = frozenset({"superseded", "deleted", EXPIRED, ERASED})
"""Actions after which the manifest of a sealed piece of evidence may be gone."""


@dataclass(slots=True)
class ChainWalk:
    """What a chain says, gathered while it is checked link by link.

    Attributes:
        venue_id: whose chain it is; None until the first entry tells.
        hashes: hash of each position as stated, for heads to be looked up.
        head: the last entry seen.
        sealed: manifest hash by evidence id, from the entries that say so.
        buried: ids of evidence that a tombstone names.
        moved: ids of evidence whose clips went from here after their copy had been compared.
    """

    venue_id: str | None = None
    hashes: dict[int, str] = field(default_factory=dict)
    head: Head = field(default_factory=Head.of_empty_chain)
    sealed: dict[str, str] = field(default_factory=dict)
    buried: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)

    def follow(self, links: Iterable[ChainLink | Unreadable]) -> Iterator[Finding]:
        """Walk all of `links`; after trouble go on from what the entry states: one wound, one finding."""
        for link in links:
            if isinstance(link, Unreadable):
                yield Finding(link.place, link.problem)
                # What it was is lost; its successor tells what its hash should have been.
                self.head = Head(self.head.position + 1, "")
                continue
            yield from self._check(link)
            self._remember(link)

    def _check(self, link: ChainLink) -> Iterator[Finding]:
        position, previous = link.fields["position"], link.fields["previous_hash"]
        name = f"{link.place} (ledger entry {position})"
        expected = self.head.position + 1
        if position > expected:
            yield Finding(name, f"{entries(expected, position - 1)} missing before it")
        elif position < expected:
            yield Finding(name, f"is out of order or twice: entry {expected} was due")
        elif self.head.head_hash not in ("", previous):
            yield Finding(name, "does not follow the entry before it: one of the two was altered")
        if entry_hash(link.fields) != link.entry_hash:
            yield Finding(name, "was altered: its content does not give its hash")
        if self.venue_id not in (None, link.fields["venue_id"]):
            yield Finding(name, f"is of venue {link.fields['venue_id']!r}, the chain of {self.venue_id!r}")

    def _remember(self, link: ChainLink) -> None:
        fields = link.fields
        self.venue_id = self.venue_id or fields["venue_id"]
        self.head = Head(fields["position"], link.entry_hash)
        self.hashes[fields["position"]] = link.entry_hash
        self.note(fields)

    def note(self, fields: JsonObject) -> None:
        """Remember what an entry tells of a piece of evidence, chained or still waiting for it."""
        if fields["subject_kind"] != EVIDENCE:
            return
        if fields["action"] == SEALED:
            self.sealed[fields["subject_id"]] = str(fields["facts"].get("manifest_sha256"))
        elif fields["action"] == MOVED:
            self.moved.add(fields["subject_id"])
        elif fields["action"] in TOMBSTONES:
            self.buried.add(fields["subject_id"])

    def knows(self, head: Head) -> bool:
        """Whether the chain once ended, or still ends, in `head`."""
        if head.position == 0:
            return head.head_hash == FIRST_PREVIOUS_HASH
        return self.hashes.get(head.position) == head.head_hash


def entries(first: int, last: int) -> str:
    """`entry 7 is` or `entries 7-9 are`, the start of a sentence."""
    return f"entry {first} is" if first == last else f"entries {first}-{last} are"


LINK_FIELDS: dict[str, type] = {
    "position": int, "previous_hash": str, "venue_id": str, "at": str, "action": str,
    "subject_kind": str, "subject_id": str, "actor": str, "facts": dict,
}  # fmt: skip


def link_from(place: str, line: JsonObject) -> ChainLink | Unreadable:
    """A chain link from an exported line or a row; `Unreadable` when it does not have the fields of one."""
    fields = dict(line)
    stated = fields.pop("entry_hash", None)
    wrong = sorted(
        (fields.keys() ^ LINK_FIELDS.keys())
        | {name for name, kind in LINK_FIELDS.items() if not isinstance(fields.get(name), kind)}
    )
    if wrong or not isinstance(stated, str):
        return Unreadable(place, f"is not a ledger entry: look at {', '.join(wrong) or 'entry_hash'}")
    return ChainLink(place=place, fields=fields, entry_hash=stated)
