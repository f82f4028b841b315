"""Footage for the measurements: a moving textured picture, and any video looped to a wanted length."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import cycle
from pathlib import Path

import av
import cv2
import numpy as np

FPS, BIT_RATE, WIDTH, HEIGHT = 25, 5_000_000, 1920, 1080


def make_video(path: Path, seconds: float) -> Path:
    """Pan over a textured wall with a bright block moving across it.

    1080p at 25 fps, libx264 ultrafast at 5 Mbit/s, a key frame every 2 s.
    """
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT // 4 + 32, WIDTH // 4 + 80), np.uint8)
    coarse = cv2.GaussianBlur(noise, (0, 0), 1.5)
    fine = cv2.resize(coarse, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    wall = ((fine - fine.min()) * (170 / np.ptp(fine)) + 30).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = WIDTH, HEIGHT, "yuv420p", BIT_RATE
        stream.codec_context.gop_size = 2 * FPS
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        for number in range(round(seconds * FPS)):
            left, top = int(150 + 150 * np.sin(number / 40)), int(60 + 60 * np.cos(number / 55))
            planes[:HEIGHT] = wall[top : top + HEIGHT, left : left + WIDTH]
            at = number * 6 % (WIDTH - 200)
            planes[400:800, at : at + 200] = 235
            frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def loop_video(source: Path, target: Path, seconds: float) -> float:
    """Copy the packets of `source` again and again, times continued, until `seconds` are full.

    Returns:
        seconds written; the last turn is cut at a packet.
    """
    return loop_videos([source], target, seconds)


def loop_videos(sources: Sequence[Path], target: Path, seconds: float) -> float:
    """The same of several videos of one camera, one after the other and then from the first again."""
    offset = end = 0
    with av.open(str(target), "w") as container:
        copy = None
        for source in cycle(sources):
            with av.open(str(source)) as video:
                stream = video.streams.video[0]
                copy = copy or container.add_stream_from_template(stream)
                first, tick = stream.start_time or 0, stream.time_base or Fraction(1, 90_000)
                for packet in video.demux(stream):
                    if packet.pts is None or packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts - first + offset, packet.dts - first + offset
                    if packet.dts * tick >= seconds:
                        return float(end * tick)
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.stream = copy
                    container.mux(packet)
                if end <= offset:
                    raise SystemExit(f"{source}: no picture in it")
                offset = end
    raise SystemExit("no video to loop")
