"""An S3 server on loopback (moto), and a front before it that looks at requests and can spoil them."""

import hashlib
import http.client
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.client import BaseClient
from moto.server import ThreadedMotoServer

from sightline.delivery.s3 import S3Uploader
from sightline.domain.delivery import Consignment

BUCKET = "clips"
KEY_ID = "AKIAEXAMPLEEXAMPLE01"
SECRET = "s3cr3t/of+the0shop0that0nobody0may0see01"
HANG_UP = 0


class S3Server:
    """moto with one empty bucket.

    Attributes:
        address: http://127.0.0.1:port
    """

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        self._moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._moto.start()
        self.port = self._moto.get_host_and_port()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.client("s3").create_bucket(Bucket=BUCKET)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._moto.stop()
        self._moto._server.server_close()

    def client(self, service: str) -> BaseClient:
        """Amazon's own client, for what the test wants to see or set up."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.address, region_name="us-east-1", **keys)

    def content(self, name: str, bucket: str = BUCKET) -> bytes:
        with self.client("s3").get_object(Bucket=bucket, Key=name)["Body"] as body:
            return bytes(body.read())

    def names(self) -> set[str]:
        return {
            found["Key"] for found in self.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
        }

    def unfinished(self) -> list[str]:
        return [
            up["Key"] for up in self.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        ]


class S3Front:
    """Passes requests on to the server behind it.

    Attributes:
        seen: "METHOD /path?query" of each request.
        headers: of the last request.
        instead: given such a line, a status and a body to answer with in place of the server, HANG_UP for a
            connection that just ends, or None.
        spoil: what becomes of the body of a request on its way.
        tag: the ETag of every answer, in place of the server's or none.
    """

    def __init__(self, port: int) -> None:
        self.seen: list[str] = []
        self.headers: dict[str, str] = {}
        self.instead: Callable[[str], tuple[int, bytes] | None] = lambda _line: None
        self.spoil: Callable[[bytes], bytes] = lambda body: body
        self.tag: str | None = None
        self._behind = port
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                front.pass_on(self)

            def do_HEAD(self) -> None:
                front.pass_on(self)

            def do_PUT(self) -> None:
                front.pass_on(self)

            def do_POST(self) -> None:
                front.pass_on(self)

            def do_DELETE(self) -> None:
                front.pass_on(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
                """Tests are quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self.port = self._http.server_port
        self.address = f"http://127.0.0.1:{self.port}"

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        line = f"{handler.command} {handler.path}"
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.seen.append(line)
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        own = self.instead(line)
        if own is not None:
            status, content = own
            headers = [("ETag", "")] if self.tag else []
        else:
            status, headers, content = self._asked(handler, self.spoil(body) if body else body)
        if status == HANG_UP:
            handler.close_connection = True
            return
        with suppress(OSError):  # the client is free to leave
            self._answer(handler, status, headers, content)

    def _asked(
        self, handler: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._behind)
        headers = {**dict(handler.headers.items()), "Content-Length": str(len(body))}
        connection.request(handler.command, handler.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content

    def _answer(
        self, handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes
    ) -> None:
        length = str(len(content))
        handler.send_response(status)
        for name, value in headers:
            if name.lower() == "content-length" and handler.command == "HEAD":
                length = value
            elif name.lower() == "etag" and self.tag is not None:
                handler.send_header(name, self.tag)
            elif name.lower() not in ("content-length", "connection", "transfer-encoding"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", length)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def uploader(address: str, **changed: Any) -> S3Uploader:
    settings: dict[str, Any] = {
        "endpoint": address,
        "access_key_id": KEY_ID,
        "secret_access_key": SECRET,
        "region": "us-east-1",
        "public_base_url": None,
        **changed,
    }
    return S3Uploader(settings.pop("bucket", BUCKET), **settings)


def sealed(folder: Path, content: bytes, name: str = "segment_1_20260302_120000_queue.mp4") -> Consignment:
    path = folder / name
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return Consignment(path=path, file_name=name, size_bytes=len(content), sha256=digest)
