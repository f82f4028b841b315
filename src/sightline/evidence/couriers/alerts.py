"""People are told: by mail, one for a busy evening rather than eighty, and by whatever apprise reaches."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from sightline.delivery.alert_mail import alert_message
from sightline.delivery.apprise_service import AppriseSender
from sightline.delivery.smtp import SmtpSender
from sightline.domain.outbox import STEPS, Channel, ItemState
from sightline.domain.scope import Scope
from sightline.errors import DeliveryRefused
from sightline.evidence.couriers.alert_entries import AlertEntries, Told
from sightline.evidence.couriers.desk import receiver_of
from sightline.evidence.outbox_worker import Along, Postponed, Sent
from sightline.store import ledger, outbox_items
from sightline.store.outbox_items import StoredItem

Language = Literal["fr", "en"]

URGENT = "urgent"
"""In the payload of an alert that another program asked for: it knows no cool-down."""

MOST_IN_ONE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSetting:
    """How mail is written here."""

    sender: str
    language: Language
    system_name: str
    cooldown: timedelta


class MailCourier:
    """One mail per alert; after one, further alerts to the same people wait and go as one."""

    def __init__(
        self,
        entries: AlertEntries,
        smtp: SmtpSender,
        setting: MailSetting,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._entries = entries
        self._database = entries.desk.database
        self._smtp = smtp
        self._setting = setting
        self._clock = clock

    def send(self, item: StoredItem) -> Sent:
        """The alert of `item`, and of all that have waited with it."""
        recipients = _recipients(item)
        if not recipients:
            raise DeliveryRefused("nobody is set up to get this alert; see delivery.mail in the site file")
        along: list[StoredItem] = []
        if not item.payload.get(URGENT):
            self._cool_down(item, recipients)
            along = self._waiting_with(item, recipients)
        told = [(item, self._entries.of(item, self._setting.language)), *self._also_told(along)]
        told.sort(key=lambda pair: pair[1].entry.at)
        refused = self._smtp.send(self._message(item, told, recipients), recipients)
        together = {
            "ways": sorted({one.way for _, one in told}),
            "alerts": len(told),
            "refused": len(refused),
            "links": [one.link_id for _, one in told if one.link_id is not None],
        }
        gone = {
            one.key: Along(
                item=one,
                answer={"way": entry.way, **together},
                facts={"way": entry.way, "alerts": len(told), "link_id": entry.link_id},
            )
            for one, entry in told
        }
        own = gone.pop(item.key)
        return Sent(action="mailed", answer=own.answer, facts=own.facts, along=tuple(gone.values()))

    def _also_told(self, along: Sequence[StoredItem]) -> list[tuple[StoredItem, Told]]:
        """Those whose event is gone meanwhile are left for an attempt of their own, which says so."""
        told = []
        for one in along:
            with suppress(DeliveryRefused):
                told.append((one, self._entries.of(one, self._setting.language)))
        return told

    def _message(
        self, item: StoredItem, told: Sequence[tuple[StoredItem, Told]], recipients: Sequence[str]
    ) -> EmailMessage:
        """Its Message-ID is that of the alerts in it: one with an alert more is no double to be dropped."""
        setting = self._setting
        keys = " ".join(sorted(one.key for one, _ in told))
        with self._database.reading() as connection:
            seal = ledger.last_seal(Scope.of(item.venue_id), connection, item.venue_id)
        domain = setting.sender.rpartition("@")[2]
        return alert_message(
            [one.entry for _, one in told],
            language=setting.language,
            system_name=setting.system_name,
            sender=setting.sender,
            recipients=recipients,
            message_id=f"<{uuid5(NAMESPACE_URL, f'sightline:mail:{keys}')}@{domain}>",
            date=self._clock(),
            ledger_head=f"{seal.position}:{seal.head_hash}" if seal is not None else None,
        )

    def _cool_down(self, item: StoredItem, recipients: Sequence[str]) -> None:
        now, cooldown = self._clock(), self._setting.cooldown
        with self._database.reading() as connection:
            lately = outbox_items.list_items(
                Scope.of(item.venue_id),
                connection,
                venue_id=item.venue_id,
                channel=Channel.MAIL,
                states=[ItemState.SENT],
                settled_after=now - cooldown,
            )
        sent = [
            min(one.settled_at, now)  # a clock that was set back must not make the pause longer
            for one in lately
            if one.settled_at is not None and _recipients(one) == recipients and not one.payload.get(URGENT)
        ]
        if sent:
            raise Postponed(
                "a mail went to the same people a short while ago; further alerts go as one",
                max(sent) + cooldown,
            )

    def _waiting_with(self, item: StoredItem, recipients: Sequence[str]) -> list[StoredItem]:
        """Alerts to the same people that may go, too: nothing that has to go before them still waits."""
        scope, now = Scope.of(item.venue_id), self._clock()
        with self._database.reading() as connection:
            waiting = outbox_items.list_items(
                scope, connection, venue_id=item.venue_id, states=[ItemState.WAITING]
            )
        blocked = {
            one.chain
            for one in waiting
            if one.step < STEPS[Channel.MAIL] and (one.channel is Channel.ANALYZER or _patient(one, now))
        }
        return [
            one
            for one in waiting
            if one.channel is Channel.MAIL
            and one.id != item.id
            and one.chain not in blocked
            and _recipients(one) == recipients
            and not one.payload.get(URGENT)
            and (one.leased_until is None or one.leased_until <= now)  # else another process is telling it
        ][: MOST_IN_ONE - 1]


def _patient(one: StoredItem, now: datetime) -> bool:
    return one.patient_until is None or one.patient_until > now


def _recipients(item: StoredItem) -> tuple[str, ...]:
    given = item.payload.get("recipients")
    return tuple(str(one) for one in given) if isinstance(given, list) else ()


class AppriseCourier:
    """The same alert as a short text, to each service; `senders` by the label of their items."""

    def __init__(
        self,
        entries: AlertEntries,
        senders: Mapping[str, AppriseSender],
        *,
        language: Language,
        system_name: str,
    ) -> None:
        self._entries = entries
        self._senders = senders
        self._language: Language = language
        self._system_name = system_name

    def send(self, item: StoredItem) -> Sent:
        """Title, sentence and link."""
        sender = receiver_of(self._senders, item)
        told = self._entries.of(item, self._language)
        entry = told.entry
        lines = [f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.venue_name} / {entry.camera_name}", entry.message]
        if entry.analysis:
            lines.append(entry.analysis)
        if entry.video is not None:
            lines.append(entry.video.link)
        sender.send(f"{self._system_name}: {entry.alert_type}", "\n".join(lines))
        return Sent(
            action="notified", answer={"way": told.way}, facts={"way": told.way, "link_id": told.link_id}
        )
