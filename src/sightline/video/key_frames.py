"""Where a file can be entered: its key frames, found by reading packets and decoding none."""

from dataclasses import dataclass

from av.error import FFmpegError

from sightline.video.source import VideoFile
from sightline.video.timeline import PacketTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFrame:
    """A picture from which a decoder can begin.

    Attributes:
        packet: its number in the file's order, from 0.
        pts: its presentation time, repaired as `video.frames` repairs it.
    """

    packet: int
    pts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFrames:
    """The key frames of a file.

    Attributes:
        frames: in the file's order; each is shown after the one before.
        end_pts: when the last picture ends.
    """

    frames: tuple[KeyFrame, ...]
    end_pts: int


def key_frames(video: VideoFile) -> KeyFrames:
    """Read the packets of a file to its end, or to where it cannot be read further."""
    info = video.info
    frame_ticks = max(1, round(1 / (info.fps * info.time_base)))
    times = PacketTimes(info.time_base, frame_ticks)
    found: list[KeyFrame] = []
    number, end_pts = 0, info.first_pts
    container, stream = video.open_container()
    with container:
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                break
            if packet is None:
                break
            if not packet.size:
                continue
            times.repair(packet)
            pts = packet.pts
            assert pts is not None
            if not packet.is_discard:
                end_pts = max(end_pts, pts + (packet.duration or frame_ticks))
                if packet.is_keyframe and (not found or pts > found[-1].pts):
                    found.append(KeyFrame(packet=number, pts=pts))
            number += 1
    return KeyFrames(frames=tuple(found), end_pts=end_pts)
