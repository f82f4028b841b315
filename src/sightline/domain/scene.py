"""The running state of one camera: tracked frames go in, finished service events come out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite

from sightline.domain.company import Company
from sightline.domain.conclusions import interaction_event, queue_event, unattended_event
from sightline.domain.crossing import CountLine
from sightline.domain.event import Role, ServiceEvent, in_order
from sightline.domain.interaction import Attendance, Encounter, InteractionRule, Together
from sightline.domain.line_alarm import LineNow
from sightline.domain.presence import Presence
from sightline.domain.queueing import LineSighting, QueueRule, QueueStay, QueueTimer, place_in_line
from sightline.domain.role import NO_CUES, RoleDecision, RoleEvidence, StaffCue
from sightline.domain.security import SecurityRules, SecurityWatch
from sightline.domain.told import ToldEvents
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.unattended import OpenWait, UnattendedRule, Wait, WaitTimer
from sightline.domain.visitors import TrackSpan
from sightline.domain.zone import FloorPlan, StaffLine, Whereabouts, Zone, ZoneKind
from sightline.domain.zone_stays import TrackZones, ZoneLog


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRules:
    """What is drawn and set for one camera; the defaults are the product's."""

    zones: tuple[Zone, ...] = ()
    staff_line: StaffLine | None = None
    lines: tuple[CountLine, ...] = ()
    interaction: InteractionRule = field(default_factory=InteractionRule)
    unattended: UnattendedRule = field(default_factory=UnattendedRule)
    queue: QueueRule = field(default_factory=QueueRule)
    security: SecurityRules = field(default_factory=SecurityRules)
    lost_after: timedelta = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class GoneTrack:
    """A track that will not be seen again: where and when it was, and what it was taken for over its life."""

    span: TrackSpan
    role: RoleDecision
    zones: TrackZones


@dataclass(slots=True)
class _Person:
    """All that runs for one present track."""

    presence: Presence
    evidence: RoleEvidence
    attendance: Attendance
    wait: WaitTimer
    queue: QueueTimer
    step: timedelta = timedelta()

    @property
    def track_id(self) -> int:
        return self.presence.track_id

    @property
    def open_since(self) -> datetime | None:
        """Start of the earliest wait, queueing or service that is not over; None for established staff.

        Their waits never become events, and a service is the customer's.
        """
        if self.evidence.is_established:
            return None
        encounter, stay = self.attendance.current, self.queue.stay
        starts = (self.wait.started_at, encounter and encounter.started_at, stay and stay.started_at)
        return min((start for start in starts if start), default=None)


class ServiceWatch:
    """Interactions, unattended waits, queueing and incidents of one camera, over capture time only.

    A track is present from its first to its last sighting; gaps up to `lost_after` are bridged, then it is
    gone and what was open ends at its last sighting. Waits and queueing are followed for everyone, and
    concluded only for those who are not staff when they end, so that a late role leaves no wrong event.
    """

    def __init__(self, rules: CameraRules) -> None:
        self._rules = rules
        self._plan = FloorPlan(rules.zones, rules.staff_line)
        self._queues = self._plan.names(ZoneKind.QUEUE)
        self._services = self._plan.names(ZoneKind.SERVICE)
        self._ignored = self._plan.names(ZoneKind.IGNORE)
        self._zones = ZoneLog(rules.zones, rules.lost_after)
        self._people: dict[int, _Person] = {}
        self._company = Company(rules.interaction)
        self._evidence: dict[int, RoleEvidence] = {}
        self._spans: dict[int, TrackSpan] = {}
        self._last_seen: dict[int, tuple[datetime, TrackedBox]] = {}
        self._stays: list[QueueStay] = []
        self._told = ToldEvents()
        self._security = SecurityWatch(rules.security, self._plan, rules.lost_after)
        self._now: datetime | None = None

    def see(self, frame: TrackedFrame, cues: Mapping[int, StaffCue] = NO_CUES) -> list[ServiceEvent]:
        """Take one frame; returns the events that closed with it, ordered by their end.

        Args:
            cues: what the looks of some of its people say of their role, by track.

        Raises:
            ValueError: the frame is earlier than the last one, or its time has no zone.
        """
        now = frame.captured_at
        if now.tzinfo is None:
            raise ValueError(f"captured_at must be aware, got {now.isoformat()}")
        if self._now is not None and now < self._now:
            raise ValueError(
                f"frames must not go back in time: {now.isoformat()} after {self._now.isoformat()}"
            )
        self._now = now
        events = self._part_with(
            track
            for track, person in self._people.items()
            if now - person.presence.last_seen_at > self._rules.lost_after
        )
        seen = self._sight(frame, cues)
        self._company.see(now, [person.presence for person in self._people.values()], seen, self._may_meet)
        events += self._serve(now)
        for track in sorted(seen):
            events += self._line_up(self._people[track])
            events += self._wait(self._people[track])
        self._forget_old_stays()
        present = (self._people[track] for track in seen)
        events += self._security.see(now, [(person.presence, person.evidence) for person in present])
        return self._concluded(events)

    def finish(self) -> list[ServiceEvent]:
        """End of the footage: whatever is open ends at its last sighting."""
        return self._concluded(self._part_with(self._people) + self._security.finish())

    def ongoing(self) -> list[ServiceEvent]:
        """Confirmed events that go on, with their end so far: waits of customers who are alone, incidents."""
        events = self._security.ongoing()
        for track, person in self._people.items():
            wait = person.wait.confirmed(person.presence.last_seen_at)
            if wait is not None and self._evidence[track].decision().role is Role.CUSTOMER:
                events.append(self._unattended(person, wait))
        return in_order(events)

    def take_confirmed(self) -> list[ServiceEvent]:
        """Events confirmed since the last call that still go on, each with the identity of its conclusion."""
        return self._told.tell(self.ongoing())

    def take_withdrawn(self) -> list[ServiceEvent]:
        """Events told by `take_confirmed` that have come to nothing: who waited turned out to be staff."""
        return self._told.withdraw(self.ongoing())

    def roles(self) -> dict[int, RoleDecision]:
        """The role of every track seen so far, gone ones included."""
        return {track: one.decision() for track, one in sorted(self._evidence.items())}

    def track_spans(self) -> list[TrackSpan]:
        """Where and when every track seen so far began and ended, with its present role."""
        roles = self.roles()
        return [
            span.until(*self._last_seen[track], roles[track].role)
            for track, span in sorted(self._spans.items())
        ]

    def zones_of(self, track_id: int) -> TrackZones:
        """In which zones a track has been so far."""
        return self._zones.of(track_id)

    def take_gone(self, missing: Collection[int] = ()) -> list[GoneTrack]:
        """The tracks that have gone since the last call, by number; nothing of them is kept.

        Those of `missing` may still come back: a track is handed over once.

        Whoever watches for weeks asks after each frame, so that memory stays as large as the scene. `roles`
        and `track_spans` then tell only of the others.
        """
        # Who stood in a line with somebody still counts for that one's place in it.
        needed = self._people.keys() | {stay.track_id for stay in self._stays}
        gone = []
        for track in sorted(self._spans.keys() - needed - set(missing)):
            role = self._evidence.pop(track).decision()
            span = self._spans.pop(track).until(*self._last_seen.pop(track), role.role)
            gone.append(GoneTrack(span, role, self._zones.take(track)))
        return gone

    def open_since(self) -> datetime | None:
        """Start of the earliest thing that goes on and may still become an event; None when there is none."""
        starts = [person.open_since for person in self._people.values()]
        starts.append(self._security.open_since())
        return min((start for start in starts if start), default=None)

    def present(self) -> dict[int, Role]:
        """The people in sight now, or lost for no longer than a gap that is bridged."""
        return {track: self._evidence[track].decision().role for track in sorted(self._people)}

    def standing_in(self, kind: ZoneKind) -> set[int]:
        """The people whose feet are in a zone of this kind now, or were when they were lost for a moment."""
        names = self._plan.names(kind)
        inside = ((track, person.presence.inside) for track, person in self._people.items())
        return {track for track, zones in inside if not zones.keys().isdisjoint(names)}

    def waiting(self) -> list[OpenWait]:
        """Customers who are alone now, also those below the threshold."""
        waits = []
        for track, person in sorted(self._people.items()):
            timer, seen_at = person.wait, person.presence.last_seen_at
            if timer.started_at is not None and not self._is_staff(track):
                waits.append(
                    OpenWait(
                        track_id=track,
                        started_at=timer.started_at,
                        last_seen_at=seen_at,
                        exceeded=timer.exceeded(seen_at),
                        confirmed_at=timer.confirmed_at,
                        last_attended_at=timer.last_attended_at,
                        box=person.presence.box,
                    )
                )
        return waits

    def lines_now(self) -> tuple[LineNow, ...]:
        """Length and longest wait of each line that is drawn, empty ones too."""
        waits: dict[str, list[timedelta]] = {place: [] for place in (*self._queues, *self._services)}
        for stay in self._stays:
            if not stay.is_over and not self._is_staff(stay.track_id):
                waits[stay.place].append(stay.duration)
        return tuple(
            LineNow(place=place, length=len(stood), longest_wait=max(stood, default=timedelta()))
            for place, stood in waits.items()
        )

    def _concluded(self, events: list[ServiceEvent]) -> list[ServiceEvent]:
        self._told.conclude(events)
        return in_order(events)

    def _is_staff(self, track_id: int) -> bool:
        return self._evidence[track_id].is_staff

    def _may_meet(self, one: Presence, other: Presence) -> bool:
        """Who stands in a queue is waiting, not served."""
        return not any(
            name in person.inside
            for person in (one, other)
            for name in self._queues
            if not self._is_staff(person.track_id)
        )

    def _sight(self, frame: TrackedFrame, cues: Mapping[int, StaffCue]) -> set[int]:
        people = [person for person in frame.people if person.height > 0 and all(map(isfinite, person.box))]
        located = self._plan.locate([person.foot for person in people], frame.width, frame.height)
        seen = set()
        for person, where in zip(people, located, strict=True):
            if any(where.depths[name] > 0 for name in self._ignored):
                continue
            seen.add(person.track_id)
            self._sight_one(person, frame, where, cues.get(person.track_id))
        self._people = dict(sorted(self._people.items()))
        return seen

    def _sight_one(
        self, box: TrackedBox, frame: TrackedFrame, where: Whereabouts, cue: StaffCue | None
    ) -> None:
        track, at = box.track_id, frame.captured_at
        person = self._people.get(track)
        if person is None:
            evidence = self._evidence.setdefault(track, RoleEvidence())
            person = self._people[track] = _Person(
                presence=Presence.begin(box, at),
                evidence=evidence,
                attendance=Attendance(track),
                wait=WaitTimer(self._rules.unattended, at),
                queue=QueueTimer(track, self._rules.queue),
            )
        person.step = person.presence.see(box, at, where)
        was_staff = person.evidence.is_staff
        person.evidence.see(person.step, person.presence.on_staff_side, cue)
        if person.evidence.is_staff and not was_staff:
            person.attendance = Attendance(track)
        elif was_staff and not person.evidence.is_staff:
            for other in self._people.values():
                other.attendance.drop(track)
        if track not in self._spans:
            self._spans[track] = TrackSpan.begin(box, frame)
        self._last_seen[track] = (at, box)
        self._zones.see(box, frame, where.depths)

    def _staff_with(self, track_id: int) -> dict[int, Together]:
        if self._is_staff(track_id):
            return {}
        company = self._company.of(track_id)
        return {other: together for other, together in company.items() if self._is_staff(other)}

    def _serve(self, now: datetime) -> list[ServiceEvent]:
        events: list[ServiceEvent] = []
        for track, person in self._people.items():
            events += self._conclude_encounter(person.attendance.see(now, self._staff_with(track)))
        return events

    def _conclude_encounter(self, encounter: Encounter | None) -> list[ServiceEvent]:
        if encounter is None or encounter.duration < self._rules.interaction.min_duration:
            return []
        if 2 * self._evidence[encounter.customer_id].stay >= encounter.duration:
            return []  # Beside staff on their own side: a colleague whose role is not known yet.
        return [interaction_event(encounter, self._rules.interaction.distance, self._evidence)]

    def _line_up(self, person: _Person) -> list[ServiceEvent]:
        presence, before = person.presence, person.queue.stay
        ended = person.queue.see(
            LineSighting(
                at=presence.last_seen_at,
                step=person.step,
                spot=self._spot(person),
                still_since=presence.still_since,
                moving_since=presence.moving_since,
                way_to_service=min((presence.gaps[name] for name in self._services), default=0.0),
            )
        )
        events = self._leave_line(person, ended) if ended is not None else []
        stay = person.queue.stay
        if stay is not None and stay is not before:
            self._stays.append(stay)
            events += self._conclude_wait(person, person.wait.enter_queue(stay.started_at))
        return events

    def _spot(self, person: _Person) -> str | None:
        """The line this person's foot point belongs to, unless they are being served."""
        if self._is_served(person):
            return None
        for name in self._queues:
            if name in person.presence.inside:
                return name
        rule = self._rules.queue
        reach = rule.reach_beside_queue if self._queues else rule.reach
        for name in self._services:
            if person.presence.gaps[name] <= reach and any(
                self._is_served(other) and other.presence.gaps.get(name, reach + 1) <= reach
                for other in self._people.values()
                if other is not person
            ):
                return name
        return None

    @staticmethod
    def _is_served(person: _Person) -> bool:
        return person.attendance.current is not None

    def _wait(self, person: _Person) -> list[ServiceEvent]:
        company = self._staff_with(person.track_id).values()
        return self._conclude_wait(person, person.wait.see(person.presence.last_seen_at, company))

    def _conclude_wait(self, person: _Person, wait: Wait | None) -> list[ServiceEvent]:
        if wait is None or self._is_staff(person.track_id):
            return []
        return [self._unattended(person, wait)]

    def _unattended(self, person: _Person, wait: Wait) -> ServiceEvent:
        return unattended_event(
            person.track_id,
            wait,
            self._evidence,
            box=person.presence.box,
            last_attended_at=person.wait.last_attended_at,
        )

    def _leave_line(self, person: _Person, stay: QueueStay) -> list[ServiceEvent]:
        person.wait.leave_queue(stay.last_at)
        if self._is_staff(person.track_id) or stay.duration < self._rules.queue.min_duration:
            return []
        position = place_in_line(stay, self._stays, lambda track: not self._is_staff(track))
        return [queue_event(stay, position, self._evidence)]

    def _part_with(self, tracks: Iterable[int]) -> list[ServiceEvent]:
        events: list[ServiceEvent] = []
        for track in list(tracks):
            person = self._people[track]
            events += self._conclude_encounter(person.attendance.finish())
            stay = person.queue.finish()
            if stay is not None:
                events += self._leave_line(person, stay)
            events += self._conclude_wait(person, person.wait.finish(person.presence.last_seen_at))
            self._company.part_with(track)
            del self._people[track]
        return events

    def _forget_old_stays(self) -> None:
        oldest = min((stay.started_at for stay in self._stays if not stay.is_over), default=None)
        self._stays = [s for s in self._stays if not s.is_over or (oldest and s.last_at >= oldest)]
