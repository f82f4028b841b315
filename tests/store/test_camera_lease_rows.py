"""Who watches a camera, where several machines may: one at a time, by the database's word."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import cluster_heads
from sightline.store.camera_leases import CameraHolder, hold_cameras, let_go, list_leases
from sightline.store.cluster_heads import ClusterHead
from sightline.store.database import Database

SITE, SHOP = Scope.site(), Scope.of("shop")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOLD = timedelta(seconds=10)
TILL, OTHER_TILL = ("shop", "till"), ("other", "till")
ANNA = CameraHolder(owner="anna", place="north", hold=HOLD)
BEN = CameraHolder(owner="ben", place="south", hold=HOLD)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as connection:
        yield connection


def test_one_holds_a_camera_until_its_lease_is_over(connection: Connection) -> None:
    assert hold_cameras(SITE, connection, [TILL], holder=ANNA, now=NOON) == {TILL}
    almost = NOON + HOLD - timedelta(microseconds=1)
    assert hold_cameras(SITE, connection, [TILL, OTHER_TILL], holder=BEN, now=almost) == {OTHER_TILL}
    assert hold_cameras(SITE, connection, [TILL], holder=BEN, now=NOON + HOLD) == {TILL}
    assert hold_cameras(SITE, connection, [TILL], holder=ANNA, now=NOON + HOLD) == set()


def test_a_lease_lasts_from_its_renewal_on(connection: Connection) -> None:
    hold_cameras(SITE, connection, [TILL], holder=ANNA, now=NOON)
    assert hold_cameras(SITE, connection, [TILL], holder=ANNA, now=NOON + HOLD / 2) == {TILL}
    assert hold_cameras(SITE, connection, [TILL], holder=BEN, now=NOON + HOLD) == set()


def test_a_lease_that_was_given_back_can_be_taken_at_once(connection: Connection) -> None:
    hold_cameras(SITE, connection, [TILL, OTHER_TILL], holder=ANNA, now=NOON)
    assert let_go(SITE, connection, "anna") == 2
    assert hold_cameras(SITE, connection, [TILL], holder=BEN, now=NOON) == {TILL}


def test_a_lease_from_before_the_clock_was_set_back_is_over(connection: Connection) -> None:
    hold_cameras(SITE, connection, [TILL], holder=ANNA, now=NOON + timedelta(days=1))
    assert hold_cameras(SITE, connection, [TILL], holder=BEN, now=NOON) == {TILL}


def test_who_read_the_clock_a_moment_before_another_took_it_does_not_take_it_too(
    connection: Connection,
) -> None:
    hold_cameras(SITE, connection, [TILL], holder=ANNA, now=NOON + timedelta(milliseconds=5))
    assert hold_cameras(SITE, connection, [TILL], holder=BEN, now=NOON) == set()


def test_a_camera_that_is_gone_is_nobodys(connection: Connection) -> None:
    assert hold_cameras(SITE, connection, [("shop", "attic"), TILL], holder=ANNA, now=NOON) == {TILL}
    assert hold_cameras(SITE, connection, [], holder=ANNA, now=NOON) == set()


def test_a_venue_sees_and_holds_its_own_only(connection: Connection) -> None:
    assert hold_cameras(SHOP, connection, [TILL, OTHER_TILL], holder=ANNA, now=NOON) == {TILL}
    hold_cameras(SITE, connection, [OTHER_TILL], holder=BEN, now=NOON)
    assert [lease.camera_id for lease in list_leases(SHOP, connection, now=NOON)] == ["till"]
    assert let_go(SHOP, connection, "ben") == 0


def test_the_list_says_who_where_and_whether_it_is_over(connection: Connection) -> None:
    hold_cameras(SITE, connection, [TILL], holder=ANNA, now=NOON)
    (lease,) = list_leases(SITE, connection, now=NOON)
    assert (lease.owner, lease.place, lease.leased_until) == ("anna", "north", NOON + HOLD)
    assert not lease.over
    assert list_leases(SITE, connection, now=NOON + HOLD)[0].over


def test_of_many_that_take_a_camera_at_once_one_gets_it(database: Database) -> None:
    begin, got = threading.Barrier(6), []

    def take(number: int) -> None:
        holder = CameraHolder(owner=f"o{number}", place="here", hold=HOLD)
        begin.wait(30)
        with database.aside() as connection:
            held = hold_cameras(SITE, connection, [TILL, OTHER_TILL], holder=holder)
        got.extend((number, camera) for camera in held)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(camera for _, camera in got) == [OTHER_TILL, TILL]


def test_renewing_waits_for_no_long_write(postgres_url: str) -> None:
    from sightline.store.database import open_database
    from sightline.store.venues import ensure_camera, ensure_venue

    with open_database(postgres_url) as database:
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop", timezone="UTC")
            ensure_camera(SITE, connection, "shop", "till", source_label="till")
        with database.transaction(), database.aside() as connection:
            assert hold_cameras(SITE, connection, [TILL], holder=ANNA) == {TILL}


def test_the_head_is_known_to_the_site_alone(connection: Connection) -> None:
    head = ClusterHead(key_sha256="a" * 64, address="127.0.0.1:6379", started_at=NOON)
    assert cluster_heads.get_head(SITE, connection) is None
    cluster_heads.tell_head(SITE, connection, head)
    cluster_heads.tell_head(SITE, connection, head)
    assert cluster_heads.get_head(SITE, connection) == head
    with pytest.raises(StoreError):
        cluster_heads.get_head(SHOP, connection)
    with pytest.raises(StoreError):
        cluster_heads.tell_head(SHOP, connection, head)


def test_by_its_own_clock_the_database_ends_leases(database: Database) -> None:
    short = CameraHolder(owner="anna", place="north", hold=timedelta(microseconds=1))
    with database.aside() as connection:
        assert hold_cameras(SITE, connection, [TILL], holder=short) == {TILL}
    with database.aside() as connection:
        assert hold_cameras(SITE, connection, [TILL], holder=BEN) == {TILL}
