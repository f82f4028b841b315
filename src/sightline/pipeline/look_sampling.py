"""Whom to look at closer in each picture. Pure: the same footage is looked at in the same way twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, sqrt

from sightline.domain.track import Box, TrackedBox

BUDGET = 0.3
"""Share of all the time that looks may take."""
CEILING_MS = 1000 * BUDGET
"""Most that is saved up: the looks of one second."""

LEAST_FACE_BODY_PX = 100
"""Height of a person below which a face cannot have the 50 pixels from which it counts: some are seen to the
waist only."""
LEAST_POSE_BODY_PX = 50
FACE_GAP_S, FACE_GAP_GROWS, LONGEST_GAP_S = 0.4, 1.5, 10.0
LONGEST_AFTER = 8
"""Looks after which a gap grows no more."""
CLOSER = 1.15
"""Somebody so much taller in the picture than at any look before is looked at as if they had just come."""
POSE_GAP_S, POSE_LOOKS_TO_DOUBLE = 1.0, 30
SLACK_S = 0.001
"""Capture times are rounded."""
HOLD_S = 0.8
"""Of footage, in which a call of the pose model waits for more people; none waits for more than a second at
5 pictures a second."""

UPPER_SHARE, UPPER_OF_WIDTH = 0.45, 0.9
"""Where a face is looked for: so much of a person's height from the top, or of the width where only the upper
part of them is in the picture."""
MARGIN = 0.1
FACE_SIDE_PX, FACE_STEP_PX, LEAST_FACE_SIDE_PX = 320, 32, 64
"""Longer side of what the face detector is shown, and how its sides are rounded."""


def upper_part(box: Box) -> Box:
    """Where somebody's face may be, xyxy pixels of the whole picture; may reach over its edge."""
    x1, y1, x2, y2 = box
    wide, high = x2 - x1, y2 - y1
    tall = min(high, max(UPPER_SHARE * high, UPPER_OF_WIDTH * wide))
    return (x1 - MARGIN * wide, y1 - MARGIN * tall, x2 + MARGIN * wide, y1 + tall)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookCosts:
    """What things cost, in nominal milliseconds: constants, since a measured time would differ at each run.

    Attributes:
        picture: detecting, decoding and tracking one analysed picture.
        face: looking for faces in 320 x 320 pixels; None where no faces are looked for.
        any_size: whether a smaller crop costs the face detector less.
        found_face: all that becomes of a face once it is found.
        pose_call: one call of the pose model; None where no poses are looked for.
        people_a_call: how many people one call looks at.
    """

    picture: float
    face: float | None = None
    any_size: bool = True
    found_face: float = 0.0
    pose_call: float | None = None
    people_a_call: int = 1

    @property
    def earned(self) -> float:
        """What one analysed picture earns for looks, so that they take `BUDGET` of the whole."""
        return self.picture * BUDGET / (1 - BUDGET)

    def of_face(self, box: Box) -> float:
        """Looking for the face of one person, and what becomes of it."""
        assert self.face is not None
        share = 1.0
        if self.any_size:
            x1, y1, x2, y2 = upper_part(box)
            scale = min(1.0, FACE_SIDE_PX / max(x2 - x1, y2 - y1))
            across, down = (
                max(LEAST_FACE_SIDE_PX, FACE_STEP_PX * ceil(side * scale / FACE_STEP_PX))
                for side in (x2 - x1, y2 - y1)
            )
            share = across * down / FACE_SIDE_PX**2
        return self.face * share + self.found_face


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom to look at in one picture.

    Attributes:
        closes_call: a call of the pose model that waits for more people is to be made without them, before
            `poses` are added to the next one. A full call is made at once.
        spent: nominal milliseconds.
    """

    faces: tuple[TrackedBox, ...] = ()
    poses: tuple[TrackedBox, ...] = ()
    closes_call: bool = False
    spent: float = 0.0


@dataclass(slots=True)
class _History:
    """How one track was looked at: when last (at first: when it came), how often, how tall at most."""

    face_at: datetime
    pose_at: datetime
    faces: int = 0
    poses: int = 0
    tallest: float = 0.0


@dataclass(frozen=True, slots=True)
class _Due:
    urgency: float
    is_pose: bool
    person: TrackedBox


class LookSampler:
    """Chooses by what it was told of the pictures alone, never by what looks found or how long they took.

    Each picture earns credit and each look spends it; what is due and not affordable waits. The first in line
    is whoever has waited longest for how often their turn comes, and of those the largest: with twenty people
    in view each is looked at less often, and everybody has their turn.
    """

    def __init__(self, costs: LookCosts) -> None:
        self._costs = costs
        # A call that costs more than a second's credit has to be possible.
        self._ceiling = max(CEILING_MS, costs.pose_call or 0.0)
        self._credit = 0.0
        self._tracks: dict[int, _History] = {}
        self._seats = 0
        self._call_since: datetime | None = None

    def choose(self, at: datetime, people: Sequence[TrackedBox]) -> Chosen:
        """Whom to look at in the next picture.

        Args:
            at: its capture time.
            people: who may be looked at.
        """
        self._credit = min(self._ceiling, self._credit + self._costs.earned)
        closes = self._call_since is not None and (at - self._call_since).total_seconds() >= HOLD_S
        if closes:
            self._seats, self._call_since = 0, None
        before = self._credit
        chosen = self._afforded(at, sorted(self._due(at, people), key=_line))
        return Chosen(
            faces=tuple(one.person for one in chosen if not one.is_pose),
            poses=tuple(one.person for one in chosen if one.is_pose),
            closes_call=closes,
            spent=before - self._credit,
        )

    def forget(self, track_id: int) -> None:
        """The track is over."""
        self._tracks.pop(track_id, None)

    def _due(self, at: datetime, people: Sequence[TrackedBox]) -> Iterable[_Due]:
        for one in people:
            history = self._tracks.setdefault(one.track_id, _History(at, at))
            if self._costs.face is not None and one.height >= LEAST_FACE_BODY_PX:
                if not history.faces:
                    gap, waited = 0.0, POSE_GAP_S + _seconds(history.face_at, at)
                else:
                    is_closer = one.height >= CLOSER * history.tallest
                    times = 0 if is_closer else min(history.faces - 1, LONGEST_AFTER)
                    gap = min(LONGEST_GAP_S, FACE_GAP_S * FACE_GAP_GROWS**times)
                    waited = _seconds(history.face_at, at)
                if waited + SLACK_S >= gap:
                    yield _Due(_urgency(waited, gap, one), False, one)
            if self._costs.pose_call is not None and one.height >= LEAST_POSE_BODY_PX:
                # At first not before a second is over: there is no speed until then.
                gap = min(LONGEST_GAP_S, POSE_GAP_S * (1 + history.poses / POSE_LOOKS_TO_DOUBLE))
                waited = _seconds(history.pose_at, at)
                if waited + SLACK_S >= gap:
                    yield _Due(_urgency(waited, gap, one), True, one)

    def _afforded(self, at: datetime, line: Iterable[_Due]) -> list[_Due]:
        """Who has their turn: nobody passes whoever cannot be afforded yet, but for a seat that is paid."""
        chosen: list[_Due] = []
        saving = False
        for one in line:
            cost = self._cost(one)
            if cost and (saving or cost > self._credit):
                saving = True
                continue
            self._credit -= cost
            self._note(one, at)
            chosen.append(one)
        return chosen

    def _cost(self, one: _Due) -> float:
        if not one.is_pose:
            return self._costs.of_face(one.person.box)
        assert self._costs.pose_call is not None
        return 0.0 if self._seats else self._costs.pose_call

    def _note(self, one: _Due, at: datetime) -> None:
        history = self._tracks[one.person.track_id]
        if not one.is_pose:
            history.face_at, history.faces = at, history.faces + 1
            history.tallest = max(history.tallest, one.person.height)
            return
        history.pose_at, history.poses = at, history.poses + 1
        if self._seats:
            self._seats -= 1
        else:
            self._seats, self._call_since = self._costs.people_a_call - 1, at
        if not self._seats:
            self._call_since = None


def _urgency(waited: float, gap: float, one: TrackedBox) -> float:
    """The first faces come fast, but nobody's poses wait for them: a gap counts as that of poses at least."""
    return waited / max(gap, POSE_GAP_S) * sqrt(one.height)


def _line(one: _Due) -> tuple[float, bool, int]:
    return (-one.urgency, one.is_pose, one.person.track_id)


def _seconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds()
