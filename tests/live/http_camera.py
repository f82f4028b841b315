"""A camera that speaks HTTP, on loopback: streams at its own pace, or answers badly."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import cv2
import numpy as np

BOUNDARY = "picture"


class HttpCamera:
    """Serves what `pages` holds by path: a status, headers and the pieces of the body.

    The pieces are made anew for each client; between two of them `pause_s` passes.
    """

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], Callable[[], Iterable[bytes]], float]] = {}
        self._ended = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.answer(self)

            def do_HEAD(self) -> None:
                camera.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
                """Tests are quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def serve(
        self,
        path: str,
        pieces: Callable[[], Iterable[bytes]] = tuple,
        *,
        content: str = "video/mp2t",
        status: int = 200,
        headers: dict[str, str] | None = None,
        pause_s: float = 0.0,
        login: str = "",
    ) -> str:
        """Put something at `path`; returns its address, with `login` in it."""
        self.pages[path] = (status, {"Content-Type": content, **(headers or {})}, pieces, pause_s)
        return f"http://{login and login + '@'}127.0.0.1:{self._http.server_port}{path}"

    def serve_jpegs(self, path: str, pictures: Callable[[], Iterable[bytes]], *, fps: float = 25) -> str:
        """A stream of JPEGs, as `multipart/x-mixed-replace`."""

        def pieces() -> Iterator[bytes]:
            for picture in pictures():
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                yield head.encode() + picture + b"\r\n"

        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        return self.serve(path, pieces, content=kind, pause_s=1 / fps)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        status, headers, pieces, pause_s = self.pages.get(handler.path, (404, {}, tuple, 0.0))
        with suppress(OSError):  # the client is free to leave
            handler.send_response(status)
            for name, value in {**headers, "Connection": "close"}.items():
                handler.send_header(name, value)
            handler.end_headers()
            for piece in pieces() if handler.command == "GET" else ():
                handler.wfile.write(piece)
                if self._ended.wait(pause_s):
                    return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def jpeg(number: int, width: int, height: int) -> bytes:
    """A grey picture with a bright bar at `number`."""
    image = np.full((height, width, 3), 90, np.uint8)
    image[:, number * 4 % width : number * 4 % width + 8] = 250
    return bytes(cv2.imencode(".jpg", image)[1].tobytes())


def chunks(data: bytes, size: int) -> Callable[[], list[bytes]]:
    """`data` in pieces of `size` bytes."""
    return lambda: [data[at : at + size] for at in range(0, len(data), size)]
