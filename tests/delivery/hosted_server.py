"""A video host on loopback: speaks the hosted-video protocol, keeps what it is sent, or answers badly."""

import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

KEY = "host-key-0123456789"
PREFIX = "/api/v1/videos"


@dataclass(slots=True)
class Kept:
    """A video at the host."""

    file_name: str
    content: bytes
    metadata: dict[str, Any]
    access_type: str
    link_id: str
    token: str
    made_at: datetime
    expires_at: datetime


class HostedServer:
    """The far end of the protocol.

    Attributes:
        videos: by id.
        asked: method, path and headers of each request.
        instead: given "METHOD /path", a status and a document or text to answer with in place of the host's.
        spoil: what becomes of a video on its way.
    """

    def __init__(self) -> None:
        self.videos: dict[str, Kept] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.instead: Callable[[str], tuple[int, Any] | None] = lambda _line: None
        self.spoil: Callable[[bytes], bytes] = lambda content: content
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.answer(self)

            def do_POST(self) -> None:
                host.answer(self)

            def do_DELETE(self) -> None:
                host.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
                """Tests are quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = False
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self.base_url = f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        path = urlsplit(handler.path).path
        self.asked.append((handler.command, path, headers))
        status, document = self.instead(f"{handler.command} {path}") or self._judged(
            handler.command, handler.path, headers, body
        )
        if not isinstance(document, str):
            document = json.dumps(document)
        content = document.encode()
        with suppress(OSError):  # whoever asked is free to leave
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

    def _judged(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        key = headers.get("authorization", "")
        if not key:
            return 401, {"error": "no key"}
        if key != f"Bearer {KEY}":
            return 403, {"error": f"wrong key {key}"}
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if (method, parts.path) == ("POST", f"{PREFIX}/upload"):
            return self._upload(headers, body)
        if (method, parts.path) == ("GET", f"{PREFIX}/link/verify"):
            return self._verify(asked)
        if (method, parts.path) == ("POST", f"{PREFIX}/link/extend"):
            return self._extend(json.loads(body))
        if method == "DELETE" and self.videos.pop(parts.path.removeprefix(f"{PREFIX}/upload/"), None):
            return 200, {"success": True}
        return 404, {"success": False, "error": "no such video"}

    def _upload(self, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        form = BytesParser().parsebytes(f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + body)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}
        fields = {name: part.get_payload(decode=True) for name, part in parts.items()}
        metadata = json.loads(fields["metadata"])
        content = self.spoil(fields["video"])
        video_id = headers["x-video-id"]
        if metadata.get("video_id") != video_id:
            return 400, {"error": "metadata: missing or wrong: video_id"}
        digest = hashlib.sha256(content).hexdigest()
        if digest != metadata["file_hash"]:
            return 422, {"error": "the video does not have this file_hash"}
        status = 409 if video_id in self.videos else 200
        if status == 200:
            now = datetime.now(UTC)
            self.videos[video_id] = Kept(
                file_name=str(parts["video"].get_filename()),
                content=content,
                metadata=metadata,
                access_type=fields["access_type"].decode(),
                link_id=secrets.token_hex(8),
                token=secrets.token_urlsafe(24),
                made_at=now,
                expires_at=now + timedelta(hours=int(fields["expiration_hours"])),
            )
        return status, {
            "success": status == 200,
            "video_id": video_id,
            "private_link": self.link_of(video_id),
            "expiration_time": self.videos[video_id].expires_at.isoformat(),
            "file_hash": hashlib.sha256(self.videos[video_id].content).hexdigest(),
            "message": "kept",
        }

    def link_of(self, video_id: str) -> str:
        kept = self.videos[video_id]
        return f"{self.base_url}/video/{kept.link_id}?token={kept.token}"

    def _verify(self, asked: dict[str, str]) -> tuple[int, Any]:
        kept = next((one for one in self.videos.values() if one.link_id == asked["video_id"]), None)
        kept = kept or self.videos.get(asked["video_id"])
        left = timedelta(0) if kept is None else kept.expires_at - datetime.now(UTC)
        if kept is None or kept.token != asked["token"] or left <= timedelta(0):
            return 200, {"valid": False, "expiration_time": None, "remaining_hours": 0}
        until = kept.expires_at.isoformat()
        return 200, {
            "valid": True,
            "expiration_time": until,
            "remaining_hours": left / timedelta(hours=1),
        }

    def _extend(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        kept = self.videos.get(wanted["video_id"])
        if kept is None:
            return 404, {"error": "no such video"}
        kept.expires_at += timedelta(hours=wanted["additional_hours"])
        total = (kept.expires_at - kept.made_at) / timedelta(hours=1)
        return 200, {"new_expiration": kept.expires_at.isoformat(), "total_hours": total}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
