"""One connection to a message broker, from the greeting to its loss. Used once; `mqtt` makes the next one."""

import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition
from types import ModuleType
from typing import Any, NamedTuple

from sightline.errors import ConfigError, DeliveryDeferred, DeliveryError, DeliveryRefused

LINK_TIMEOUT_S = 5.0
"""For the network to connect, and again for the broker to greet us."""

_FAREWELL_S = 2.0
_OLD_PROTOCOL = 132
_A_PERSON_MUST_LOOK = frozenset({_OLD_PROTOCOL, 133, 134, 135, 138, 140, 144, 149, 153, 154, 155})
"""Reason codes of MQTT 5 that will be the same next time: bad password, not authorised, bad topic ..."""


class HandshakeSocket(ssl.SSLSocket):
    """Closes itself when the two sides cannot agree; the library only forgets it."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class Message(NamedTuple):
    """What is published, at least once (QoS 1). `topic` is complete."""

    topic: str
    payload: bytes
    retain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """`status_topic`: where "offline" is left when the connection is lost or ended; None: nowhere."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    client_id: str
    keepalive_s: int
    status_topic: str | None
    tls: ssl.SSLContext | None

    @property
    def where(self) -> str:
        return f"the broker at {self.host}:{self.port}"


def load_paho() -> ModuleType:
    """The library.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import paho.mqtt.client as paho
    except ImportError as error:
        raise ConfigError("MQTT needs: pip install 'sightline[mqtt]'") from error
    return paho


class Link:
    """Connected when made. MQTT 5, whose acknowledgements say when a topic is refused; else 3.1.1."""

    def __init__(self, settings: LinkSettings) -> None:
        """
        Raises:
            DeliveryDeferred: no connection now.
            DeliveryRefused: the broker refuses us, and will next time.
        """
        self._settings = settings
        self._news = Condition()
        self._answers: dict[int, Any] = {}
        self._greeting: Any = None
        self._lost: str | None = None
        self._client: Any = None
        paho = load_paho()
        try:
            self._open(paho, paho.MQTTv5)
            if self._speaks_only_older:
                self._release()
                self._greeting = self._lost = None
                self._open(paho, paho.MQTTv311)
            self._check_greeting()
        except DeliveryError:
            self._release()
            raise

    @property
    def _speaks_only_older(self) -> bool:
        return self._greeting is not None and self._greeting.value == _OLD_PROTOCOL

    @property
    def is_lost(self) -> bool:
        return self._lost is not None

    def send(self, messages: Sequence[Message], timeout_s: float) -> None:
        """Publish all and wait for all acknowledgements.

        Raises:
            DeliveryDeferred: not acknowledged in time; the connection is given up, for it is not trusted.
            DeliveryRefused: the broker refuses a topic or message.
        """
        self.collect(self.post(messages), timeout_s)

    def post(self, messages: Sequence[Message]) -> list[tuple[str, int]]:
        """Hand over to the network thread; returns topics and numbers for `collect`, which must follow."""
        client = self._client
        if client is None:
            raise DeliveryDeferred(f"{self._settings.where} is not connected")
        posted = []
        for message in messages:
            info = client.publish(message.topic, message.payload, qos=1, retain=message.retain)
            posted.append((message.topic, info.mid))
        return posted

    def collect(self, posted: Sequence[tuple[str, int]], timeout_s: float) -> None:
        """Wait for the acknowledgements of what was posted. Raises as `send`."""
        deadline = time.monotonic() + timeout_s
        answers = [(topic, self._answer(number, topic, deadline)) for topic, number in posted]
        failed = [(topic, answer) for topic, answer in answers if answer.is_failure]
        if not failed:
            return
        message = f"{self._settings.where} does not take " + "; ".join(
            f"{at}: {why}" for at, why in failed[:3]
        )
        if any(answer.value in _A_PERSON_MUST_LOOK for _, answer in failed):
            raise DeliveryRefused(message)
        raise DeliveryDeferred(message)

    def _answer(self, number: int, topic: str, deadline: float) -> Any:
        with self._news:
            self._news.wait_for(lambda: number in self._answers or self.is_lost, deadline - time.monotonic())
            answer = self._answers.pop(number, None)
            lost = self._lost
        if answer is None:
            self.drop()
            why = f"was lost ({lost})" if lost else "gave no acknowledgement in time"
            raise DeliveryDeferred(f"{self._settings.where} {why} for {topic}")
        return answer

    def wait_until_lost(self) -> None:
        with self._news:
            self._news.wait_for(lambda: self.is_lost)

    def end(self) -> None:
        """Say "offline" if there is still somebody to say it to, then disconnect."""
        status = self._settings.status_topic
        if not self.is_lost and status is not None:
            with suppress(DeliveryError):
                self.send([Message(status, b"offline", retain=True)], _FAREWELL_S)
        self._release()

    def drop(self) -> None:
        """Cut the line, as if the network had: the broker then speaks our last will."""
        client = self._client
        if client is not None:
            _cut(client)
        self._tell_lost("given up")

    def _open(self, paho: ModuleType, protocol: int) -> None:
        """Connect, and wait for the broker's greeting."""
        settings = self._settings
        options = {} if protocol == paho.MQTTv5 else {"clean_session": True}
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            protocol=protocol,
            reconnect_on_failure=False,
            **options,
        )
        client.connect_timeout = LINK_TIMEOUT_S
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        if settings.status_topic is not None:
            client.will_set(settings.status_topic, b"offline", qos=1, retain=True)
        if settings.tls is not None:
            client.tls_set_context(settings.tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client
        try:
            client.connect(settings.host, settings.port, settings.keepalive_s)
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not trusted ({error.verify_message})"
            raise DeliveryDeferred(f"{settings.where}: {why}; see mqtt.ca_file") from error
        except (OSError, ValueError) as error:
            raise DeliveryDeferred(f"{settings.where} cannot be reached: {error}") from error
        client.loop_start()
        with self._news:
            self._news.wait_for(lambda: self._greeting is not None or self.is_lost, LINK_TIMEOUT_S)

    def _check_greeting(self) -> None:
        where, greeting = self._settings.where, self._greeting
        if greeting is None:
            raise DeliveryDeferred(f"{where} did not greet us: {self._lost or 'no answer in time'}")
        if not greeting.is_failure:
            return
        if greeting.value in _A_PERSON_MUST_LOOK:
            raise DeliveryRefused(f"{where} refuses us: {greeting}; see username and password of mqtt")
        raise DeliveryDeferred(f"{where} does not take us now: {greeting}")

    def _release(self) -> None:
        """End the library's thread and free its sockets; safe to call twice, and from several threads."""
        with self._news:
            client, self._client = self._client, None
        if client is None:
            return
        if client.is_connected():
            client.disconnect()
            with self._news:
                self._news.wait_for(lambda: self.is_lost, _FAREWELL_S)
        _cut(client)
        client.loop_stop()
        # The client's own finaliser closes its sockets; without these it is part of no cycle.
        client.on_connect = client.on_disconnect = client.on_publish = None
        self._tell_lost("ended")

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        with self._news:
            self._greeting = reason
            self._news.notify_all()

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._tell_lost(str(reason))

    def _on_publish(self, _client: Any, _data: Any, number: int, reason: Any, _properties: Any) -> None:
        with self._news:
            self._answers[number] = reason
            self._news.notify_all()

    def _tell_lost(self, why: str) -> None:
        with self._news:
            self._lost = self._lost or why
            self._news.notify_all()


def _cut(client: Any) -> None:
    """The library's thread reads the end of the stream and ends, whatever it was waiting for."""
    line = client.socket()
    if line is not None:
        with suppress(OSError):
            # Not SSLSocket's own, which takes the cipher away from the thread that reads.
            socket.socket.shutdown(line, socket.SHUT_RDWR)
