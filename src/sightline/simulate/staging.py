"""From a script to the truth of a recording: bodies, boxes, visibility and events, frame by frame."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from sightline.errors import ConfigError
from sightline.simulate.cast import Person
from sightline.simulate.lens import CAMERA, HEIGHT, WIDTH, FloatArray
from sightline.simulate.pose import RADIUS_M, Joint, joints
from sightline.simulate.room import hiding_range
from sightline.simulate.scenario import write_scenario
from sightline.simulate.script import (
    INTERACTION_MIN_S,
    QUEUE_MIN_S,
    UNATTENDED_OVER_S,
    EventKind,
    Scenario,
    waits,
)
from sightline.simulate.truth import EventTruth, TrackTruth, Truth
from sightline.simulate.walk import Walk

SHORTEST_MINUTES = 0.1
LONGEST_MINUTES = 24 * 60.0
SEEN_SHARE = 0.3  # a person counts as there once this much of the body shows

# Where on the body visibility is tested: (height as a share, sideways metres as a share of half the width).
_PROBES = [(up, side) for up in (0.04, 0.2, 0.36, 0.5, 0.63, 0.77, 0.92) for side in (-0.7, 0.0, 0.7)]


@dataclass(frozen=True, slots=True)
class Actor:
    """One person staged: `body` is (N, len(Joint), 3) metres for frames `first_frame` onwards."""

    person: Person
    first_frame: int
    body: FloatArray
    facing: FloatArray
    floor: FloatArray
    boxes: FloatArray
    depth: FloatArray


@dataclass(frozen=True, slots=True)
class Production:
    """Everything the painter and the truth file need."""

    truth: Truth
    actors: tuple[Actor, ...]


def script_shop(seed: int, minutes: float, fps: float = 15) -> Truth:
    """The truth of `simulate` with the same arguments, without painting a picture."""
    return stage(seed, minutes, fps).truth


def stage(seed: int, minutes: float, fps: float) -> Production:
    """Write the script and place every body in every frame.

    Raises:
        ConfigError: a negative seed, no sensible length, no sensible frame rate.
    """
    rate, frames = _checked(seed, minutes, fps)
    scenario = write_scenario(seed, minutes * 60)
    actors = tuple(_act(person, walk, rate, frames) for person, walk in scenario.people)
    shares = _visible_shares(actors)
    tracks = [_track(actor, visible) for actor, visible in zip(actors, shares, strict=True)]
    truth = Truth(
        seed=seed,
        recorded_at=_recorded_at(seed),
        fps=float(rate),
        width=WIDTH,
        height=HEIGHT,
        frames=frames,
        visitors=len(scenario.visits),
        tracks=tuple(track for track in tracks if len(track.boxes)),
        events=_events(scenario, {track.person_id: track for track in tracks}, float(rate)),
    )
    return Production(truth, actors)


def _checked(seed: int, minutes: float, fps: float) -> tuple[Fraction, int]:
    if seed < 0:
        raise ConfigError(f"the seed must be 0 or more, got {seed}")
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise ConfigError(
            f"minutes must be between {SHORTEST_MINUTES} and {LONGEST_MINUTES:g}, got {minutes:g}"
        )
    if not 1 <= fps <= 60:
        raise ConfigError(f"fps must be between 1 and 60, got {fps:g}")
    rate = Fraction(fps).limit_denominator(1001)
    return rate, round(minutes * 60 * rate)


def _recorded_at(seed: int) -> datetime:
    """Some moment in opening hours; nothing but the seed decides it."""
    rng = np.random.default_rng([seed, 7])
    day = datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(days=int(rng.integers(0, 26)))
    return day + timedelta(seconds=int(rng.integers(0, 7 * 3600)))


def _act(person: Person, walk: Walk, rate: Fraction, frames: int) -> Actor:
    first = max(0, int(np.ceil(walk.start * rate)))
    numbers = np.arange(first, max(first, min(frames, int(walk.end * rate) + 1)))
    times = numbers / float(rate)
    motion = walk.at(times)
    body = joints(person, motion, times)
    pixels, depth = CAMERA.project(body)
    flesh = np.array([RADIUS_M.get(joint, 0.0) for joint in Joint]) * person.height_m * CAMERA.focal_px
    reach = (flesh / depth)[..., None]
    low = np.clip((pixels - reach).min(axis=1), 0, [WIDTH, HEIGHT])
    high = np.clip((pixels + reach).max(axis=1), 0, [WIDTH, HEIGHT])
    x, y, _ = CAMERA.position
    return Actor(
        person=person,
        first_frame=first,
        body=body,
        facing=motion.facing,
        floor=motion.xy,
        boxes=np.concatenate([low, high], axis=1),
        depth=np.hypot(motion.xy[:, 0] - x, motion.xy[:, 1] - y),
    )


def _visible_shares(actors: tuple[Actor, ...]) -> list[FloatArray]:
    """For each actor (N,), the share of the body not hidden by furniture, walls, picture edges or people."""
    hidden_from = hiding_range()
    probes = [_probe_pixels(actor) for actor in actors]
    shares = []
    for index, actor in enumerate(actors):
        points = probes[index]
        inside = ((points >= 0) & (points < [WIDTH, HEIGHT])).all(axis=-1)
        cell = np.clip(points, 0, [WIDTH - 1, HEIGHT - 1]).astype(int)
        free = inside & (hidden_from[cell[..., 1], cell[..., 0]] > actor.depth[:, None])
        for other in actors:
            if other is not actor:
                _cover(free, points, actor, other)
        shares.append(free.mean(axis=1) if len(free) else np.zeros(0))
    return shares


def _probe_pixels(actor: Actor) -> FloatArray:
    """Pixels (N, len(_PROBES), 2) of points spread over the body, in the plane that faces the camera."""
    box = actor.boxes
    centre, half = (box[:, 0] + box[:, 2]) / 2, (box[:, 2] - box[:, 0]) * 0.32
    up = np.array([p[0] for p in _PROBES])
    side = np.array([p[1] for p in _PROBES])
    x = centre[:, None] + half[:, None] * side
    y = box[:, 3:4] - (box[:, 3] - box[:, 1])[:, None] * up
    return np.stack([x, y], axis=-1)


def _cover(free: npt.NDArray[np.bool_], points: FloatArray, actor: Actor, other: Actor) -> None:
    """Mark the probes of `actor` that `other` stands in front of."""
    first = max(actor.first_frame, other.first_frame)
    last = min(actor.first_frame + len(points), other.first_frame + len(other.boxes))
    if last <= first:
        return
    mine = slice(first - actor.first_frame, last - actor.first_frame)
    theirs = slice(first - other.first_frame, last - other.first_frame)
    box = other.boxes[theirs]
    inset = (box[:, 2] - box[:, 0]) * 0.15
    x, y = points[mine, :, 0], points[mine, :, 1]
    covered = (x > (box[:, 0] + inset)[:, None]) & (x < (box[:, 2] - inset)[:, None])
    covered &= (y > box[:, 1:2]) & (y < box[:, 3:4])
    covered &= (other.depth[theirs] < actor.depth[mine])[:, None]
    free[mine] &= ~covered


def _track(actor: Actor, visible: FloatArray) -> TrackTruth:
    seen = np.nonzero(visible > 0)[0]
    keep = slice(int(seen[0]), int(seen[-1]) + 1) if len(seen) else slice(0, 0)
    return TrackTruth(
        person_id=actor.person.person_id,
        role=actor.person.role,
        height_m=round(actor.person.height_m, 3),
        first_frame=actor.first_frame + (keep.start or 0),
        boxes=np.round(actor.boxes[keep], 1).astype(np.float32),
        visible=np.round(visible[keep], 2).astype(np.float32),
        floor=np.round(actor.floor[keep], 2).astype(np.float32),
    )


def _events(scenario: Scenario, tracks: dict[int, TrackTruth], fps: float) -> tuple[EventTruth, ...]:
    """What the script means by each visit. Nothing is measured here but when a customer came into view."""
    events = []
    for visit in scenario.visits:
        customer_id = visit.person.person_id
        track = tracks[customer_id]
        seen = np.nonzero(track.visible >= SEEN_SHARE)[0]
        if len(seen) == 0:
            continue
        first, last = (track.first_frame + seen[[0, -1]]) / fps
        for serving in visit.servings:
            if serving.end - serving.start >= INTERACTION_MIN_S:
                span = (serving.start, serving.end)
                events.append(_event(EventKind.INTERACTION, *span, customer_id, serving.staff_id))
        events += [
            _event(EventKind.QUEUE, stay.start, stay.end, customer_id, None)
            for stay in visit.queue_stays
            if stay.end - stay.start >= QUEUE_MIN_S
        ]
        for start, end in waits(visit, float(first), float(last)):
            if end - start > UNATTENDED_OVER_S:
                events += [_event(EventKind.UNATTENDED, start, end, customer_id, None)]
    return tuple(sorted(events, key=lambda event: (event.start, event.kind, event.customer_id)))


def _event(kind: EventKind, start: float, end: float, customer_id: int, staff_id: int | None) -> EventTruth:
    return EventTruth(
        kind=kind, start=round(start, 3), end=round(end, 3), customer_id=customer_id, staff_id=staff_id
    )
