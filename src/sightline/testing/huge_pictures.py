"""Small films whose headers announce enormous pictures: H.264 with another size written into it."""

import io

import av
import numpy as np

START = b"\x00\x00\x00\x01"
_SEQUENCE_PARAMETERS = 7


def small_film(frames: int = 50) -> bytes:
    """A bare H.264 stream, 25 pictures a second of 160 x 112 with a bright block that moves."""
    out = io.BytesIO()
    with av.open(out, "w", format="h264") as container:
        options = {"profile": "baseline", "x264-params": "repeat-headers=1:annexb=1:aud=0"}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 112, "yuv420p"
        for number in range(frames):
            picture = np.full((112, 160, 3), 60, np.uint8)
            picture[20:90, number * 2 : number * 2 + 30] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def announcing(film: bytes, width: int, height: int) -> bytes:
    """A baseline H.264 stream that says that its pictures are of this size, in pixels, multiples of 16."""
    units = film.replace(START, START[1:]).split(START[1:])[1:]
    said = (_resized(unit, width, height) if unit[0] & 31 == _SEQUENCE_PARAMETERS else unit for unit in units)
    return b"".join(START + unit for unit in said)


def _resized(unit: bytes, width: int, height: int) -> bytes:
    # After head, profile and level come numbers of variable length: id, bits of the frame number, kind of
    # picture order (with kind 0 its bits), reference pictures; one bit; width and height in blocks, less one.
    bits = "".join(f"{byte:08b}" for byte in unit[4:].replace(b"\x00\x00\x03", b"\x00\x00"))
    at, kind = 0, 0
    for _ in range(3):
        kind, at = _number(bits, at)
    for _ in range(2 if kind == 0 else 1):
        _, at = _number(bits, at)
    kept = bits[: at + 1]
    at += 1
    for _ in range(2):
        _, at = _number(bits, at)
    new = (kept + _coded(width // 16 - 1) + _coded(height // 16 - 1) + bits[at:]).rstrip("0")
    new += "0" * (-len(new) % 8)
    return unit[:4] + _escaped(bytes(int(new[place : place + 8], 2) for place in range(0, len(new), 8)))


def _escaped(content: bytes) -> bytes:
    out = bytearray()
    for byte in content:
        if byte <= 3 and out[-2:] == b"\x00\x00":
            out.append(3)
        out.append(byte)
    return bytes(out)


def _number(bits: str, at: int) -> tuple[int, int]:
    zeros = bits.index("1", at) - at
    end = at + 2 * zeros + 1
    return int(bits[at + zeros : end], 2) - 1, end


def _coded(number: int) -> str:
    return f"{number + 1:b}".rjust(2 * (number + 1).bit_length() - 1, "0")
