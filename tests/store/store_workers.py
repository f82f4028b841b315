"""What other processes do in the tests: one that dies, one that runs out of disk, several that write at once.

They start from a fork server that has the store loaded: importing SQLAlchemy takes longer than the tests.
"""

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess

from sightline.domain.scope import Scope
from sightline.errors import DiskFull
from sightline.store import alerts, coverage, status, venues
from sightline.store.database import open_database, upgrade

SITE = Scope.site()
MINUTE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STORE = [f"sightline.store.{name}" for name in ("database", "venues", "alerts", "coverage", "status")]


def start(work: Callable[..., None], *arguments: object) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(STORE)
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


def exit_code(process: BaseProcess) -> int | None:
    process.join(120)
    return process.exitcode


def open_it(url: str) -> None:
    upgrade(url)


def count_up(url: str, rounds: int) -> None:
    """Read the number that the venue `counter` has for a name, and write the next one."""
    with open_database(url) as database:
        for _ in range(rounds):
            with database.transaction() as connection:
                counter = venues.get_venue(SITE, connection, "counter")
                assert counter is not None
                venues.ensure_venue(SITE, connection, "counter", name=str(int(counter.name) + 1))


def raise_it(url: str, conditions: int) -> None:
    """Raise an alert for each of a number of conditions that others see, too."""
    with open_database(url) as database:
        for number in range(conditions):
            with database.transaction() as connection:
                alerts.raise_alert(
                    SITE,
                    connection,
                    venue_id="shop",
                    alert_type="camera_lost",
                    subject=f"camera-{number}",
                    severity="warning",
                    title="Camera lost",
                    message="It does not answer.",
                    at=MINUTE,
                )


def tell_of_pictures(url: str, rounds: int) -> None:
    """What a camera process does twice a second: counters and coverage, in small transactions."""
    with open_database(url) as database:
        for number in range(rounds):
            with database.transaction() as connection:
                status.put_status(SITE, connection, "shop", "till", {"analysed": number}, at=MINUTE)
                coverage.count_coverage(SITE, connection, "shop", "till", {MINUTE: 1})


def die_in_the_middle(url: str) -> None:
    database = open_database(url)
    with database.transaction() as connection:
        for number in range(2000):
            venues.ensure_venue(SITE, connection, f"v{number}", name="x" * 2000)
        os.kill(os.getpid(), signal.SIGKILL)


def fill_the_disk(url: str, limit_bytes: int) -> None:
    """Opens and writes with files limited to `limit_bytes`; fails unless that is reported as a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    try:
        with open_database(url) as database, database.transaction() as connection:
            for number in range(2000):
                venues.ensure_venue(SITE, connection, f"v{number}", name="x" * 2000)
    except DiskFull as error:
        assert "disk is full" in str(error)  # noqa: PT017  there is no pytest in this process
        return
    raise AssertionError("the disk was not full")
