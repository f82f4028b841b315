"""A span of a video as one would get it by hand: packets copied, or pictures encoded again."""

import subprocess
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream


def copied(video: Path, start_s: float, clip_s: float, target: Path) -> None:
    """The packets from the key frame at or before the start up to the end, and nothing else."""
    with av.open(str(video)) as source, av.open(str(target), "w") as container:
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        tick = _seek(source, stream, start_s)
        first: int | None = None
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            if packet.pts * tick >= start_s + clip_s:
                break
            first = packet.dts if first is None else first
            packet.pts, packet.dts, packet.stream = packet.pts - first, packet.dts - first, copy
            container.mux(packet)


def copied_by_ffmpeg(program: str, video: Path, start_s: float, clip_s: float, target: Path) -> None:
    span = ["-ss", f"{start_s:.3f}", "-i", str(video), "-t", f"{clip_s:.3f}"]
    subprocess.run([program, "-v", "error", "-y", *span, "-an", "-c", "copy", str(target)], check=True)


def encoded(video: Path, start_s: float, clip_s: float, target: Path) -> None:
    """Every picture of the span decoded and encoded again, with the encoder's defaults."""
    with av.open(str(video)) as source, av.open(str(target), "w") as container:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        rate = stream.average_rate or Fraction(25)
        encoder = container.add_stream("libx264", rate=rate, options={"preset": "medium"})
        encoder.width, encoder.height, encoder.pix_fmt = stream.width, stream.height, "yuv420p"
        _seek(source, stream, start_s)
        number = 0
        for frame in source.decode(stream):
            if frame.time is None or frame.time < start_s:
                continue
            if frame.time >= start_s + clip_s:
                break
            frame.pts, frame.time_base, number = number, 1 / rate, number + 1
            frame.pict_type = PictureType.NONE  # the encoder decides, not what the source chose
            container.mux(encoder.encode(frame))
        container.mux(encoder.encode(None))


def _seek(source: InputContainer, stream: VideoStream, start_s: float) -> Fraction:
    """Go to the key frame at or before; returns the seconds of one tick of the stream's times."""
    if stream.time_base is None:
        raise SystemExit(f"{source.name}: its pictures have no times")
    source.seek(int(start_s / stream.time_base), stream=stream)
    return stream.time_base
