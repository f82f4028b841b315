"""What a camera would send: a video made anew at a steady rate, with a key frame each second."""

from fractions import Fraction
from pathlib import Path

import av

from sightline.testing.rtsp_server import looped_video


def camera_footage(source: Path, folder: Path, *, fps: int, seconds: float) -> Path:
    """An H.264 MP4 of `source` at `fps`, long enough for `seconds`: no B-pictures, as most cameras send.

    Pictures are shown for longer or left out to reach the rate; one round is encoded, then copied again and
    again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    once, target = folder / f"{source.stem}-once.mp4", folder / f"{source.stem}-{fps}fps.mp4"
    if target.exists():
        return target
    with av.open(str(source)) as reader, av.open(str(once), "w") as writer:
        stream = reader.streams.video[0]
        made = writer.add_stream("libx264", rate=fps)
        made.width, made.height, made.pix_fmt = stream.width // 2 * 2, stream.height // 2 * 2, "yuv420p"
        made.options = {"preset": "veryfast", "tune": "zerolatency", "g": str(fps), "crf": "26"}
        made.codec_context.time_base = Fraction(1, fps)
        number = 0
        for frame in reader.decode(stream):
            while frame.time is not None and number / fps <= frame.time:
                fresh = frame.reformat(made.width, made.height, "yuv420p")
                fresh.pts, fresh.time_base, fresh.pict_type = number, Fraction(1, fps), 0
                writer.mux(made.encode(fresh))
                number += 1
        writer.mux(made.encode(None))
    looped_video(once, target, seconds)
    once.unlink()
    return target
