"""How well line, uniform and enrolled staff tell the roles of tracks that people have marked.

Whatever is learnt is learnt without the track that is judged by it, or the figures would flatter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sightline.domain.detection import FloatArray
from sightline.domain.event import Role
from sightline.domain.role import RoleDecision, StaffCue
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.zone import ZoneKind
from sightline.pipeline.marked_tracks import LookedAtFootage
from sightline.pipeline.staff_cues import KnownStaff, TrackTally
from sightline.vision.uniform import Uniform, learnt_colours

PLACE, UNIFORM, ENROLLED, TOGETHER = "line and zones", "uniform", "enrolled", "all together"

Judge = tuple[Uniform | None, KnownStaff | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One marked track: what people say, and what was found."""

    track_id: int
    marked: Role
    found: RoleDecision

    @property
    def is_right(self) -> bool:
        return self.found.role is self.marked


@dataclass(frozen=True, slots=True)
class StaffMeans:
    """What one way of telling staff makes of all marked tracks."""

    name: str
    verdicts: tuple[Verdict, ...]

    @property
    def right(self) -> int:
        return sum(one.is_right for one in self.verdicts)

    def count(self, marked: Role, found: Role) -> int:
        return sum(one.marked is marked and one.found.role is found for one in self.verdicts)

    def document(self) -> dict[str, Any]:
        return {
            "right": self.right,
            "of": len(self.verdicts),
            "accuracy": round(self.right / len(self.verdicts), 3),
            "confusion": {
                marked.value: {found.value: self.count(marked, found) for found in Role}
                for marked in (Role.STAFF, Role.CUSTOMER)
            },
            "wrong": [
                {
                    "track": one.track_id,
                    "marked": one.marked.value,
                    "found": one.found.role.value,
                    "confidence": round(one.found.confidence, 3),
                    "reason": one.found.reason,
                }
                for one in self.verdicts
                if not one.is_right
            ],
        }


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learnt and how well it does.

    Attributes:
        colours: learnt from all marked tracks, `#rrggbb`; empty when nobody's clothes could be seen.
    """

    means: tuple[StaffMeans, ...]
    colours: tuple[str, ...]


def calibrate(
    footage: LookedAtFootage,
    marks: Mapping[int, Role],
    rules: CameraRules,
    *,
    model: str,
    threshold: float | None,
) -> Calibration:
    """Judge every marked track by each means, and by all.

    Args:
        rules: of the camera, `lost_after` as the tracker's memory.
        model: that made the vectors.
        threshold: cosine from which two are one person; None: there are no vectors.
    """
    torsos, vectors = _seen(footage, marks)
    staff = [track for track, role in marks.items() if role is Role.STAFF]
    others = [track for track, role in marks.items() if role is not Role.STAFF]

    def uniform_without(left_out: int | None) -> Uniform | None:
        learnt = [torsos[one] for one in staff if one != left_out and one in torsos]
        unlike = [torsos[one] for one in others if one != left_out and one in torsos]
        return Uniform(learnt_colours(learnt, unlike)) if learnt else None

    def known_without(left_out: int) -> KnownStaff | None:
        if threshold is None:
            return None
        templates = {
            f"track {one}": met
            for one in staff
            if one != left_out and (met := _tally(model, vectors.get(one, [])).met) is not None
        }
        return KnownStaff(templates=templates, threshold=threshold) if templates else None

    uniforms = {track: uniform_without(track) for track in marks}
    known = {track: known_without(track) for track in marks}
    nowhere = replace(
        rules, staff_line=None, zones=tuple(zone for zone in rules.zones if zone.kind is not ZoneKind.STAFF)
    )
    is_drawn = rules.staff_line is not None or any(zone.kind is ZoneKind.STAFF for zone in rules.zones)
    ways: list[tuple[str, CameraRules, Callable[[int], Judge]]] = []
    if is_drawn:
        ways.append((PLACE, rules, lambda _: (None, None)))
    ways.append((UNIFORM, nowhere, lambda track: (uniforms[track], None)))
    if threshold is not None:
        ways.append((ENROLLED, nowhere, lambda track: (None, known[track])))
    if len(ways) > 1:
        ways.append((TOGETHER, rules, lambda track: (uniforms[track], known[track])))
    all_of_them = uniform_without(None)
    return Calibration(
        tuple(StaffMeans(name, _judged(footage, marks, among, judge, model)) for name, among, judge in ways),
        all_of_them.colours if all_of_them is not None else (),
    )


def _seen(
    footage: LookedAtFootage, marks: Mapping[int, Role]
) -> tuple[dict[int, FloatArray], dict[int, list[FloatArray]]]:
    """All torso pixels and all vectors of each marked track of which there are any."""
    torsos: dict[int, list[FloatArray]] = {}
    vectors: dict[int, list[FloatArray]] = {}
    for look in footage.looks:
        for found, into in ((look.torsos, torsos), (look.vectors, vectors)):
            for track, seen in found.items():
                if track in marks:
                    into.setdefault(track, []).append(seen)
    return {track: np.concatenate(seen) for track, seen in torsos.items()}, vectors


def _tally(model: str, vectors: list[FloatArray]) -> TrackTally:
    tally = TrackTally()
    for vector in vectors:
        tally.add_vector(model, vector)
    return tally


def _judged(
    footage: LookedAtFootage,
    marks: Mapping[int, Role],
    rules: CameraRules,
    judge: Callable[[int], Judge],
    model: str,
) -> tuple[Verdict, ...]:
    """The roles at the end of the footage, as an analysis would have them."""
    watch = ServiceWatch(rules)
    judges = {track: judge(track) for track in marks}
    tallies = {track: TrackTally() for track in marks}
    for frame, look in zip(footage.frames, footage.looks, strict=True):
        cues: dict[int, StaffCue] = {}
        for track in {*look.torsos, *look.vectors} & marks.keys():
            (uniform, known), tally = judges[track], tallies[track]
            if uniform is not None and track in look.torsos:
                tally.worn.add(uniform.likelihood(look.torsos[track]))
            if known is not None and track in look.vectors:
                tally.add_vector(model, look.vectors[track])
            if uniform is not None or known is not None:
                cues[track] = tally.cue(uniform=uniform is not None, known=known)
        watch.see(frame, cues)
    watch.finish()
    roles = watch.roles()
    nobody = RoleDecision(Role.UNKNOWN, 0.0, "outside of what is watched")
    return tuple(Verdict(track, marked, roles.get(track, nobody)) for track, marked in sorted(marks.items()))
