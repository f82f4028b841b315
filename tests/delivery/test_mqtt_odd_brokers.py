"""Brokers that answer otherwise than mosquitto does: old ones, silent ones, busy ones."""

import gc
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from types import TracebackType
from typing import Self

import pytest

from sightline.delivery.mqtt import MqttPublisher
from sightline.errors import DeliveryDeferred, DeliveryRefused

CONNECT, PUBLISH = 1, 3
QUOTA_EXCEEDED, TOPIC_NAME_INVALID, SERVER_BUSY = 151, 144, 137


class OddBroker:
    """Speaks just enough MQTT to greet and to acknowledge, in its own way.

    Attributes:
        greeting: reason code in the answer to CONNECT of MQTT 5; None: only 3.1.1 is spoken here.
        answers: reason codes of the acknowledgements, by the end of the topic; others get none at all.
        published: (protocol level, topic), in order.
    """

    def __init__(self) -> None:
        self.greeting: int | None = 0
        self.answers: dict[str, int] = {"status": 0}
        self.published: list[tuple[int, str]] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self.port = int(self._listener.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(line,)))
            self._threads[-1].start()

    def _serve(self, line: socket.socket) -> None:
        level = 0
        with line, line.makefile("rb") as read, suppress(OSError):
            while head := read.read(1):
                length = read.read(1)[0]
                if length & 0x80:
                    length = length & 0x7F | read.read(1)[0] << 7
                body = read.read(length)
                if head[0] >> 4 == CONNECT:
                    level = body[6]
                    line.sendall(self._greet(level))
                elif head[0] >> 4 == PUBLISH:
                    line.sendall(self._acknowledge(level, body))

    def _greet(self, level: int) -> bytes:
        if level == 5:
            return b"\x20\x02\x00\x01" if self.greeting is None else bytes([0x20, 3, 0, self.greeting, 0])
        return b"\x20\x02\x00\x00"

    def _acknowledge(self, level: int, body: bytes) -> bytes:
        size = struct.unpack("!H", body[:2])[0]
        topic = body[2 : 2 + size].decode()
        self.published.append((level, topic))
        answer = self.answers.get(topic.rpartition("/")[2])
        if answer is None:
            return b""
        number = body[2 + size : 4 + size]
        return b"\x40\x02" + number if level < 5 else b"\x40\x03" + number + bytes([answer])

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def broker() -> Iterator[OddBroker]:
    with OddBroker() as broker:
        yield broker
    gc.collect()  # here, so that a warning about a socket hits the test that left it


@pytest.fixture
def ours(broker: OddBroker) -> Iterator[MqttPublisher]:
    with closing(MqttPublisher("127.0.0.1", broker.port, client_id="odd")) as publisher:
        yield publisher


def test_an_old_broker_is_spoken_to_in_its_own_version(broker: OddBroker, ours: MqttPublisher) -> None:
    broker.greeting = None
    broker.answers["event"] = 0
    ours.publish("v/c/event", {})
    assert broker.published == [(4, "sightline/status"), (4, "sightline/v/c/event")]


def test_what_is_not_acknowledged_did_not_arrive(broker: OddBroker, ours: MqttPublisher) -> None:
    with pytest.raises(DeliveryDeferred, match="no acknowledgement in time for sightline/v/c/event"):
        ours.publish("v/c/event", {}, timeout_s=0.1)
    broker.answers["event"] = 0
    ours.publish("v/c/event", {})
    sent = [topic for _, topic in broker.published if topic.endswith("event")]
    assert len(sent) == 2, "once by us and once again by us; never by the library"
    assert broker.connections == 2


def test_a_full_broker_is_tried_again_and_a_bad_topic_is_not(broker: OddBroker, ours: MqttPublisher) -> None:
    broker.answers |= {"full": QUOTA_EXCEEDED, "bad": TOPIC_NAME_INVALID}
    with pytest.raises(DeliveryDeferred, match="Quota exceeded"):
        ours.publish("v/c/full", {})
    with pytest.raises(DeliveryRefused, match="Topic name invalid"):
        ours.publish("v/c/bad", {})
    assert broker.connections == 1


def test_a_busy_broker_is_tried_again(broker: OddBroker, ours: MqttPublisher) -> None:
    broker.greeting = SERVER_BUSY
    broker.answers["event"] = 0
    with pytest.raises(DeliveryDeferred, match="Server busy"):
        ours.publish("v/c/event", {})
    broker.greeting = 0
    ours.publish("v/c/event", {})
