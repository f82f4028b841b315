"""A server that answers the bytes it is told to, at the pace it is told to."""

import re
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self


class RawAnswers:
    """Reads one request after another, and sends `pieces` with `pause_s` before each.

    Attributes:
        requests: those that came, as they came.
        connections: how many there were.
    """

    def __init__(self, pieces: Iterable[bytes] = (), *, pause_s: float = 0.0) -> None:
        self.pieces = pieces
        self.requests: list[str] = []
        self.connections = 0
        self._pause_s = pause_s
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.02)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/in"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError):  # nobody came in time, or somebody left
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection:
                    connection.settimeout(2)
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        asked = b""
        while (missing := _missing(asked)) != 0:
            piece = connection.recv(missing)
            if not piece:
                return
            asked += piece
        self.requests.append(asked.decode("latin-1"))
        for piece in self.pieces:
            if self._ended.wait(self._pause_s):
                return
            connection.sendall(piece)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._listener.close()


def _missing(asked: bytes) -> int:
    """How much there may still be of a request: an answer before its end may be lost with the connection."""
    head, end, body = asked.partition(b"\r\n\r\n")
    if not end:
        return 65_536
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(length[1]) - len(body) if length else 0


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer, with the length of its body."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
