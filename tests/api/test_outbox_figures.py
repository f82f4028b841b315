"""What a monitoring system is told of the outbox."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_server import Server
from prometheus_client.parser import text_string_to_metric_families

from sightline.domain.outbox import Channel, OutboxItem
from sightline.domain.scope import Scope
from sightline.store import outbox
from sightline.store.database import Database

SITE = Scope.site()


def put(database: Database, channel: Channel, keys: Sequence[str], *, ago: timedelta = timedelta()) -> None:
    items = [
        OutboxItem(key=key, channel=channel, destination="a", venue_id="shop", chain=key) for key in keys
    ]
    with database.transaction() as connection:
        outbox.put_items(SITE, connection, items, now=datetime.now(UTC) - ago)


def settle(database: Database, state: str, *keys: str) -> None:
    with database.transaction() as connection:
        for key in keys:
            connection.exec_driver_sql(f"UPDATE outbox SET state = '{state}' WHERE key = '{key}'")


def check(server: Server) -> Mapping[str, Any]:
    document = server.get("/health").json()
    found: Mapping[str, Any] = document["checks"]["outbox"]
    assert (document["status"] == "healthy") == (found["status"] == "ok")
    return found


def figures(server: Server, name: str) -> dict[tuple[str, ...], float]:
    text = server.get("/metrics").text
    return {
        tuple(sample.labels[label] for label in ("venue", "channel", "state") if label in sample.labels):
            sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }  # fmt: skip


def test_an_outbox_that_is_empty_is_well(server: Server) -> None:
    found = check(server)
    assert found["status"] == "ok"
    assert (found["waiting"], found["dead"], found["oldest_waiting_s"]) == ({}, {}, None)


def test_what_waits_is_counted_by_channel_with_the_age_of_the_oldest(
    server: Server, database: Database
) -> None:
    put(database, Channel.UPLOAD, ["a", "b"], ago=timedelta(minutes=50))
    put(database, Channel.MAIL, ["c"])
    found = check(server)
    assert (found["status"], found["waiting"]) == ("ok", {"mail": 1, "upload": 2})
    assert 3_000 <= found["oldest_waiting_s"] < 3_030


@pytest.mark.parametrize(("minutes", "status"), [(59, "ok"), (61, "degraded")])
def test_what_waits_for_more_than_an_hour_degrades(
    server: Server, database: Database, minutes: int, status: str
) -> None:
    put(database, Channel.UPLOAD, ["a"], ago=timedelta(minutes=minutes))
    assert check(server)["status"] == status


def test_one_that_was_given_up_degrades_and_says_what_to_type(server: Server, database: Database) -> None:
    put(database, Channel.UPLOAD, ["a", "b", "c"])
    settle(database, "sent", "b", "c")
    assert check(server)["status"] == "ok"
    settle(database, "dead", "a")
    found = check(server)
    assert (found["status"], found["dead"], found["waiting"]) == ("degraded", {"upload": 1}, {})
    assert "sightline outbox list" in found["detail"]


def test_what_was_sent_or_cancelled_long_ago_is_no_trouble(server: Server, database: Database) -> None:
    put(database, Channel.UPLOAD, ["a", "b"], ago=timedelta(days=9))
    settle(database, "sent", "a")
    settle(database, "cancelled", "b")
    assert check(server)["status"] == "ok"


def test_prometheus_gets_each_state_and_the_age(server: Server, database: Database) -> None:
    put(database, Channel.UPLOAD, ["a", "b", "c"], ago=timedelta(minutes=10))
    put(database, Channel.WEBHOOK, ["d"], ago=timedelta(minutes=2))
    settle(database, "dead", "a")
    settle(database, "sent", "b")
    put(database, Channel.MAIL, ["e"], ago=timedelta(days=2))
    settle(database, "dead", "e")
    assert figures(server, "sightline_outbox_items") == {
        ("shop", "mail", "dead"): 1,
        ("shop", "upload", "dead"): 1,
        ("shop", "upload", "sent"): 1,
        ("shop", "upload", "waiting"): 1,
        ("shop", "webhook", "waiting"): 1,
    }
    ages = figures(server, "sightline_outbox_oldest_waiting_seconds")
    assert set(ages) == {("shop", "upload"), ("shop", "webhook")}
    assert 600 <= ages["shop", "upload"] < 630
    assert 120 <= ages["shop", "webhook"] < 150
