"""Staff told by their looks, as part of the loop: their uniform, and people who were enrolled."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sightline.domain.detection import FloatArray
from sightline.domain.role import LOOKS_LIKE_STAFF, StaffCue, looks_like
from sightline.domain.templates import Template, TemplateIndex
from sightline.domain.track import Box, TrackedBox
from sightline.vision.appearance import SIZE, AppearanceModel
from sightline.vision.crop import Crop
from sightline.vision.picture import ArrayPicture, Picture
from sightline.vision.uniform import Uniform, torso_box, torso_of

LEAST_HEIGHT = 60.0
"""Pixels of a box from which clothes can be judged."""
COVERED = 0.3
"""Share of a torso behind somebody who stands nearer: then it is their clothes that would be seen."""
SOON, LATER = timedelta(seconds=0.5), timedelta(seconds=2)
"""Between two looks at a track: the first `SOON_LOOKS`, and the later ones."""
SOON_LOOKS = 6
TORSOS_A_PICTURE = 2
VECTORS_A_PICTURE = 1
VECTORS_A_TRACK = 8
FORGOTTEN_AFTER = timedelta(minutes=1)
"""Longer than any tracker remembers: of who stands in an ignored zone nobody says that they are gone."""
EARLY = timedelta(milliseconds=20)
"""Pictures of a camera come a little unevenly."""
STEEPNESS = 4.0
"""How much of the likelihood one unit of cosine is worth: 0.1 above the threshold no doubt is left."""


@dataclass(slots=True)
class Turns:
    """Whose turn it is to be looked at: who was not for longest, a few in each picture.

    Attributes:
        a_picture: most in one picture.
        a_track: most looks at one track; None: as long as it lives.
    """

    a_picture: int
    a_track: int | None = None
    _looks: dict[int, tuple[int, datetime]] = field(default_factory=dict)

    def choose(
        self, at: datetime, people: Sequence[TrackedBox], wanted: Collection[int] | None = None
    ) -> list[TrackedBox]:
        """Those to look at in a picture taken `at`; they count as looked at.

        Args:
            people: all who are in it, for who is behind whom.
            wanted: numbers of those who have turns; None: everybody.
        """
        due = [
            one
            for one in people
            if (wanted is None or one.track_id in wanted)
            and one.height >= LEAST_HEIGHT
            and self._is_due(one.track_id, at)
            and not _is_covered(one, people)
        ]
        due.sort(key=lambda one: (self._waited_since(one.track_id, at), one.track_id))
        chosen = due[: self.a_picture]
        for one in chosen:
            self._looks[one.track_id] = (self._looks.get(one.track_id, (0, at))[0] + 1, at)
        return chosen

    def forget(self, track_id: int) -> None:
        self._looks.pop(track_id, None)

    def _is_due(self, track_id: int, at: datetime) -> bool:
        if track_id not in self._looks:
            return True
        looks, last = self._looks[track_id]
        if self.a_track is not None and looks >= self.a_track:
            return False
        return at - last >= (SOON if looks < SOON_LOOKS else LATER) - EARLY

    def _waited_since(self, track_id: int, at: datetime) -> tuple[bool, datetime]:
        """New ones first."""
        known = self._looks.get(track_id)
        return (known is not None, known[1] if known is not None else at)


def _is_covered(one: TrackedBox, people: Iterable[TrackedBox]) -> bool:
    torso = torso_box(one.box)
    nearer = (other.box for other in people if other.box[3] > one.box[3] and other is not one)
    return any(_overlap(torso, box) > COVERED for box in nearer)


def _overlap(part: Box, box: Box) -> float:
    """Share of `part` that lies in `box`."""
    width = min(part[2], box[2]) - max(part[0], box[0])
    height = min(part[3], box[3]) - max(part[1], box[1])
    area = (part[2] - part[0]) * (part[3] - part[1])
    return width * height / area if width > 0 and height > 0 else 0.0


@dataclass(slots=True)
class WornTally:
    """What the looks at one track's clothes add up to."""

    looks: int = 0
    worn: int = 0
    _sum: float = 0.0

    def add(self, likelihood: float) -> None:
        self.looks += 1
        self.worn += likelihood >= 0.5
        self._sum += likelihood

    def cue(self) -> StaffCue:
        likelihood = self._sum / self.looks if self.looks else 0.5
        verb, times = ("wears", self.worn) if likelihood >= 0.5 else ("does not wear", self.looks - self.worn)
        return StaffCue(
            "uniform", likelihood, self.looks, f"{verb} the staff's colours in {times} of {self.looks} looks"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStaff:
    """The enrolled staff of a venue, to be compared with.

    Attributes:
        templates: by the name the shop gave; all of one model.
        threshold: cosine from which a track's mean vector is one of them.
    """

    templates: Mapping[str, Template] = field(repr=False)
    threshold: float
    _index: TemplateIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first = next(iter(self.templates.values()))
        index = TemplateIndex(first.model, len(first.mean))
        index.put_all(list(self.templates.items()))
        object.__setattr__(self, "_index", index)

    def cue(self, seen: Template) -> StaffCue:
        """What the mean vector of a track says.

        Raises:
            ValueError: it is of another model.
        """
        cosines = self._index.search(seen.model, seen.direction[None])[0]
        best = int(cosines.argmax())
        cosine, name = float(cosines[best]), list(self._index)[best]
        likelihood = min(1.0, max(0.0, LOOKS_LIKE_STAFF + STEEPNESS * (cosine - self.threshold)))
        reason = f"{looks_like(name)}, {cosine:.2f}"
        if likelihood < 0.5:
            reason = f"looks like nobody enrolled ({cosine:.2f} at best)"
        return StaffCue("enrolled", likelihood, seen.faces, reason)


@dataclass(slots=True)
class TrackTally:
    """All that was seen of one track's clothes.

    Attributes:
        met: mean of its vectors; None before the first.
    """

    worn: WornTally = field(default_factory=WornTally)
    met: Template | None = None

    def add_vector(self, model: str, vector: FloatArray) -> None:
        seen = Template.begin(model, vector)
        self.met = self.met.with_template(seen) if self.met is not None else seen

    def cue(self, *, uniform: bool, known: KnownStaff | None) -> StaffCue:
        """What it says, where a uniform is set and some staff are known, or either."""
        worn = self.worn.cue()
        if known is None or self.met is None:
            return worn
        enrolled = known.cue(self.met)
        return worn.joined(enrolled) if uniform else enrolled


class WornCues:
    """The `StaffCues` of one camera and one run.

    Args:
        uniform: None where no colours are set.
        appearance, known: given together where staff are enrolled.

    Attributes:
        notes: see `StaffCues.notes`.
    """

    def __init__(
        self,
        uniform: Uniform | None,
        *,
        appearance: AppearanceModel | None = None,
        known: KnownStaff | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        self.notes = notes
        self._uniform, self._appearance, self._known = uniform, appearance, known
        self._torsos, self._vectors = Turns(TORSOS_A_PICTURE), Turns(VECTORS_A_PICTURE, VECTORS_A_TRACK)
        self._tallies: dict[int, TrackTally] = {}
        self._seen_at: dict[int, datetime] = {}

    def see(self, frame: Picture, people: Sequence[TrackedBox]) -> Mapping[int, StaffCue]:
        """See `StaffCues.see`. Who is seen for the first time is told, too, maybe with no look at all."""
        if self._uniform is None and self._known is None:
            return {}
        news = {one.track_id for one in people} - self._tallies.keys()
        for track_id in news:
            self._tallies[track_id] = TrackTally()
        self._seen_at |= dict.fromkeys((one.track_id for one in people), frame.captured_at)
        for track_id in [
            one for one, at in self._seen_at.items() if frame.captured_at - at > FORGOTTEN_AFTER
        ]:
            self.forget(track_id)
        news |= self._look_at_torsos(frame, people) | self._look_for_known(frame, people)
        return {track_id: self._cue(track_id) for track_id in sorted(news)}

    def forget(self, track_id: int) -> None:
        """See `StaffCues.forget`."""
        for turns in (self._torsos, self._vectors):
            turns.forget(track_id)
        self._tallies.pop(track_id, None)
        self._seen_at.pop(track_id, None)

    def facts(self) -> Mapping[str, str | int | float]:
        """See `StaffCues.facts`. Of the enrolled it has their number."""
        facts: dict[str, str | int | float] = {}
        if self._uniform is not None:
            facts["uniform"] = " ".join(self._uniform.colours)
        if self._known is not None and self._appearance is not None:
            facts["enrolled"] = len(self._known.templates)
            facts["threshold"] = self._known.threshold
            facts.update(self._appearance.facts())
        return facts

    def _cue(self, track_id: int) -> StaffCue:
        return self._tallies[track_id].cue(uniform=self._uniform is not None, known=self._known)

    def _look_at_torsos(self, frame: Picture, people: Sequence[TrackedBox]) -> set[int]:
        seen = set()
        if self._uniform is not None:
            for one in self._torsos.choose(frame.captured_at, people):
                torso = torso_of(frame, one.box)
                if torso is not None:
                    self._tallies[one.track_id].worn.add(self._uniform.likelihood(torso))
                    seen.add(one.track_id)
        return seen

    def _look_for_known(self, frame: Picture, people: Sequence[TrackedBox]) -> set[int]:
        if self._known is None or self._appearance is None:
            return set()
        chosen = self._vectors.choose(frame.captured_at, people)
        for one in chosen:
            vector = vector_of(self._appearance, frame, one.box)
            self._tallies[one.track_id].add_vector(self._appearance.name, vector)
        return {one.track_id for one in chosen}


def vector_of(model: AppearanceModel, frame: Picture, box: Box) -> FloatArray:
    """What somebody looks like, float32 (D,) of length 1; `box` of the whole person, xyxy pixels."""
    left, right = _even_span(box[0], box[2], frame.width)
    top, bottom = _even_span(box[1], box[3], frame.height)
    # Scaled to one size in one pass: a decoded frame keeps a converter for every size it was asked for.
    pixels = frame.cropped(left, top, right, bottom).scaled(*SIZE, "bgr24")
    vector: FloatArray = model.vectors([Crop(ArrayPicture(pixels, frame.captured_at))])[0]
    return vector


def _even_span(start: float, end: float, size: int) -> tuple[int, int]:
    """Even pixels inside a picture of `size` pixels, two at least."""
    whole = size - size % 2
    first = min(max(0, int(start) // 2 * 2), whole - 2)
    return first, min(max(first + 2, -(-int(end) // 2) * 2), whole)
