"""A look at one camera: what it sends, whether its clock is right, and one picture to recognise it by."""

from __future__ import annotations

import itertools
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median
from urllib.parse import urlsplit

import cv2
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sightline.domain.gap import GapReason
from sightline.video.camera_address import plan_opening
from sightline.video.stream import LiveStream, StreamLost, open_stream

_PATIENCE_S = 10.0
_CLOCK_TIMEOUT_S = 2.0
_LONGEST_ANSWER = 16_384
_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReport:
    """What `camera test` shows.

    Attributes:
        codec: FFmpeg's name.
        width, height: pixels as stored.
        fps: pictures per second, measured; as announced where too few came to measure.
        key_frame_interval_s: middle distance of the key frames; None where fewer than two came.
        bit_rate: bits per second of the pictures.
        clock_offset_s: by how much the camera's clock is ahead of ours, to half a second; None where it does
            not tell its time.
        snapshot_jpeg: the first picture that could be decoded.
        shown: the address without its password.
    """

    codec: str
    width: int
    height: int
    fps: float
    key_frame_interval_s: float | None
    bit_rate: float
    clock_offset_s: float | None
    snapshot_jpeg: bytes = field(repr=False)
    shown: str


def probe_stream(address: str, *, transport: str = "tcp", seconds: float = 5.0) -> StreamReport:
    """Watch a stream for `seconds`, and until one picture could be decoded.

    Raises:
        SourceRejected, StreamLost: as `open_stream`; UNUSABLE where no picture can be decoded.
    """
    with open_stream(address, transport=transport) as live:
        watched = _Watched(live)
        watched.watch(seconds)
        info = live.info
        return StreamReport(
            codec=info.codec,
            width=info.width,
            height=info.height,
            fps=watched.fps() or float(info.fps),
            key_frame_interval_s=watched.key_frame_interval_s(),
            bit_rate=watched.bit_rate(),
            clock_offset_s=clock_offset_s(address),
            snapshot_jpeg=watched.snapshot_jpeg,
            shown=info.shown,
        )


class _Watched:
    """What a few seconds of packets tell."""

    def __init__(self, live: LiveStream) -> None:
        self._live = live
        self._times: list[float] = []
        self._key_times: list[float] = []
        self._bits = 0
        self.snapshot_jpeg = b""

    def watch(self, seconds: float) -> None:
        codec = self._live.stream.codec_context
        begun = time.monotonic()
        for packet in self._live.packets():
            assert packet.pts is not None
            at = float(packet.pts * self._live.info.time_base)
            self._times.append(at)
            self._bits += 8 * packet.size
            if packet.is_keyframe:
                self._key_times.append(at)
            if self._key_times and not self.snapshot_jpeg:
                self.snapshot_jpeg = _snapshot(codec, packet)
            watched_s = time.monotonic() - begun
            if watched_s >= seconds + (0 if self.snapshot_jpeg else _PATIENCE_S):
                break
        if not self.snapshot_jpeg:
            raise StreamLost(
                GapReason.UNUSABLE, f"{self._live.info.shown}: none of its pictures can be decoded"
            )

    def fps(self) -> float | None:
        length_s = self._length_s()
        return (len(self._times) - 1) / length_s if length_s > 0 else None

    def bit_rate(self) -> float:
        """The last picture counts for as long as the others, on average."""
        fps = self.fps() or float(self._live.info.fps)
        return self._bits * fps / len(self._times)

    def key_frame_interval_s(self) -> float | None:
        intervals = [after - before for before, after in itertools.pairwise(self._key_times)]
        return median(intervals) if intervals else None

    def _length_s(self) -> float:
        return max(self._times) - min(self._times)


def _snapshot(codec: VideoCodecContext, packet: Packet[VideoStream]) -> bytes:
    """The picture as JPEG; empty while there is none."""
    try:
        frames: Iterable[VideoFrame] = codec.decode(packet)
    except FFmpegError:
        return b""
    for frame in frames:
        if not frame.is_corrupt:
            done, jpeg = cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))
            return jpeg.tobytes() if done else b""
    return b""


def clock_offset_s(address: str, *, timeout_s: float = _CLOCK_TIMEOUT_S) -> float | None:
    """By how much the camera's clock is ahead of ours, in seconds.

    It asks for the options of the server (RTSP) or the head of its first page (HTTP), without logging in, and
    reads the `Date` of the answer. That is in whole seconds, so the result is right to half a second.

    Returns:
        None, when the camera does not answer in time or tells no date, and for a webcam.

    Raises:
        SourceRejected: no camera's address.
    """
    url = plan_opening(address, transport="tcp", silence_s=timeout_s).url
    if "://" not in url:
        return None
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    named = f"[{host}]" if ":" in host else host
    if parts.scheme.startswith("rtsp"):
        request = f"OPTIONS rtsp://{named}:{port}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    else:
        request = f"HEAD / HTTP/1.1\r\nHost: {named}:{port}\r\nConnection: close\r\n\r\n"
    try:
        asked_at = datetime.now(UTC)
        answer = _ask(host, port, request.encode(), tls=parts.scheme.endswith("s"), timeout_s=timeout_s)
        answered_at = datetime.now(UTC)
    except OSError:
        return None
    told_at = _date_of(answer)
    if told_at is None:
        return None
    ours = asked_at + (answered_at - asked_at) / 2
    return (told_at - ours).total_seconds() + 0.5  # it told the second that had begun


def _ask(host: str, port: int, request: bytes, *, tls: bool, timeout_s: float) -> bytes:
    """The head of a server's answer."""
    end = time.monotonic() + timeout_s
    connection = socket.create_connection((host, port), timeout=timeout_s)
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # cameras sign for themselves
        connection = context.wrap_socket(connection)
    answer = b""
    with closing(connection):
        connection.sendall(request)
        while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_ANSWER:
            connection.settimeout(max(0.001, end - time.monotonic()))
            piece = connection.recv(4096)
            if not piece:
                break
            answer += piece
    return answer


def _date_of(answer: bytes) -> datetime | None:
    for line in answer.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "date":
            try:
                told = parsedate_to_datetime(value.strip())
            except ValueError:
                return None
            return told.replace(tzinfo=UTC) if told.tzinfo is None else told
    return None
