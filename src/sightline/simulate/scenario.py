"""Writes the script of a scenario: who comes when, what for, and what the staff does about it."""

from dataclasses import dataclass, field, replace

import numpy as np

from sightline.simulate.cast import Person, customer, staff_member
from sightline.simulate.layout import (
    ASSISTANT_HOME,
    BACK_ROOM,
    BACK_ROOM_DOORSTEP,
    BACK_ROOM_INSIDE,
    CASHIER_HOME,
    CASHIER_SHELF,
    GAP,
    TILL_SPOT,
    Spot,
)
from sightline.simulate.rehearsal import (
    Rehearsed,
    attention_is_as_scripted,
    collide,
    durations_are_clear,
    rehearse,
)
from sightline.simulate.routes import route
from sightline.simulate.script import QUEUE_MIN_S, Errand, Scenario, StaffPlan, Visit
from sightline.simulate.visits import Counter, Kind, Plan, VisitPlanner
from sightline.simulate.walk import Activity, WalkBuilder

CASHIER_ID = 1
ASSISTANT_ID = 2
EMPTY_S = 3.4  # nobody is in the picture: a detector may learn the background
OPENS_S = 10.0  # the staff has taken its places
BLOCK_S = 120.0
EXTRA_EVERY_S = 22.0
TRIES = 30
STORY_TRIES = 16

# What every two minutes hold, as (kind, earliest, latest) arrival in seconds after the start of the block.
STORY: tuple[tuple[Kind, float, float], ...] = (
    (Kind.LOOK_LONG, 0.0, 12.0),
    (Kind.BUY, 2.0, 10.0),
    (Kind.BUY, 9.0, 22.0),
    (Kind.ADVICE, 8.0, 50.0),
    (Kind.BUY, 16.0, 38.0),
    (Kind.PEEK, 20.0, 90.0),
    (Kind.LOOK, 1.0, 90.0),
)
SHORTEST_S = {
    Kind.LOOK_LONG: 46.0,
    Kind.BUY: 30.0,
    Kind.ADVICE: 38.0,
    Kind.PEEK: 20.0,
    Kind.LOOK: 20.0,
}
"""No visit of the story takes less from pavement to pavement; one that cannot end in time is not tried."""
EXTRAS: tuple[tuple[Kind, float], ...] = (
    (Kind.BUY, 0.22),
    (Kind.BUY_AFTER_BROWSING, 0.12),
    (Kind.GIVE_UP, 0.1),
    (Kind.LOOK, 0.2),
    (Kind.LOOK_LONG, 0.1),
    (Kind.ADVICE, 0.06),
    (Kind.ADVICE_LATE, 0.1),
    (Kind.QUESTION, 0.1),
)


def write_scenario(seed: int, duration: float) -> Scenario:
    """The script for `duration` seconds; the same seed and duration give the same script."""
    writer = _Writer(rng=np.random.default_rng([seed, 20]), duration=duration)
    for start in np.arange(0.0, duration, BLOCK_S):
        writer.write_block(float(start))
    writer.write_staff_errands()
    return writer.finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saved:
    """Where the writer goes back to when a block of the story does not work out."""

    visits: tuple[Visit, ...]
    rehearsed: tuple[Rehearsed, ...]
    cashier: tuple[Errand, ...]
    assistant: tuple[Errand, ...]
    counter: Counter


@dataclass(slots=True)
class _Writer:
    rng: np.random.Generator
    duration: float
    cashier: StaffPlan = field(init=False)
    assistant: StaffPlan = field(init=False)
    counter: Counter = field(default_factory=Counter, init=False)
    visits: list[Visit] = field(default_factory=list, init=False)
    rehearsed: list[Rehearsed] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.cashier = self._hire(CASHIER_ID, EMPTY_S, CASHIER_HOME, TILL_SPOT)
        self.assistant = self._hire(ASSISTANT_ID, EMPTY_S + 1.6, ASSISTANT_HOME, GAP)

    def _hire(self, person_id: int, starts: float, home: Spot, looks_at: Spot) -> StaffPlan:
        person = staff_member(person_id, self.rng)
        way = WalkBuilder(starts - 1.2, BACK_ROOM)
        way.go([BACK_ROOM_DOORSTEP, BACK_ROOM_INSIDE, *route(BACK_ROOM_INSIDE, home)], speed=1.15)
        return StaffPlan(
            person=person, home=home, looks_at=looks_at, arrival=way.build(), until=self.duration + 1.0
        )

    def write_block(self, start: float) -> None:
        """Two minutes: the fixed story at random moments, and more customers as a Poisson process."""
        begin = start if start > 0 else EMPTY_S + 0.8
        story = [
            (kind, begin + first, min(begin + last, self.duration - SHORTEST_S[kind]))
            for kind, first, last in STORY
            if begin + first + SHORTEST_S[kind] < self.duration
        ]
        before, best, most = self._saved(), self._saved(), -1
        for _ in range(STORY_TRIES):
            self._restore(before)
            placed = sum(self._place(kind, earliest, latest) for kind, earliest, latest in story)
            stays = [stay for visit in self.visits[len(before.visits) :] for stay in visit.queue_stays]
            in_line = sum(stay.end - stay.start >= QUEUE_MIN_S for stay in stays)
            if placed + min(in_line, 2) > most:
                best, most = self._saved(), placed + min(in_line, 2)
            if most == len(story) + 2 or self.duration < start + BLOCK_S:
                break  # complete; or the recording ends within the block and not everything can fit
        self._restore(best)
        at = begin + self.rng.exponential(EXTRA_EVERY_S)
        kinds = [kind for kind, _ in EXTRAS]
        shares = [share for _, share in EXTRAS]
        while at < min(start + BLOCK_S, self.duration):
            kind = kinds[int(self.rng.choice(len(kinds), p=shares))]
            for delay in range(12):
                if self._try(kind, at + delay * 0.7):
                    break
            at += self.rng.exponential(EXTRA_EVERY_S)

    def _place(self, kind: Kind, earliest: float, latest: float) -> bool:
        return any(self._try(kind, self.rng.uniform(earliest, latest)) for _ in range(TRIES))

    def _saved(self) -> "_Saved":
        return _Saved(
            visits=tuple(self.visits),
            rehearsed=tuple(self.rehearsed),
            cashier=tuple(self.cashier.errands),
            assistant=tuple(self.assistant.errands),
            counter=replace(self.counter, line=list(self.counter.line)),
        )

    def _restore(self, saved: "_Saved") -> None:
        self.visits = list(saved.visits)
        self.rehearsed = list(saved.rehearsed)
        self.cashier.errands = list(saved.cashier)
        self.assistant.errands = list(saved.assistant)
        self.counter = replace(saved.counter, line=list(saved.counter.line))

    def _try(self, kind: Kind, arrives: float) -> bool:
        person: Person = customer(len(self.visits) + 3, self.rng)
        planner = VisitPlanner(self.rng, self.counter, self.cashier, self.assistant)
        plan = planner.plan(kind, person, arrives)
        if plan is None or plan.visit.walk.end > self.duration - 0.5 or not self._fits(plan):
            return False
        self.visits.append(plan.visit)
        self.rehearsed.append(rehearse(plan.visit.person, plan.visit.walk))
        for staff, errand in ((self.cashier, plan.cashier), (self.assistant, plan.assistant)):
            if errand is not None:
                staff.errands.append(errand)
        self.counter.take(plan.visit, CASHIER_ID)
        return True

    def _fits(self, plan: Plan) -> bool:
        visit = plan.visit
        if not durations_are_clear(visit):
            return False
        mine = rehearse(visit.person, visit.walk)
        if any(collide(mine, other) for other in self.rehearsed):
            return False
        for staff, errand in ((self.cashier, plan.cashier), (self.assistant, plan.assistant)):
            day = rehearse(staff.person, staff.walk(*([errand] if errand else [])), around=visit.walk)
            if collide(mine, day):
                return False
            if not attention_is_as_scripted(mine, day, staff.person.person_id, visit.servings):
                return False
            if errand is not None and not self._errand_fits(staff, errand):
                return False
        return True

    def _errand_fits(self, staff: StaffPlan, errand: Errand) -> bool:
        """Whether the customers planned so far are attended as scripted with this errand added."""
        whole = staff.walk(errand)
        day = rehearse(staff.person, whole, around=errand.walk)
        for visit, there in zip(self.visits, self.rehearsed, strict=True):
            if visit.walk.end < errand.walk.start - 5 or visit.walk.start > errand.walk.end + 5:
                continue
            if collide(there, day):
                return False
            if not attention_is_as_scripted(there, day, staff.person.person_id, visit.servings):
                return False
        return True

    def write_staff_errands(self) -> None:
        """What staff does between customers: tidy the shelf, fetch goods, walk across the floor."""
        for staff, every in ((self.cashier, 25.0), (self.assistant, 22.0)):
            at = OPENS_S + self.rng.exponential(every / 2)
            while at < self.duration:
                errand = self._tidy(at) if staff is self.cashier else self._fetch_or_stroll(at)
                walk = errand.walk
                if staff.is_free(walk.start, walk.end) and self._errand_fits(staff, errand):
                    staff.errands.append(errand)
                    at = walk.end
                at += self.rng.exponential(every)

    def _tidy(self, at: float) -> Errand:
        way = WalkBuilder(at, CASHIER_HOME)
        way.go([CASHIER_SHELF], speed=0.8)
        way.stay(way.now + self.rng.uniform(3, 7), toward=(0.1, 3.8), doing=Activity.BROWSE)
        way.go([CASHIER_HOME], speed=0.8)
        return Errand(way.build())

    def _fetch_or_stroll(self, at: float) -> Errand:
        way = WalkBuilder(at, ASSISTANT_HOME)
        pace = self.assistant.person.pace
        if self.rng.random() < 0.45:
            way.go([BACK_ROOM_INSIDE, BACK_ROOM_DOORSTEP, BACK_ROOM], speed=pace)
            way.stay(way.now + self.rng.uniform(4, 12), toward=(-2.0, 9.1), doing=Activity.IDLE)
            way.go([BACK_ROOM_DOORSTEP, BACK_ROOM_INSIDE], speed=pace)
        elif self.rng.random() < 0.5:
            way.go([(0.72, 5.2)], speed=pace)
            way.stay(way.now + self.rng.uniform(3, 8), toward=(0.1, 5.2), doing=Activity.BROWSE)
        else:
            far = (float(self.rng.uniform(3.6, 4.6)), 6.6)
            way.go([GAP, far], speed=pace)
            way.stay(way.now + self.rng.uniform(1.5, 5), toward=(far[0], 8.0), doing=Activity.BROWSE)
            way.go([GAP], speed=pace)
        way.go([ASSISTANT_HOME], speed=pace)
        return Errand(way.build())

    def finish(self) -> Scenario:
        staff = tuple((plan.person, plan.walk()) for plan in (self.cashier, self.assistant))
        return Scenario(duration=self.duration, staff=staff, visits=tuple(self.visits))
