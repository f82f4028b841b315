"""Staff or customer, decided over the life of a track."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from sightline.domain.event import Participant, Role

UNKNOWN_FOR = timedelta(seconds=1)
STAFF_AFTER = timedelta(seconds=1.5)
"""On the staff side, and more than half of the life so far, before a track is staff."""
ESTABLISHED_AFTER = timedelta(seconds=5)
"""On the staff side before staff may walk the shop floor without losing the role."""
LONG_STAY = timedelta(seconds=20)
"""One uninterrupted stay on the staff side that no customer makes, whatever came before it."""
OVERWHELMING = 20
"""Times their staff-side time, in one stretch elsewhere, make a customer even of established staff."""
ENOUGH_LOOKS = 3
"""Pictures in which somebody was looked at before their looks make them staff, or a customer."""
LOOKS_LIKE_STAFF, LOOKS_NO_MORE = 0.6, 0.4
"""The likelihood from which looks make staff, and the one below which they unmake it: no flapping between."""
MATURE_AFTER = timedelta(seconds=10)
ESTABLISHED_AGREEMENT = 0.7
NOTHING_DRAWN_CONFIDENCE = 0.3


@dataclass(frozen=True, slots=True)
class RoleDecision:
    """What a track is taken for.

    Attributes:
        role: staff, customer or unknown.
        confidence: 0..1; the share of its life that speaks for the role (0.7 at least for established staff,
            1 after a stay of 20 s), or the likelihood that its looks give it, times a maturity that grows
            from 0.5 to 1 over the first 10 s of life; more than either where place and looks agree.
            0.3 where neither line nor staff zone is drawn and looks tell nothing, 0 while unknown.
        reason: one sentence for a person.
    """

    role: Role
    confidence: float
    reason: str

    @property
    def is_staff(self) -> bool:
        return self.role is Role.STAFF

    def participant(self, track_id: int) -> Participant:
        return Participant(track_id, self.role, self.confidence, self.reason)


@dataclass(frozen=True, slots=True)
class StaffCue:
    """What somebody's looks say of their role, over their life so far.

    Attributes:
        kind: "uniform", "enrolled" for a person who was made known, or "uniform and enrolled".
        likelihood: 0..1, that they are staff.
        looks: in how many pictures they were looked at; 0: they could not be seen well enough yet.
        reason: what was seen, for a person to read, without the number of the track.
    """

    kind: str
    likelihood: float
    looks: int
    reason: str

    @property
    def is_enough(self) -> bool:
        return self.looks >= ENOUGH_LOOKS

    def joined(self, other: "StaffCue | None") -> "StaffCue":
        """Both in one. Where one of them does not speak for staff, the one that speaks more for it counts:
        staff who were never enrolled wear the uniform, and Ana is Ana in her coat."""
        if other is None or not other.is_enough:
            return self
        if not self.is_enough:
            return other
        if min(self.likelihood, other.likelihood) < 0.5:
            return other if other.likelihood > self.likelihood else self
        yes = self.likelihood * other.likelihood
        no = (1 - self.likelihood) * (1 - other.likelihood)
        return StaffCue(
            f"{self.kind} and {other.kind}",
            yes / (yes + no),
            max(self.looks, other.looks),
            f"{self.reason}, and {other.reason}",
        )


def looks_like(name: str) -> str:
    """How reasons name somebody who was enrolled; `store.enrolled_staff` takes this out of them again."""
    return f"looks like {name} (enrolled)"


NO_CUES: Mapping[int, StaffCue] = MappingProxyType({})


@dataclass(slots=True)
class RoleEvidence:
    """Where one track spent its time, how it looks, and what that makes of it.

    Who crosses the line for a moment stays a customer: what counts is the larger share of the life so far,
    or one stay that no customer makes. Staff who are established stay staff on the shop floor. Looks make
    staff as well, on whichever side of the line; they make no customer of whoever is staff by place.

    Attributes:
        staff_side, elsewhere: time spent there, gaps capped.
        stay: the present uninterrupted stay on the staff side; zero elsewhere.
        is_staff: the role, as of the last sighting.
        cue: the latest of what their looks say.
    """

    staff_side: timedelta = timedelta()
    elsewhere: timedelta = timedelta()
    stay: timedelta = timedelta()
    _longest_stay: timedelta = timedelta()
    _away: timedelta = timedelta()
    _side: bool | None = None
    _by_place: bool = False
    _by_looks: bool = False
    cue: StaffCue | None = None
    _drawn: bool = True

    def see(self, step: timedelta, on_staff_side: bool | None, cue: StaffCue | None = None) -> None:
        """Add the time since the last sighting, spent on the side where the track was then.

        Args:
            step: capture time since the last sighting, capped so that a gap proves nothing.
            on_staff_side: the side now; None when neither staff line nor staff zone is drawn.
            cue: what their looks say as of this sighting; None: nothing new.
        """
        self.cue = cue or self.cue
        self._drawn = on_staff_side is not None
        before = on_staff_side if self._side is None else self._side
        self._side = on_staff_side
        if before:
            self.staff_side += step
            self.stay += step
            self._longest_stay = max(self._longest_stay, self.stay)
            self._away = timedelta()
        else:
            self.elsewhere += step
            self._away += step
            self.stay = timedelta()
        self._by_place = self._still_staff() if self._by_place else self._became_staff()
        if self.cue is not None and self.cue.is_enough:
            self._by_looks = self.cue.likelihood >= (LOOKS_NO_MORE if self._by_looks else LOOKS_LIKE_STAFF)

    @property
    def is_staff(self) -> bool:
        return self._by_place or self._by_looks

    @property
    def life(self) -> timedelta:
        return self.staff_side + self.elsewhere

    @property
    def share(self) -> float:
        """Of the life so far, on the staff side."""
        return self.staff_side / self.life if self.life else 0.0

    @property
    def is_established(self) -> bool:
        """Staff who may walk the shop floor without losing the role."""
        by_place = self._by_place and self.staff_side >= ESTABLISHED_AFTER
        return by_place or (self._by_looks and self.life >= ESTABLISHED_AFTER)

    def _became_staff(self) -> bool:
        larger_share = self.staff_side >= STAFF_AFTER and self.staff_side > self.elsewhere
        return larger_share or self.stay >= LONG_STAY

    def _still_staff(self) -> bool:
        if self.staff_side < ESTABLISHED_AFTER:
            return self.staff_side > self.elsewhere
        return self._away < OVERWHELMING * self.staff_side

    def decision(self) -> RoleDecision:
        """The role as of the last sighting."""
        place, cue = self._by_place_alone(), self.cue
        if cue is None or (not cue.is_enough and self._drawn):
            return place
        if not cue.is_enough:
            seen = f"their clothes were seen well in fewer than {ENOUGH_LOOKS} pictures"
            return RoleDecision(place.role, place.confidence, f"{place.reason}, and {seen}")
        if self._by_looks:
            alone = RoleDecision(Role.STAFF, self._maturity * cue.likelihood, cue.reason)
            return _agreed(place, alone) if self._by_place else alone
        if not self._drawn:
            return RoleDecision(Role.CUSTOMER, self._maturity * (1 - cue.likelihood), cue.reason)
        if place.role is Role.CUSTOMER and cue.likelihood < 0.5:
            against = self._maturity * (1 - 2 * cue.likelihood)
            return _agreed(place, RoleDecision(Role.CUSTOMER, against, cue.reason))
        return place  # staff, maybe in a coat; or too young

    def _by_place_alone(self) -> RoleDecision:
        life_s = self.life.total_seconds()
        if not self._drawn:
            return RoleDecision(Role.CUSTOMER, NOTHING_DRAWN_CONFIDENCE, "no staff line or zone is drawn")
        if self._by_place:
            return RoleDecision(Role.STAFF, self._maturity * self._agreement(), self._staff_reason(life_s))
        if self.life < UNKNOWN_FOR or self.staff_side > self.elsewhere:
            return RoleDecision(Role.UNKNOWN, 0.0, f"seen for {life_s:.1f} s only")
        reason = f"in front of the staff line for {1 - self.share:.0%} of {life_s:.0f} s"
        return RoleDecision(Role.CUSTOMER, self._maturity * (1 - self.share), reason)

    @property
    def _maturity(self) -> float:
        return 0.5 + 0.5 * min(1.0, self.life / MATURE_AFTER)

    def _agreement(self) -> float:
        if self._longest_stay >= LONG_STAY:
            return 1.0
        return max(self.share, ESTABLISHED_AGREEMENT if self.staff_side >= ESTABLISHED_AFTER else 0.0)

    def _staff_reason(self, life_s: float) -> str:
        if self.staff_side > self.elsewhere:
            return f"behind the staff line for {self.share:.0%} of {life_s:.0f} s"
        if self._longest_stay >= LONG_STAY:
            return (
                f"stayed behind the staff line for {self._longest_stay.total_seconds():.0f} s without a break"
            )
        return f"was behind the staff line for {self.staff_side.total_seconds():.0f} s before walking out"


def _agreed(one: RoleDecision, other: RoleDecision) -> RoleDecision:
    """Two that say the same, surer than either."""
    confidence = 1 - (1 - one.confidence) * (1 - other.confidence)
    return RoleDecision(one.role, confidence, f"{one.reason}, and {other.reason}")
