"""How many people came, told from tracks, with the doubt that broken tracks bring."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import hypot
from types import MappingProxyType

from sightline.domain.event import Role
from sightline.domain.track import Box, TrackedBox, TrackedFrame

SHORTEST_VISIT = timedelta(seconds=1)
LINK_GAP = timedelta(seconds=5)
LINK_NEAR = 0.5
"""Body heights two ends may lie apart whatever the gap, plus `LINK_SPEED` for every second of it."""
LINK_SPEED = 1.0
LINK_HEIGHT_RATIO = 1.6
NOBODY_KNOWN: Mapping[int, str] = MappingProxyType({})
EDGE = 0.02
"""Of the picture's width and height: a box that comes this near to the edge may have come in there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSpan:
    """Where and when one track began and ended.

    Attributes:
        track_id: valid within one camera and recording.
        role: as decided at the end.
        started_at, ended_at: first and last sighting, capture time.
        first_box, last_box: xyxy pixels of the frame of `width` x `height` pixels.
    """

    track_id: int
    role: Role
    started_at: datetime
    ended_at: datetime
    first_box: Box
    last_box: Box
    width: int
    height: int

    @classmethod
    def begin(cls, person: TrackedBox, frame: TrackedFrame) -> "TrackSpan":
        at, box = frame.captured_at, person.box
        return cls(
            track_id=person.track_id,
            role=Role.UNKNOWN,
            started_at=at,
            ended_at=at,
            first_box=box,
            last_box=box,
            width=frame.width,
            height=frame.height,
        )

    def until(self, at: datetime, person: TrackedBox, role: Role) -> "TrackSpan":
        """The same track, last seen at `at`, with the role it has by then."""
        return replace(self, ended_at=at, last_box=person.box, role=role)

    @property
    def is_visit(self) -> bool:
        return self.ended_at - self.started_at >= SHORTEST_VISIT


@dataclass(frozen=True, slots=True)
class VisitorCount:
    """A count and the range that broken and fleeting tracks leave open; low <= count <= high."""

    count: int
    low: int
    high: int


def count_visitors(tracks: Sequence[TrackSpan], owners: Mapping[int, str] = NOBODY_KNOWN) -> VisitorCount:
    """Count the customers behind some tracks of one camera.

    Method:
        `count` is the number of tracks of at least 1 s that are not staff; those of one known person are one.
        `low` takes a track that begins in the interior of the picture, within 5 s of where another one ended
        in the interior and within a distance a person can walk in that time (0.5 body heights and 1 more per
        second, heights alike within a factor of 1.6), for the same person. Every track continues at most one
        other and is continued by at most one; the likeliest links (shortest gap and way together) are made
        first. Chains that show one known person are one chain. A chain that holds a track of staff is staff.
        `high` adds the tracks shorter than 1 s that no link explains: perhaps somebody passed.

    This is a range from track quality, not a confidence interval: it holds no statement of probability.

    Args:
        tracks: all of one camera and one recording, staff and short ones included, in any order.
        owners: by track number, who it is, of those whose faces are known.
    """
    customers = [track for track in tracks if track.role is not Role.STAFF]
    visits = len({owners.get(track.track_id, track.track_id) for track in customers if track.is_visit})

    low = fleeting = 0
    for chain in _joined(_chains(tracks, _links(tracks)), owners):
        if any(track.role is Role.STAFF for track in chain):
            continue
        low += any(track.is_visit for track in chain)
        fleeting += len(chain) == 1 and not chain[0].is_visit
    return VisitorCount(count=visits, low=low, high=visits + fleeting)


def _links(tracks: Sequence[TrackSpan]) -> dict[int, int]:
    """Which track (by its place in `tracks`) is continued by which, likeliest links first."""
    by_start = sorted(range(len(tracks)), key=lambda index: tracks[index].started_at)
    starts = [tracks[index].started_at for index in by_start]
    candidates = []
    for earlier, ended in enumerate(tracks):
        first = bisect_right(starts, ended.ended_at)
        for place in range(first, bisect_right(starts, ended.ended_at + LINK_GAP)):
            doubt = _doubt(ended, tracks[by_start[place]])
            if doubt is not None:
                candidates.append(
                    (doubt, ended.track_id, tracks[by_start[place]].track_id, earlier, by_start[place])
                )
    following: dict[int, int] = {}
    continued: set[int] = set()
    for *_, earlier, later in sorted(candidates):
        if earlier not in following and later not in continued:
            following[earlier] = later
            continued.add(later)
    return following


def _doubt(ended: TrackSpan, begun: TrackSpan) -> float | None:
    """Gap in seconds plus way in body heights between two ends; None when they cannot be one person."""
    if _at_edge(ended.last_box, ended) or _at_edge(begun.first_box, begun):
        return None
    gap_s = (begun.started_at - ended.ended_at).total_seconds()
    (x0, y0, x1, y1), (u0, v0, u1, v1) = ended.last_box, begun.first_box
    tall, small = max(y1 - y0, v1 - v0), min(y1 - y0, v1 - v0)
    if small <= 0 or tall > LINK_HEIGHT_RATIO * small:
        return None
    way = hypot((x0 + x1 - u0 - u1) / 2, y1 - v1) / ((tall + small) / 2)
    return gap_s + way if way <= LINK_NEAR + LINK_SPEED * gap_s else None


def _at_edge(box: Box, span: TrackSpan) -> bool:
    x_margin, y_margin = EDGE * span.width, EDGE * span.height
    return (
        box[0] <= x_margin
        or box[1] <= y_margin
        or box[2] >= span.width - x_margin
        or box[3] >= span.height - y_margin
    )


def _chains(tracks: Sequence[TrackSpan], links: dict[int, int]) -> list[list[TrackSpan]]:
    heads = set(range(len(tracks))) - set(links.values())
    chains = []
    for head in sorted(heads):
        chain = [head]
        while chain[-1] in links:
            chain.append(links[chain[-1]])
        chains.append([tracks[index] for index in chain])
    return chains


def _joined(chains: Iterable[list[TrackSpan]], owners: Mapping[int, str]) -> list[list[TrackSpan]]:
    """Chains with an owner in common as one. A chain may have several: faces and ways do not always agree."""
    joined: list[list[TrackSpan]] = []
    whose: dict[str, list[TrackSpan]] = {}
    for chain in chains:
        names = {owners[track.track_id] for track in chain if track.track_id in owners}
        same = {id(whose[name]): whose[name] for name in names if name in whose}
        whole = [track for part in same.values() for track in part] + chain
        if same:
            joined = [part for part in joined if id(part) not in same]
        joined.append(whole)
        whose.update({owners[track.track_id]: whole for track in whole if track.track_id in owners})
    return joined
