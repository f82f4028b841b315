"""A copy that every browser plays, for clips whose codec none does. The clip itself stays the evidence."""

from dataclasses import dataclass
from pathlib import Path

from sightline.video.clip import CutClip, read_back
from sightline.video.h264_file import reencode


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingCopy:
    """An H.264 copy of a clip.

    Attributes:
        derived_from: SHA-256 of the clip it shows.
        frames: pictures in it; fewer than in the clip where some of those are damaged.
    """

    path: Path
    derived_from: str
    frames: int
    size_bytes: int
    sha256: str


def make_viewing_copy(clip: CutClip, target: Path) -> ViewingCopy:
    """Encode the clip as H.264 (yuv420p, index in front), upright, with the same picture times.

    An odd width or height becomes even: 4:2:0 needs that. Encodes on one core only, so that the analysis
    beside it keeps going.

    Raises:
        EvidenceError: the clip cannot be read, or none of its pictures can be decoded.
        DiskFull: nothing was left behind.
    """
    frames = reencode(clip.path, target)
    size_bytes, digest = read_back(target)
    return ViewingCopy(
        path=target, derived_from=clip.sha256, frames=frames, size_bytes=size_bytes, sha256=digest
    )
