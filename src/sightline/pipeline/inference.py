"""One pool of threads looks at the pictures of many cameras, each camera in turn."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from sightline.domain.detection import Detections
from sightline.video.picture import Frame
from sightline.vision.picture import Detector
from sightline.vision.runtime import cores

Handle = Callable[[Frame, Detections], None]
Trouble = Callable[[Exception], None]

STUCK_S = 60.0
"""One call of a detector or handler that takes longer will not come back."""
PATIENCE_S = 1.0


@dataclass(slots=True)
class SlotCounts:
    """What became of the pictures of one slot.

    Attributes:
        offered: all that were put in line.
        inferred: those the detector looked at.
        repeated: those that got the last detections, because nothing had changed.
        dropped: those that had no time: the line was full, or the slot was closed.
        failed: those at which the detector or the handler raised an error.
        busy_s: time spent on them, seconds; a batch's time is shared among its pictures.
        waited_s: time they spent in line, seconds, those dropped left out.
    """

    offered: int = 0
    inferred: int = 0
    repeated: int = 0
    dropped: int = 0
    failed: int = 0
    busy_s: float = 0.0
    waited_s: float = 0.0

    @property
    def handled(self) -> int:
        return self.inferred + self.repeated


class Slot:
    """The place of one camera in the pool: a short line of pictures. Made by `InferencePool.slot`.

    Attributes:
        name: for messages.
        detector: what looks at its pictures.
    """

    def __init__(
        self,
        pool: "InferencePool",
        detector: Detector,
        handle: Handle,
        *,
        name: str,
        capacity: int,
        patient: bool,
        on_trouble: Trouble,
    ) -> None:
        self.name = name
        self.detector = detector
        self._pool = pool
        self._handle = handle
        self._capacity = capacity
        self._on_trouble = on_trouble
        self._line: deque[tuple[Frame, float]] = deque()
        self._counts = SlotCounts()
        self._last: tuple[Detections, tuple[int, int]] | None = None
        self._missed = False
        self._patient = patient
        self._turn = 0
        self._served_at = 0.0
        self._busy = False
        self._closed = False

    @property
    def counts(self) -> SlotCounts:
        """A copy, as of now."""
        with self._pool.changed:
            return replace(self._counts)

    @property
    def waiting(self) -> int:
        """Pictures in line, the one being looked at included."""
        with self._pool.changed:
            return len(self._line) + self._busy

    def offer(self, frame: Frame) -> None:
        """Put a picture in line, in order of capture; never waits.

        When the line is full the oldest picture goes and is counted: the newest tells most.
        """
        with self._pool.changed:
            self._counts.offered += 1
            if self._closed:
                self._counts.dropped += 1
                return
            if len(self._line) >= self._capacity:
                self._drop()
            self._line.append((frame, monotonic()))
            self._pool.changed.notify()

    def put(self, frame: Frame, stop: threading.Event) -> bool:
        """Put a picture in line as soon as there is room, for footage that can wait.

        Returns:
            False when `stop` was set, or the slot closed, before there was room.
        """
        with self._pool.changed:
            while len(self._line) >= self._capacity and not self._closed and not stop.is_set():
                self._pool.changed.wait(0.2)
            if self._closed or stop.is_set():
                return False
            self._counts.offered += 1
            self._line.append((frame, monotonic()))
            self._pool.changed.notify()
            return True

    def close(self, *, drain: bool = True, timeout_s: float = 5.0) -> bool:
        """Take no more pictures, and leave the pool. Not from within the handler.

        Args:
            drain: handle those still in line first; otherwise they are dropped.
            timeout_s: how long that may take; what is then still in line is dropped.

        Returns:
            whether the last handler has come back.
        """
        changed, until = self._pool.changed, monotonic() + timeout_s
        with changed:
            self._closed = True
            while self._line and not drain:
                self._drop()
            changed.notify_all()
            while (self._line or self._busy) and (left := until - monotonic()) > 0:
                changed.wait(left)
            while self._line:
                self._drop()
            self._pool.forget(self)
            return not self._busy

    def _drop(self) -> None:
        frame, _ = self._line.popleft()
        self._counts.dropped += 1
        if not frame.still:
            self._missed = True  # "nothing has changed since" was said of a picture that nobody looked at

    def _take(self) -> "_Work":
        """The next picture in line, with the detections to repeat when nothing has changed in it."""
        frame, since = self._line.popleft()
        missed, self._missed = self._missed, False
        self._busy = True
        self._counts.waited_s += monotonic() - since
        known = None
        if frame.still and not missed and self._last and self._last[1] == (frame.width, frame.height):
            known = self._last[0]
        return _Work(self, frame, known)


@dataclass(frozen=True, slots=True)
class _Work:
    """One picture for one thread; `known` is None when the detector has to look."""

    slot: Slot
    frame: Frame
    known: Detections | None


class InferencePool:
    """Threads that serve the slot that was served longest ago, one picture of a slot at a time.

    So the pictures of a slot are handled in order and by one thread at a time, and when there is too much to
    do every slot loses the same share. A detector is called from as many threads at once as its `parallel`
    allows; one that takes several pictures at once (`batch`) gets those of several slots, as many as happen
    to be waiting.

    Args:
        threads: 0 = one per core.

    Attributes:
        changed: guards all slots; for `Slot` only.
    """

    def __init__(self, threads: int = 0) -> None:
        self.changed = threading.Condition()
        self._slots: list[Slot] = []
        self._in_use: dict[int, int] = {}
        self._began: dict[int, float] = {}
        self._turns = 0
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, args=(number,), name=f"infer {number}", daemon=True)
            for number in range(threads or cores())
        ]
        for thread in self._threads:
            thread.start()

    def slot(
        self,
        detector: Detector,
        handle: Handle,
        *,
        on_trouble: Trouble,
        name: str = "",
        capacity: int = 5,
        patient: bool = False,
    ) -> Slot:
        """A place for one camera's pictures, from now on.

        Args:
            handle: gets each picture with its detections, in order, in a thread of the pool.
            on_trouble: told of an error of the detector or handler at one picture; the others go on.
            capacity: pictures that may wait; 1 s of them at the analysis rate.
            patient: served when nobody else has anything to do, or once a second.
        """
        if capacity < 1:
            raise ValueError(f"a slot needs room for a picture, got {capacity}")
        slot = Slot(
            self, detector, handle, name=name, capacity=capacity, patient=patient, on_trouble=on_trouble
        )
        with self.changed:
            if self._closed:
                raise ValueError("the pool is closed")
            self._slots.append(slot)
        return slot

    def forget(self, slot: Slot) -> None:
        """A closed slot is gone; for `Slot` only."""
        with self.changed:
            if slot in self._slots:
                self._slots.remove(slot)

    @property
    def alive(self) -> bool:
        """Whether all threads run, and none has been at one picture for longer than `STUCK_S`."""
        now = monotonic()
        with self.changed:
            stuck = any(now - since > STUCK_S for since in self._began.values())
        return not stuck and all(thread.is_alive() for thread in self._threads)

    def close(self, *, drain: bool = True, timeout_s: float = 5.0) -> bool:
        """Close all slots and end the threads; whether they ended within `timeout_s` and one second."""
        until = monotonic() + timeout_s
        for slot in list(self._slots):
            slot.close(drain=drain, timeout_s=max(0.0, until - monotonic()))
        with self.changed:
            self._closed = True
            self.changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()) + 1)
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, number: int) -> None:
        while work := self._next(number):
            self._look(work)
            with self.changed:
                del self._began[number]
                self._release(work[0].slot.detector)
                for one in work:
                    one.slot._busy = False
                self.changed.notify_all()

    def _release(self, detector: Detector) -> None:
        self._in_use[id(detector)] -= 1
        if not self._in_use[id(detector)]:
            del self._in_use[id(detector)]

    def _next(self, number: int) -> list[_Work]:
        """The next picture, or pictures of several slots for one detector; empty when the pool is closed."""
        with self.changed:
            while not self._closed:
                ready = sorted(filter(self._is_ready, self._slots), key=_urgency)
                if ready:
                    detector = ready[0].detector
                    self._in_use[id(detector)] = self._in_use.get(id(detector), 0) + 1
                    self._began[number] = monotonic()
                    same = [slot for slot in ready if slot.detector is detector]
                    return [self._serve(slot) for slot in same[: max(1, detector.batch)]]
                self.changed.wait()
            return []

    def _is_ready(self, slot: Slot) -> bool:
        free = self._in_use.get(id(slot.detector), 0) < slot.detector.parallel
        return bool(slot._line) and not slot._busy and free

    def _serve(self, slot: Slot) -> _Work:
        self._turns += 1
        slot._turn = self._turns
        slot._served_at = monotonic()
        return slot._take()

    def _look(self, work: Sequence[_Work]) -> None:
        began = monotonic()
        new = [one for one in work if one.known is None]
        try:
            found = iter(_detect([one.frame for one in new], work[0].slot.detector))
        except Exception as error:  # noqa: BLE001  (top of the thread: the camera is told, the others go on)
            for one in new:
                self._fail(one.slot, error)
            found = None
        for one in work:
            if one.known is not None:
                self._hand_over(one.slot, one.frame, one.known, looked=False)
            elif found is not None:
                self._hand_over(one.slot, one.frame, next(found), looked=True)
        share = (monotonic() - began) / len(work)
        with self.changed:
            for one in work:
                one.slot._counts.busy_s += share

    def _hand_over(self, slot: Slot, frame: Frame, detections: Detections, *, looked: bool) -> None:
        with self.changed:
            if looked:
                slot._counts.inferred += 1
                slot._last = (detections, (frame.width, frame.height))
            else:
                slot._counts.repeated += 1
        try:
            slot._handle(frame, detections)
        except Exception as error:  # noqa: BLE001  (top of the thread: the camera is told, the others go on)
            self._fail(slot, error)

    def _fail(self, slot: Slot, error: Exception) -> None:
        with self.changed:
            slot._counts.failed += 1
            slot._last = None
        slot._on_trouble(error)


def _urgency(slot: Slot) -> tuple[bool, int]:
    return (slot._patient and monotonic() - slot._served_at < PATIENCE_S, slot._turn)


def _detect(frames: Sequence[Frame], detector: Detector) -> Sequence[Detections]:
    if len(frames) > 1:
        return detector.detect_many(frames)
    return [detector.detect(frame) for frame in frames]
