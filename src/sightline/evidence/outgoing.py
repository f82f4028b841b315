"""Which deliveries an event needs once its clip is sealed, or once it is known that there is none.

The same event and plan give the same items with the same keys, so that telling them again adds nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sightline.domain.event import EventKind
from sightline.domain.outbox import Channel, ItemState, OutboxItem
from sightline.domain.scope import Scope
from sightline.store import outbox, outbox_items
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence

ALERT_WITHIN = timedelta(hours=24)
"""Nobody is woken for what a recording of last month shows."""

FINAL = ":final"


ONCE = frozenset({Channel.ANALYZER, Channel.HOSTED, Channel.MAIL, Channel.APPRISE})
"""Their key is that of the event at every stage: what went out at the confirmation is not repeated."""


AGAIN = frozenset({Channel.UPLOAD, Channel.INCIDENT})
"""Sent again when the footage of an event was replaced."""

NO_INCIDENT = "no_incident"
"""The verdict of an outside analyser that vetoes."""


def _nobody(_venue_id: str, _kind: str) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPlan:
    """What is set up to leave this site. Destinations are labels, never addresses with secrets.

    Attributes:
        upload: where clips go: `http`, `s3`, `hosted`; None when they stay here.
        hosted: alerts' clips go to a foreign video host, for its private link.
        recipients: who gets alert mail, by venue and kind of event; empty for nobody.
        webhooks, apprise: labels of the receivers.
    """

    upload: str | None = None
    incidents: bool = False
    footfall: bool = False
    hosted: bool = False
    analyzer: bool = False
    mqtt: bool = False
    recipients: Callable[[str, str], tuple[str, ...]] = field(default=_nobody)
    webhooks: tuple[str, ...] = ()
    apprise: tuple[str, ...] = ()
    mail: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing leaves at all."""
        single = (self.upload, self.incidents, self.footfall, self.hosted, self.analyzer, self.mqtt)
        return not (any(single) or self.mail or self.webhooks or self.apprise)


def enqueue(
    plan: DeliveryPlan,
    scope: Scope,
    connection: Connection,
    event: StoredEvent,
    evidence: StoredEvidence,
    *,
    now: datetime,
) -> int:
    """Put into the outbox what leaves for this evidence of an event; how many items are new.

    Belongs in the transaction that seals it. What an analyser has vetoed is not told. Footage that took the
    place of older one is sent under a key of its own where the older one had arrived; nobody is alerted anew.

    Args:
        evidence: sealed, or missing: then what is told has no video, and says so.
    """
    known = outbox_items.items_of_events(scope, connection, [event.id], tuple(Channel)).get(event.id, [])
    if any(one.answer and one.answer.get("verdict") == NO_INCIDENT for one in known):
        return 0
    chain = _stage_key(event, evidence)
    outbox.point_to(scope, connection, event_id=event.id, chain=chain, evidence_id=evidence.id)
    arrived = {
        (one.channel, one.key)
        for one in known
        if one.state is ItemState.SENT and one.evidence_id != evidence.id and one.channel in AGAIN
    }
    items = [
        replace(item, key=f"{item.key}:{evidence.id[:8]}") if (item.channel, item.key) in arrived else item
        for item in outgoing_items(
            plan, event, evidence, now=now, told=any(one.key == event.id for one in known)
        )
    ]
    return outbox.put_items(scope, connection, items, now=now)


def outgoing_items(
    plan: DeliveryPlan, event: StoredEvent, evidence: StoredEvidence, *, now: datetime, told: bool = False
) -> list[OutboxItem]:
    """What leaves at the confirmation of something that goes on (a provisional clip), or at its end.

    People are alerted once: at the confirmation, or at the end of what nobody saw confirmed. An unattended
    wait that was never confirmed is counted and its clip kept, but nobody is alarmed.

    Args:
        told: it was told at its confirmation; then its end is told, too, whatever became of it.
    """
    key = _stage_key(event, evidence)
    has_clip = evidence.state == "sealed"
    serious = told or event.kind is not EventKind.UNATTENDED or event.confirmed_at is not None
    alarming = serious and now - event.ended_at <= ALERT_WITHIN
    recipients = plan.recipients(event.venue_id, event.kind.value) if alarming else ()
    security = event.kind is EventKind.SECURITY

    def wanted() -> Iterator[tuple[Channel, str]]:
        if plan.analyzer and has_clip and security:
            yield Channel.ANALYZER, "analyzer"
        if plan.upload is not None and has_clip:
            yield Channel.UPLOAD, plan.upload
        if plan.incidents and serious:
            yield Channel.INCIDENT, "incident"
        if plan.footfall and event.kind is EventKind.INTERACTION:
            yield Channel.FOOTFALL, "footfall"
        if plan.hosted and recipients and has_clip:
            yield Channel.HOSTED, "hosted"
        if recipients:
            yield Channel.MAIL, "mail"
        yield from ((Channel.WEBHOOK, label) for label in plan.webhooks)
        if plan.mqtt:
            yield Channel.MQTT, "mqtt"
        if alarming and (security or event.kind is EventKind.UNATTENDED):
            yield from ((Channel.APPRISE, label) for label in plan.apprise)

    return [
        OutboxItem(
            key=event.id if channel in ONCE else key,
            channel=channel,
            destination=destination,
            venue_id=event.venue_id,
            chain=key,
            event_id=event.id,
            evidence_id=evidence.id,
            payload={"recipients": list(recipients)} if channel is Channel.MAIL else {},
        )
        for channel, destination in wanted()
    ]


def _stage_key(event: StoredEvent, evidence: StoredEvidence) -> str:
    return event.id if evidence.stage == "provisional" else event.id + FINAL
