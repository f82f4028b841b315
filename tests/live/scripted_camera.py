"""A camera whose pictures come from a file in a made-up time, and a feed that watches it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
from av.packet import Packet
from av.video.stream import VideoStream

from sightline.domain.gap import Gap, GapReason
from sightline.video.decode import LiveDecoder
from sightline.video.feed import CameraFeed
from sightline.video.recorder import Recorder
from sightline.video.stream import LiveStream, StreamInfo, StreamLost

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
S = timedelta(seconds=1)
FPS = 25
PLAIN = {"bf": "0", "sc_threshold": "0"}


class MadeUpTime:
    """The two clocks of a machine. Only the script of the camera moves them."""

    def __init__(self) -> None:
        self.s = 1000.0
        self.set_by = timedelta(0)

    def monotonic(self) -> float:
        return self.s

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.s - 1000.0) + self.set_by


class FileStream(LiveStream):
    """A camera whose pictures come from a file, each when `due` in the made-up time."""

    def __init__(self, path: Path, clock: MadeUpTime, script: Script) -> None:
        self._source = av.open(str(path))
        self.stream = self._source.streams.video[0]
        assert self.stream.time_base is not None
        self.info = StreamInfo(
            codec=self.stream.codec_context.name,
            width=self.stream.codec_context.width,
            height=self.stream.codec_context.height,
            fps=Fraction(FPS),
            time_base=self.stream.time_base,
            shown="file",
        )
        self._clock, self._script = clock, script
        self._over = threading.Event()

    def packets(self) -> Iterator[Packet[VideoStream]]:
        begun_s = self._clock.s
        for number, packet in enumerate(self._source.demux(self.stream)):
            if self._over.is_set():
                return
            if not packet.size:
                break
            assert packet.pts is not None
            assert packet.dts is not None
            at_s = float(packet.pts * self.info.time_base)
            moved_s = self._script.pts(at_s)
            packet.pts += round(Fraction(moved_s) / self.info.time_base)
            packet.dts += round(Fraction(moved_s) / self.info.time_base)
            self._clock.s = max(self._clock.s, begun_s + at_s + self._script.late(at_s))
            self._script.before(number)
            yield packet
        self._clock.s += self._script.dead_s
        raise StreamLost(self._script.ending, "that was all")

    def stop(self) -> None:
        self._over.set()

    def close(self) -> None:
        self._source.close()


class Script:
    """How a connection differs from a perfect one.

    Attributes:
        pts: seconds by which the camera's clock is off, at this second of the file.
        late: seconds by which the packet arrives late.
        before: called before each packet, with its number.
        ending, dead_s: how it is lost, and how long nothing comes before that is noticed.
    """

    def __init__(
        self,
        path: Path,
        *,
        pts: Callable[[float], float] = lambda _s: 0.0,
        late: Callable[[float], float] = lambda _s: 0.0,
        before: Callable[[int], None] = lambda _number: None,
        ending: GapReason = GapReason.ENDED,
        dead_s: float = 0.0,
    ) -> None:
        self.path, self.pts, self.late, self.before = path, pts, late, before
        self.ending, self.dead_s = ending, dead_s


class Told:
    """A feed over scripted connections, and all it tells."""

    def __init__(
        self,
        *connections: Script | StreamLost,
        last_seen_at: datetime | None = None,
        recorder: Recorder | None = None,
        decoder: LiveDecoder | None = None,
    ) -> None:
        self.clock = MadeUpTime()
        self.opened: list[Gap] = []
        self.closed: list[Gap] = []
        self.sizes: list[tuple[int, int]] = []
        self.said: list[str] = []
        self._connections = iter(connections)
        self._over = threading.Event()
        self.feed = CameraFeed(
            lambda: "file",
            name="till",
            recorder=recorder,
            decoder=decoder,
            last_seen_at=last_seen_at,
            on_gap_open=self.opened.append,
            on_gap_closed=self.closed.append,
            on_format=lambda width, height: self.sizes.append((width, height)),
            on_disk_full=lambda: self.said.append("disk full"),
            on_recording_again=lambda: self.said.append("again"),
            on_trouble=self.said.append,
            open_with=self._open,
            monotonic=self.clock.monotonic,
            wall=self.clock.wall,
            jitter=lambda: 0.5,
        )

    def _open(self, address: str, *, transport: str) -> LiveStream:  # noqa: ARG002
        connection = next(self._connections, None)
        if connection is None:
            self._over.set()
            raise StreamLost(GapReason.UNREACHABLE, "no more")
        if isinstance(connection, StreamLost):
            raise connection
        return FileStream(connection.path, self.clock, connection)

    def run(self) -> Told:
        """Until all connections are used up."""
        self.feed.start()
        assert self._over.wait(20)
        until = time.monotonic() + 5
        while self.feed.counts.trouble_detail != "no more":
            assert time.monotonic() < until
            time.sleep(0.005)
        assert self.feed.stop()
        return self

    @property
    def gaps(self) -> list[tuple[str, float, float | None]]:
        """Reason, beginning and length in seconds, of each gap as it was told when closed, else as opened."""
        rows = self.closed + self.opened[len(self.closed) :]
        return [
            (
                gap.reason.value,
                round((gap.started_at - NOON).total_seconds(), 2),
                round((gap.ended_at - gap.started_at).total_seconds(), 2) if gap.ended_at else None,
            )
            for gap in rows
        ]
