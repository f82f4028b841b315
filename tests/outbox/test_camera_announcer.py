"""Cameras at a real broker: announced when they come, withdrawn when they go, offline when we stop."""

import shutil
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from evidence_site import SCOPE, VENUE
from outbox_site import OutboxSite

sys.path.insert(0, str(Path(__file__).parents[1] / "delivery"))

from sightline.delivery.home_assistant import config_topics
from sightline.delivery.mqtt import MqttPublisher
from sightline.evidence.couriers.announcing import CameraAnnouncer
from sightline.store import cameras

pytestmark = pytest.mark.skipif(shutil.which("mosquitto") is None, reason="mosquitto is not installed")


def put(site: OutboxSite, camera_id: str) -> None:
    with site.small.database.transaction() as connection:
        cameras.put_camera(
            SCOPE,
            connection,
            venue_id=VENUE,
            camera_id=camera_id,
            settings={"id": camera_id, "source": "rtsp://camera/1"},
            origin="typed",
            at=datetime.now(UTC),
        )


def configs(camera_id: str) -> list[str]:
    return config_topics(VENUE, camera_id, prefix="sightline", discovery_prefix="homeassistant")


def test_cameras_come_and_go_and_the_site_ends(site_with: Callable[..., OutboxSite], tmp_path: Path) -> None:
    from mosquitto_broker import Listener, MosquittoBroker

    folder = tmp_path / "broker"
    folder.mkdir()
    site = site_with()
    put(site, "door")
    with MosquittoBroker(folder) as broker, Listener(broker.port) as listener:
        publisher = MqttPublisher("127.0.0.1", broker.port, client_id="site")
        announcer = CameraAnnouncer(site.small.database, publisher, every_s=0.05)
        stop = threading.Event()
        running = threading.Thread(target=announcer.run, args=(stop,))
        running.start()
        for topic in configs("door"):
            assert listener.waits_for(topic)
        listener.waits_for("sightline/status", b"online")
        put(site, "yard")
        assert listener.waits_for(configs("yard")[0])
        with site.small.database.transaction() as connection:
            cameras.remove_camera(SCOPE, connection, VENUE, "door", datetime.now(UTC))
        for topic in configs("door"):
            listener.waits_for(topic, b"")
        stop.set()
        running.join(10)
        listener.waits_for("sightline/status", b"offline")
