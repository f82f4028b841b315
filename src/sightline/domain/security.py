"""Incidents that start by themselves: after hours, in a restricted zone, loitering, crowding."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from sightline.domain.event import EventKind, Participant, ServiceEvent
from sightline.domain.opening_hours import OpeningHours
from sightline.domain.presence import STEP_CAP, Presence
from sightline.domain.role import RoleEvidence
from sightline.domain.zone import FloorPlan, ZoneKind

CROWD_FOR = timedelta(seconds=10)
LOITER_KINDS = (ZoneKind.AREA, ZoneKind.SERVICE, ZoneKind.QUEUE, ZoneKind.ENTRANCE)
"""Not restricted ones, where being there at all is the incident."""

Seen = tuple[Presence, RoleEvidence]
"""Somebody in a frame."""


class IncidentType(StrEnum):
    """What is wrong, as receivers and people read it."""

    AFTER_HOURS = "after_hours"
    RESTRICTED_ZONE = "restricted_zone"
    LOITERING = "loitering"
    CROWDING = "crowding"


class RiskLevel(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


RISK: Mapping[IncidentType, tuple[RiskLevel, RiskLevel]] = MappingProxyType(
    {
        IncidentType.AFTER_HOURS: (RiskLevel.HIGH, RiskLevel.HIGH),
        IncidentType.RESTRICTED_ZONE: (RiskLevel.MEDIUM, RiskLevel.HIGH),
        IncidentType.LOITERING: (RiskLevel.LOW, RiskLevel.MEDIUM),
        IncidentType.CROWDING: (RiskLevel.MEDIUM, RiskLevel.HIGH),
    }
)
"""Risk of an incident that began within, and outside, the opening hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRules:
    """What is watched for; restricted zones need no switch.

    Attributes:
        hours: of the shop; they also decide how high a risk is.
        after_hours: whether anybody who is there outside them is an incident.
        loiter: one person in one zone for longer; None: not watched.
        crowd: more people than this at once; None: not watched.
        min_duration: presence for longer, after hours or in a restricted zone.
    """

    hours: OpeningHours = field(default_factory=lambda: OpeningHours.usual(UTC))
    after_hours: bool = False
    loiter: timedelta | None = None
    crowd: int | None = None
    min_duration: timedelta = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class _Condition:
    """What may become an incident, and stays the same one while it lasts; `track_id` None: of the camera."""

    incident: IncidentType
    zone: str | None = None
    track_id: int | None = None


@dataclass(slots=True)
class _Spell:
    """One stretch of time over which a condition has held, short breaks included.

    Attributes:
        held: the part of it in which the condition was seen to hold.
        most: people at once.
        deferred: that only staff were there when it was long enough to be confirmed.
        dormant: that established staff are all it is about, so that it will hardly become an incident.
    """

    started_at: datetime
    last_at: datetime
    held: timedelta = timedelta()
    most: int = 1
    deferred: bool = False
    dormant: bool = False
    confirmed_at: datetime | None = None
    participants: tuple[Participant, ...] = ()
    certainty: float = 1.0


class SecurityWatch:
    """Security incidents of one camera, over capture time only.

    An incident is confirmed once its condition has held for longer than its minimum. It starts where the
    condition began and ends where it was last seen to hold; a break of up to `lost_after` does not end it.
    Who took part, in which role, is decided at the confirmation and stays: others have been told by then.
    Persons known as staff do not loiter, and may be in restricted zones.

    Args:
        plan: the zones of the camera.
        lost_after: as the scene has it.
    """

    def __init__(self, rules: SecurityRules, plan: FloorPlan, lost_after: timedelta) -> None:
        self._rules = rules
        self._lost_after = lost_after
        self._restricted = plan.names(ZoneKind.RESTRICTED)
        watched = LOITER_KINDS if rules.loiter is not None else ()
        self._lingered = tuple(name for kind in watched for name in plan.names(kind))
        self._spells: dict[_Condition, _Spell] = {}
        self._seen_at: datetime | None = None

    def see(self, at: datetime, people: Sequence[Seen]) -> list[ServiceEvent]:
        """Take those who are seen in one frame; returns the incidents that turn out to be over.

        Args:
            at: capture time, not earlier than the last one.
            people: in any order; nobody who is only remembered from earlier frames.
        """
        ended = self._end(
            condition for condition, spell in self._spells.items() if at - spell.last_at > self._lost_after
        )
        for condition, involved in self._conditions(at, people):
            self._hold(condition, at, involved)
        self._seen_at = at
        return ended

    def finish(self) -> list[ServiceEvent]:
        """End of the footage: what goes on ends where it was last seen."""
        return self._end(self._spells)

    def ongoing(self) -> list[ServiceEvent]:
        """Confirmed incidents that go on, with their end so far; each will be over as the same event."""
        return [
            self._event(one, spell) for one, spell in self._spells.items() if spell.confirmed_at is not None
        ]

    def open_since(self) -> datetime | None:
        """Start of the earliest thing that goes on and may become an incident; None when there is none."""
        return min((one.started_at for one in self._spells.values() if not one.dormant), default=None)

    def _conditions(
        self, at: datetime, people: Sequence[Seen]
    ) -> Iterator[tuple[_Condition, Sequence[Seen]]]:
        rules = self._rules
        if rules.after_hours and people and not rules.hours.is_open(at):
            yield _Condition(IncidentType.AFTER_HOURS), people
        if rules.crowd is not None and len(people) > rules.crowd:
            yield _Condition(IncidentType.CROWDING), people
        for one in people:
            presence = one[0]
            for incident, zones in (
                (IncidentType.RESTRICTED_ZONE, self._restricted),
                (IncidentType.LOITERING, self._lingered),
            ):
                for zone in zones:
                    if zone in presence.inside:
                        yield _Condition(incident, zone, presence.track_id), [one]

    def _hold(self, condition: _Condition, at: datetime, involved: Sequence[Seen]) -> None:
        spell = self._spells.setdefault(condition, _Spell(at, at))
        if spell.last_at == self._seen_at:
            spell.held += min(at - spell.last_at, STEP_CAP)
        spell.last_at, spell.most = at, max(spell.most, len(involved))
        if spell.confirmed_at is not None:
            return
        allowed = condition.track_id is not None and involved[0][1].is_staff
        spell.dormant = allowed and involved[0][1].is_established
        minimum = self._minimum(condition.incident)
        if at - spell.started_at <= minimum:
            return
        if allowed:
            spell.deferred = True
            return
        spell.confirmed_at = at if spell.deferred else spell.started_at + minimum
        self._take_part(condition, spell, involved)

    @staticmethod
    def _take_part(condition: _Condition, spell: _Spell, involved: Sequence[Seen]) -> None:
        decided = [(presence.track_id, evidence.decision()) for presence, evidence in involved]
        decided.sort(key=lambda one: (not one[1].is_staff, one[0]))
        spell.participants = tuple(role.participant(track) for track, role in decided)
        if condition.track_id is not None:
            spell.certainty = 0.5 + 0.5 * decided[0][1].confidence

    def _minimum(self, incident: IncidentType) -> timedelta:
        if incident is IncidentType.CROWDING:
            return CROWD_FOR
        if incident is IncidentType.LOITERING:
            assert self._rules.loiter is not None
            return self._rules.loiter
        return self._rules.min_duration

    def _end(self, conditions: Iterable[_Condition]) -> list[ServiceEvent]:
        over = [(condition, self._spells.pop(condition)) for condition in list(conditions)]
        return [self._event(one, spell) for one, spell in over if spell.confirmed_at is not None]

    def _event(self, condition: _Condition, spell: _Spell) -> ServiceEvent:
        closed = not self._rules.hours.is_open(spell.started_at)
        share = spell.held / (spell.last_at - spell.started_at)
        return ServiceEvent(
            kind=EventKind.SECURITY,
            started_at=spell.started_at,
            ended_at=spell.last_at,
            participants=spell.participants,
            score=round(share * spell.certainty, 3),
            confirmed_at=spell.confirmed_at,
            details=MappingProxyType(
                {
                    "incident_type": condition.incident.value,
                    "zone": condition.zone,
                    "risk_level": RISK[condition.incident][closed].value,
                    "people": spell.most,
                }
            ),
        )
