"""Events to a message broker, acknowledged one by one, over one connection that is kept.

Every connection has a client of its own (`mqtt_link`), used once: what it has not got through when it is lost
is never sent behind our back, so whoever published decides whether to publish again.
"""

import json
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from sightline.delivery.home_assistant import EVENT_TYPES, Place, config_topics, entities, topic
from sightline.delivery.mqtt_link import (
    LINK_TIMEOUT_S,
    HandshakeSocket,
    Link,
    LinkSettings,
    Message,
    load_paho,
)
from sightline.errors import ConfigError, DeliveryDeferred, DeliveryError, DeliveryRefused

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
_STEADY_S = 30.0
"""A connection that lived this long is not one of a series of failures."""


class MqttPublisher:
    """One connection to a broker, made at the first message and again whenever it is lost.

    Whoever listens sees at `{prefix}/status`, retained, "online" or "offline"; a process that dies says
    "offline" too, by its last will. Any thread may publish.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        username: str | None = None,
        password: str | None = None,
        prefix: str = "sightline",
        discovery_prefix: str = "homeassistant",
        encrypted: bool = False,
        ca_file: Path | None = None,
        client_id: str = "sightline",
        keepalive_s: int = 30,
        shows_status: bool = True,
    ) -> None:
        """
        Args:
            client_id: no two processes may run under one. Over restarts it should stay the same: the broker
                then ends what a power cut left of the old connection before we say "online", not after.
            shows_status: False for a process that publishes beside the one whose life the status tells.

        Raises:
            ConfigError: paho-mqtt is not installed, or the file of certificates cannot be read.
        """
        load_paho()
        self._prefix = prefix.strip("/")
        self._discovery_prefix = discovery_prefix.strip("/")
        self._settings = LinkSettings(
            host=host,
            port=port,
            username=username,
            password=password,
            client_id=client_id,
            keepalive_s=keepalive_s,
            status_topic=f"{self._prefix}/status" if shows_status else None,
            tls=_tls(ca_file) if encrypted else None,
        )
        self._changed = Condition()
        self._keeper: Thread | None = None
        self._link: Link | None = None
        self._trouble: DeliveryError | None = None
        self._attempts = 0
        self._wanted = False
        self._closed = False
        self._announced: dict[str, bytes] = {}

    def publish(
        self, topic_rest: str, document: Mapping[str, Any], *, retain: bool = False, timeout_s: float = 10.0
    ) -> None:
        """Publish a JSON document at `{prefix}/{topic_rest}`; returns when the broker has acknowledged it.

        Args:
            topic_rest: from `home_assistant.topic`, which escapes what ids may hold.

        Raises:
            DeliveryDeferred: no connection, or no acknowledgement, within `timeout_s`.
            DeliveryRefused: the broker does not take our name and password, or not this topic.
        """
        message = Message(f"{self._prefix}/{topic_rest}", _encode(document), retain=retain)
        self._send([message], timeout_s)

    def announce(self, cameras: Sequence[tuple[str, str, str, str]], *, timeout_s: float = 10.0) -> None:
        """Show cameras (venue id and name, camera id and name) in Home Assistant.

        What is announced is told again after each new connection, since a broker may have forgotten it; so
        after an error here nothing has to be done but to wait.

        Raises:
            DeliveryDeferred, DeliveryRefused: as `publish`.
        """
        told: dict[str, bytes] = {}
        for camera in cameras:
            documents = entities(Place(*camera), prefix=self._prefix, discovery_prefix=self._discovery_prefix)
            told |= {at: _encode(document) for at, document in documents.items()}
        with self._changed:
            self._announced |= told
        self._send([Message(at, payload, retain=True) for at, payload in told.items()], timeout_s)

    def withdraw(self, cameras: Iterable[tuple[str, str]], *, timeout_s: float = 10.0) -> None:
        """Take cameras (venue id, camera id) that are gone out of Home Assistant, with all that is retained.

        Raises:
            DeliveryDeferred, DeliveryRefused: as `publish`.
        """
        emptied: list[str] = []
        for venue_id, camera_id in cameras:
            emptied += config_topics(
                venue_id, camera_id, prefix=self._prefix, discovery_prefix=self._discovery_prefix
            )
            emptied += [f"{self._prefix}/{topic(venue_id, camera_id, kind)}" for kind in EVENT_TYPES]
        with self._changed:
            for at in emptied:
                self._announced.pop(at, None)
        self._send([Message(at, b"", retain=True) for at in emptied], timeout_s)

    def close(self) -> None:
        """Say "offline" and disconnect. What is published after this is deferred."""
        with self._changed:
            self._closed = True
            keeper, link = self._keeper, self._link
            self._changed.notify_all()
        if link is not None:
            link.end()
        if keeper is not None:
            keeper.join()

    def _send(self, messages: list[Message], timeout_s: float) -> None:
        for message in messages:
            _check_topic(message.topic)
        deadline = time.monotonic() + timeout_s
        self._linked(timeout_s).send(messages, max(0.0, deadline - time.monotonic()))

    def _linked(self, timeout_s: float) -> Link:
        """The connection that stands, or the next one; an attempt that ends meanwhile decides."""
        with self._changed:
            if self._closed:
                raise DeliveryDeferred("the connection to the broker was closed because this process ends")
            if self._link is not None and not self._link.is_lost:
                return self._link
            if self._keeper is None:
                self._keeper = Thread(target=self._keep_connected, name="mqtt", daemon=True)
                self._keeper.start()
            attempts = self._attempts
            self._wanted = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._attempts > attempts or self._closed, timeout_s)
            if self._link is not None and not self._link.is_lost:
                return self._link
            trouble = self._trouble if self._attempts > attempts else None
            if isinstance(trouble, DeliveryRefused):
                raise DeliveryRefused(str(trouble)) from trouble
            raise DeliveryDeferred(
                str(trouble or f"{self._settings.where} did not answer within {timeout_s:g} s")
            ) from trouble

    def _keep_connected(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._closed:
            since = time.monotonic()
            link = self._attempt()
            if link is not None:
                link.wait_until_lost()
                link.end()
            if link is not None and time.monotonic() - since >= _STEADY_S:
                pause_s = FIRST_PAUSE_S
            with self._changed:
                self._link = None
                self._changed.wait_for(lambda: self._wanted or self._closed, pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _attempt(self) -> Link | None:
        """Connect once and tell whoever waits how that went."""
        with self._changed:
            self._wanted = False
            announced = [Message(at, payload, retain=True) for at, payload in self._announced.items()]
        link, trouble = None, None
        try:
            link = Link(self._settings)
        except DeliveryError as error:
            trouble = error
        greetings = link.post([*self._online(), *announced]) if link else []
        with self._changed:
            self._attempts += 1
            self._link, self._trouble = link, trouble
            self._changed.notify_all()
        if link is not None:
            with suppress(DeliveryError):  # whoever publishes is told the same
                link.collect(greetings, LINK_TIMEOUT_S)
            if self._closed:
                link.end()
        return link

    def _online(self) -> list[Message]:
        status = self._settings.status_topic
        return [Message(status, b"online", retain=True)] if status else []


def _encode(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _check_topic(text: str) -> None:
    if any(sign in text for sign in "+#\0") or len(text.encode()) > 65_535:
        raise DeliveryRefused(f"{text[:100]!r} cannot be a topic; it holds '+', '#' or is too long")


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.sslsocket_class = HandshakeSocket
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"mqtt.ca_file: cannot read certificates from {ca_file}") from error
    return context
