"""Live streams: opened with time-outs, read packet by packet, every failure told as the reason of a gap."""

from __future__ import annotations

import errno
import itertools
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self, cast

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from sightline.domain.gap import GapReason
from sightline.errors import SourceUnavailable
from sightline.video.camera_address import Opening, plan_opening
from sightline.video.camera_address import shown_address as shown_address
from sightline.video.stream_format import FormatWatch

_FALLBACK_FPS = Fraction(25)
_LIKELY_FPS = (Fraction(1, 2), Fraction(240))
_PACKETS_TO_MEASURE = 6
# Formats without times of their own: FFmpeg would count their pictures at 25 a second, whatever comes.
_UNTIMED = frozenset({"mpjpeg", "mjpeg", "h264", "hevc"})
_ARRIVAL_TIME_BASE = Fraction(1, 90_000)
_NEED_PARAMETERS = frozenset({"h264", "hevc"})  # MP4 cannot hold them without their parameter sets in front
_CLOSED_BY_CAMERA = frozenset({errno.ECONNRESET, errno.EIO, errno.EPIPE, errno.ESHUTDOWN, errno.ECONNABORTED})
_NOT_A_PICTURE = (
    av.error.InvalidDataError,
    av.error.DemuxerNotFoundError,
    av.error.DecoderNotFoundError,
    av.error.PatchWelcomeError,
    av.error.ArgumentError,
)
_PACKETS_WITHOUT_TIMES = 25
_PACKETS_WITHOUT_DECODE_TIMES = 8


class StreamLost(SourceUnavailable):
    """The stream cannot be opened, or has ended. Worth trying again.

    The message is one sentence and never holds the user or password of the address.

    Attributes:
        reason: what the gap that begins here is called.
    """

    def __init__(self, reason: GapReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """What a stream turned out to be when it was opened.

    Attributes:
        codec: FFmpeg's name: h264, hevc, mjpeg ...
        width, height: pixels as stored.
        fps: pictures per second, as announced, or measured over the first packets where nothing is announced.
        time_base: seconds per unit of the pts of the packets; may be finer than that of `LiveStream.stream`.
        shown: the address as it may be printed.
    """

    codec: str
    width: int
    height: int
    fps: Fraction
    time_base: Fraction
    shown: str


class LiveStream:
    """An open stream. Made by `open_stream`; read and closed by one thread.

    Attributes:
        info: what it carries.
        stream: the picture stream, as a template for recording and for a decoder.
    """

    info: StreamInfo

    def __init__(
        self, container: InputContainer, stream: VideoStream, shown: str, read_timeout_s: float
    ) -> None:
        self.stream = stream
        self._container = container
        self._shown = shown
        self._read_timeout_s = read_timeout_s
        self._stopped = threading.Event()
        # All streams, not only the pictures: where sound goes on alone, PyAV would see no silence.
        self._demuxed = cast("Generator[Packet[Stream]]", container.demux())
        self._waiting: deque[Packet[VideoStream]] = deque()
        codec = stream.codec_context
        self._format = FormatWatch(codec.name, (codec.width, codec.height), codec.extradata)
        self._arrival_counts = container.format.name in _UNTIMED
        announced = None if self._arrival_counts else stream.time_base
        self._time_base = announced or _ARRIVAL_TIME_BASE
        self._last_dts: int | None = None
        self._over: StreamLost | None = None
        self._step = 1
        self._last_picture_s = time.monotonic()

    def begin(self) -> None:
        """Read until times and frame rate are known; the packets read are kept for `packets`.

        Raises:
            StreamLost: as `packets`; UNUSABLE, where no packet carries a time.
        """
        while not self._first_times_known():
            if len(self._waiting) == _PACKETS_WITHOUT_TIMES:
                raise StreamLost(GapReason.UNUSABLE, f"{self._shown}: the pictures carry no times")
            self._waiting.append(self._read())
        fps = None if self._arrival_counts else _announced_fps(self.stream)
        while fps is None and len(self._waiting) < _PACKETS_TO_MEASURE:
            self._waiting.append(self._read())
        fps = fps or _measured_fps([packet.pts for packet in self._waiting], self._time_base)
        self._step = max(1, round(1 / (fps * self._time_base)))
        self._date_back()
        codec = self.stream.codec_context
        self.info = StreamInfo(
            codec=codec.name,
            width=codec.width,
            height=codec.height,
            fps=fps,
            time_base=self._time_base,
            shown=self._shown,
        )

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """Picture packets from the first one that came, as they come, in decode order, none lost.

        `pts` and `dts` are always set, `packet.time_base` is `info.time_base`. Jumps of the camera's clock
        are passed on as they are. Ends without an error only after `stop`.

        Raises:
            StreamLost: STALLED (nothing came for the read time-out), ENDED, FORMAT_CHANGED (raised instead of
                the first packet of the new codec or size), UNREACHABLE (the connection broke).
        """
        while not self._stopped.is_set():
            packet = self._waiting.popleft() if self._waiting else self._read()
            change = self._format.changed(packet)
            if change is not None:
                raise StreamLost(GapReason.FORMAT_CHANGED, f"{self._shown}: {change} in mid-stream")
            self._set_times(packet)
            yield packet

    def stop(self) -> None:
        """From any thread: have `packets` end at the next packet, or at the read time-out."""
        self._stopped.set()

    def close(self) -> None:
        """Let go of the connection; by the reading thread, after `packets` has ended. Can be repeated."""
        self._waiting.clear()
        self._demuxed.close()
        with suppress(FFmpegError):  # the farewell to a camera that is gone
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> Packet[VideoStream]:
        """The next picture packet."""
        while True:
            got = self._demux()
            if isinstance(got, StreamLost):
                raise got
            if got is not None:
                return got

    def _demux(self) -> Packet[VideoStream] | StreamLost | None:
        """The next picture packet, None for one of something else, or why nothing more comes.

        The failure is returned: raised where it is caught it would carry FFmpeg's own error along, which
        repeats the address.
        """
        if self._over is not None:
            return self._over
        try:
            packet = next(self._demuxed, None)
        except FFmpegError as error:
            return self._lost(error.errno)
        if packet is None:
            return self._lost(None)
        if packet.stream_index != self.stream.index or not packet.size:
            return self._lost(None) if self._is_silent() else None
        if self._is_silent():
            self._over = self._lost(None)  # at the time-out FFmpeg first hands out what it had kept back
        self._last_picture_s = time.monotonic()
        picture = cast("Packet[VideoStream]", packet)
        if self._arrival_counts:
            self._set_arrival(picture)
        return picture

    def _is_silent(self) -> bool:
        # A little less, because FFmpeg looks at the clock ten times a second.
        return time.monotonic() - self._last_picture_s >= 0.95 * self._read_timeout_s

    def _lost(self, code: int | None) -> StreamLost:
        """What the end of the packets means; `code` None = the camera ended them itself."""
        if self._is_silent():
            return StreamLost(
                GapReason.STALLED,
                f"{self._shown}: no picture for {self._read_timeout_s:g} s, though connected",
            )
        if code is None or code in _CLOSED_BY_CAMERA:
            return StreamLost(GapReason.ENDED, f"{self._shown}: the camera closed the connection")
        return StreamLost(GapReason.UNREACHABLE, f"{self._shown}: the connection broke")

    def _set_arrival(self, packet: Packet[VideoStream]) -> None:
        dts = int(self._last_picture_s / self._time_base)
        if self._last_dts is not None:
            dts = max(dts, self._last_dts + 1)
        packet.time_base = self._time_base
        packet.pts = packet.dts = self._last_dts = dts
        packet.duration = 0

    def _first_times_known(self) -> bool:
        last = self._waiting[-1] if self._waiting else None
        return (
            last is not None
            and last.pts is not None
            and (last.dts is not None or len(self._waiting) >= _PACKETS_WITHOUT_DECODE_TIMES)
        )

    def _date_back(self) -> None:
        """Give the first packets a time where FFmpeg has none: counted back from those that have one."""
        shown = [packet.pts for packet in self._waiting if packet.pts is not None]
        undated = [packet for packet in self._waiting if packet.pts is None]
        for back, packet in enumerate(reversed(undated), 1):
            packet.pts = min(shown) - back * self._step
        decoded = next((at for at, packet in enumerate(self._waiting) if packet.dts is not None), None)
        if decoded is None:
            return
        dts = self._waiting[decoded].dts
        assert dts is not None
        for at in range(decoded):
            self._waiting[at].dts = dts - (decoded - at) * self._step

    def _set_times(self, packet: Packet[VideoStream]) -> None:
        pts, dts = packet.pts, packet.dts
        if dts is None:
            follows = None if self._last_dts is None else self._last_dts + self._step
            reordered = self.stream.codec_context.has_b_frames and follows is not None
            dts = follows if reordered or pts is None else pts
        packet.dts = self._last_dts = dts or 0
        packet.pts = packet.dts if pts is None else pts


def open_stream(
    address: str, *, transport: str = "tcp", open_timeout_s: float = 5.0, read_timeout_s: float = 5.0
) -> LiveStream:
    """Open the picture stream of a camera.

    Certificates of rtsps and https are not checked: hardly any camera has one that could be.

    Args:
        address: `rtsp://`, `rtsps://`, `http://` or `https://`, with user and password where the camera asks
            for them; or `webcam:N`.
        transport: of RTSP: `tcp` or `udp`.
        open_timeout_s: for each of connecting and getting the first picture data.
        read_timeout_s: silence after which `LiveStream.packets` gives up.

    Raises:
        SourceRejected: another scheme or transport; nothing was opened.
        StreamLost: UNREACHABLE, UNAUTHORIZED, NOT_FOUND or UNUSABLE; STALLED or ENDED, where it broke off
            before the first pictures.
    """
    opening = plan_opening(address, transport=transport, silence_s=max(open_timeout_s, read_timeout_s) + 1)
    timeouts = (open_timeout_s, read_timeout_s)
    container = _open_container(opening, opening.options, timeouts)
    if not _is_described(container) and opening.thorough:
        container.close()
        container = _open_container(opening, opening.options | opening.thorough, timeouts)
    try:
        live = LiveStream(container, _picture_stream(container, opening.shown), opening.shown, read_timeout_s)
        live.begin()
    except BaseException:
        with suppress(FFmpegError):
            container.close()
        raise
    return live


def _open_container(
    opening: Opening, options: dict[str, str], timeouts: tuple[float, float]
) -> InputContainer:
    if opening.url.startswith("/dev/") and not Path(opening.url).exists():
        raise StreamLost(
            GapReason.UNREACHABLE, f"{opening.shown}: there is no {opening.url}; is the webcam plugged in?"
        )
    asked_at = time.monotonic()
    try:
        return av.open(
            opening.url, format=opening.format, options=options, metadata_errors="replace", timeout=timeouts
        )
    except FFmpegError as error:
        waited_s = time.monotonic() - asked_at
        lost = _why_not(error, opening.shown, timed_out=waited_s >= 0.95 * timeouts[0])
    raise lost  # here and not above: FFmpeg's error repeats the address, and would go along as its context


def _why_not(error: FFmpegError, shown: str, *, timed_out: bool) -> StreamLost:
    """What it means that a stream could not be opened. The one place where FFmpeg's errors are read."""
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return StreamLost(GapReason.UNAUTHORIZED, f"{shown}: the camera refuses the user or password")
    if isinstance(error, av.error.HTTPNotFoundError):
        return StreamLost(GapReason.NOT_FOUND, f"{shown}: the camera knows no such stream; check the path")
    if isinstance(error, av.error.HTTPError | av.error.HTTPClientError):
        return StreamLost(GapReason.UNREACHABLE, f"{shown}: the camera answers with an error of its own")
    if timed_out or isinstance(error, av.error.ExitError | av.error.TimeoutError):
        return StreamLost(GapReason.UNREACHABLE, f"{shown}: no answer in time")
    if isinstance(error, av.error.ConnectionRefusedError):
        return StreamLost(GapReason.UNREACHABLE, f"{shown}: the connection is refused; check host and port")
    if isinstance(error, _NOT_A_PICTURE):
        return StreamLost(GapReason.UNUSABLE, f"{shown}: what comes from there is no video we can read")
    return StreamLost(GapReason.UNREACHABLE, f"{shown}: cannot be reached; check address and network")


def _is_described(container: InputContainer) -> bool:
    """Whether enough is known of the pictures to record them."""
    for stream in container.streams.video:
        codec = stream.codec_context
        if codec is not None:
            return bool(codec.width and (codec.extradata or codec.name not in _NEED_PARAMETERS))
    return False


def _picture_stream(container: InputContainer, shown: str) -> VideoStream:
    for stream in container.streams.video:
        if stream.codec_context is not None and stream.codec_context.width:
            return stream
    raise StreamLost(GapReason.UNUSABLE, f"{shown}: there is no picture in this stream that we can read")


def _announced_fps(stream: VideoStream) -> Fraction | None:
    lowest, highest = _LIKELY_FPS
    for rate in (stream.codec_context.framerate, stream.average_rate, stream.guessed_rate):
        if rate is not None and lowest <= rate <= highest:
            return rate
    return None


def _measured_fps(times: list[int | None], time_base: Fraction) -> Fraction:
    """Pictures per second by the middle distance of the first times."""
    known = sorted(pts for pts in times if pts is not None)
    steps = [after - before for before, after in itertools.pairwise(known)]
    step = median(steps) if steps else 0
    if step <= 0:
        return _FALLBACK_FPS
    fps = (1 / (Fraction(step) * time_base)).limit_denominator(1001)
    lowest, highest = _LIKELY_FPS
    return fps if lowest <= fps <= highest else _FALLBACK_FPS
