"""A line between a box and its centre that can be had in every state a line can be in."""

import socket
import struct
import threading
from collections import Counter
from contextlib import suppress
from enum import StrEnum
from types import TracebackType
from typing import Self


class State(StrEnum):
    """What becomes of a request."""

    OPEN = "open"
    DOWN = "down"  # the connection is reset at once
    SILENT = "silent"  # nothing is answered for as long as this lasts
    ERROR_500 = "error_500"  # somebody in between answers
    CUT_REQUEST = "cut_request"  # half of it arrives
    CUT_ANSWER = "cut_answer"  # all of it arrives, and is answered, and the answer does not


BAD = tuple(one for one in State if one is not State.OPEN)


class Line:
    """Listens on a port of this machine and passes on to `port`, as its state is. Use it in a `with` block.

    Attributes:
        passed: how many requests met which state.
    """

    def __init__(self, port: int) -> None:
        self.state = State.OPEN
        self.passed: Counter[State] = Counter()
        self._port = port
        self._ended = threading.Event()
        self._bound = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._bound.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        with suppress(OSError):
            self._bound.shutdown(socket.SHUT_RDWR)
        self._bound.close()
        self._thread.join(10)

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                near, _ = self._bound.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        state = self.state
        self.passed[state] += 1
        near.settimeout(20)
        with near, suppress(OSError):
            if state is State.DOWN:
                _reset(near)
                return
            request = _whole(near)
            if state is State.SILENT:
                while self.state is State.SILENT and not self._ended.wait(0.05):
                    pass
                _reset(near)
            elif state is State.ERROR_500:
                near.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            else:
                self._pass_on(near, request, state)

    def _pass_on(self, near: socket.socket, request: bytes, state: State) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=20) as far:
            if state is State.CUT_REQUEST:
                far.sendall(request[: len(request) * 2 // 3])
                _reset(near)
                return
            far.sendall(request)
            while piece := far.recv(65_536):
                if state is State.CUT_ANSWER:
                    _reset(near)
                    return
                near.sendall(piece)


def _whole(near: socket.socket) -> bytes:
    """Head and body of one request."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(near)
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _some(near)
    return head + b"\r\n\r\n" + body


def _some(near: socket.socket) -> bytes:
    piece = near.recv(65_536)
    if not piece:
        raise ConnectionResetError
    return piece


def _reset(near: socket.socket) -> None:
    """Have the other side find the connection broken, not closed."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    near.close()
