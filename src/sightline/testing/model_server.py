"""A real web server on loopback that gives one file, well or badly: for tests of downloads."""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from threading import Thread
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How one request is answered.

    Attributes:
        status: other than 200 is sent with an empty body.
        body: another content than the server's file.
        cut_after: bytes after which the connection is dropped.
        honours_range: whether a Range header gets 206 and the rest.
        shift: how far off the bytes of a 206 answer start.
        length: Content-Length to claim; None = the true one, -1 = none at all.
        etag, last_modified: validators; empty = not sent.
        headers: sent in addition.
    """

    status: int = 200
    body: bytes | None = None
    cut_after: int | None = None
    honours_range: bool = True
    shift: int = 0
    length: int | None = None
    etag: str = '"one"'
    last_modified: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    path: str
    range: str | None
    if_range: str | None


class ModelServer:
    """Serves `content` at every path. `replies` are used up one by one, the last one for ever."""

    def __init__(self, content: bytes, *, tls: SSLContext | None = None) -> None:
        self.content = content
        self.replies: list[Reply] = [Reply()]
        self.requests: list[Request] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
                """Tests are quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Address of the file."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}/model.onnx"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request with the next reply."""
        asked = handler.headers
        self.requests.append(Request(handler.path, asked.get("Range"), asked.get("If-Range")))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        content = self.content if reply.body is None else reply.body
        start = self._start(reply, asked.get("Range"), asked.get("If-Range"))
        if reply.status != 200:
            content, start = b"", 0
        elif start >= len(content) > 0:
            handler.send_response(416)
            handler.send_header("Content-Range", f"bytes */{len(content)}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        body = content[start + reply.shift if start else 0 :]
        handler.send_response(206 if start else reply.status)
        if start:
            first = start + reply.shift
            handler.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if reply.length != -1:
            handler.send_header("Content-Length", str(len(body) if reply.length is None else reply.length))
        for name, value in (("ETag", reply.etag), ("Last-Modified", reply.last_modified)):
            if value:
                handler.send_header(name, value)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # a client may refuse what it is sent
            handler.wfile.write(body if reply.cut_after is None else body[: reply.cut_after])
        handler.close_connection = True

    def _start(self, reply: Reply, asked: str | None, condition: str | None) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", asked or "")
        if match is None or not reply.honours_range:
            return 0
        if condition is not None and condition not in (reply.etag, reply.last_modified):
            return 0
        return int(match[1])
