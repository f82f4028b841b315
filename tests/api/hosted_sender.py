"""A sender of hosted videos that can also do it wrong."""

import hashlib
import json
import socket
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import httpx
from video_site import VideoSite

MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
BOUNDARY = "frontier"


def a_video(length: int = 5_000, seed: int = 0) -> bytes:
    """Bytes that begin like an MP4 file."""
    return (MP4 + hashlib.sha256(str(seed).encode()).digest() * (length // 32 + 1))[:length]


def metadata_of(video: bytes, video_id: str, **changed: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "video_id": video_id,
        "upload_timestamp": "2025-09-25T14:30:00",
        "expiration_time": "2025-09-27T14:30:00+00:00",
        "source": "sightline",
        "type": "incident",
        "incident_type": "SECURITY",
        "risk_level": "HIGH",
        "confidence": 0.92,
        "frame_count": 150,
        "analysis": "two people after hours",
        "file_hash": hashlib.sha256(video).hexdigest(),
    }
    return facts | changed


class HostedSender:
    """Sends videos to a site with one key."""

    def __init__(self, site: VideoSite, key: str | None) -> None:
        self.base = f"http://127.0.0.1:{site.port}/api/v1/videos"
        self._client = site.client
        self._headers = {"Authorization": f"Bearer {key}"} if key is not None else {}

    def send(
        self,
        video: bytes,
        video_id: str | None = None,
        *,
        metadata: object = None,
        headers: Mapping[str, str] | None = None,
        file_name: str | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Upload as the protocol says; what is given replaces what it says."""
        video_id = video_id or str(uuid4())
        if metadata is None:
            metadata = metadata_of(video, video_id)
        form = {
            "metadata": metadata if isinstance(metadata, str) else json.dumps(metadata),
            "expiration_hours": "48",
            "access_type": "private",
            **(fields or {}),
        }
        return self._client.post(
            f"{self.base}/upload",
            headers={**self._headers, "X-Video-ID": video_id, **(headers or {})},
            data=form,
            files={"video": (file_name or f"incident_{video_id}.mp4", video, "video/mp4")},
        )

    def send_raw(self, body: bytes | Iterable[bytes], **headers: str) -> httpx.Response:
        """A body of one's own making; as an iterable it is sent in chunks, without its length."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named.setdefault("X-Video-ID", str(uuid4()))
        named.setdefault("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        return self._client.post(f"{self.base}/upload", headers={**self._headers, **named}, content=body)

    def ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        return self._client.request(method, f"{self.base}{path}", headers=self._headers, **arguments)

    def begin(self, site: VideoSite, video_id: str, video: bytes, stated_length: int) -> socket.socket:
        """An upload of which only the beginning is sent; the connection is left open."""
        head = part_of("metadata", json.dumps(metadata_of(video, video_id)).encode()) + file_head()
        request = (
            f"POST /api/v1/videos/upload HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
            f"Authorization: {self._headers['Authorization']}\r\nX-Video-ID: {video_id}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {stated_length}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", site.port), timeout=5)
        connection.sendall(request.encode() + head + video)
        return connection


def part_of(name: str, value: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + value + b"\r\n"


def file_head(name: str = "video", file_name: str = "incident.mp4") -> bytes:
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        "Content-Type: video/mp4\r\n\r\n"
    ).encode()


def end_of_form() -> bytes:
    return f"\r\n--{BOUNDARY}--\r\n".encode()
