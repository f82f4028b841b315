"""One camera stream for weeks: open, record every packet, hand it to the decoder, reconnect."""

from __future__ import annotations

import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from sightline.domain.gap import Gap, GapReason
from sightline.errors import ConfigError, SourceRejected
from sightline.video.decode import LiveDecoder
from sightline.video.feed_gaps import GapBook
from sightline.video.feed_recording import FeedRecording
from sightline.video.feed_session import FeedCounts, FeedSession
from sightline.video.reconnect import ReconnectPause
from sightline.video.recorder import Recorder
from sightline.video.stream import LiveStream, StreamLost, open_stream

__all__ = ["CameraFeed", "FeedCounts", "OpenStream"]

_PATIENCE_S = 1.0  # a stop does not wait longer than this for a silent camera before it publishes the file


class OpenStream(Protocol):
    """How a feed opens an address: `video.stream.open_stream`."""

    def __call__(self, address: str, *, transport: str) -> LiveStream: ...


class CameraFeed:
    """Keeps one stream of one camera coming in, in one thread, until `stop`.

    Callbacks are called in the feed's thread (the recorder's may come from `stop`) and must not wait.

    Args:
        address: the full address, asked for at each connection; may raise ConfigError (a secret is missing).
        name: of the camera, for the thread's name and for messages.
        transport: of RTSP: `tcp` or `udp`.
        recorder: None = this stream is not recorded. A live one (`recorded_at` None); the feed calls it.
        decoder: None = this stream is not analysed. The feed calls begin, offer, end and, in `stop`, stop.
        last_seen_at: end of what was recorded or seen before this start; None for a brand-new camera.
        on_gap_open: an interruption begins (`ended_at` None).
        on_gap_closed: the same gap with `ended_at`, at the first packet after it.
        on_format: width and height in pixels, at the first connection and whenever they change.
        on_disk_full: once when recording has to pause for want of room.
        on_recording_again: once when it has gone on for 5 s.
        on_trouble: one sentence for the log about something nobody foresaw; never holds the address.
        open_with, monotonic, wall, jitter: for tests; `jitter` gives a number in [0, 1).
    """

    def __init__(
        self,
        address: Callable[[], str],
        *,
        name: str,
        transport: str = "tcp",
        recorder: Recorder | None,
        decoder: LiveDecoder | None,
        last_seen_at: datetime | None = None,
        on_gap_open: Callable[[Gap], None],
        on_gap_closed: Callable[[Gap], None],
        on_format: Callable[[int, int], None] | None = None,
        on_disk_full: Callable[[], None] | None = None,
        on_recording_again: Callable[[], None] | None = None,
        on_trouble: Callable[[str], None] | None = None,
        open_with: OpenStream = open_stream,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._address, self._name, self._transport = address, name, transport
        self._decoder = decoder
        self._on_format = on_format
        self._on_trouble = on_trouble
        self._open_with, self._monotonic, self._wall = open_with, monotonic, wall
        self._counts = FeedCounts()
        self._gaps = GapBook(last_seen_at, on_open=on_gap_open, on_closed=on_gap_closed)
        self._recording = FeedRecording(
            recorder,
            monotonic=monotonic,
            on_disk_full=on_disk_full or _nothing,
            on_again=on_recording_again or _nothing,
            on_trouble=self._tell,
        )
        self._pause = ReconnectPause(jitter)
        self._size: tuple[int, int] | None = None
        self._stopping = threading.Event()
        self._stream: LiveStream | None = None
        self._session: FeedSession | None = None
        self._thread = threading.Thread(target=self._run, name=f"feed {name}", daemon=True)

    @property
    def counts(self) -> FeedCounts:
        """The counters as they stand; from any thread."""
        counts = replace(self._counts)
        counts.gaps = self._gaps.opened
        counts.last_packet_at = self._gaps.covered_until
        counts.recorded_packets = self._recording.packets
        counts.disk_full, counts.recording_paused = self._recording.pauses, self._recording.is_paused
        return counts

    def start(self) -> None:
        """Start the thread; returns at once. Once only."""
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the thread to end, without waiting: stop many feeds by asking all of them first."""
        self._stopping.set()
        stream = self._stream
        if stream is not None:
            stream.stop()

    def stop(self, timeout_s: float = 6.0) -> bool:
        """End the thread, publish the file being recorded, stop the decoder.

        A thread that hangs in FFmpeg (a frozen camera; 5 s at most) is not waited for beyond `timeout_s`; the
        file is published all the same. An open gap stays open: the next start goes on from there.

        Returns:
            True when the thread has ended.
        """
        until = time.monotonic() + timeout_s
        self.request_stop()
        if self._thread.ident is not None:
            self._thread.join(min(timeout_s, _PATIENCE_S))
        self._recording.close()
        stopped = self._decoder is None or self._decoder.stop(max(0.0, until - time.monotonic()))
        if self._thread.ident is not None:
            self._thread.join(max(0.0, until - time.monotonic()))
        return stopped and not self._thread.is_alive()

    def _run(self) -> None:
        if self._gaps.covered_until is not None:
            self._gaps.lost(GapReason.NOT_RUNNING, "Sightline was not running")
        while not self._stopping.is_set():
            hopeless = False
            try:
                lost = self._connection()
            except StreamLost as error:
                lost = error
            except (ConfigError, SourceRejected) as error:
                lost, hopeless = StreamLost(GapReason.UNUSABLE, str(error)), True
            except Exception as error:  # noqa: BLE001  (top of the thread: the camera must be tried again)
                self._tell(_place_of(error))
                lost = StreamLost(GapReason.ENDED, "the connection was given up after an unexpected error")
            if not self._stopping.is_set():
                self._lose(lost, hopeless=hopeless)
        self._recording.close()

    def _connection(self) -> StreamLost:
        """One connection, from opening to its loss."""
        address = self._address()
        with self._open_with(address, transport=self._transport) as stream:
            self._session = session = FeedSession(
                stream,
                recording=self._recording,
                decoder=self._decoder,
                gaps=self._gaps,
                counts=self._counts,
                on_first=lambda: self._live(stream),
                monotonic=self._monotonic,
                wall=self._wall,
            )
            self._stream = stream
            if self._stopping.is_set():
                stream.stop()
            try:
                for packet in stream.packets():
                    if self._stopping.is_set():
                        break
                    session.take(packet)
            finally:
                self._stream = None
                session.end()
        return StreamLost(GapReason.ENDED, "the stream ended")

    def _live(self, stream: LiveStream) -> None:
        counts = self._counts
        counts.sessions += 1
        counts.state, counts.trouble, counts.trouble_detail = "live", None, ""
        size = stream.info.width, stream.info.height
        if size != self._size:
            self._size = size
            if self._on_format is not None:
                self._on_format(*size)

    def _lose(self, lost: StreamLost, *, hopeless: bool) -> None:
        """Take note of the loss and wait as long as the next attempt should."""
        counts, session = self._counts, self._session
        counts.state = "connecting" if counts.sessions == 0 else "lost"
        counts.trouble, counts.trouble_detail = lost.reason, str(lost)
        live_s, last_arrival = 0.0, None
        if session is not None:
            live_s, last_arrival = session.live_s, session.last_arrival
            self._session = None
        self._gaps.lost(lost.reason, str(lost))
        pause_s = self._pause.after(
            lost.reason,
            now=self._monotonic(),
            live_s=live_s,
            last_arrival=last_arrival,
            hopeless=hopeless,
        )
        self._stopping.wait(pause_s)

    def _tell(self, sentence: str) -> None:
        if self._on_trouble is not None:
            self._on_trouble(f"{self._name}: {sentence}")


def _nothing() -> None:
    pass


def _place_of(error: Exception) -> str:
    """What and where, but not the error's text: it may hold the address."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f" in {frames[-1].name}, line {frames[-1].lineno} of {frames[-1].filename}" if frames else ""
    return f"unexpected {type(error).__name__}{at}; connecting anew"
