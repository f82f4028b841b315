"""What recording one 1080p30 camera costs: share of one core, over RTSP from a server on this machine.

    python benchmarks/record_cpu.py [VIDEO] [--rounds 5] [--seconds 20] [--json]

In each round, each in a process of its own, in turn, over a new connection:

- feed: what the product runs for a camera that is only recorded, `CameraFeed`: gaps, counters, reconnecting;
- recorder: `open_stream` read in a loop into `Recorder`, with `LiveClock`;
- copy: the least that could do it: PyAV's packets into FFmpeg's segment muxer, files of 4 s;
- limit: the same by another hand, `limit.py record --mode copy`, where that tool is given or lies beside the
  checkout (../shared/tools); where it ran, it is what the others are compared with;
- decode: every picture decoded, nothing kept;  keys: only key frames decoded.

Counted is user and system time from the first key frame after `WARM_UP_S`. Printed are medians, the spread,
and the median of each round's ratios. The aim for feed and recorder is at most 1.5 times the bare copy.
"""

import argparse
import json
import os
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import av
from av.packet import Packet
from av.video.stream import VideoStream
from rich.console import Console
from rich.table import Table

from made_footage import make_video
from sightline.cli.bench_output import machine
from sightline.domain.gap import Gap
from sightline.testing.rtsp_server import RtspServer, rtsp_server_missing
from sightline.video.feed import CameraFeed
from sightline.video.live_clock import LiveClock
from sightline.video.recorder import Recorder
from sightline.video.stream import open_stream
from sightline.video.timeline import PacketTimes

WARM_UP_S = 2.0
FPS = 30
AIM = 1.5
TICKS = 90_000
LIMIT_TOOL = Path(__file__).parents[2] / "shared" / "tools" / "limit.py"


class Meter:
    """Counts processor time between the first key frame after the warm-up and `seconds` later."""

    def __init__(self, seconds: float) -> None:
        self.packets = 0
        self._seconds = seconds
        self._opened = time.monotonic()
        self._began: tuple[float, float] | None = None
        self.share = 0.0

    def goes_on(self, is_keyframe: bool) -> bool:
        """Count one packet; False when enough have been."""
        now = time.monotonic()
        if self._began is None:
            if is_keyframe and now - self._opened >= WARM_UP_S:
                self._began = cpu_s(), now
            return True
        self.packets += 1
        cpu, began = self._began
        if now - began < self._seconds:
            return True
        self.share = (cpu_s() - cpu) / (now - began)
        return False


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def bare_packets(url: str) -> Iterator[tuple[VideoStream, Iterator["Packet[VideoStream]"]]]:
    with av.open(url, options={"rtsp_transport": "tcp"}, timeout=10) as reader:
        stream = reader.streams.video[0]
        yield stream, (packet for packet in reader.demux(stream) if packet.dts is not None)


def copy(url: str, work: Path, meter: Meter) -> None:
    segments = {"segment_time": "4", "segment_format": "mp4", "reset_timestamps": "1"}
    with (
        bare_packets(url) as (stream, packets),
        av.open(str(work / "%05d.mp4"), "w", format="segment", options=segments) as writer,
    ):
        copied = writer.add_stream_from_template(stream)
        for packet in packets:
            packet.stream = copied
            writer.mux(packet)
            if not meter.goes_on(packet.is_keyframe):
                return


def recorder(url: str, work: Path, meter: Meter) -> None:
    with open_stream(url) as live, Recorder(work, segment_s=10) as writer:
        info = live.info
        frame_ticks = max(1, round(1 / (info.fps * info.time_base)))
        times = PacketTimes(info.time_base, frame_ticks)
        clock = LiveClock(
            info.time_base,
            monotonic=time.monotonic,
            wall=lambda: datetime.now(UTC),
            half_picture_ticks=frame_ticks // 2,
        )
        began = False
        for packet in live.packets():
            pts = packet.pts or 0
            if clock.jumped(pts):
                raise SystemExit("the server's clock jumped")
            clock.arrived(pts)
            times.repair(packet)
            if clock.settled and not began:
                writer.begin(live.stream, clock.capture_clock(), clock.renew, fps=info.fps)
                began = True
            if began:
                writer.write(packet)
            if not meter.goes_on(packet.is_keyframe):
                return


def feed(url: str, work: Path, meter: Meter) -> None:
    lost: queue.SimpleQueue[Gap] = queue.SimpleQueue()
    camera = CameraFeed(
        lambda: url,
        name="camera",
        recorder=Recorder(work, segment_s=10),
        decoder=None,
        on_gap_open=lost.put,
        on_gap_closed=lost.put,
    )
    camera.start()
    while meter.goes_on(is_keyframe=True):  # nobody tells of packets here; it may begin at any
        time.sleep(0.5)
    meter.packets = camera.counts.recorded_packets
    camera.stop()
    if not lost.empty():
        raise SystemExit(f"the stream was lost: {lost.get()}")


def decode(url: str, _work: Path, meter: Meter) -> None:
    with bare_packets(url) as (stream, packets):
        stream.thread_type = "SLICE"
        for packet in packets:
            stream.codec_context.decode(packet)
            if not meter.goes_on(packet.is_keyframe):
                return


def keys(url: str, _work: Path, meter: Meter) -> None:
    with bare_packets(url) as (stream, packets):
        stream.codec_context.skip_frame = "NONKEY"
        for packet in packets:
            stream.codec_context.decode(packet)
            if not meter.goes_on(packet.is_keyframe):
                return


WAYS: dict[str, Callable[[str, Path, Meter], None]] = {
    "feed": feed, "recorder": recorder, "copy": copy, "decode": decode, "keys": keys,
}  # fmt: skip


def measured(way: str, url: str, seconds: float, limit_tool: Path) -> dict[str, float]:
    """Share of one core, and packets, of one way in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as work:
        if way == "limit":
            words = [str(limit_tool), "record", url, work, "--mode", "copy", "--seconds", str(seconds)]
        else:
            words = [__file__, url, "--way", way, "--work", work, "--seconds", str(seconds)]
        done = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, check=False, timeout=seconds + 60
        )
        if done.returncode:
            raise SystemExit(f"{way} failed: {done.stderr.strip()[-2000:]}")
        said = json.loads(done.stdout)
    if way == "limit":
        return {"share": said["cpu_percent"] / 100, "packets": said["packets"]}
    return {"share": said["share"], "packets": said["packets"]}


def camera_video(source: Path, target: Path, seconds: float) -> Path:
    """`source` over and over as one H.264 file of `seconds` at 30 fps, packets copied and timed anew.

    Raises:
        SystemExit: it is not H.264, or has B-pictures.
    """
    written = 0
    with av.open(str(target), "w", format="mp4") as writer:
        copied = None
        while written < seconds * FPS:
            with av.open(str(source)) as reader:
                stream = reader.streams.video[0]
                if stream.codec_context.name != "h264" or stream.codec_context.has_b_frames:
                    raise SystemExit(f"{source}: must be H.264 without B-pictures")
                copied = copied or writer.add_stream_from_template(stream)
                copied.time_base = Fraction(1, TICKS)
                for packet in reader.demux(stream):
                    if packet.size:
                        packet.time_base = Fraction(1, TICKS)
                        packet.pts = packet.dts = written * TICKS // FPS
                        packet.duration = TICKS // FPS
                        packet.stream = copied
                        writer.mux(packet)
                        written += 1
    return target


def measure(video: Path | None, *, rounds: int, seconds: float, limit_tool: Path) -> dict[str, Any]:
    shares: dict[str, list[float]] = {way: [] for way in WAYS}
    if limit_tool.is_file():
        shares["limit"] = []
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as name:
        work = Path(name)
        made = video or make_video(work / "made.mp4", seconds=10)
        camera = camera_video(made, work / "camera.mp4", seconds + 60)
        with RtspServer({"/camera": camera}) as server:
            for _ in range(rounds):
                for way, found in shares.items():
                    one = measured(way, server.url(), seconds, limit_tool)
                    if one["packets"] < 0.9 * seconds * FPS:
                        raise SystemExit(f"{way}: only {one['packets']} packets in {seconds} s")
                    found.append(one["share"])
        megabit_s = camera.stat().st_size * 8 / 1e6 / (seconds + 60)
    reference = "limit" if "limit" in shares else "copy"
    return {
        "bench": "record_cpu",
        "machine": machine(),
        "load_before": round(load_before, 2),
        "video": video.name if video else "made, 1080p30",
        "megabit_s": round(megabit_s, 1),
        "rounds": rounds,
        "seconds": seconds,
        "reference": reference,
        "percent_of_a_core": {way: [round(100 * share, 2) for share in all_] for way, all_ in shares.items()},
        "medians": {way: round(100 * median(found), 2) for way, found in shares.items()},
        "ratios": {
            way: round(median(a / b for a, b in zip(found, shares[reference], strict=True)), 2)
            for way, found in shares.items()
        },
        "aims": {"feed": AIM, "recorder": AIM},
    }


def shown(document: dict[str, Any]) -> Table:
    on = document["machine"]
    table = Table(
        title=f"recording one stream of {document['megabit_s']} Mbit/s: {on['processor']},"
        f" {on['cores']} cores, {document['rounds']} rounds of {document['seconds']:g} s",
        title_justify="left",
    )
    for heading in ("way", "% of a core", "least", "most", f"times {document['reference']}"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for way, middle in document["medians"].items():
        all_ = document["percent_of_a_core"][way]
        table.add_row(
            way, f"{middle:.2f}", f"{min(all_):.2f}", f"{max(all_):.2f}", f"{document['ratios'][way]:.2f}"
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", nargs="?", help="H.264 without B-pictures, 1080p; without it one is made")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--limit", type=Path, default=LIMIT_TOOL, help="the tool `limit.py`")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        meter = Meter(asked.seconds)
        WAYS[asked.way](asked.video, asked.work, meter)
        print(json.dumps({"share": meter.share, "packets": meter.packets}))
        shutil.rmtree(asked.work, ignore_errors=True)
        return
    if missing := rtsp_server_missing():
        raise SystemExit(missing)
    document = measure(
        Path(asked.video) if asked.video else None,
        rounds=asked.rounds,
        seconds=asked.seconds,
        limit_tool=asked.limit,
    )
    if asked.json:
        print(json.dumps(document, indent=2))
    else:
        Console().print(shown(document))


if __name__ == "__main__":
    main()
