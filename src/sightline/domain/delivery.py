"""What leaves the site, and what the far end says of it. Every adapter in `delivery/` speaks these words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any


class Proof(StrEnum):
    """How it is known that the far end holds the same bytes; `NONE`: it is not, the original stays."""

    SHA256 = "sha256"
    MD5 = "md5"
    LENGTH = "length"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consignment:
    """A file that is to leave the site.

    Attributes:
        path: opened anew for every attempt.
        file_name: what the receiver is told; a plain name.
        size_bytes, sha256: of the file as sealed, hex; a file that is not so any more must not leave.
    """

    path: Path
    file_name: str
    size_bytes: int
    sha256: str
    media_type: str = "video/mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The far end has the file.

    Attributes:
        stored_name: under which it lies there.
        url: where it can be seen; None when nobody said.
        proof: how its copy was compared with ours.
        facts: whatever else is worth keeping, JSON values without secrets.
    """

    stored_name: str
    url: str | None
    proof: Proof
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
