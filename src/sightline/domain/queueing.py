"""Who stands in line, for how long, and at which place."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SHUFFLE = timedelta(seconds=3)
"""Outside the condition for up to this long is a step forward, not the end."""
SIMULTANEOUS = timedelta(seconds=1)
"""Stays that began within this of each other are put in order by the way to the service, not by time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRule:
    """When standing is queueing; the defaults are the product's.

    Attributes:
        min_duration: shorter stays are no event.
        validation: the span that is judged.
        stability: the share of it in which the person stands in the place.
        reach: body heights from a `service` zone that count as waiting for it while another is served.
        reach_beside_queue: the same where a `queue` zone is drawn: the line is there, so outside of it only
            those right at the service wait; others nearby look at goods.
    """

    min_duration: timedelta = timedelta(seconds=8)
    validation: timedelta = timedelta(seconds=3)
    stability: float = 0.7
    reach: float = 1.2
    reach_beside_queue: float = 0.5


@dataclass(slots=True, kw_only=True)
class QueueStay:
    """One person in one line. `last_at` is the last moment of standing in the place."""

    track_id: int
    place: str
    started_at: datetime
    last_at: datetime
    way_to_service: float
    standing: timedelta = timedelta()
    is_over: bool = False

    @property
    def duration(self) -> timedelta:
        return self.last_at - self.started_at

    @property
    def stability(self) -> float:
        """Share of the stay in which the person stood in the place, 0..1."""
        return min(1.0, self.standing / self.duration) if self.duration else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSighting:
    """What one frame says about one person and the lines.

    Attributes:
        at: capture time.
        step: time since the last sighting, capped.
        spot: the line the person's place belongs to; None elsewhere, and while being served.
        still_since, moving_since: since when they stand, or move; both None while that is unknown.
        way_to_service: body heights to the nearest service zone; 0 when there is none.
    """

    at: datetime
    step: timedelta
    spot: str | None
    still_since: datetime | None
    moving_since: datetime | None
    way_to_service: float

    @property
    def place(self) -> str | None:
        """The line in which the person stands at this moment."""
        return self.spot if self.still_since is not None else None


@dataclass(slots=True)
class QueueTimer:
    """Turns sightings of one person into queueing stays.

    A stay is validated once the person stood in the place for `stability` of the last `validation`; it began
    with the first standing moment of that span, and ends at the last one, once more than a shuffle forward
    has passed without.
    """

    track_id: int
    rule: QueueRule
    stay: QueueStay | None = None
    _window: deque[tuple[LineSighting, datetime]] = field(default_factory=deque)
    _spot: str | None = None
    _spot_since: datetime | None = None
    _out_since: datetime | None = None

    def see(self, sighting: LineSighting) -> QueueStay | None:
        """Record one sighting; returns the stay that ended."""
        if self._spot_since is None or sighting.spot != self._spot:
            self._spot, self._spot_since = sighting.spot, sighting.at
        if self.stay is None:
            self._validate(sighting, max(self._spot_since, sighting.still_since or self._spot_since))
            return None
        stay = self.stay
        if sighting.place == stay.place:
            if self._out_since is None:
                stay.standing += sighting.step
            stay.last_at, self._out_since = sighting.at, None
            return None
        if self._out_since is None:
            self._out_since = sighting.at
            # A step is noticed half a second after it began.
            stay.last_at = max(stay.started_at, min(stay.last_at, sighting.moving_since or stay.last_at))
        return self.finish() if sighting.at - self._out_since > SHUFFLE else None

    def finish(self) -> QueueStay | None:
        """The person is gone, or the footage is over."""
        stay, self.stay, self._out_since = self.stay, None, None
        self._window.clear()
        if stay is not None:
            stay.is_over = True
        return stay

    def _validate(self, sighting: LineSighting, standing_since: datetime) -> None:
        window, begin = self._window, sighting.at - self.rule.validation
        window.append((sighting, standing_since))
        while window[0][0].at <= begin:
            window.popleft()
        if sighting.place is None or window[0][0].at - window[0][0].step > begin:
            return
        standing = [(seen, since) for seen, since in window if seen.place == sighting.place]
        stood = sum((seen.step for seen, _ in standing), timedelta())
        if stood < self.rule.stability * self.rule.validation:
            return
        started_at = standing[0][1]
        self.stay = QueueStay(
            track_id=self.track_id,
            place=sighting.place,
            started_at=started_at,
            last_at=sighting.at,
            way_to_service=sighting.way_to_service,
            standing=sighting.at - started_at,
        )
        window.clear()


def place_in_line(
    stay: QueueStay, others: Iterable[QueueStay], counts: Callable[[int], bool]
) -> tuple[int, int]:
    """The place a person took, 1 is the head, and how long the line was with them.

    Args:
        stay: the person's.
        others: all stays that may overlap it, its own included or not.
        counts: whether a track belongs in a line; staff do not.
    """
    length = place = 1
    for other in others:
        if other.place != stay.place or other.track_id == stay.track_id or not counts(other.track_id):
            continue
        later = other.started_at - stay.started_at
        if later > SIMULTANEOUS or other.last_at < stay.started_at:
            continue
        length += 1
        if later < -SIMULTANEOUS or (later <= SIMULTANEOUS and _order(other) < _order(stay)):
            place += 1
    return place, length


def _order(stay: QueueStay) -> tuple[float, datetime, int]:
    return (stay.way_to_service, stay.started_at, stay.track_id)
