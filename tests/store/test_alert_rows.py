"""The same condition alerts once until it clears."""

from typing import Any

import pytest
from store_stories import SITE, at
from store_workers import exit_code, raise_it, start

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import alerts
from sightline.store.alerts import StoredAlert
from sightline.store.database import Database


def raised(
    database: Database,
    second: float,
    *,
    alert_type: str = "camera_lost",
    subject: str = "till",
    severity: str = "warning",
    venue_id: str = "shop",
) -> StoredAlert | None:
    with database.transaction() as connection:
        return alerts.raise_alert(
            SITE,
            connection,
            venue_id=venue_id,
            alert_type=alert_type,
            subject=subject,
            severity=severity,
            title="Camera lost",
            message="The camera till has not answered for two minutes.",
            data={"reason": "unreachable", "seconds": 120},
            at=at(second),
        )


def cleared(database: Database, second: float, *, subject: str = "till") -> bool:
    with database.transaction() as connection:
        return alerts.clear_alert(
            SITE, connection, venue_id="shop", alert_type="camera_lost", subject=subject, at=at(second)
        )


def listed(database: Database, **which: Any) -> list[StoredAlert]:
    with database.reading() as connection:
        return alerts.list_alerts(SITE, connection, **which)


def test_alert_comes_back_as_raised(database: Database) -> None:
    made = raised(database, 0)
    assert made is not None
    assert listed(database) == [made]
    assert (made.title, made.data) == ("Camera lost", {"reason": "unreachable", "seconds": 120})
    assert (made.cleared_at, made.acknowledged, made.acknowledged_at) == (None, False, None)


def test_same_condition_alerts_once_until_it_clears(database: Database) -> None:
    first = raised(database, 0)
    assert first is not None
    assert raised(database, 10) is None
    assert cleared(database, 20)
    assert not cleared(database, 25)
    again = raised(database, 30)
    assert again is not None
    assert again.id > first.id
    assert [(one.created_at, one.cleared_at) for one in listed(database)] == [
        (at(30), None),
        (at(0), at(20)),
    ]


def test_other_subjects_types_and_venues_alert_for_themselves(database: Database) -> None:
    assert raised(database, 0)
    assert raised(database, 0, subject="door")
    assert raised(database, 0, alert_type="disk_low")
    assert raised(database, 0, venue_id="other")
    assert cleared(database, 10, subject="door")
    assert [one.subject for one in listed(database, venue_id="shop", holding=False)] == ["door"]
    assert len(listed(database, holding=True)) == 3


def test_seeing_an_alert_does_not_end_it(database: Database) -> None:
    made = raised(database, 0)
    assert made is not None
    with database.transaction() as connection:
        seen = alerts.acknowledge_alert(SITE, connection, made.id, at=at(5))
        assert alerts.acknowledge_alert(SITE, connection, made.id, at=at(50)) == seen
        assert alerts.acknowledge_alert(SITE, connection, made.id + 1, at=at(5)) is None
    assert seen is not None
    assert (seen.acknowledged, seen.acknowledged_at, seen.cleared_at) == (True, at(5), None)
    assert raised(database, 10) is None


def test_alerts_are_listed_newest_first_in_pages(database: Database) -> None:
    for number in range(7):
        raised(database, number, subject=f"camera-{number}", severity="critical" if number % 2 else "info")
    assert [one.subject for one in listed(database, limit=2, offset=1)] == ["camera-5", "camera-4"]
    assert [one.subject for one in listed(database, severity="critical", limit=2)] == ["camera-5", "camera-3"]
    with database.transaction() as connection:
        alerts.acknowledge_alert(SITE, connection, listed(database)[0].id, at=at(100))
        assert alerts.count_alerts(SITE, connection) == 7
        assert alerts.count_alerts(SITE, connection, severity="info", acknowledged=False) == 3
        assert alerts.count_alerts(SITE, connection, acknowledged=True, venue_id="shop") == 1


def test_two_processes_that_see_the_same_condition_alert_once(url: str, database: Database) -> None:
    workers = [start(raise_it, url, 40) for _ in range(3)]
    assert [exit_code(worker) for worker in workers] == [0, 0, 0]
    assert len(listed(database, limit=None)) == 40


def test_unknown_severity_is_refused(database: Database) -> None:
    with pytest.raises(StoreError, match="info, warning, critical, not 'bad'"):
        raised(database, 0, severity="bad")


def test_alerts_of_another_venue_are_neither_seen_nor_touched(database: Database) -> None:
    made = raised(database, 0)
    assert made is not None
    other = Scope.of("other")
    with database.transaction() as connection:
        assert alerts.list_alerts(other, connection) == []
        assert alerts.count_alerts(other, connection) == 0
        assert alerts.acknowledge_alert(other, connection, made.id, at=at(5)) is None
    assert listed(database) == [made]
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        alerts.clear_alert(
            other, connection, venue_id="shop", alert_type="camera_lost", subject="till", at=at(9)
        )
