"""The recorder of a live feed: it pauses when the disk lets it down, and goes on by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction

from av.packet import Packet
from av.video.stream import VideoStream

from sightline.errors import ConfigError, DiskFull
from sightline.video.recorder import Recorder
from sightline.video.timeline import CaptureClock

TRY_AGAIN_S = 5.0


class FeedRecording:
    """Writes packets as long as the disk takes them; the analysis never notices when it does not.

    After `DiskFull` (or a folder that cannot be written) the next attempt is made with the first key frame
    `TRY_AGAIN_S` later. Told once when it begins, and once when it has worked again for as long.

    Safe to `close` from another thread than the writing one.

    Args:
        recorder: None = nothing is recorded, every call does nothing.
        on_disk_full, on_again: told as above; the disk being full, and everything being well again.
        on_trouble: one sentence, when the folder cannot be written for another reason.

    Attributes:
        packets: written so far.
        pauses: times the disk was full.
        is_paused: whether it is not recording although it should.
    """

    def __init__(
        self,
        recorder: Recorder | None,
        *,
        monotonic: Callable[[], float],
        on_disk_full: Callable[[], None],
        on_again: Callable[[], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        self.packets = 0
        self.pauses = 0
        self.is_paused = False
        self._recorder = recorder
        self._monotonic = monotonic
        self._on_disk_full, self._on_again, self._on_trouble = on_disk_full, on_again, on_trouble
        self._lock = threading.Lock()
        self._beginning: Callable[[], None] | None = None
        self._source: tuple[VideoStream, Fraction] | None = None
        self._try_at: float | None = None  # when to begin again; None: a file may be open
        self._well_since: float | None = None

    @property
    def is_writing(self) -> bool:
        """Whether files are begun, so that their clock is the one that counts."""
        return self._recorder is not None and self._try_at is None

    def begin(
        self, stream: VideoStream, clock: CaptureClock, clock_for_new_file: Callable[[], CaptureClock]
    ) -> None:
        """Packets of this stream follow."""
        with self._lock:
            if self._recorder is None:
                return
            recorder = self._recorder
            self._source = stream, clock.time_base
            self._beginning = lambda: recorder.begin(stream, clock, clock_for_new_file)
            if self._try_at is None:
                self._attempt(self._begin)

    def write(self, packet: Packet[VideoStream]) -> None:
        """Append a packet; it is unchanged afterwards."""
        with self._lock:
            if self._recorder is None:
                return
            if self._try_at is not None:
                if not packet.is_keyframe or self._monotonic() < self._try_at:
                    return
                self._try_at = None
            recorder = self._recorder
            was = packet.pts, packet.dts, packet.duration
            if not self._attempt(lambda: self._write(recorder, packet)) and self._source is not None:
                packet.stream, packet.time_base = self._source
                packet.pts, packet.dts, packet.duration = was

    def finish_file(self) -> None:
        """Publish the file being written: the connection is over."""
        with self._lock:
            self._beginning = None
            if self._recorder is not None:
                self._attempt(self._recorder.finish_file)

    def close(self) -> None:
        """Publish the file being written; nothing is written afterwards. Can be repeated."""
        with self._lock:
            if self._recorder is not None:
                self._attempt(self._recorder.close)
            self._recorder = None

    def _begin(self) -> None:
        if self._beginning is not None:
            self._beginning()
            self._beginning = None

    def _write(self, recorder: Recorder, packet: Packet[VideoStream]) -> None:
        self._begin()
        recorder.write(packet)
        self.packets += 1
        if self.is_paused:
            self._recover()

    def _attempt(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except (DiskFull, ConfigError) as error:
            self._pause(error)
            return False
        return True

    def _pause(self, error: DiskFull | ConfigError) -> None:
        self._try_at = self._monotonic() + TRY_AGAIN_S
        self._well_since = None
        if self.is_paused:
            return
        self.is_paused = True
        if isinstance(error, DiskFull):
            self.pauses += 1
            self._on_disk_full()
        else:
            self._on_trouble(str(error))

    def _recover(self) -> None:
        now = self._monotonic()
        if self._well_since is None:
            self._well_since = now
        if now - self._well_since >= TRY_AGAIN_S:
            self.is_paused, self._well_since = False, None
            self._on_again()
