"""Which bytes of a file a request asks for (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import MutableHeaders

ONE_RANGE = re.compile(
    r"bytes[ \t]*=[ \t]*(?P<first>\d{0,19})-(?P<last>\d{0,19})[ \t]*", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """`first` to `last`, both included, within the file."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"bytes={self.first}-{self.last}"


class NotSatisfiable(Exception):
    """The range lies behind the end of the file: 416."""


def asked_range(header: str | None, size_bytes: int) -> ByteRange | None:
    """The range that a Range header asks for, of a file of `size_bytes`.

    Returns:
        None where the whole file is to be sent: no header, several ranges, another unit, or nonsense, all of
        which a server may ignore.

    Raises:
        NotSatisfiable: one range, of which the file has no byte.
    """
    match = ONE_RANGE.fullmatch(header or "")
    if match is None or (not match["first"] and not match["last"]):
        return None
    if not match["first"]:
        length = min(int(match["last"]), size_bytes)
        if length == 0:
            raise NotSatisfiable
        return ByteRange(size_bytes - length, size_bytes - 1)
    first = int(match["first"])
    last = min(int(match["last"]) if match["last"] else size_bytes - 1, size_bytes - 1)
    if match["last"] and int(match["last"]) < first:
        return None
    if first >= size_bytes:
        raise NotSatisfiable
    return ByteRange(first, last)


def ask_for(request: Request, byte_range: ByteRange | None) -> None:
    """Put the range as understood in place of the one that was sent, for the library below."""
    headers = MutableHeaders(scope=request.scope)
    del headers["range"]
    if byte_range is not None:
        headers["range"] = str(byte_range)
