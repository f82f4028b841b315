"""Where a video is cut into pieces: at key frames, which packets tell without decoding."""

from itertools import pairwise

from sightline.video.key_frames import KeyFrame, KeyFrames, key_frames
from sightline.video.sampling import Sampling
from sightline.video.source import VideoFile
from sightline.video.stretch import WHOLE, Stretch


def cut_video(video: VideoFile, *, at_most: int, least_s: float, analysis_fps: float) -> tuple[Stretch, ...]:
    """Pieces of about equal length, in order, which together are the whole video.

    Args:
        at_most: how many pieces.
        least_s: no piece is shorter.
        analysis_fps: pictures per second that are looked at.

    Returns:
        one piece for a video that is too short, has too few key frames, or carries no picture times: then
        pictures can only be numbered by decoding all of them.
    """
    if at_most < 2 or not video.info.timed:
        return (WHOLE,)
    found = key_frames(video)
    cuts = _cuts(video.info.first_pts, found, at_most, int(least_s / video.info.time_base))
    sampling = Sampling(video.info, analysis_fps)
    entries = [0, *(_entry(cut, found, sampling) for cut in cuts)]
    bounds = [None, *(cut.pts for cut in cuts), None]
    return tuple(
        Stretch(decode_from=entry, begins=begins, ends=ends)
        for entry, (begins, ends) in zip(entries, pairwise(bounds), strict=True)
    )


def _cuts(first_pts: int, found: KeyFrames, at_most: int, least: int) -> list[KeyFrame]:
    """The key frames nearest to equal parts, none too near to another or to an end."""
    length = found.end_pts - first_pts
    parts = min(at_most, length // max(1, least)) if found.frames else 1
    cuts: list[KeyFrame] = []
    for part in range(1, parts):
        wanted = first_pts + part * length // parts
        nearest = min(found.frames, key=lambda frame: abs(frame.pts - wanted))
        before = cuts[-1].pts if cuts else first_pts
        if nearest.pts - before >= max(1, least) and found.end_pts - nearest.pts >= least:
            cuts.append(nearest)
    return cuts


def _entry(cut: KeyFrame, found: KeyFrames, sampling: Sampling) -> int:
    """Number of the packet from which a piece has to be decoded.

    Pictures shown before a key frame may need the ones before it, so the cut itself is too late. The slot of
    the first picture that counts must have begun, too: its first picture is chosen and no other. And one key
    frame more, because a stream that is refreshed bit by bit calls a picture a key frame from which on, not
    at which, everything is whole.
    """
    slot = sampling.slot(cut.pts)
    before = [frame for frame in found.frames if frame.pts < cut.pts and sampling.slot(frame.pts) < slot]
    return before[-2].packet if len(before) > 1 else 0
