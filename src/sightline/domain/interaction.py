"""Who is together with whom, and which member of staff serves a customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Literal

TAKEOVER_AFTER = timedelta(seconds=5)
"""A colleague must be clearly nearer for this long before the service counts as theirs."""
TAKEOVER_MARGIN = 0.25
"""Of the reach: how much nearer is clearly nearer."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How near two foot points must be, in body heights or in pixels of the full picture."""

    value: float
    unit: Literal["heights", "px"] = "heights"

    def __post_init__(self) -> None:
        if not isfinite(self.value) or self.value <= 0:
            raise ValueError(f"a distance must be above 0, got {self.value:g}")

    @classmethod
    def parse(cls, setting: float | str) -> "Distance":
        """Read the setting: a bare number is body heights, `650px` is pixels.

        Raises:
            ValueError: neither of these, with the way out in the message.
        """
        text = str(setting).strip().lower()
        number, unit = (text[:-2], "px") if text.endswith("px") else (text, "heights")
        try:
            value = float(number)
        except ValueError:
            if text.endswith("m"):
                raise ValueError(
                    f"a distance in metres ({setting!r}) needs a calibrated camera, which is not available"
                    " yet; write body heights (1.2) or pixels (650px)"
                ) from None
            raise ValueError(
                f"cannot read the distance {setting!r}; write body heights (1.2) or pixels (650px)"
            ) from None
        return cls(value, "px" if unit == "px" else "heights")

    def reach(self, distance_px: float, body_px: float) -> float:
        """The distance as a share of what is allowed; up to 1 is near enough."""
        return distance_px / (self.value if self.unit == "px" else self.value * body_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionRule:
    """When staff and customer together are an interaction; the defaults are the product's."""

    distance: Distance = Distance(1.2)
    min_duration: timedelta = timedelta(seconds=5)
    start_after: timedelta = timedelta(seconds=0.5)
    end_after: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over the moments two people were close, in seconds; a span's own is a difference of two."""

    close_s: float = 0.0
    reach_s: float = 0.0
    still_s: float = 0.0

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(self.close_s - other.close_s, self.reach_s - other.reach_s, self.still_s - other.still_s)


@dataclass(slots=True)
class Together:
    """One stretch of closeness of two people, with hysteresis.

    It is real once it has lasted `start_after`, over once they were apart for longer than `end_after`,
    and ends at the last close moment. While one of the two is out of sight, nothing is concluded.
    """

    rule: InteractionRule
    started_at: datetime
    last_close_at: datetime
    reach: float
    tally: Tally = Tally()
    _seen_at: datetime | None = None
    _apart_since: datetime | None = None

    @property
    def is_real(self) -> bool:
        return self.last_close_at - self.started_at >= self.rule.start_after

    def see_close(self, at: datetime, reach: float, stillness: float) -> None:
        """Both are seen and near; `reach` and `stillness` are shares, 0..1."""
        step_s = (at - self._seen_at).total_seconds() if self._seen_at and not self._apart_since else 0.0
        self.tally = Tally(
            self.tally.close_s + step_s,
            self.tally.reach_s + step_s * (reach + self.reach) / 2,
            self.tally.still_s + step_s * stillness,
        )
        self.last_close_at, self.reach = at, reach
        self._seen_at, self._apart_since = at, None

    def see_apart(self, at: datetime) -> bool:
        """They are not near, or one of them may not count as near; returns whether it is over."""
        self._apart_since = self._apart_since or at
        patience = self.rule.end_after if self.is_real else self.rule.start_after
        return at - self._apart_since > patience


@dataclass(slots=True)
class Encounter:
    """One service of one customer by one member of staff, from its first to its last close moment."""

    staff_id: int
    customer_id: int
    started_at: datetime
    together: Together
    _before: Tally
    _ended_at: datetime | None = None

    @classmethod
    def begin(cls, staff_id: int, customer_id: int, started_at: datetime, together: Together) -> "Encounter":
        before = Tally() if started_at == together.started_at else together.tally
        return cls(staff_id, customer_id, started_at, together, before)

    def end(self, at: datetime | None = None) -> "Encounter":
        """Close it at the last close moment, or at `at` when a colleague took over before that."""
        last = self.together.last_close_at
        self._ended_at = last if at is None else min(at, last)
        return self

    @property
    def ended_at(self) -> datetime:
        return self._ended_at or self.together.last_close_at

    @property
    def duration(self) -> timedelta:
        return self.ended_at - self.started_at

    @property
    def mean_reach(self) -> float:
        """Mean distance over the close moments, as a share of the allowed one."""
        tally = self.together.tally - self._before
        return tally.reach_s / tally.close_s if tally.close_s > 0 else self.together.reach

    @property
    def overlap(self) -> float:
        """Share of the span in which the two were really close, not bridged."""
        close_s = (self.together.tally - self._before).close_s
        span_s = (self.together.last_close_at - self.started_at).total_seconds()
        return min(1.0, close_s / span_s) if span_s > 0 else 1.0

    @property
    def stillness(self) -> float:
        tally = self.together.tally - self._before
        return tally.still_s / tally.close_s if tally.close_s > 0 else 1.0

    def score(self, facing: float | None = None) -> float:
        """How sure this is a service, 0..1.

        Distance (1 up to half the reach, 0 at its edge), overlap of time and stillness, weighted 0.3, 0.3
        and 0.2; with a known facing, 0..1, weighted 0.2, otherwise the other three share its weight.
        """
        nearness = min(1.0, max(0.0, 2 * (1 - self.mean_reach)))
        total = 0.3 * nearness + 0.3 * self.overlap + 0.2 * self.stillness
        return total / 0.8 if facing is None else total + 0.2 * facing


@dataclass(slots=True)
class _Rival:
    """A colleague who is nearer than the one attending, and when that was last so."""

    encounter: Encounter
    nearer_at: datetime


@dataclass(slots=True)
class Attendance:
    """Who serves one customer. One at a time: a colleague who stands by is not another service.

    The nearest member of staff has the customer. Another one takes over when the first has left, or by being
    clearly nearer for 5 s; that is a new encounter, which starts when the other became the nearest.
    """

    customer_id: int
    current: Encounter | None = None
    _rival: _Rival | None = None
    _free_since: datetime | None = None

    def see(self, at: datetime, staff: Mapping[int, Together]) -> Encounter | None:
        """Judge the staff who are together with the customer at this moment; returns what ended.

        Args:
            at: capture time of the frame.
            staff: by track, those real stretches that are not over.
        """
        self._watch_rival(at, staff)
        current, rival = self.current, self._rival
        left = current is not None and staff.get(current.staff_id) is not current.together
        if rival and rival.nearer_at - rival.encounter.started_at > TAKEOVER_AFTER:
            left = True
        ended = self._close(rival.encounter.started_at if rival else None) if left else None
        if self.current is None:
            self.current = rival.encounter if left and rival else self._first(at, staff)
            self._rival = None
        return ended

    def finish(self) -> Encounter | None:
        """The customer is gone, or the footage is over."""
        self._rival = None
        return self._close(None)

    def drop(self, staff_id: int) -> None:
        """Forget what this track did as staff: it was none."""
        if self.current and self.current.staff_id == staff_id:
            self.current = None
        if self._rival and self._rival.encounter.staff_id == staff_id:
            self._rival = None

    def _close(self, at: datetime | None) -> Encounter | None:
        ended, self.current = self.current, None
        if ended is not None:
            ended.end(at)
            self._free_since = ended.ended_at
        return ended

    def _first(self, at: datetime, staff: Mapping[int, Together]) -> Encounter | None:
        near = _nearest(at, staff)
        if near is None:
            return None
        started_at = max(staff[near].started_at, self._free_since or staff[near].started_at)
        return Encounter.begin(near, self.customer_id, started_at, staff[near])

    def _watch_rival(self, at: datetime, staff: Mapping[int, Together]) -> None:
        rival, current = self._rival, self.current
        if rival and staff.get(rival.encounter.staff_id) is not rival.encounter.together:
            rival = self._rival = None
        if current is None:
            return
        others = {track: together for track, together in staff.items() if track != current.staff_id}
        near = _nearest(at, others)
        is_close = current.together.last_close_at == at
        if near is not None and (
            not is_close or others[near].reach < current.together.reach - TAKEOVER_MARGIN
        ):
            if rival is None or rival.encounter.staff_id != near:
                left_at = current.together.last_close_at
                began_at = at if is_close else max(others[near].started_at, left_at)
                rival = _Rival(Encounter.begin(near, self.customer_id, began_at, others[near]), at)
            self._rival, rival.nearer_at = rival, at
        elif rival and is_close and at - rival.nearer_at > current.together.rule.start_after:
            self._rival = None


def _nearest(at: datetime, staff: Mapping[int, Together]) -> int | None:
    """The nearest of those who are close at this very moment; the smaller number on a tie."""
    near = [(together.reach, track) for track, together in staff.items() if together.last_close_at == at]
    return min(near)[1] if near else None
