"""Videos made on the spot: small, but by the real encoders and in the real containers."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

STARTED_AT = datetime(2025, 10, 25, 11, 30, 52, 123456, tzinfo=UTC)


def picture(number: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A grey ramp, a bright bar that moves at the top left, a patch below it that gets brighter."""
    rows = np.linspace(40, 120, height, dtype=np.uint8)
    image = np.repeat(np.repeat(rows[:, None, None], width, axis=1), 3, axis=2)
    at = number * 3 % max(1, width // 2 - 8)
    image[: height // 4, at : at + 8] = 255
    image[height // 2 :, : width // 4] = 30 + number * 7 % 200
    return image


def write_video(
    path: Path,
    *,
    codec: str = "libx264",
    frames: int = 50,
    fps: int | Fraction = 25,
    size: tuple[int, int] = (160, 120),
    gop: int = 25,
    options: dict[str, str] | None = None,
    times_ms: Sequence[int] | None = None,
    container: str | None = None,
    mux_options: dict[str, str] | None = None,
) -> Path:
    """Encode `frames` pictures; `times_ms` gives each its own time (a variable frame rate)."""
    with av.open(str(path), "w", format=container, options=mux_options or {}) as out:
        stream = out.add_stream(codec, rate=fps, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = gop
        if times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(len(times_ms) if times_ms is not None else frames):
            frame = av.VideoFrame.from_ndarray(picture(number, *size), "rgb24")
            if times_ms is not None:
                frame.pts, frame.time_base = times_ms[number], Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def silence() -> av.AudioFrame:
    """An eighth of a second without a sound, at 8 kHz."""
    frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate = 8000
    return frame


def turn(path: Path, degrees: int) -> Path:
    """Set the display matrix of an MP4's track header, as phones do: `degrees` clockwise."""
    data = bytearray(path.read_bytes())
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    matrix = [cos, sin, 0, -sin, cos, 0, 0, 0]
    cells = [value * 0x10000 for value in matrix] + [0x40000000]
    at = data.index(b"tkhd") + 44  # ISO/IEC 14496-12, 8.3.2, version 0
    data[at : at + 36] = b"".join(cell.to_bytes(4, "big", signed=True) for cell in cells)
    path.write_bytes(data)
    return path


def payloads(path: Path) -> list[str]:
    """SHA-256 of every picture packet, in file order; of its NAL units where the framing may differ."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        split = stream.codec_context.name in ("h264", "hevc")
        return [
            hashlib.sha256(b"|".join(nal_units(bytes(packet))) if split else bytes(packet)).hexdigest()
            for packet in container.demux(stream)
            if packet.size
        ]


def nal_units(data: bytes) -> list[bytes]:
    """NAL units of one packet, whether separated by start codes or preceded by 4-byte lengths."""
    if data.startswith((b"\0\0\1", b"\0\0\0\1")):
        return [unit.rstrip(b"\0") for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]]
    units = []
    while data:
        length = int.from_bytes(data[:4], "big")
        units.append(data[4 : 4 + length])
        data = data[4 + length :]
    return units
