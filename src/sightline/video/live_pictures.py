"""From the packets of a live stream to the pictures the analysis wants: decoding, choosing, motion gate."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from statistics import median

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sightline.video.frames import DECODER_THREADS, _skipping_is_safe
from sightline.video.motion_gate import MotionGate
from sightline.video.picture import Frame, Scaler, UInt8Array
from sightline.video.sampling import CaptureSampling

VIEW_EVERY = timedelta(seconds=5)
VIEW_SIZE = (160, 90)
RESTS_AFTER = timedelta(seconds=2)
# A person must not cross the picture between two looks; half a picture more, for times that jitter.
KEYS_AT_LEAST_EVERY_S = 2.1
_MOST_HELD = timedelta(seconds=3)
_KNOWN_SLOTS = 200
_INTRA_ONLY = frozenset({"mjpeg", "rawvideo"})


@dataclass(slots=True)
class DecodeCounts:
    """Pictures since the start of the program; never reset, to be read from any thread.

    Attributes:
        decoded: pictures out of the decoder.
        chosen: delivered by `on_frame`, still ones included.
        dropped: pictures the analysis should have had and did not, because decoding could not keep up.
        gated_still: of the chosen, those marked `still`.
        keys_only: packets left undecoded because nobody was in sight and nothing moved.
        damaged: packets and pictures that could not be used.
    """

    decoded: int = 0
    chosen: int = 0
    dropped: int = 0
    gated_still: int = 0
    keys_only: int = 0
    damaged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamForm:
    """What a decoder must know of a stream, copied so that the stream may be closed meanwhile."""

    codec: str
    extradata: bytes | None
    width: int
    height: int
    pixel_format: str | None
    picture_s: float
    skipping_is_safe: bool

    @classmethod
    def of(cls, stream: VideoStream, fps: Fraction) -> StreamForm:
        codec = stream.codec_context
        return cls(
            codec=codec.name,
            extradata=codec.extradata,
            width=codec.width,
            height=codec.height,
            pixel_format=codec.pix_fmt,
            picture_s=float(1 / fps),
            skipping_is_safe=_skipping_is_safe(stream),
        )

    def decoder(self) -> VideoCodecContext:
        """A decoder of its own, in one thread: many cameras share the processor."""
        codec = av.CodecContext.create(self.codec, "r")
        assert isinstance(codec, VideoCodecContext)
        if self.extradata:
            codec.extradata = self.extradata
        codec.width, codec.height = self.width, self.height
        if self.pixel_format is not None:
            codec.pix_fmt = self.pixel_format
        codec.thread_type = DECODER_THREADS
        codec.thread_count = 1
        return codec


class LivePictures:
    """Decodes what must be decoded of one camera and delivers the first picture of each slot.

    Knows no thread and no clock. While the gate rests (nobody in sight, nothing moved for `RESTS_AFTER`, key
    frames often enough) only key frames are decoded; the packets since the last one are kept, and decoded
    after all when something has moved.

    Args:
        analysis_fps: None for every picture.
        deliver: gets the chosen frames, each later than the one before.
        gate: None where every chosen picture must be inferred.
        on_view: gets a gray picture, uint8 (90, 160), every `VIEW_EVERY`.
        counts: counted on.

    Attributes:
        quiet: set by whoever knows that nobody is in sight; from any thread.
        last_slot: of the last picture that was the first of its slot.
    """

    def __init__(
        self,
        analysis_fps: float | None,
        *,
        deliver: Callable[[Frame], None],
        gate: MotionGate | None,
        on_view: Callable[[UInt8Array, datetime], None] | None,
        counts: DecodeCounts,
    ) -> None:
        self.quiet = False
        self._analysis_fps = analysis_fps
        self._deliver, self._gate, self._on_view, self._counts = deliver, gate, on_view, counts
        self._scaler = Scaler()
        self._form: StreamForm | None = None
        self._codec: VideoCodecContext | None = None
        self._sampling = CaptureSampling(analysis_fps, 1.0)
        self._first_in_slot: dict[int, datetime] = {}
        self._waiting: list[int] = []  # heap of presentation times demuxed, not yet passed by a picture
        self._captured: dict[int, datetime] = {}  # by presentation time, of those in the heap
        self._passed = 0
        self._last_at: datetime | None = None
        self.last_slot: int | None = None
        self._last_key: datetime | None = None
        self._key_intervals: deque[float] = deque(maxlen=5)
        self._resting: list[Packet[VideoStream]] | None = None  # since the last key frame; None: not resting
        self._moved_until: datetime | None = None
        self._viewed_at: datetime | None = None

    def begin(self, form: StreamForm) -> None:
        """Packets of this stream follow, unrelated to those before."""
        self.finish()
        if form != self._form:
            self._key_intervals.clear()
        self._form, self._codec = form, form.decoder()
        self._sampling = CaptureSampling(self._analysis_fps, form.picture_s)
        self._first_in_slot.clear()
        self._waiting.clear()
        self._captured.clear()
        self._last_key = self._moved_until = None
        self._resting = None

    def finish(self) -> None:
        """Deliver what the decoder still holds back; before `begin`, nothing can follow."""
        if self._codec is not None and self._resting is None:
            self._choose(self._drained(self._codec))
        self._codec = None

    def restart(self) -> None:
        """Forget the decoder's state after an error; the next packet should be a key frame."""
        self._resting = None
        if self._form is not None:
            self._codec = self._form.decoder()

    def take(self, packet: Packet[VideoStream], captured_at: datetime) -> None:
        """The next packet in decode order, its times repaired, and when its picture was taken."""
        if self._codec is None or self._form is None or packet.pts is None:
            return
        needless = self._note(packet.pts, captured_at)
        if packet.is_keyframe:
            self._note_key(captured_at)
            if self._resting is None and self._may_rest(captured_at):
                self._choose(self._drained(self._codec))
                self._resting = []
        if self._resting is not None and self._rest(self._resting, packet, captured_at):
            return
        self._decode(packet, needless=needless)

    def _note(self, pts: int, captured_at: datetime) -> bool:
        """Remember the picture; True when an earlier one of its slot is known, so it cannot be chosen."""
        heapq.heappush(self._waiting, pts)
        self._captured[pts] = captured_at
        if self._sampling.every:
            return False
        slot = self._sampling.slot(captured_at)
        first = self._first_in_slot.get(slot)
        if first is None or captured_at < first:
            self._first_in_slot[slot] = captured_at
            if len(self._first_in_slot) > 2 * _KNOWN_SLOTS:
                for old in list(self._first_in_slot)[:_KNOWN_SLOTS]:
                    del self._first_in_slot[old]
            return False
        return captured_at > first

    def _note_key(self, captured_at: datetime) -> None:
        if self._last_key is not None:
            self._key_intervals.append((captured_at - self._last_key).total_seconds())
        self._last_key = captured_at

    def _may_rest(self, captured_at: datetime) -> bool:
        if self._gate is None or not self.quiet or self._form is None or self._form.codec in _INTRA_ONLY:
            return False
        if len(self._key_intervals) < 2 or median(self._key_intervals) > KEYS_AT_LEAST_EVERY_S:
            return False
        since = self._gate.quiet_since
        return since is not None and captured_at - since >= RESTS_AFTER

    def _rest(
        self, held: list[Packet[VideoStream]], packet: Packet[VideoStream], captured_at: datetime
    ) -> bool:
        """Deal with a packet while resting; False when the rest is over and it must be decoded normally."""
        if not packet.is_keyframe:
            held.append(packet)
            too_long = self._last_key is not None and captured_at - self._last_key > _MOST_HELD
            if self.quiet and not too_long:
                self._counts.keys_only += 1
                return True
            self._wake(held[:-1])
            return False
        picture = self._only_picture(packet) if self.quiet else None
        if picture is None or self._gate is None:
            self._wake(held)
            return False
        frame = self._frame(picture, captured_at, index=0)
        gray = frame.scaled(*self._gate.size_for(frame.width, frame.height), "gray")
        if self._gate.look(gray, captured_at):
            # Whatever moved came into view since the key frame before: the detector gets all of it.
            self._gate.took(gray, captured_at)
            self._moved_until = captured_at
            self._wake(held)
            return False
        if self._gate.heartbeat_due(captured_at):
            self._gate.took(gray, captured_at)
            self._moved_until = captured_at
        else:
            self._gate.compared(gray, captured_at)
            self._moved_until = None
        self._choose([picture], looked=True)
        self._resting = [packet]
        return True

    def _wake(self, held: list[Packet[VideoStream]]) -> None:
        """Decode what was left out since the last key frame, that one again, and go on normally.

        The decoder is empty: `_only_picture` leaves it so.
        """
        self._resting = None
        self._counts.keys_only -= max(0, len(held) - 1)
        for packet in held:
            self._decode(packet, needless=False)

    def _only_picture(self, packet: Packet[VideoStream]) -> VideoFrame | None:
        """The picture of a key frame alone; the decoder is empty before and after."""
        assert self._codec is not None
        self._codec.skip_frame = "DEFAULT"
        pictures = self._pictures(self._codec, packet) + self._pictures(self._codec, None)
        self._codec.flush_buffers()
        return pictures[0] if pictures and not pictures[0].is_corrupt else None

    def _decode(self, packet: Packet[VideoStream], *, needless: bool) -> None:
        assert self._codec is not None
        assert self._form is not None
        if needless and self._form.codec in _INTRA_ONLY:
            return
        if self._form.skipping_is_safe:
            self._codec.skip_frame = "NONREF" if needless else "DEFAULT"
        self._choose(self._pictures(self._codec, packet))

    def _drained(self, codec: VideoCodecContext) -> list[VideoFrame]:
        if not codec.is_open:
            return []
        pictures = self._pictures(codec, None)
        codec.flush_buffers()
        return pictures

    def _pictures(self, codec: VideoCodecContext, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return codec.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._counts.damaged += 1
            return []

    def _choose(self, pictures: list[VideoFrame], *, looked: bool = False) -> None:
        """Deliver those of the decoded pictures that are the first of their slot."""
        for picture in pictures:
            self._counts.decoded += 1
            captured_at = self._captured.get(picture.pts) if picture.pts is not None else None
            if captured_at is None:
                continue  # decoded before, and passed
            index = self._pass(picture.pts or 0)
            if picture.is_corrupt:
                self._counts.damaged += 1  # patched up by the decoder: a detector would believe the smears
                continue
            if not self._is_new(captured_at):
                continue
            frame = self._frame(picture, captured_at, index=index)
            self._show(frame)
            if not looked and self._gate is not None and not self._is_inferred_anyway(captured_at):
                frame = self._looked_at(self._gate, frame)
            elif looked and self._moved_until is None:
                frame = _as_still(frame)
            self._counts.chosen += 1
            self._counts.gated_still += frame.still
            self._deliver(frame)

    def _pass(self, pts: int) -> int:
        """Number of a decoded picture, counted in display order; decoders deliver in display order."""
        while self._waiting and self._waiting[0] <= pts:
            self._captured.pop(heapq.heappop(self._waiting), None)
            self._passed += 1
        return self._passed - 1

    def _is_new(self, captured_at: datetime) -> bool:
        """Whether the picture is later than the last one and the first of its slot."""
        last, self._last_at = self._last_at, captured_at
        if last is not None and last - _MOST_HELD < captured_at <= last:
            self._last_at = last
            return False  # earlier than that, the clock was set back, and everything begins anew
        if self._sampling.every:
            return True
        slot = self._sampling.slot(captured_at)
        is_new, self.last_slot = slot != self.last_slot, slot
        return is_new

    def _is_inferred_anyway(self, captured_at: datetime) -> bool:
        return self._moved_until is not None and captured_at <= self._moved_until

    def _looked_at(self, gate: MotionGate, frame: Frame) -> Frame:
        gray = frame.scaled(*gate.size_for(frame.width, frame.height), "gray")
        if gate.look(gray, frame.captured_at) or gate.heartbeat_due(frame.captured_at):
            gate.took(gray, frame.captured_at)
            return frame
        return _as_still(frame)

    def _show(self, frame: Frame) -> None:
        """Every few seconds, a small picture for whoever watches over the view."""
        if self._on_view is None:
            return
        at, last = frame.captured_at, self._viewed_at
        if last is None or not last <= at < last + VIEW_EVERY:
            self._viewed_at = at
            self._on_view(frame.scaled(*VIEW_SIZE, "gray"), at)

    def _frame(self, picture: VideoFrame, captured_at: datetime, *, index: int) -> Frame:
        return Frame(
            width=picture.width,
            height=picture.height,
            captured_at=captured_at,
            index=index,
            pts=picture.pts or 0,
            rotation=0,
            _decoded=picture,
            _scaler=self._scaler,
        )


def _as_still(frame: Frame) -> Frame:
    return replace(frame, still=True)
