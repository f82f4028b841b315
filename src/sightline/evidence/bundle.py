"""What a verification looks at, whether it was read from an exported folder or from the site's own data."""

import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sightline.evidence.canonical import JsonObject
from sightline.evidence.files import sha256_of
from sightline.evidence.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed: which, and what is wrong with it."""

    subject: str
    problem: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedText:
    """A statement exactly as it was signed.

    Attributes:
        place: where it was read, for findings.
        text: canonical JSON, the signed bytes.
        signature: base64.
        key_id: the key it says it was signed with.
    """

    place: str
    text: bytes
    signature: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """One sealed ledger entry.

    Attributes:
        place: where it was read, for findings.
        fields: what `entry_hash` is taken over: position, previous_hash and what happened.
        entry_hash: the hash as stated.
    """

    place: str
    fields: JsonObject
    entry_hash: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line or row that cannot be understood; as a ledger entry, the chain is broken there."""

    place: str
    problem: str


class ClipFile(Protocol):
    """A file where clips lie; equal to another one when it is the same place."""

    @property
    def name(self) -> str:
        """Its name, for findings."""

    def size_bytes(self) -> int | None:
        """Its length; None for what is no file, a folder say.

        Raises:
            FileNotFoundError: there is no such file.
            OSError: it cannot be read.
        """

    def sha256(self) -> str:
        """SHA-256, hex; read in pieces, so that its length does not matter. Raises as `size_bytes`."""


@dataclass(frozen=True, slots=True)
class DiskFile:
    """A clip on the disk, or where it should be."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def size_bytes(self) -> int | None:
        status = self.path.stat()
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def sha256(self) -> str:
        return sha256_of(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBundle:
    """The evidence of one venue, or the share of it that one folder holds.

    Attributes:
        where: for people.
        manifests: every sealed manifest; may be read only once, while it is checked, like `links`.
        links: the chain in stored order.
        heads: signed heads, oldest first; a folder has one.
        contents: a folder's signed list of what it holds; a site has none.
        partial: whether the ledger may tell of evidence that is elsewhere.
        clip: from a manifest and a file name to where that file should be.
        clips: every file found where clips lie.
        public_key: the key that came with the evidence.
        damage: what was wrong already while reading.
        waiting: entries that the sealer has not chained yet, as in `ChainLink.fields` (a site only).
    """

    where: str
    manifests: Iterable[SignedText | Unreadable]
    links: Iterable[ChainLink | Unreadable]
    heads: tuple[SignedText, ...]
    contents: SignedText | None
    partial: bool
    clip: Callable[[Mapping[str, object], str], ClipFile]
    clips: frozenset[ClipFile]
    public_key: PublicKey | None
    damage: tuple[Finding, ...] = field(default=())
    waiting: tuple[JsonObject, ...] = ()
