"""Containers for untouched packets: which one, and with which options."""

import errno
import os
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from sightline.video.boxes import is_whole

# MP4 keeps exact times and every browser knows it. What MP4 has no code for goes into Matroska, whose times
# are whole milliseconds. MPEG-4 part 2 and motion JPEG do fit, though no browser plays them.
_IN_MP4 = frozenset({"h264", "hevc", "av1", "libdav1d", "vp9", "mpeg4", "mjpeg", "mpeg1video", "mpeg2video"})

# A fragment ends at a key frame and at least every second, so a kill loses a second at most.
_FRAGMENTED = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
}
_FASTSTART = {"movflags": "faststart"}


def container_suffix(codec: str) -> Literal[".mp4", ".mkv"]:
    """`.mp4`, or `.mkv` for the codecs MP4 cannot carry."""
    return ".mp4" if codec in _IN_MP4 else ".mkv"


def open_writer(
    path: Path, template: VideoStream, *, fragmented: bool, time_base: Fraction | None = None
) -> tuple[OutputContainer, VideoStream]:
    """A file that takes the packets of `template` as they are.

    Args:
        path: written at once; its suffix does not matter.
        fragmented: playable at any moment, for recording; otherwise with the index in front, for playing.
        time_base: of the packets, where it differs from that of `template`.
    """
    if container_suffix(template.codec_context.name) == ".mkv":
        container = av.open(str(path), "w", format="matroska")
    else:
        container = av.open(str(path), "w", format="mp4", options=_FRAGMENTED if fragmented else _FASTSTART)
    # opaque: the decoder's codec as it is, so that a build without an encoder for it can copy it too.
    stream = container.add_stream_from_template(template, opaque=True)
    if stream.codec_context.name == "hevc":
        stream.codec_tag = "hvc1"  # Apple's players refuse hev1
    if time_base is not None:
        stream.time_base = time_base
    return container, stream


def close_writer(container: OutputContainer, path: Path) -> None:
    """Write what is left, close the file, and make sure that it all arrived.

    FFmpeg tells of nothing when the last fragment or the index of an MP4 does not fit on the disk.

    Raises:
        OSError: no space left; FFmpegError: whatever else it says.
    """
    is_mp4 = container.format.name == "mp4"
    container.close()
    if is_mp4 and not is_whole(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
