"""The cameras of a site, shown in Home Assistant by way of the broker."""

import threading

import structlog

from sightline.delivery.mqtt import MqttPublisher
from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.store import cameras, venues
from sightline.store.database import Database

log = structlog.get_logger()

LOOK_EVERY_S = 30.0

Announced = tuple[str, str, str, str]
"""Venue id and name, camera id and name."""


class CameraAnnouncer:
    """Announces what is there at the start, and what comes and goes later. Has a thread to wait in."""

    def __init__(
        self, database: Database, publisher: MqttPublisher, *, every_s: float = LOOK_EVERY_S
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._every_s = every_s
        self._known: frozenset[Announced] = frozenset()

    def run(self, stop: threading.Event) -> None:
        """Look now and then until `stop` is set; then say that the site is offline."""
        told = ""
        while not stop.is_set():
            try:
                self.look()
                told = ""
            except SightlineError as error:
                if told != str(error):
                    log.warning("the cameras cannot be announced at the broker", reason=str(error))
                told = str(error)
            stop.wait(self._every_s)
        self._publisher.close()

    def look(self) -> None:
        """Announce and withdraw what has changed since the last look.

        Raises:
            DeliveryDeferred, DeliveryRefused: looked again next time.
            StoreError: the cameras cannot be read.
        """
        here = self._cameras()
        if here == self._known:
            return
        gone = {(one[0], one[2]) for one in self._known} - {(one[0], one[2]) for one in here}
        self._publisher.withdraw(sorted(gone))
        self._publisher.announce(sorted(here))
        self._known = here

    def _cameras(self) -> frozenset[Announced]:
        site = Scope.site()
        with self._database.reading() as connection:
            names = {one.id: one.name for one in venues.list_venues(site, connection)}
            found = cameras.list_live_cameras(site, connection)
        return frozenset((one.venue_id, names[one.venue_id], one.camera_id, one.name) for one in found)
