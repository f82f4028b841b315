"""Programs are told: signed webhooks and MQTT."""

from collections.abc import Mapping

from sightline.delivery.home_assistant import topic
from sightline.delivery.mqtt import MqttPublisher
from sightline.delivery.webhook import WebhookSender
from sightline.domain.event import EventKind
from sightline.evidence.couriers.desk import Desk, receiver_of
from sightline.evidence.couriers.words import event_document
from sightline.evidence.outbox_worker import Sent
from sightline.store.outbox_items import StoredItem


class WebhookCourier:
    """Each event to each receiver; `senders` by the label that is the destination of their items."""

    def __init__(self, desk: Desk, senders: Mapping[str, WebhookSender]) -> None:
        self._desk = desk
        self._senders = senders

    def send(self, item: StoredItem) -> Sent:
        """The event as it stands now."""
        sender = receiver_of(self._senders, item)
        matter = self._desk.matter(item)
        sender.send(event_document(matter, self._desk.video_evidence(matter)), key=item.key)
        return Sent(action="notified")


class MqttCourier:
    """Each event to the broker, under its camera and kind."""

    def __init__(self, desk: Desk, publisher: MqttPublisher) -> None:
        self._desk = desk
        self._publisher = publisher

    def send(self, item: StoredItem) -> Sent:
        """The event as it stands now."""
        matter = self._desk.matter(item)
        document = event_document(matter, self._desk.video_evidence(matter))
        if document["kind"] == EventKind.UNATTENDED.value:
            document["ongoing"] = self._desk.ongoing(item.venue_id, matter.camera_id, EventKind.UNATTENDED)
        where = (item.venue_id, matter.camera_id)
        for last in ("event", str(document["kind"])):
            # The last of each kind stays with the broker, for who comes later; an event happens once.
            self._publisher.publish(topic(*where, last), document, retain=last != "event")
        return Sent(action="notified")
