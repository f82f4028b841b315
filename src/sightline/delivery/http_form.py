"""A sealed file as a multipart form, in pieces, that ends early if the file is not as it was sealed."""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from sightline.domain.delivery import Consignment
from sightline.errors import AlteredFile, DeliveryDeferred, DeliveryRefused

PIECE_BYTES = 1 << 18


class SealedFileForm:
    """One form with text fields and one file. Every call of `pieces` opens the file anew.

    Attributes:
        content_type: with the boundary between the parts.
        size_bytes: of the whole form, for Content-Length.
    """

    def __init__(
        self, consignment: Consignment, *, field: str, file_name: str, fields: Mapping[str, str]
    ) -> None:
        boundary = secrets.token_hex(16)
        self._consignment = consignment
        self._head = _head(boundary, consignment, field, file_name, fields)
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.size_bytes = len(self._head) + consignment.size_bytes + len(self._tail)

    @contextmanager
    def pieces(self) -> Iterator[Iterator[bytes]]:
        """The bytes of the form, some hundred thousand at a time.

        The last piece of the file leaves only when the whole has the sealed hash; before it, the form is
        broken off, and no receiver has a whole request in its hands.

        Raises:
            AlteredFile: on entry, the file is gone or of another length; while reading, it is another file.
            DeliveryRefused: it may not be read.
            DeliveryDeferred: it cannot be read just now.
        """
        with _opened(self._consignment) as file:
            yield self._pieces_of(file)

    def _pieces_of(self, file: BinaryIO) -> Iterator[bytes]:
        yield self._head
        digest = hashlib.sha256()
        size = 0
        held_back = b""
        while piece := _read(file, self._consignment):
            size += len(piece)
            digest.update(piece)
            if size > self._consignment.size_bytes:
                break
            if held_back:
                yield held_back
            held_back = piece
        if (size, digest.hexdigest()) != (self._consignment.size_bytes, self._consignment.sha256):
            raise altered(self._consignment)
        yield held_back + self._tail


def altered(consignment: Consignment) -> AlteredFile:
    """The error that says so."""
    return AlteredFile(
        f"{consignment.path.name} is not as it was sealed and does not leave;"
        " see what `sightline evidence verify` says of it"
    )


@contextmanager
def _opened(consignment: Consignment) -> Iterator[BinaryIO]:
    name = consignment.path.name
    try:
        file = consignment.path.open("rb")
    except FileNotFoundError as error:
        raise AlteredFile(f"{name} is gone; it was sealed and has not left") from error
    except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise DeliveryRefused(f"{name} may not be read; let the user Sightline runs as read it") from error
    except OSError as error:
        raise DeliveryDeferred(f"{name} cannot be opened just now: {error.strerror}") from error
    with file:
        if os.fstat(file.fileno()).st_size != consignment.size_bytes:
            raise altered(consignment)
        yield file


def _read(file: BinaryIO, consignment: Consignment) -> bytes:
    """The next piece. Its own translation: one level up, an OSError is taken for the network's."""
    try:
        return file.read(PIECE_BYTES)
    except OSError as error:
        raise DeliveryDeferred(
            f"{consignment.path.name} cannot be read just now: {error.strerror}"
        ) from error


def _head(
    boundary: str, consignment: Consignment, field: str, file_name: str, fields: Mapping[str, str]
) -> bytes:
    """All that comes before the bytes of the file."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field)}";'
        f' filename="{_quoted(file_name)}"\r\nContent-Type: {consignment.media_type}\r\n\r\n'
    )
    return "".join(parts).encode("utf-8", "replace")


def _quoted(text: str) -> str:
    """As browsers write names in forms: quotes and control characters in per cent, the rest as it is."""
    return re.sub(r'["\x00-\x1f\x7f]', lambda match: f"%{ord(match[0]):02X}", text)
