"""Stays and what is made of them, counted by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, Table, select

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import StoreError
from sightline.store import recount, venues
from sightline.store.database import Database
from sightline.store.stays import AddedStays, add_stays, erase_visitor, remove_stays
from sightline.store.visitor_tables import hour_rollup, label_rollup, stay, visit, visitor, visitor_day

SITE = Scope.site()
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""10:00 in Paris, where the venue is."""


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def seen(minutes: float, dwell: float = 0, who: str = "ann", **more: Any) -> Stay:
    return Stay(pseudo_id=who, at=at(minutes), dwell=timedelta(minutes=dwell), **({"zone": "door"} | more))


def add(database: Database, *stays: Stay, venue_id: str = "shop") -> AddedStays:
    with database.transaction() as connection:
        added = add_stays(SITE, connection, venue_id, stays)
    with database.reading() as connection:
        assert recount.differences(SITE, connection, venue_id) == []
    return added


def rows(database: Database, table: Table, *order: str) -> list[Row[Any]]:
    with database.reading() as connection:
        query = select(table).where(table.c.venue_id == "shop").order_by(*(table.c[name] for name in order))
        return list(connection.execute(query))


def visits(database: Database) -> list[tuple[Any, ...]]:
    """Begin and end in minutes after nine, dwell in minutes, stays, marked."""
    return [
        (
            (one.started_at - NINE).total_seconds() / 60,
            (one.ended_at - NINE).total_seconds() / 60,
            one.dwell_ms / 60_000,
            one.stays,
            one.marked,
        )
        for one in rows(database, visit, "visitor_id", "started_at")
    ]


def the_visitor(database: Database) -> Row[Any]:
    (one,) = rows(database, visitor, "id")
    return one


def the_day(database: Database) -> tuple[int, int, int, bool]:
    (one,) = rows(database, visitor_day, "day", "visitor_id")
    return one.stays, one.visits, one.returns, one.returned


def test_a_pause_of_half_an_hour_is_the_same_visit_and_a_moment_more_is_another(database: Database) -> None:
    add(database, seen(0, 10), seen(40), seen(70 + 1 / 60))
    assert visits(database) == [(0, 40, 10, 2, False), (70 + 1 / 60, 70 + 1 / 60, 0, 1, False)]
    assert the_day(database) == (3, 2, 1, True)


def test_a_change_of_zone_is_no_return(database: Database) -> None:
    add(database, seen(0, 5, zone="door"), seen(5, 10, zone="shelf"), seen(15, 5, zone="till"))
    assert visits(database) == [(0, 20, 20, 3, False)]
    assert the_day(database) == (3, 1, 0, False)


def test_the_pause_is_counted_from_the_latest_end_not_from_the_last_begin(database: Database) -> None:
    add(database, seen(0, 100), seen(10, 1), seen(125, 1))
    assert visits(database) == [(0, 126, 102, 3, False)]


def test_a_late_stay_joins_two_visits(database: Database) -> None:
    add(database, seen(0), seen(60))
    assert the_day(database) == (2, 2, 1, True)
    add(database, seen(30))
    assert visits(database) == [(0, 60, 0, 3, False)]
    assert the_day(database) == (3, 1, 0, False)
    assert the_visitor(database).visits == 1


def test_an_earlier_visit_makes_the_former_first_one_a_return(database: Database) -> None:
    add(database, seen(0))
    assert the_day(database)[2:] == (0, False)
    add(database, seen(-3 * 1440))
    days = rows(database, visitor_day, "day")
    assert [(one.visits, one.returns, one.returned) for one in days] == [(1, 0, False), (1, 1, True)]
    assert the_visitor(database).first_at == at(-3 * 1440)


def test_a_stay_that_was_marked_makes_its_visit_and_its_day_a_return(database: Database) -> None:
    add(database, seen(0), seen(1, is_repeat=True))
    assert visits(database) == [(0, 1, 0, 2, True)]
    assert the_day(database) == (2, 1, 1, True)


def test_the_newest_label_counts_whatever_comes_last(database: Database) -> None:
    add(database, seen(10, gender="F", age_bracket="20-29"))
    add(database, seen(5, gender="M"), seen(20, age_bracket="30-39"), seen(30))
    assert (the_visitor(database).gender, the_visitor(database).age_bracket) == ("F", "30-39")


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_labels_of_one_moment_the_greater_counts(database: Database, order: int) -> None:
    told = [seen(0, gender="F"), seen(0, gender="M")][::order]
    add(database, told[0])
    add(database, told[1])
    assert the_visitor(database).gender == "M"


def test_twice_in_one_call_and_again_a_stay_counts_once(database: Database) -> None:
    one, other = seen(0, 1), seen(0, 1, who="bob")
    assert add(database, one, one, other) == AddedStays(inserted=2, duplicates=1)
    assert add(database, other, one) == AddedStays(inserted=0, duplicates=2)
    assert the_hours(database) == [(at(0), "door", 2, 120_000)]


def the_hours(database: Database) -> list[tuple[Any, ...]]:
    return [
        (one.hour_at, one.zone, one.stays, one.dwell_ms)
        for one in rows(database, hour_rollup, "hour_at", "zone")
    ]


def test_hours_are_those_of_the_wall_also_when_it_says_two_oclock_twice(database: Database) -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 summer time in Paris, and an hour later again
    told = [Stay(pseudo_id="ann", at=night + timedelta(hours=hours), zone="door") for hours in (0, 1, 2)]
    add(database, *told)
    assert [one[0].hour for one in the_hours(database)] == [0, 1, 2]
    assert len(rows(database, visitor_day, "day")) == 1


def test_another_time_zone_moves_hours_and_days(database: Database) -> None:
    add(database, Stay(pseudo_id="ann", at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC), zone="door"))
    before = rows(database, visitor_day, "day")[0].day
    with database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop", timezone="Asia/Kathmandu")
        assert recount.differences(SITE, connection, "shop") == []
    assert the_hours(database)[0][0] == datetime(2026, 3, 1, 23, 15, tzinfo=UTC)
    with database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop", timezone="America/St_Johns")
        assert recount.differences(SITE, connection, "shop") == []
    assert rows(database, visitor_day, "day")[0].day == before - 1


def test_values_add_up_to_millionths_and_extremes_are_kept(database: Database) -> None:
    add(
        database,
        seen(0, engagement_score=70.0, body_orientation=0.31, track_frames=10, detection_conf=0.5),
        seen(1, engagement_score=50.0, body_orientation=-0.31, track_frames=30),
    )
    add(database, seen(2, engagement_score=49.999999, body_orientation=0.3), seen(3))
    (hour,) = rows(database, hour_rollup, "zone")
    assert (hour.scored_n, hour.score_millionths, hour.high_n, hour.moderate_n) == (3, 169_999_999, 1, 1)
    assert (hour.score_min, hour.score_max) == (49.999999, 70.0)
    assert (hour.oriented_n, hour.orientation_millionths, hour.facing_n, hour.away_n) == (3, 300_000, 1, 1)
    assert (hour.quality_n, hour.frames_sum, hour.confidence_millionths) == (1, 10, 500_000)


def test_extremes_are_found_anew_when_they_go(database: Database) -> None:
    scores = [(0, 5.0, "a"), (1, 50.0, None), (2, 95.0, "a")]
    add(database, *(seen(n, who=f"p{n}", engagement_score=score, run_id=run) for n, score, run in scores))
    with database.transaction() as connection:
        assert remove_stays(SITE, connection, venue_id="shop", run_ids=["a"]) == 2
        assert recount.differences(SITE, connection, "shop") == []
    (hour,) = rows(database, hour_rollup, "zone")
    assert (hour.scored_n, hour.score_min, hour.score_max) == (1, 50.0, 50.0)
    assert the_visitor(database).pseudo_id == "p1"


def test_what_another_program_told_stays_when_a_run_is_replaced(database: Database) -> None:
    add(database, seen(0), seen(1, run_id="a", camera_id="c1"), seen(2, run_id="b", camera_id="c1"))
    add(database, seen(3, run_id="b", camera_id="c2"), seen(4, camera_id="c1"))
    with database.transaction() as connection:
        gone = remove_stays(
            SITE, connection, venue_id="shop", run_ids=["a"], camera_id="c1", start=at(2), end=at(5)
        )
        assert recount.differences(SITE, connection, "shop") == []
    assert gone == 2
    assert [one.at for one in rows(database, stay, "at")] == [at(0), at(3), at(4)]


def test_erased_a_person_is_in_no_table_any_more(database: Database) -> None:
    add(database, *(seen(n, 1, who=who, posture="upright") for n in range(3) for who in ("ann", "bob")))
    with database.transaction() as connection:
        assert erase_visitor(SITE, connection, "shop", "ann")
        assert not erase_visitor(SITE, connection, "shop", "ann")
        assert not erase_visitor(SITE, connection, "other", "bob")
        assert recount.differences(SITE, connection, "shop") == []
    bob = the_visitor(database)
    assert bob.pseudo_id == "bob"
    for table in (stay, visit, visitor_day):
        assert {one.visitor_id for one in rows(database, table, "visitor_id")} == {bob.id}
    assert the_hours(database) == [(at(0), "door", 3, 180_000)]
    assert [one.stays for one in rows(database, label_rollup, "zone")] == [3]


def test_a_venue_counts_its_own_stays_only(database: Database) -> None:
    add(database, seen(0, event_id="e"))
    assert add(database, seen(0, event_id="e"), venue_id="other").inserted == 1
    assert len(rows(database, stay, "at")) == 1


def test_other_venues_are_out_of_reach(database: Database) -> None:
    own = Scope.of("other")
    with database.transaction() as connection:
        for refused in (
            lambda: add_stays(own, connection, "shop", []),
            lambda: remove_stays(own, connection, venue_id="shop", run_ids=["a"]),
            lambda: erase_visitor(own, connection, "shop", "ann"),
            lambda: recount.rebuild(own, connection, "shop"),
            lambda: recount.differences(own, connection, "shop"),
        ):
            with pytest.raises(StoreError, match="shop"):
                refused()


def test_a_venue_that_is_not_there_takes_no_stays(database: Database) -> None:
    with database.transaction() as connection, pytest.raises(StoreError, match="nowhere"):
        add_stays(SITE, connection, "nowhere", [seen(0)])


@pytest.mark.parametrize(
    "text", ['a"b', "a\\b", "{a,b}", "NULL", "null", "a,b", " ", "'", "%s", "é😀", "\\x41"]
)
def test_odd_text_is_stored_and_found_again(database: Database, text: str) -> None:
    told = seen(0, who=text, zone=text, posture=text, event_id=text, run_id=text)
    assert add(database, told).inserted == 1
    assert add(database, told, seen(1, who=text, zone=text)).inserted == 1
    (one,) = rows(database, visitor, "id")
    assert (one.pseudo_id, one.visits) == (text, 1)
    assert {row.zone for row in rows(database, stay, "at")} == {text}


def test_a_recount_tells_every_row_that_is_wrong_and_a_rebuild_makes_it_right(database: Database) -> None:
    add(database, *(seen(n, 1, who=f"p{n}", posture="upright") for n in range(30)))
    with database.transaction() as connection:
        connection.execute(visit.delete().where(visit.c.started_at == at(3)))
        connection.execute(hour_rollup.update().values(stays=7))
        connection.execute(visitor.update().values(visits=9))
        told = recount.differences(SITE, connection, "shop")
        assert "hour_rollup shop/2026-03-02T09:00:00+00:00//door: stays is 7 and should be 30" in told
        assert "visitor: 10 more rows differ" in told
        assert sum("visit " in one and "is missing" in one for one in told) == 1
        recount.rebuild(SITE, connection, "shop")
        assert recount.differences(SITE, connection, "shop") == []
