"""One request to a receiver: read, kept or not, answered well or badly."""

import hashlib
import json
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote
from uuid import uuid4

from sightline.testing.receiver_faults import Fault, shaped
from sightline.testing.receiver_form import FormReader
from sightline.testing.receiver_shelf import Arrival

if TYPE_CHECKING:
    from sightline.testing.receiver import Receiver, ReceiverServer

PIECE_BYTES = 1 << 16


def drop(connection: socket.socket) -> None:
    """End a connection for both sides, from whatever thread."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


class ReceiverHandler(BaseHTTPRequestHandler):
    """Speaks to one client for one request."""

    protocol_version = "HTTP/1.1"
    server: "ReceiverServer"

    def setup(self) -> None:
        super().setup()
        self.receiver: Receiver = self.server.receiver

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Tests are quiet."""

    def do_POST(self) -> None:
        self.close_connection = True
        key = self.headers.get("Idempotency-Key", "")
        asked = self.receiver.note(self.path, key)
        if self.receiver.api_key and self.headers.get("X-API-Key") != self.receiver.api_key:
            given = self.headers.get("X-API-Key")
            self._read_all()
            self._answer(403 if given else 401, {"detail": f"not the right key: {given}"})
            return
        early = self._early(asked.fault)
        if early is not None:
            early()
            return
        kept = self._keep(key, cut=asked.fault is Fault.SHORT_COPY)
        if kept is not None:
            self._late(asked.fault, kept)

    def do_GET(self) -> None:
        self.close_connection = True
        self.receiver.looked.append(f"{self.command} {self.path}")
        if self.command == "HEAD" and not self.receiver.answers_head:
            self._answer(405, {})
            return
        name = unquote(self.path.rpartition("/")[2])
        path = self.receiver.shelf.files_dir / name
        if not self.path.startswith("/files/") or not path.is_file():
            self._answer(404, {"detail": "no such file"})
            return
        self.send_response(200)
        self.send_header("Content-Type", self.receiver.media_type)
        if self.receiver.names_length:
            self.send_header("Content-Length", str(path.stat().st_size))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "GET":
            with path.open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    self.wfile.write(piece)

    do_HEAD = do_GET  # noqa: N815  the library's name

    def _early(self, fault: Fault | None) -> Callable[[], None] | None:
        """What is done instead of keeping the request."""
        faults: dict[Fault, Callable[[], None]] = {
            Fault.ERROR_500: lambda: self._turn_away(500, {"detail": "database is locked"}),
            Fault.ERROR_503: lambda: self._turn_away(503, {"detail": "starting up"}),
            Fault.TOO_MANY: lambda: self._turn_away(
                429, {"detail": "slow down"}, {"Retry-After": self.receiver.retry_after}
            ),
            Fault.REFUSED: lambda: self._turn_away(
                403, {"detail": f"key {self.headers.get('X-API-Key')} may not write here"}
            ),
            Fault.REDIRECT: lambda: self._turn_away(
                307, {}, {"Location": "http://elsewhere.example/upload?token=far-away-token"}
            ),
            Fault.SUCCESS_FALSE: lambda: self._turn_away(
                200, {"success": False, "message": "quota is used up"}
            ),
            Fault.TOO_LARGE: lambda: self._answer(413, {"detail": "at most 1 MB"}),
            Fault.RESET: self._reset,
            Fault.STALL: self._wait,
            Fault.NO_ANSWER: self._say_nothing,
        }
        return faults.get(fault) if fault is not None else None

    def _late(self, fault: Fault | None, kept: Arrival) -> None:
        """Answer for what was kept."""
        if fault is Fault.STORED_THEN_RESET:
            self._hang_up()
            return
        if fault is Fault.SLOW:
            self.server.ended.wait(self.receiver.slow_s)
        kind, body = self._words(fault, kept)
        if fault is Fault.TRICKLE:
            self._trickle()
        elif fault is Fault.TRUNCATED:
            self._send(200, kind, _bytes(body) + b" " * 1000, cut=len(_bytes(body)) // 2)
        else:
            self._send(200, kind, _bytes(body))

    def _words(self, fault: Fault | None, kept: Arrival) -> tuple[str, Any]:
        if fault is Fault.NOT_JSON:
            return "text/html", f"<html><body>{'<p>Thank you.</p>' * 100}</body></html>"
        if kept.document is not None:
            return "application/json", self.receiver.report(kept.number)
        stated: dict[str, Any] = {
            "sha256": kept.sha256,
            "md5": _md5(self.receiver.path_of(kept)),
            "size": kept.size_bytes,
        }
        stated = {name: stated[name] for name in self.receiver.states}
        if fault is Fault.WRONG_HASH:
            stated["sha256"] = "0" * 64
        if fault is Fault.WRONG_LENGTH:
            stated = {"size": kept.size_bytes + 1}
        url = f"{self.receiver.files_url}/{quote(kept.stored_name)}"
        return shaped(self.receiver.shape, kept.stored_name, url, stated)

    def _keep(self, key: str, *, cut: bool) -> Arrival | None:
        """Read a form or a document and keep it; None once it was answered that it is neither."""
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/"):
            return self._keep_file(key, kind, cut=cut)
        try:
            document = json.loads(b"".join(self._pieces()))
        except ValueError:
            self._answer(400, {"detail": "neither a form nor JSON"})
            return None
        return self.receiver.shelf.keep(Arrival(number=0, path=self.path, key=key, document=document))

    def _keep_file(self, key: str, kind: str, *, cut: bool) -> Arrival | None:
        incoming = self.receiver.shelf.incoming_dir / f"{uuid4().hex}.part"
        try:
            with FormReader(kind, incoming) as form:
                for piece in self._pieces():
                    form.feed(piece)
            if not form.complete or not form.file_name:
                self._answer(400, {"detail": "the form has no file, or no end"})
                return None
            sha256, size_bytes = form.sha256, form.size_bytes
            if cut:
                content = incoming.read_bytes()[: size_bytes // 2]
                incoming.write_bytes(content)
                sha256, size_bytes = hashlib.sha256(content).hexdigest(), len(content)
            arrival = Arrival(
                number=0, path=self.path, key=key, name=form.file_name, sha256=sha256,
                size_bytes=size_bytes, fields=form.fields,
            )  # fmt: skip
            return self.receiver.shelf.keep(arrival, incoming)
        except ValueError as error:
            self._answer(400, {"detail": str(error)})
            return None
        finally:
            incoming.unlink(missing_ok=True)

    def _pieces(self, limit: int | None = None) -> Iterator[bytes]:
        """The body as it comes, up to `limit` bytes. Raises ConnectionError when the sender leaves."""
        left = int(self.headers.get("Content-Length", 0))
        if limit is not None:
            left = min(left, limit)
        while left:
            piece = self.rfile.read1(min(left, PIECE_BYTES))
            if not piece:
                raise ConnectionError("the sender left")
            left -= len(piece)
            yield piece

    def _read_all(self) -> None:
        for _ in self._pieces():
            pass

    def _turn_away(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        self._read_all()
        self._answer(status, document, headers)

    def _reset(self) -> None:
        for _ in self._pieces(self.receiver.reset_after):
            pass
        self._hang_up()

    def _hang_up(self) -> None:
        """Close without a good-bye: the other side gets a reset, not an end."""
        no_linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        os.close(self.connection.detach())

    def _wait(self) -> None:
        self.server.ended.wait()

    def _say_nothing(self) -> None:
        self._read_all()
        self._wait()

    def _trickle(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.ended.wait(0.02):
            self.wfile.write(b"z")

    def _answer(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json", _bytes(document), headers)

    def _send(
        self,
        status: int,
        kind: str,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
