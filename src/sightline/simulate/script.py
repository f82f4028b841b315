"""What a scenario is made of: visits of customers, errands of staff, and what happens in them."""

from dataclasses import dataclass, field
from enum import StrEnum

from sightline.simulate.cast import Person
from sightline.simulate.layout import Spot
from sightline.simulate.walk import Activity, Walk, WalkBuilder, join


class EventKind(StrEnum):
    INTERACTION = "interaction"
    UNATTENDED = "unattended"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Serving:
    """A staff member stands with a customer from `start` to `end`, seconds of the scenario."""

    staff_id: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class QueueStay:
    """A customer stands at his place in line from `start` to `end`."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One customer from the pavement back to the pavement."""

    person: Person
    walk: Walk
    servings: tuple[Serving, ...] = ()
    queue_stays: tuple[QueueStay, ...] = ()


@dataclass(frozen=True, slots=True)
class Errand:
    """A piece of a staff member's day that starts and ends at the home spot."""

    walk: Walk


@dataclass(slots=True)
class StaffPlan:
    """One staff member: comes in by the back door, stays at `home` and leaves it only for errands."""

    person: Person
    home: Spot
    looks_at: Spot
    arrival: Walk
    until: float
    errands: list[Errand] = field(default_factory=list)

    def is_free(self, start: float, end: float, *, pause: float = 1.5) -> bool:
        """Whether nothing is planned from `start` to `end`, with a pause before and after."""
        if start < self.arrival.end + pause or end > self.until:
            return False
        return all(end + pause < e.walk.start or e.walk.end + pause < start for e in self.errands)

    def walk(self, *extra: Errand) -> Walk:
        """The whole day, optionally with an errand that is only being considered."""
        pieces = [self.arrival]
        for errand in sorted([*self.errands, *extra], key=lambda e: e.walk.start):
            self._idle(pieces, errand.walk.start)
            pieces.append(errand.walk)
        self._idle(pieces, self.until)
        return join(pieces)

    def _idle(self, pieces: list[Walk], until: float) -> None:
        if until <= pieces[-1].end + 1e-6:
            return
        pause = WalkBuilder(pieces[-1].end, self.home)
        pause.stay(until, toward=self.looks_at, doing=Activity.IDLE)
        pieces.append(pause.build())


@dataclass(frozen=True, slots=True)
class Scenario:
    """A finished script: everybody's walk and what the script means by it."""

    duration: float
    staff: tuple[tuple[Person, Walk], ...]
    visits: tuple[Visit, ...]

    @property
    def people(self) -> list[tuple[Person, Walk]]:
        """Staff first, then customers in the order of their ids."""
        return [*self.staff, *((visit.person, visit.walk) for visit in self.visits)]


# Definitions of the events, in seconds. The script keeps clear of them by a margin.
INTERACTION_MIN_S = 5.0
QUEUE_MIN_S = 8.0
UNATTENDED_OVER_S = 30.0
SHORT_ATTENTION_S = 15.0


def waits(visit: Visit, first_seen: float, last_seen: float) -> list[tuple[float, float]]:
    """Stretches without staff: between being seen first, long servings, standing in line, and leaving.

    Attention shorter than `SHORT_ATTENTION_S` and stays in line shorter than `QUEUE_MIN_S` break nothing.
    """
    breaks = [(s.start, s.end) for s in visit.servings if s.end - s.start >= SHORT_ATTENTION_S]
    breaks += [(q.start, q.end) for q in visit.queue_stays if q.end - q.start >= QUEUE_MIN_S]
    stretches = []
    since = first_seen
    for start, end in sorted(breaks):
        stretches.append((since, start))
        since = end
    return [*stretches, (since, last_seen)]
