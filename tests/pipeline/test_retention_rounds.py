"""Rounds of the retention of events: in time, each step whole, and nobody kept waiting."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from old_days import MIDNIGHT, SITE, add, retention, rows_of, run_out, settle

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import StoreError
from sightline.pipeline import event_retention
from sightline.pipeline.event_retention import LOOK_S
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.recount import differences


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "s.db")) as database:
        yield database


@pytest.fixture
def rich(database: Database) -> str:
    return settle(database)


class Killed(BaseException):
    """As good as SIGKILL for what has been committed."""


def test_killed_at_any_step_the_next_rounds_come_to_the_same(
    database: Database, rich: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = settle(database)
    monkeypatch.setattr(event_retention, "ROWS", 1)
    steps = event_retention.STEPS
    for survived in count():
        monkeypatch.setattr(event_retention, "STEPS", killed_after(survived % 4, steps, twin))
        try:
            run_out(retention(database))
        except Killed:
            with database.reading() as connection:
                assert differences(SITE, connection, twin) == []
            continue
        break
    assert survived > 3
    one, other = rows_of(database, rich), rows_of(database, twin)
    assert {name: len(rows) for name, rows in one.items()} == {n: len(rows) for n, rows in other.items()}


def killed_after(number: int, steps: Any, venue_id: str) -> Any:
    """The steps, of which the one at this venue after `number` that removed something does not commit."""
    done = iter(range(number + 1))

    def dying(remove: Callable[..., int]) -> Callable[..., int]:
        def step(scope: Scope, connection: Any, asked: str, before: datetime, *, limit: int) -> int:
            rows = remove(scope, connection, asked, before, limit=limit)
            if asked == venue_id and rows and next(done, None) is None:
                raise Killed
            return rows

        return step

    return tuple((name, dying(remove)) for name, remove in steps)


def test_one_venue_that_cannot_be_written_does_not_keep_others_waiting(
    database: Database, rich: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, "other", [])
    first, remove = event_retention.STEPS[1]

    def broken(scope: Scope, connection: Any, venue_id: str, before: datetime, *, limit: int) -> int:
        if venue_id != rich:
            raise StoreError(f"{venue_id} is damaged")
        return remove(scope, connection, venue_id, before, limit=limit)

    monkeypatch.setattr(event_retention, "STEPS", ((first, broken),))
    with pytest.raises(StoreError, match="other is damaged"):
        retention(database).run()
    assert len(rows_of(database, rich)["stay"]) == 2


def test_a_round_ends_in_time_and_an_hour_is_quiet_once_all_is_done(
    database: Database, rich: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]

    def monotonic() -> float:
        now[0] += 0.4
        return now[0]

    monkeypatch.setattr(event_retention, "ROWS", 1)
    of = retention(database, monotonic=monotonic)
    rounds = 0
    while len(rows_of(database, rich)["told_hour"]) > 2 or len(rows_of(database, rich)["event"]) > 2:
        assert of.run() <= 2 * 130, "two steps fit into a round, and a day of minutes is the largest"
        rounds += 1
    assert rounds > 2
    monkeypatch.undo()
    of = retention(database, monotonic=lambda: now[0])
    run_out(of)
    add(database, rich, [Stay(pseudo_id="late", at=MIDNIGHT - timedelta(days=9), zone="x")])
    assert of.run() == 0
    now[0] += LOOK_S + 1
    assert of.run() > 0
