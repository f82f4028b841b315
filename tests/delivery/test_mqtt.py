"""Events at a real broker: acknowledged, retained, refused, away and back."""

import gc
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from mosquitto_broker import MOSQUITTO, Listener, MosquittoBroker, authority

from sightline.delivery import mqtt_link
from sightline.delivery.home_assistant import topic
from sightline.delivery.mqtt import MqttPublisher
from sightline.errors import ConfigError, DeliveryDeferred, DeliveryRefused

needs_mosquitto = pytest.mark.skipif(
    not MOSQUITTO.exists(), reason="mosquitto is missing; run tests/system_parts.sh as root"
)
CAMERA = ("lyon", "Lyon Part-Dieu", "till", "Till 1")
LEFT_ALONE = {"event_id": "e1", "kind": "unattended", "ongoing": 1, "who": "café"}


@pytest.fixture(autouse=True)
def no_socket_is_left_open() -> Iterator[None]:
    yield
    gc.collect()  # here, so that a warning about a socket hits the test that left it


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    with MosquittoBroker(tmp_path) as broker:
        yield broker


def publisher(port: int, **settings: Any) -> closing[MqttPublisher]:
    return closing(MqttPublisher("127.0.0.1", port, **{"client_id": "sightline-test", **settings}))


@needs_mosquitto
def test_an_event_arrives_as_it_was_published(broker: MosquittoBroker) -> None:
    with Listener(broker.port) as listener, publisher(broker.port) as ours:
        ours.publish(topic("lyon", "till", "event"), LEFT_ALONE)
        assert listener.document("sightline/lyon/till/event") == LEFT_ALONE
        assert listener.waits_for("sightline/status") == b"online"


@needs_mosquitto
def test_only_what_is_retained_is_seen_by_who_comes_late(broker: MosquittoBroker) -> None:
    with publisher(broker.port) as ours:
        ours.publish(topic("lyon", "till", "event"), LEFT_ALONE)
        ours.publish(topic("lyon", "till", "unattended"), LEFT_ALONE, retain=True)
        with Listener(broker.port) as late:
            found = late.retained(until="sightline/lyon/till/unattended")
    assert json.loads(found["sightline/lyon/till/unattended"]) == LEFT_ALONE
    assert found["sightline/status"] == b"online"
    assert "sightline/lyon/till/event" not in found


@needs_mosquitto
def test_cameras_are_announced_for_who_comes_late_and_withdrawn(broker: MosquittoBroker) -> None:
    with publisher(broker.port) as ours:
        ours.announce([CAMERA, ("lyon", "Lyon Part-Dieu", "door", "")])
        ours.publish(topic("lyon", "door", "unattended"), LEFT_ALONE, retain=True)
        with Listener(broker.port) as late:
            found = late.retained(until="sightline/lyon/door/unattended")
        configs = [at for at in found if at.startswith("homeassistant/")]
        assert len(configs) == 6
        assert all(json.loads(found[at])["device"]["manufacturer"] == "Sightline" for at in configs)

        ours.withdraw([("lyon", "door")])
        with Listener(broker.port) as later:
            left = later.retained(until="sightline/status")
    assert sorted(left) == sorted([at for at in configs if "_door_" not in at] + ["sightline/status"])


@needs_mosquitto
def test_close_says_offline_and_ends_everything(broker: MosquittoBroker) -> None:
    before = threading.active_count()
    with Listener(broker.port) as listener:
        with publisher(broker.port) as ours:
            ours.publish("lyon/till/event", LEFT_ALONE)
        assert listener.waits_for("sightline/status", b"offline")
        with pytest.raises(DeliveryDeferred, match="closed"):
            ours.publish("lyon/till/event", LEFT_ALONE)
    assert threading.active_count() == before
    assert "disconnected." in broker.log  # it said goodbye, in the broker's words


@contextmanager
def another_process(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """One that has published and waits; killed in the end."""
    program = (
        "from sightline.delivery.mqtt import MqttPublisher\n"
        f"publisher = MqttPublisher('127.0.0.1', {port}, client_id='sightline-test')\n"
        "publisher.publish('a/b/event', {'kind': 'queue'})\n"
        "print('published', flush=True)\n"
        "input()\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"published\n"
            yield process
        finally:
            process.kill()


@needs_mosquitto
def test_a_killed_process_is_told_of_by_its_last_will(broker: MosquittoBroker) -> None:
    with Listener(broker.port) as listener, another_process(broker.port) as process:
        assert listener.waits_for("sightline/status") == b"online"
        process.kill()
        assert listener.waits_for("sightline/status", b"offline")
        with Listener(broker.port) as late:
            assert late.retained(until="sightline/status")["sightline/status"] == b"offline"


@needs_mosquitto
def test_back_after_a_power_cut_it_is_online_although_the_old_connection_still_stands(
    broker: MosquittoBroker,
) -> None:
    with another_process(broker.port) as process:
        process.send_signal(signal.SIGSTOP)
        with Listener(broker.port) as listener, publisher(broker.port) as ours:
            ours.publish("a/b/event", {"kind": "queue"})
            listener.waits_for("sightline/status", b"offline")
            process.kill()
            ours.publish("a/b/last", {})
            listener.waits_for("sightline/a/b/last")
            told = [payload for at, payload, _ in listener.heard if at == "sightline/status"]
            assert told[-2:] == [b"offline", b"online"]


@needs_mosquitto
def test_a_process_beside_it_leaves_the_status_alone(broker: MosquittoBroker) -> None:
    with Listener(broker.port) as listener, publisher(broker.port) as serve:
        serve.publish("lyon/till/event", {"kind": "queue"})
        with publisher(broker.port, client_id="drain", shows_status=False) as drain:
            drain.publish("lyon/till/event", {"kind": "interaction"})
        serve.publish("lyon/till/last", {})
        listener.waits_for("sightline/lyon/till/last")
        assert [payload for at, payload, _ in listener.heard if at == "sightline/status"] == [b"online"]


@needs_mosquitto
def test_a_wrong_password_waits_for_a_person_and_is_not_shown(tmp_path: Path) -> None:
    with MosquittoBroker(tmp_path, users={"shop": "right"}) as broker:
        with publisher(broker.port, username="shop", password="wr0ng-secret") as ours:
            with pytest.raises(DeliveryRefused, match=r"password of mqtt") as refused:
                ours.publish("lyon/till/event", LEFT_ALONE)
            assert "wr0ng-secret" not in str(refused.value) + repr(vars(ours)) + repr(ours)
        with publisher(broker.port, username="shop", password="right") as ours:
            ours.publish("lyon/till/event", LEFT_ALONE)


@needs_mosquitto
def test_a_password_that_is_put_right_at_the_broker_is_tried_at_once(tmp_path: Path) -> None:
    broker = MosquittoBroker(tmp_path, users={"shop": "before"})
    with publisher(broker.port, username="shop", password="after") as ours:
        with broker, pytest.raises(DeliveryRefused):
            ours.publish("lyon/till/event", LEFT_ALONE)
        (tmp_path / "passwords").write_text("shop:after\n")
        subprocess.run(["mosquitto_passwd", "-U", tmp_path / "passwords"], check=True)
        with broker:
            ours.publish("lyon/till/event", LEFT_ALONE)


@needs_mosquitto
def test_a_topic_the_broker_refuses_is_no_success(tmp_path: Path) -> None:
    rules = ["user shop", "topic write sightline/lyon/#", "topic write sightline/status", "topic read #"]
    with (
        MosquittoBroker(tmp_path, users={"shop": "x"}, rules=rules) as broker,
        publisher(broker.port, username="shop", password="x") as ours,
    ):
        with pytest.raises(DeliveryRefused, match="sightline/paris/till/event: Not authorized"):
            ours.publish("paris/till/event", LEFT_ALONE)
        ours.publish("lyon/till/event", LEFT_ALONE)


@needs_mosquitto
def test_after_a_restart_of_the_broker_it_is_back_by_itself(broker: MosquittoBroker) -> None:
    with publisher(broker.port) as ours:
        ours.announce([CAMERA])
        broker.stop()
        broker.start()  # having forgotten everything
        with Listener(broker.port) as listener:
            listener.waits_for("sightline/status", b"online")
            listener.waits_for(next(at for at in ours._announced))
        ours.publish("lyon/till/event", LEFT_ALONE)


@needs_mosquitto
def test_what_is_announced_while_the_broker_is_away_is_told_when_it_is_back(broker: MosquittoBroker) -> None:
    broker.stop()
    with publisher(broker.port) as ours:
        with pytest.raises(DeliveryDeferred):
            ours.announce([CAMERA])
        broker.start()
        ours.publish("lyon/till/event", LEFT_ALONE)
        with Listener(broker.port) as late:
            assert len(late.retained(until=next(iter(ours._announced)))) == 4


@needs_mosquitto
def test_many_threads_share_one_connection(broker: MosquittoBroker) -> None:
    with Listener(broker.port) as listener, publisher(broker.port) as ours:
        threads = [
            threading.Thread(target=lambda n=n: [ours.publish(f"v/c{n}/event", {"n": i}) for i in range(20)])
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for n in range(8):
            listener.waits_for(f"sightline/v/c{n}/event", times=20)
    assert broker.log.count("as sightline-test") == 1


def test_a_broker_that_is_away_is_deferred_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with publisher(port) as ours:
        since = time.monotonic()
        for _ in range(3):
            with pytest.raises(DeliveryDeferred, match=f"127.0.0.1:{port} cannot be reached"):
                ours.publish("lyon/till/event", LEFT_ALONE)
        assert time.monotonic() - since < 1.0


def test_a_broker_that_never_greets_is_deferred_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_link, "LINK_TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute, publisher(mute.getsockname()[1]) as ours:
        with pytest.raises(DeliveryDeferred, match=r"did not answer within 0\.2 s"):
            ours.publish("lyon/till/event", LEFT_ALONE, timeout_s=0.2)
        with pytest.raises(DeliveryDeferred, match="did not greet us"):
            ours.publish("lyon/till/event", LEFT_ALONE)


@needs_mosquitto
def test_over_tls_with_an_authority_of_our_own(tmp_path: Path) -> None:
    trusted, own = authority(tmp_path)
    with MosquittoBroker(tmp_path, tls=own) as broker:
        with publisher(broker.port, encrypted=True, ca_file=trusted) as ours:
            ours.publish("lyon/till/event", LEFT_ALONE)
        with (
            publisher(broker.port, encrypted=True) as ours,
            pytest.raises(DeliveryDeferred, match="certificate is not trusted"),
        ):
            ours.publish("lyon/till/event", LEFT_ALONE)
        with publisher(broker.port) as plain, pytest.raises(DeliveryDeferred):
            plain.publish("lyon/till/event", LEFT_ALONE)
    log = broker.log
    assert "sightline/lyon/till/event" in log
    assert log.count("Received PUBLISH from sightline-test (d0, q1, r0") == 1


def test_a_file_without_certificates_is_told_of_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match=r"mqtt.ca_file: cannot read certificates from .*ca.pem"):
        MqttPublisher("127.0.0.1", 8883, encrypted=True, ca_file=tmp_path / "ca.pem")


@pytest.mark.parametrize("bad", ["a/+/event", "a/#", "a/\0", "a/" + 70_000 * "b"])
def test_a_topic_with_a_wild_card_is_refused(bad: str) -> None:
    with publisher(1) as ours, pytest.raises(DeliveryRefused, match="cannot be a topic"):
        ours.publish(bad, {})


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(ConfigError, match=r"needs: pip install 'sightline\[mqtt\]'"):
        MqttPublisher("127.0.0.1", 1883)
