"""Plans one customer's visit of a given kind around what the till, the line and the staff do already.

A plan that does not work out is None; the scenario then tries again with other dice.
"""

import itertools
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import numpy as np

from sightline.simulate.cast import Person
from sightline.simulate.layout import (
    ASSISTANT_HOME,
    BROWSE_SPOTS,
    DOORSTEP,
    GAP,
    INSIDE_DOOR,
    LANE_KEEP_OUT,
    OUTSIDE_SPOTS,
    PEEK_AT,
    PEEK_FROM,
    QUEUE_PLACES,
    QUEUE_STEP,
    STAFF_KEEP_OUT,
    TILL_KEEP_OUT,
    TILL_SPOT,
    Spot,
    queue_place,
)
from sightline.simulate.routes import route
from sightline.simulate.script import Errand, QueueStay, Serving, StaffPlan, Visit
from sightline.simulate.walk import Activity, WalkBuilder

SHUFFLE_SPEED = 0.8
T = TypeVar("T")
_KEEP_OUT = (LANE_KEEP_OUT, TILL_KEEP_OUT, STAFF_KEEP_OUT)


class Kind(StrEnum):
    """Why a customer comes."""

    BUY = "buy"
    BUY_AFTER_BROWSING = "buy after browsing"
    GIVE_UP = "give up queueing"
    LOOK = "look around"
    LOOK_LONG = "look around for long"
    ADVICE = "be advised on the shop floor"
    ADVICE_LATE = "be advised after a long wait"
    PEEK = "look behind the staff line"
    QUESTION = "ask something in passing"


@dataclass(frozen=True, slots=True)
class Plan:
    """A visit and the errands it needs from the staff."""

    visit: Visit
    cashier: Errand | None = None
    assistant: Errand | None = None


@dataclass(slots=True)
class Counter:
    """The till and the line before it, as planned so far. Entries are in the order of joining."""

    line: list[QueueStay] = field(default_factory=list)
    last_join: float = 0.0
    free_at: float = 0.0

    def take(self, visit: Visit, cashier_id: int) -> None:
        """Note what an accepted visit does at the counter."""
        for stay in visit.queue_stays:
            self.line.append(stay)
            self.last_join = max(self.last_join, stay.start)
        for serving in visit.servings:
            if serving.staff_id == cashier_id:
                self.last_join = max(self.last_join, serving.start)
                self.free_at = max(self.free_at, serving.end)


@dataclass(slots=True)
class VisitPlanner:
    """Knows the shop's state; each call of `plan` throws the dice anew."""

    rng: np.random.Generator
    counter: Counter
    cashier: StaffPlan
    assistant: StaffPlan

    def plan(self, kind: Kind, person: Person, arrives: float) -> Plan | None:
        """A visit of this kind that starts on the pavement at `arrives` seconds, or None."""
        walk = WalkBuilder(arrives, self._pick(OUTSIDE_SPOTS))
        walk.go([DOORSTEP, self._near(INSIDE_DOOR, 0.2)], speed=person.pace)
        match kind:
            case Kind.BUY:
                return self._buy(person, walk)
            case Kind.BUY_AFTER_BROWSING:
                self._browse(person, walk, float(self.rng.choice([4.0, 6.0, 36.0, 42.0])))
                return self._buy(person, walk)
            case Kind.GIVE_UP:
                return self._give_up(person, walk)
            case Kind.LOOK:
                self._browse(person, walk, self.rng.uniform(4, 9))
            case Kind.LOOK_LONG:
                self._browse(person, walk, self.rng.uniform(30, 48))
            case Kind.ADVICE:
                return self._advice(person, walk, self.rng.uniform(3, 10))
            case Kind.ADVICE_LATE:
                return self._advice(person, walk, self.rng.uniform(32, 40))
            case Kind.PEEK:
                walk.go(route(walk.here, PEEK_FROM, avoid=_KEEP_OUT), speed=person.pace)
                walk.go([PEEK_AT], speed=person.pace)
                walk.stay(walk.now + self.rng.uniform(0.6, 1.2), toward=ASSISTANT_HOME, doing=Activity.IDLE)
                walk.go([PEEK_FROM], speed=person.pace)
            case Kind.QUESTION:
                return self._question(person, walk)
        return Plan(self._leave(person, walk))

    def _browse(self, person: Person, walk: WalkBuilder, standing_s: float) -> None:
        """Stand for `standing_s` altogether at one to three shelves."""
        stops = 1 if standing_s < 9 else int(self.rng.integers(1, 4))
        order = self.rng.permutation(len(BROWSE_SPOTS))[:stops]
        for share in self.rng.dirichlet(np.full(stops, 8.0)):
            spot, goods = BROWSE_SPOTS[int(order[0])]
            order = order[1:]
            walk.go(route(walk.here, self._near(spot, 0.12), avoid=_KEEP_OUT), speed=person.pace)
            walk.stay(walk.now + standing_s * share, toward=goods, doing=Activity.BROWSE)

    def _buy(self, person: Person, walk: WalkBuilder) -> Plan | None:
        """Be served at the till, after a wait in line when it is taken."""
        to_till = route(walk.here, queue_place(0), avoid=(STAFF_KEEP_OUT,))
        direct = _travel_s([walk.here, *to_till, TILL_SPOT], person.pace)
        stays: tuple[QueueStay, ...] = ()
        if self._in_line(walk.now + direct) or self.counter.free_at + 1.5 > walk.now + direct:
            stay = self._queue(person, walk, patience=None)
            if stay is None:
                return None
            stays = (stay,)
        else:
            walk.go(to_till, speed=person.pace)
        walk.go([TILL_SPOT], speed=person.pace)
        start = walk.now
        if start < self.counter.last_join + 1.0:
            return None
        end = start + (self.rng.uniform(9, 12) if self.rng.random() < 0.3 else self.rng.uniform(18.5, 27))
        walk.stay(end, toward=self.cashier.home, doing=Activity.TALK)
        errand = self._serve_at_till(start, end)
        if errand is None:
            return None
        serving = Serving(self.cashier.person.person_id, start, end)
        return Plan(self._leave(person, walk, (serving,), stays), cashier=errand)

    def _give_up(self, person: Person, walk: WalkBuilder) -> Plan | None:
        stay = self._queue(person, walk, patience=self.rng.uniform(11.5, 18))
        return None if stay is None else Plan(self._leave(person, walk, (), (stay,)))

    def _question(self, person: Person, walk: WalkBuilder) -> Plan | None:
        """One second at the till, with nobody before or behind."""
        walk.go([*route(walk.here, queue_place(0), avoid=(STAFF_KEEP_OUT,)), TILL_SPOT], speed=person.pace)
        asked = walk.now
        if self._in_line(asked) or asked < max(self.counter.free_at, self.counter.last_join) + 3:
            return None
        walk.stay(asked + self.rng.uniform(0.3, 0.8), toward=self.cashier.home, doing=Activity.TALK)
        return Plan(self._leave(person, walk))

    def _advice(self, person: Person, walk: WalkBuilder, standing_s: float) -> Plan | None:
        """Wait at a shelf until the assistant comes over from behind the counter."""
        spot, goods = self._pick(BROWSE_SPOTS)
        spot = self._near(spot, 0.1)
        beside = self._beside(spot, goods)
        helper = self.assistant
        walk.go(route(walk.here, spot, avoid=_KEEP_OUT), speed=person.pace)
        start = walk.now + standing_s
        end = start + self.rng.uniform(18.5, 26)
        out = [GAP, *route(GAP, beside, avoid=(LANE_KEEP_OUT, TILL_KEEP_OUT))]
        leaves = start - _travel_s([helper.home, *out], helper.person.pace)
        way = WalkBuilder(leaves, helper.home)
        way.go(out, speed=helper.person.pace)
        way.stay(end + 0.8, toward=spot, doing=Activity.SERVE)
        way.go(
            [*route(beside, GAP, avoid=(LANE_KEEP_OUT, TILL_KEEP_OUT)), helper.home], speed=helper.person.pace
        )
        if not helper.is_free(leaves, way.now):
            return None
        walk.stay(start, toward=goods, doing=Activity.BROWSE)
        walk.stay(end, toward=beside, doing=Activity.TALK)
        serving = Serving(helper.person.person_id, start, end)
        return Plan(self._leave(person, walk, (serving,)), assistant=Errand(way.build()))

    def _queue(self, person: Person, walk: WalkBuilder, patience: float | None) -> QueueStay | None:
        """Join the line and move up; ends at the head when the till is free, or when patience ends."""
        place = len(self._in_line(walk.now + _travel_s([walk.here, queue_place(1)], person.pace)))
        if place >= QUEUE_PLACES:
            return None
        tail = (queue_place(place)[0] + 0.7, queue_place(place)[1])
        walk.go([*route(walk.here, tail, avoid=(STAFF_KEEP_OUT,)), queue_place(place)], speed=person.pace)
        joined = walk.now
        ahead = self._in_line(joined - 0.3)
        if joined < self.counter.last_join + 1.0 or len(ahead) != place or joined > self.counter.free_at + 4:
            return None
        turn = max(self.counter.free_at + self.rng.uniform(0.8, 1.4), joined + 1.5)
        gives_up = joined + patience if patience is not None else None
        if gives_up is not None and gives_up > turn - 2.5:
            return None
        looks_at = (queue_place(0)[0] - 1.5, queue_place(0)[1])
        for rank, left in enumerate(sorted(stay.end for stay in ahead)):
            starts = max(left + 0.5 + 0.3 * (place - 1 - rank), walk.now)
            if gives_up is not None and starts > gives_up - 2:
                break
            walk.stay(starts, toward=looks_at, doing=Activity.WAIT)
            walk.go([(walk.here[0] - QUEUE_STEP, walk.here[1])], speed=SHUFFLE_SPEED)
        walk.stay(gives_up or max(turn, walk.now + 0.3), toward=looks_at, doing=Activity.WAIT)
        stay = QueueStay(joined, walk.now)
        if gives_up is not None:
            walk.go([(walk.here[0] + 0.3, walk.here[1] + 1.0)], speed=person.pace)
        return stay

    def _in_line(self, at: float) -> list[QueueStay]:
        return [stay for stay in self.counter.line if stay.end > at]

    def _serve_at_till(self, start: float, end: float) -> Errand | None:
        plan = self.cashier
        way = WalkBuilder(start - 0.5, plan.home)
        way.stay(end + 0.3, toward=TILL_SPOT, doing=Activity.SERVE)
        return Errand(way.build()) if plan.is_free(start - 0.5, end + 0.3, pause=0.1) else None

    def _leave(
        self,
        person: Person,
        walk: WalkBuilder,
        servings: tuple[Serving, ...] = (),
        stays: tuple[QueueStay, ...] = (),
    ) -> Visit:
        door = self._near(INSIDE_DOOR, 0.2)
        way = route(walk.here, door, avoid=_KEEP_OUT)
        walk.go([*way, (DOORSTEP[0], DOORSTEP[1] - 0.2), self._pick(OUTSIDE_SPOTS)], speed=person.pace)
        return Visit(person=person, walk=walk.build(), servings=servings, queue_stays=stays)

    def _beside(self, spot: Spot, goods: Spot) -> Spot:
        """Where the assistant stands: 1.1 m to one side of the customer, a little off the goods."""
        gap = self.rng.uniform(1.0, 1.25) * self.rng.choice([-1.0, 1.0])
        return (spot[0] + gap, spot[1] - 0.25 if goods[1] > spot[1] else spot[1] + 0.25)

    def _near(self, spot: Spot, by: float) -> Spot:
        dx, dy = self.rng.uniform(-by, by, size=2)
        return (spot[0] + float(dx), spot[1] + float(dy))

    def _pick(self, options: tuple[T, ...]) -> T:
        return options[int(self.rng.integers(len(options)))]


def _travel_s(way: list[Spot], pace: float) -> float:
    return sum(float(np.hypot(b[0] - a[0], b[1] - a[1])) for a, b in itertools.pairwise(way)) / pace
