"""Noticing that a camera changed its codec or picture size in mid-stream, from the packets alone."""

from __future__ import annotations

import re
from contextlib import suppress

from av.codec.context import CodecContext
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

# Parameter sets stand before the picture in a key packet, with at most some hundred bytes of SEI between.
_HEAD_BYTES = 2048
_START_CODE = re.compile(rb"\x00\x00\x01")
_JPEG_SIZES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))

Size = tuple[int, int]


class FormatWatch:
    """Compares each packet with how the stream began.

    H.264 and HEVC say their size in parameter sets before key pictures; those are compared byte for byte,
    and read only where they differ. A difference that is not one of size or profile (a new bit rate, say)
    does not count. Motion JPEG says its size in each picture. Other codecs are compared only where FFmpeg
    reports a change itself.

    Attributes:
        size: width and height in pixels, 0 where not yet known.
    """

    def __init__(self, codec: str, size: Size, extradata: bytes | None = None) -> None:
        self.size = size
        self._codec = codec
        self._seen: bytes | None = None
        self._profile: bytes | None = None
        self._extradata = extradata

    def changed(self, packet: Packet[VideoStream]) -> str | None:
        """What changed with this packet, in words; None = nothing."""
        if packet.has_sidedata("new_extradata"):
            extradata = bytes(packet.get_sidedata("new_extradata"))
            before, self._extradata = self._extradata, extradata
            if before is not None and before != extradata:
                return "new codec parameters"
        if not packet.is_keyframe:
            return None
        if self._codec in ("h264", "hevc"):
            return self._new_parameter_sets(packet)
        if self._codec == "mjpeg":
            return self._new_size(jpeg_size(bytes(memoryview(packet)[:_HEAD_BYTES])))
        return None

    def _new_parameter_sets(self, packet: Packet[VideoStream]) -> str | None:
        sets, profile = parameter_sets(self._codec, bytes(memoryview(packet)[:_HEAD_BYTES]))
        if not sets or sets == self._seen:
            return None
        before, self._seen = (self._seen, self._profile), sets
        self._profile = profile
        if before[0] is None:
            return None  # what the announced size was taken from
        if before[1] != profile:
            return "another profile of the codec"
        return self._new_size(size_of_key_picture(self._codec, bytes(packet)))

    def _new_size(self, size: Size | None) -> str | None:
        if size is None or size == self.size:
            return None
        before, self.size = self.size, size
        return None if before == (0, 0) else f"{before[0]}x{before[1]} became {size[0]}x{size[1]}"


def parameter_sets(codec: str, head: bytes) -> tuple[bytes, bytes]:
    """The parameter sets at the beginning of an Annex B packet, with start codes, and the profile they name.

    Both are empty where there are none, or where units are preceded by lengths instead (MP4, FLV).

    Source:
        NAL unit types and the place of the profile: ITU-T H.264 (7.3.1, 7.3.2.1.1), H.265 (7.3.1.2, 7.3.3).
    """
    hevc = codec == "hevc"
    starts = [match.end() for match in _START_CODE.finditer(head)]
    found, profile = b"", b""
    for start, following in zip(starts, [*starts[1:], len(head) + 3], strict=True):
        unit = head[start : following - 3].rstrip(b"\0")
        if not unit:
            continue
        kind = unit[0] >> 1 & 0x3F if hevc else unit[0] & 0x1F
        if kind < 32 if hevc else kind in (1, 5):
            break  # the picture itself
        if kind in ((32, 33, 34) if hevc else (7, 8)):
            found += b"\0\0\0\1" + unit
        if kind == (33 if hevc else 7):
            profile = unit[3:4] if hevc else unit[1:2]
    return found, profile


def size_of_key_picture(codec: str, data: bytes) -> Size | None:
    """Width and height of a key picture with its parameter sets, decoded for it; None when that fails."""
    context = CodecContext.create(codec, "r")
    assert isinstance(context, VideoCodecContext)
    with suppress(FFmpegError):
        context.decode(Packet(data))
    return (context.width, context.height) if context.width else None


def jpeg_size(head: bytes) -> Size | None:
    """Width and height of a JPEG from its frame header; None when there is none in `head`.

    Source:
        ITU-T T.81, B.1.1 and B.2.2.
    """
    at = 2 if head.startswith(b"\xff\xd8") else len(head)
    while at + 9 <= len(head) and head[at] == 0xFF:
        kind, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if kind in _JPEG_SIZES:
            height, width = head[at + 5 : at + 7], head[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + length
    return None
