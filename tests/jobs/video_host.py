"""A host of videos on this machine, well and ill behaved, and a process that may fetch from it.

The product refuses addresses inside the network, so the process is a script that names the host's port as an
allowed endpoint; nothing but code can do that.
"""

import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from sightline.jobs.fetching import FetchMeans


class VideoHost:
    """Paths: `/film.mp4` is `film`; `/to/URL` leads on; `/status/N` answers so; `/trickle.mp4` a byte now and
    then, `/endless.mp4` a megabyte again and again without saying how many, `/announced.mp4` says 3 GB,
    `/hold.mp4` gives half of the film and then nothing, `/broken.mp4` half of it and hangs up."""

    def __init__(self, film: bytes) -> None:
        self.film = film
        self.asked: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                with suppress(OSError):  # the other side may be killed
                    host.answer(self)

            do_HEAD = do_GET  # noqa: N815  the library's name

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Tests are quiet."""

        self.over = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request as its path wants it."""
        path = handler.path
        if path.startswith("/to/"):
            self._head(handler, 302, {"Location": path.removeprefix("/to/")})
        elif path.startswith("/status/"):
            self._head(handler, int(path.rpartition("/")[2]), {"Content-Length": "0"})
        elif path in ("/endless.mp4", "/trickle.mp4"):
            self._head(handler, 200, {"Content-Type": "video/mp4"})
            block, pause_s = (bytes(1 << 20), 0.0) if path == "/endless.mp4" else (b"x", 0.1)
            while not self.over.wait(pause_s):
                handler.wfile.write(block)
        else:
            length = 3_000_000_000 if path == "/announced.mp4" else len(self.film)
            self._head(handler, 200, {"Content-Type": "video/mp4", "Content-Length": str(length)})
            half = path in ("/hold.mp4", "/broken.mp4")
            handler.wfile.write(self.film[: len(self.film) // 2] if half else self.film)
            if path in ("/hold.mp4", "/announced.mp4"):
                self.over.wait()
        handler.close_connection = True

    def _head(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    def fetching(self, before: str = "", **facts: Any) -> FetchMeans:
        """A process that may fetch from this host; `before` is what its script does first."""
        text = f"{before}\nfrom sightline.jobs.fetch import run\nrun(allowed={{('127.0.0.1', {self.port})}})"
        given: dict[str, Any] = {"longest_bytes": 5_000_000, "within_s": 60.0} | facts
        command: Sequence[str] = (sys.executable, "-c", text)
        return FetchMeans(command=command, **given)


def wait_until(true: Any, *, within_s: float = 60.0) -> None:
    """Wait until `true()` holds."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)
