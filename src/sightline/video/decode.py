"""The pictures of a live stream that the analysis wants, decoded in a thread of their own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from fractions import Fraction

from av.packet import Packet
from av.video.stream import VideoStream

from sightline.video.live_pictures import DecodeCounts, LivePictures, StreamForm
from sightline.video.motion_gate import MotionGate
from sightline.video.picture import Frame, UInt8Array
from sightline.video.sampling import CaptureSampling

__all__ = ["DecodeCounts", "LiveDecoder"]

LONGEST_QUEUE = timedelta(seconds=3)
_MOST_PACKETS = 600  # where the capture times do not say how much is waiting
_TimedPacket = tuple["Packet[VideoStream]", datetime]


class LiveDecoder:
    """Takes every packet of a stream, delivers the first picture of each slot of `1 / analysis_fps`.

    One per camera, for as long as the camera lives; the thread starts with the first `begin` and ends with
    `stop`. Callbacks are called in that thread and must not wait.

    Args:
        analysis_fps: pictures wanted per second; None = every picture.
        on_frame: gets each chosen picture, in order of capture.
        gate: None where every chosen picture must be inferred (the built-in detector).
        on_view: gets a gray picture, uint8 (90, 160), every 5 s of capture time.
        on_trouble: one sentence for the log about something nobody foresaw.
        name: of the camera, for the thread's name.

    Attributes:
        counts: read them from any thread.
    """

    def __init__(
        self,
        *,
        analysis_fps: float | None,
        on_frame: Callable[[Frame], None],
        gate: MotionGate | None = None,
        on_view: Callable[[UInt8Array, datetime], None] | None = None,
        on_trouble: Callable[[str], None] | None = None,
        name: str = "camera",
    ) -> None:
        self.counts = DecodeCounts()
        self._name = name
        self._analysis_fps = analysis_fps
        self._on_trouble = on_trouble
        self._pictures = LivePictures(
            analysis_fps, deliver=on_frame, gate=gate, on_view=on_view, counts=self.counts
        )
        self._sampling = CaptureSampling(analysis_fps, 1.0)
        self._changed = threading.Condition()
        self._queue: deque[_TimedPacket | StreamForm | None] = deque()
        self._until_key = False
        self._last_dropped: int | None = None
        self._stopped = False
        self._thread: threading.Thread | None = None

    def begin(self, stream: VideoStream, *, fps: Fraction) -> None:
        """Packets of this stream follow: a new connection, or another codec or size. Never waits."""
        form = StreamForm.of(stream, fps)
        with self._changed:
            self._sampling = CaptureSampling(self._analysis_fps, form.picture_s)
            self._until_key = True
            self._queue.append(form)
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name=f"decode {self._name}", daemon=True)
                self._thread.start()
            self._changed.notify()

    def end(self) -> None:
        """The connection is over: what the decoder still holds back is delivered. Never waits."""
        with self._changed:
            self._queue.append(None)
            self._changed.notify()

    def offer(self, packet: Packet[VideoStream], captured_at: datetime) -> None:
        """Take the next packet, in decode order, its times repaired; nobody may change it afterwards.

        Never waits. When 3 s of packets are waiting, those before the newest key frame go and are counted.
        """
        with self._changed:
            if self._stopped:
                return
            if self._until_key and not packet.is_keyframe:
                self._count_dropped([captured_at])
                return
            self._until_key = False
            self._queue.append((packet, captured_at))
            if self._is_too_long(captured_at):
                self._shorten()
            self._changed.notify()

    def set_quiet(self, quiet: bool) -> None:
        """Whether nobody is in sight (no live track); the gate may then rest. From any thread."""
        self._pictures.quiet = quiet

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End the thread; what waits is not decoded. True when it has ended. Can be repeated."""
        with self._changed:
            self._stopped = True
            self._queue.clear()
            self._changed.notify()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _is_too_long(self, newest: datetime) -> bool:
        if len(self._queue) > _MOST_PACKETS:
            return True
        oldest = next((item[1] for item in self._queue if isinstance(item, tuple)), newest)
        return newest - oldest > LONGEST_QUEUE

    def _shorten(self) -> None:
        """Go on with the newest key frame; without one in the queue, with the next that comes."""
        items = list(self._queue)
        restart = len(items)
        for number in range(len(items) - 1, 0, -1):
            item = items[number]
            if isinstance(item, tuple) and item[0].is_keyframe:
                restart = number
                break
        self._until_key = restart == len(items)
        dropped = [item[1] for item in items[:restart] if isinstance(item, tuple)]
        next_at = [item[1] for item in items[restart : restart + 1] if isinstance(item, tuple)]
        kept = [item for item in items[:restart] if not isinstance(item, tuple)]
        self._queue = deque(kept + items[restart:])
        self._count_dropped(sorted(dropped), next_at)

    def _count_dropped(self, captured: Iterable[datetime], next_at: Iterable[datetime] = ()) -> None:
        """Count the slots that stay empty: neither delivered before nor filled by what is kept."""
        filled = {self._pictures.last_slot, self._last_dropped, *map(self._sampling.slot, next_at)}
        for captured_at in captured:
            slot = self._sampling.slot(captured_at)
            if self._sampling.every or slot not in filled:
                self.counts.dropped += 1
                self._last_dropped = slot
                filled.add(slot)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._stopped:
                    self._changed.wait()
                if self._stopped:
                    return
                item = self._queue.popleft()
            try:
                self._handle(item)
            except Exception as error:  # noqa: BLE001  (top of the thread: the camera must go on)
                self._pictures.restart()
                with self._changed:
                    self._until_key = True
                if self._on_trouble is not None:
                    self._on_trouble(f"{self._name}: a picture was lost to {type(error).__name__}: {error}")

    def _handle(self, item: _TimedPacket | StreamForm | None) -> None:
        if item is None:
            self._pictures.finish()
        elif isinstance(item, StreamForm):
            self._pictures.begin(item)
        else:
            self._pictures.take(*item)
