"""A form with one large file, read as it arrives: the file to disk, hashed on the way, never in memory.

Everything that is wrong with it is a problem for its sender (4xx). The file that was begun is removed then,
and also when the sender leaves in the middle.
"""

import errno
import hashlib
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from sightline.api.refused_bodies import take_in_small

FIELD_BYTES = 65_536
PARTS = 16
OTHER_BYTES = 1 << 20
"""What a form may weigh besides its file."""

WRITE_BYTES = 1 << 20
"""Written at once, in a thread: a disk may take its time."""

FIRST_BYTES = 512

CLOSING = {"Connection": "close"}
"""Goes with a refusal, so that its sender does not send the rest of a large file for nothing."""

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """The file of a form as it lies on the disk; not yet flushed to it."""

    path: Path
    file_name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedForm:
    """All of a form."""

    file: ReceivedFile
    fields: dict[str, str]


@asynccontextmanager
async def received_form(
    request: Request,
    *,
    file_field: str,
    fields: Collection[str],
    into: Path,
    longest_bytes: int,
    is_wanted: Callable[[bytes], bool],
) -> AsyncIterator[ReceivedForm]:
    """Receive a multipart form; its file lies at `into` while the block lasts, unless the block moves it.

    Args:
        file_field: name of the one part that is a file.
        fields: names of the other parts, at most once each; parts of other names are read and forgotten.
        into: does not exist yet.
        longest_bytes: a longer file is refused while it arrives.
        is_wanted: whether a file that begins with these bytes (512 at most) is one of the right kind.

    Raises:
        HTTPException: 400 not such a form, or its sender left; 413 too large; 415 not a file of the right
            kind; 507 disk full.
    """
    try:
        parser = FormReader(boundary_of(request), file_field, fields)
        check_length(request, longest_bytes)
        with await run_in_threadpool(into.open, "xb") as target:
            file = FileOnDisk(target, longest_bytes, is_wanted)
            await _receive(request, parser, file)
            await run_in_threadpool(file.finish)
        yield ReceivedForm(
            file=ReceivedFile(
                path=into,
                file_name=parser.file_names[0],
                size_bytes=file.size_bytes,
                sha256=file.digest.hexdigest(),
            ),
            fields=parser.fields,
        )
    except HTTPException as refusal:
        await close_after(refusal, request)
        raise
    except OSError as error:
        if error.errno in FULL_DISK:
            raise HTTPException(507, "there is no room for this video here now") from error
        raise
    finally:
        into.unlink(missing_ok=True)


async def _receive(request: Request, parser: "FormReader", file: "FileOnDisk") -> None:
    received = 0
    async for chunk in chunks_of(request):
        received += len(chunk)
        for _, data in parser.feed(chunk):
            file.add(data)
        check_rest(received - file.size_bytes)
        if file.waiting_bytes >= WRITE_BYTES:
            await run_in_threadpool(file.write)
    parser.check_complete()


async def chunks_of(request: Request) -> AsyncIterator[bytes]:
    request.state.received_bytes = 0
    try:
        async for chunk in request.stream():
            request.state.received_bytes += len(chunk)
            yield chunk
    except ClientDisconnect as gone:  # nobody is there to be told, and nothing is wrong here
        raise HTTPException(400, "the form ends in the middle") from gone


async def close_after(refusal: HTTPException, request: Request) -> None:
    """Have the connection closed after a refusal, and the refusal read by whoever has nearly sent it all."""
    refusal.headers = {**(refusal.headers or {}), **CLOSING}
    received = getattr(request.state, "received_bytes", 0)
    await take_in_small(request.scope, request.receive, received_bytes=received)


class FileOnDisk:
    """Takes the bytes of the file, checks its size and kind on the way, and hashes it."""

    def __init__(self, target: BinaryIO, longest_bytes: int, is_wanted: Callable[[bytes], bool]) -> None:
        self._target = target
        self._longest_bytes = longest_bytes
        self._is_wanted = is_wanted
        self._waiting: list[bytes] = []
        self._start = b""
        self._kind_checked = False
        self.waiting_bytes = 0
        self.size_bytes = 0
        self.digest = hashlib.sha256()

    def add(self, data: bytes) -> None:
        self.size_bytes += len(data)
        if self.size_bytes > self._longest_bytes:
            raise too_large(self._longest_bytes)
        self._waiting.append(data)
        self.waiting_bytes += len(data)
        if not self._kind_checked:
            self._start += data[:FIRST_BYTES]
            if len(self._start) >= FIRST_BYTES:
                self._check_kind()

    def write(self) -> None:
        """Write and hash what waits. In a thread."""
        for data in self._waiting:
            self._target.write(data)
            self.digest.update(data)
        self._waiting.clear()
        self.waiting_bytes = 0

    def finish(self) -> None:
        """Write the rest. In a thread."""
        if not self._kind_checked:
            self._check_kind()
        self.write()
        self._target.flush()

    def _check_kind(self) -> None:
        self._kind_checked = True
        if not self._is_wanted(self._start):
            raise HTTPException(415, "this is not a video")


@dataclass
class _Part:
    """The part being read."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    is_file: bool = False
    kept: bool = False
    value: bytearray = field(default_factory=bytearray)


class FormReader:
    """The parts of a form, from python-multipart's callbacks.

    Args:
        most_files: how many parts may have the name `file_field`.

    Attributes:
        file_names: of the files that have begun so far, as their sender calls them.
    """

    def __init__(
        self, boundary: bytes, file_field: str, fields: Collection[str], *, most_files: int = 1
    ) -> None:
        self.fields: dict[str, str] = {}
        self.file_names: list[str] = []
        self._most_files = most_files
        self._file_field = file_field
        self._wanted = frozenset(fields)
        self._parts = 0
        self._seen: set[str] = set()
        self._part = _Part()
        self._header = (bytearray(), bytearray())
        self._file_data: list[tuple[int, bytes]] = []
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """Read on; returns what of the files was in `chunk`, each piece with the number of its file."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise HTTPException(400, "the form is not well formed") from error
        data, self._file_data = self._file_data, []
        return data

    def check_complete(self) -> None:
        if not self._ended:
            raise HTTPException(400, "the form ends in the middle")
        if self._file_field not in self._seen:
            raise HTTPException(400, f"the form has no file {self._file_field!r}")

    def _on_part_begin(self) -> None:
        self._parts += 1
        most = PARTS + self._most_files - 1
        if self._parts > most:
            raise HTTPException(400, f"the form has more than {most} parts")
        self._part = _Part()

    def _on_header_end(self) -> None:
        name, value = (bytes(one).decode("latin-1") for one in self._header)
        self._part.headers[name.lower()] = value
        self._header = (bytearray(), bytearray())

    def _on_headers_finished(self) -> None:
        part = self._part
        disposition, options = parse_options_header(part.headers.get("content-disposition"))
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if disposition != b"form-data" or not part.name:
            raise HTTPException(400, "a part of the form has no name")
        part.is_file = part.name == self._file_field
        part.kept = part.name in self._wanted
        again = len(self.file_names) >= self._most_files if part.is_file else part.name in self._seen
        if (part.is_file or part.kept) and again:
            raise HTTPException(400, f"the form has {part.name!r} twice or too often")
        self._seen.add(part.name)
        if part.is_file:
            self.file_names.append(options.get(b"filename", b"").decode("utf-8", "replace"))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.is_file:
            self._file_data.append((len(self.file_names) - 1, data[start:end]))
        elif part.kept:
            part.value += data[start:end]
            if len(part.value) > FIELD_BYTES:
                raise HTTPException(400, f"the field {part.name!r} is longer than {FIELD_BYTES} bytes")

    def _on_part_end(self) -> None:
        part = self._part
        if part.kept and not part.is_file:
            try:
                self.fields[part.name] = part.value.decode()
            except UnicodeDecodeError as error:
                raise HTTPException(400, f"the field {part.name!r} is not UTF-8") from error

    def _on_end(self) -> None:
        self._ended = True


def boundary_of(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 200:
        raise HTTPException(400, "this wants a form: Content-Type multipart/form-data with its boundary")
    return boundary


def check_length(request: Request, longest_bytes: int) -> None:
    """Refuse what says itself that it is too large before it is sent."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > longest_bytes + OTHER_BYTES:
        raise too_large(longest_bytes)


def check_rest(size_bytes: int) -> None:
    """Refuse a form that holds more than a form may besides its files."""
    if size_bytes > OTHER_BYTES:
        raise HTTPException(413, "the form holds too much besides its file")


def too_large(longest_bytes: int) -> HTTPException:
    return HTTPException(413, f"the file is larger than {longest_bytes / 1e6:.0f} MB, which is the most here")
