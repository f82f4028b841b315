"""A multipart form read as it comes: its file goes to disk in pieces and is hashed on the way."""

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

from python_multipart.multipart import MultipartParser, parse_options_header


class FormReader:
    """Reads one form. Not for untrusted senders: text fields are kept in memory.

    Attributes:
        fields: text fields by name.
        file_field, file_name, media_type: what the form says of its file; "" when it has none.
        size_bytes: of the file so far.
        complete: the closing boundary has come.
    """

    def __init__(self, content_type: str, path: Path) -> None:
        """Write the file to `path`.

        Raises:
            ValueError: `content_type` is not that of a form.
        """
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise ValueError(f"{content_type!r} is no multipart form")
        self.fields: dict[str, str] = {}
        self.file_field = self.file_name = self.media_type = ""
        self.size_bytes = 0
        self.complete = False
        self._digest = hashlib.sha256()
        self._file = path.open("wb")
        self._header = [bytearray(), bytearray()]
        self._headers: dict[str, bytes] = {}
        self._text = bytearray()
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._name_part,
                "on_part_data": self._take,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def feed(self, piece: bytes) -> None:
        """Raises ValueError (the parser's own is one) where the form breaks the rules."""
        self._parser.write(piece)

    def _begin(self) -> None:
        self._headers = {}
        self._text.clear()
        self._part, self._is_file = "", False

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = bytes(value)
        self._header = [bytearray(), bytearray()]

    def _name_part(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        self._part = options.get(b"name", b"").decode()
        self._is_file = b"filename" in options
        if self._is_file:
            self.file_field = self._part
            self.file_name = options[b"filename"].decode()
            self.media_type = self._headers.get("content-type", b"").decode()

    def _take(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if not self._is_file:
            self._text += piece
            return
        self._file.write(piece)
        self._digest.update(piece)
        self.size_bytes += len(piece)

    def _end_part(self) -> None:
        if not self._is_file:
            self.fields[self._part] = self._text.decode()

    def _end(self) -> None:
        self.complete = True
        self._file.flush()
