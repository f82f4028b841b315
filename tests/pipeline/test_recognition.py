"""People known again by their faces: who is whom, whose face is kept, what no rollback or rival breaks."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from known_faces_made import (
    KEY,
    MORNING,
    SHOP,
    THRESHOLD,
    at,
    book,
    cosine,
    enter,
    erase,
    face,
    lasting,
    roll_back,
    templates,
    track,
)
from sqlalchemy import event, select
from structlog.testing import capture_logs

from sightline.analytics.visitors import Visitors
from sightline.config.identity_key import IdentityKey
from sightline.domain.event import Role
from sightline.domain.templates import Template
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.known_people import is_seen_meanwhile, known_of_run, visits_until
from sightline.store.recount import differences
from sightline.store.stays import remove_stays
from sightline.store.venues import ensure_venue
from sightline.store.visitor_tables import stay, visitor

OTHER_KEY = IdentityKey.parse("22" * 31 + "23", named="test")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "s.db")) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Database]]:
    """The address of a database, and the database."""
    url = sqlite_url(tmp_path / "s.db")
    if request.param == "postgres":
        url = str(request.getfixturevalue("postgres_url"))
    with open_database(url) as database, database.transaction() as connection:
        ensure_venue(SHOP, connection, "shop")
    with open_database(url) as database:
        yield url, database


def test_three_people_who_come_again_after_forty_minutes(either: tuple[str, Database]) -> None:
    """Then as posted events of known people: three known, two visits each, half of the visits returns."""
    _, database = either
    first = enter(database, book(), [track(n, face(n, 1), 60 * n, 60 * n + 50) for n in (1, 2, 3)], run="1")
    again = enter(
        database, book(), [track(n, face(4 - n, 2), 2600 + n, 2700 + n) for n in (1, 2, 3)], run="2"
    )
    assert [again[n].pseudo_id for n in (3, 2, 1)] == [first[n].pseudo_id for n in (1, 2, 3)]
    assert len({one.pseudo_id for one in first.values()}) == 3
    assert not any(one.is_repeat for one in first.values())
    assert all(one.is_repeat for one in again.values())

    visitors = Visitors(database, lambda: MORNING + timedelta(hours=2))
    listed, total = visitors.listed(SHOP, "shop", sort_by="first_seen", limit=10, offset=0)
    assert total == 3
    assert [one["visitor_id"] for one in listed] == [first[n].pseudo_id for n in (3, 2, 1)]
    assert [one["first_seen"] for one in listed] == [at(180), at(120), at(60)]
    assert {(one["visit_count"], one["loyalty_tier"]) for one in listed} == {(2, "Occasional")}
    summary = visitors.returning(SHOP, "shop", days=7, to=None)["summary"]
    assert summary == {
        "total_visitors": 3,
        "known_visitors": 3,
        "tracking_rate": 100.0,
        "return_events": 3,
        "return_event_rate": 50.0,
    }
    assert visitors.stats(SHOP, "shop")["total_return_visits"] == 3
    history = visitors.history(SHOP, "shop", first[1].pseudo_id)
    assert history is not None
    assert [one["visits"] for one in history["sessions"]] == [2]
    with database.reading() as connection:
        assert differences(SHOP, connection, "shop") == []
        assert known_of_run(SHOP, connection, "2", at(2600)).known == 3
        assert known_of_run(SHOP, connection, "1", MORNING).new == 3


@pytest.mark.parametrize(
    ("left_s", "is_repeat"), [pytest.param(1800.0, False, id="30 min"), pytest.param(1801.0, True, id="more")]
)
def test_who_is_back_within_half_an_hour_is_on_the_same_visit(
    database: Database, left_s: float, *, is_repeat: bool
) -> None:
    """Also when a stay in between, of the same call, makes one visit of it."""
    first = enter(database, book(), [track(1, face(1, 1), 0, 100)], run="1")
    in_between = [track(1, face(1, 3), 1000, 1100), track(2, face(1, 2), 1100 + left_s, 1200 + left_s)]
    again = enter(database, book(), in_between, run="2")
    assert again[1].pseudo_id == again[2].pseudo_id == first[1].pseudo_id
    assert (again[1].is_repeat, again[2].is_repeat) == (False, is_repeat)
    with database.reading() as connection:
        visits = visits_until(SHOP, connection, "shop", first[1].pseudo_id, at(9999))
        known = known_of_run(SHOP, connection, "2", at(1000))
    assert len(visits) == 1 + is_repeat
    assert (known.known, known.same_visit) == ((1, 0) if is_repeat else (0, 1))


def test_nobody_is_in_one_recording_twice_at_once(either: tuple[str, Database]) -> None:
    """Neither within a call nor over several, nor after a restart. Another camera may see them as well."""
    _, database = either
    one = book()
    twins = enter(database, one, [track(1, face(1, 1), 0, 100), track(2, face(1, 2), 50, 60)])
    assert twins[1].pseudo_id != twins[2].pseudo_id
    known = {name.pseudo_id for name in twins.values()}

    late = enter(database, one, [track(3, face(1, 3), 100, 130)])
    assert late[3].pseudo_id == twins[2].pseudo_id, "the first twin was there at second 100"
    restarted = enter(database, book(), [track(4, face(1, 4), 55, 110)])
    assert restarted[4].pseudo_id not in known
    after = enter(database, book(), [track(5, face(1, 5), 130.5, 140)])
    assert after[5].pseudo_id in {*known, restarted[4].pseudo_id}
    enter(database, book(), [track(2, face(2), 56, 100)], run="another camera's")
    elsewhere = enter(database, book(), [track(1, face(1, 6), 55, 110)], run="another camera's")
    assert elsewhere[1].pseudo_id in {*known, restarted[4].pseudo_id}


def test_of_two_who_are_there_at_once_the_first_to_come_has_the_name(database: Database) -> None:
    (ann,) = enter(database, book(), [track(1, face(1), -500, -400)], run="before").values()
    twins = enter(database, book(), [track(1, face(1, 1), 50, 60), track(2, face(1, 2), 0, 100)])
    assert twins[2].pseudo_id == ann.pseudo_id
    assert twins[1].pseudo_id != ann.pseudo_id


def test_a_track_that_ended_in_the_very_picture_in_which_another_began_was_there_with_it(
    database: Database,
) -> None:
    """Dwells are stored in whole milliseconds, moments are not."""
    names = enter(database, book(), [track(1, face(1, 1), 0.0, 10.0009)])
    again = enter(database, book(), [track(2, face(1, 2), 10.0009, 20.0)])
    assert again[2].pseudo_id != names[1].pseudo_id


def test_only_visitors_of_full_age_with_a_good_face_get_a_name_that_lasts(database: Database) -> None:
    tracks = [
        track(1, face(1), 0, 100),
        track(2, face(2), 0, 100, role=Role.STAFF),
        track(3, face(3), 0, 100, age="0-17"),
        track(4, face(4), 0, 0.9),
        track(5, None, 0, 100),
        track(6, face(6), 0, 100, zones=()),
        track(7, face(7), 0, 100, role=Role.UNKNOWN, age="18-19"),
    ]
    names = enter(database, book(), tracks)
    assert names.keys() == {1, 7}
    kept = {names[1].pseudo_id, names[7].pseudo_id}
    assert lasting(database) == templates(database).keys() == kept
    with database.reading() as connection:
        query = select(stay.c.track_id).join(visitor, visitor.c.id == stay.c.visitor_id)
        assert set(connection.execute(query.where(~visitor.c.lasting)).scalars()) == {3, 5}
        known = known_of_run(SHOP, connection, "run", MORNING)
    assert (known.new, known.faceless, known.known, known.same_visit) == (2, 2, 0, 0)


def test_a_template_is_the_mean_of_all_faces_of_its_visitor(database: Database) -> None:
    (name,) = enter(database, book(), [track(1, face(1, 1), 0, 10)]).values()
    enter(database, book(), [track(1, face(1, 2), 20, 30), track(2, face(1, 3), 40, 50)], run="2")
    (kept,) = templates(database).values()
    assert kept.faces == 3
    mean = np.mean([face(1, take).mean for take in (1, 2, 3)], axis=0)
    np.testing.assert_allclose(kept.mean, mean, atol=1e-6)
    assert templates(database).keys() == {name.pseudo_id}


def test_the_most_alike_is_chosen_and_models_are_kept_apart(database: Database) -> None:
    """1.5 is as like 1 as like 2, but 1.4 is more like 1."""
    names = enter(database, book(), [track(n, face(n), 0, 10) for n in (1, 2)])
    near = Template("net", (0.6 * face(1).mean + 0.45 * face(2).mean).astype(np.float32), 1)
    assert cosine(near.mean, face(2).mean) < THRESHOLD < cosine(near.mean, face(1).mean)
    again = enter(database, book(), [track(1, near, 50, 60)], run="2")
    assert again[1].pseudo_id == names[1].pseudo_id
    other = enter(database, book(), [track(1, face(2, model="other net"), 50, 60)], run="3")
    assert other[1].pseudo_id not in {one.pseudo_id for one in names.values()}
    shorter = Template.begin("net", np.ones(128, np.float32))
    assert enter(database, book(), [track(1, shorter, 50, 60)], run="4").keys() == {1}
    assert len(lasting(database)) == 4


def test_who_was_erased_by_another_process_does_not_come_back(either: tuple[str, Database]) -> None:
    url, database = either
    one = book()
    names = enter(database, one, [track(n, face(n, 1), 0, 10) for n in (1, 2)])
    (eve,) = enter(database, one, [track(1, face(5), 0, 10)], run="by when all are in memory").values()
    with open_database(url) as elsewhere:
        erase(elsewhere, names[1].pseudo_id)
    again = enter(database, one, [track(n, face(n, 2), 20, 30) for n in (1, 2)], run="2")
    assert again[2].pseudo_id == names[2].pseudo_id
    assert again[1].pseudo_id != names[1].pseudo_id
    assert names[1].pseudo_id not in lasting(database)
    with open_database(url) as elsewhere:
        left = {again[1].pseudo_id, names[2].pseudo_id, eve.pseudo_id}
        assert templates(elsewhere).keys() == left


def test_an_erasure_waits_for_the_transaction_in_which_they_were_matched(
    either: tuple[str, Database],
) -> None:
    url, database = either
    (ann,) = enter(database, book(), [track(1, face(1, 1), 0, 10)]).values()
    with open_database(url) as own, ThreadPoolExecutor(1) as elsewhere:
        with database.transaction() as connection:
            seen = [track(1, face(1, 2), 20, 30)]
            book().enter(SHOP, connection, seen, venue_id="shop", camera_id="till", run_id="2", zone=UTC)
            erasing = elsewhere.submit(erase, own, ann.pseudo_id)
            assert not wait([erasing], timeout=0.1).done
        erasing.result(30)
    assert templates(database) == {}
    assert lasting(database) == set()


def test_what_a_transaction_made_of_people_goes_with_it(database: Database) -> None:
    one = book()
    (ann,) = enter(database, one, [track(1, face(1, 1), 0, 10)]).values()
    second = [track(1, face(1, 2), 20, 30), track(2, face(2, 1), 20, 30)]
    lost = enter(database, one, second, run="2", fails=True)
    assert lost[1].pseudo_id == ann.pseudo_id
    assert templates(database)[ann.pseudo_id].faces == 1
    told = enter(database, one, second, run="2")
    assert told[1].pseudo_id == ann.pseudo_id
    assert told[2].pseudo_id != lost[2].pseudo_id, "the writer tries again: it is a new transaction"
    assert templates(database)[ann.pseudo_id].faces == 2
    third = enter(database, one, [track(1, face(2, 2), 40, 50)], run="3")
    assert third[1].pseudo_id == told[2].pseudo_id
    assert lasting(database) == {ann.pseudo_id, told[2].pseudo_id}


def test_several_cameras_in_one_transaction_know_each_others_people(database: Database) -> None:
    """As the store writer does it; what the first one has stored is known to the second, committed or not."""
    one = book()

    def both(*, fails: bool) -> list[str]:
        names = []
        with database.transaction() as connection:
            ensure_venue(SHOP, connection, "shop")
            for run in ("1", "2"):
                seen = [track(1, face(1, int(run)), 0, 10)]
                found = one.enter(
                    SHOP, connection, seen, venue_id="shop", camera_id=run, run_id=run, zone=UTC
                )
                names.append(found[1].pseudo_id)
            if fails:
                roll_back(connection)
        return names

    lost, kept = both(fails=True), both(fails=False)
    assert len(set(lost)) == len(set(kept)) == 1
    assert lost[0] != kept[0]
    assert {name: one.faces for name, one in templates(database).items()} == {kept[0]: 2}


def test_the_same_tracks_told_twice_are_the_same_people_and_no_more_faces(database: Database) -> None:
    """A writer whose commit went through while its connection broke tells all of it again."""
    tracks = [track(1, face(1, 1), 0, 10), track(2, None, 0, 10), track(3, face(1, 2), 20, 30)]
    names = enter(database, book(), tracks)
    again = enter(database, book(), [*tracks, track(4, face(1, 3), 25, 40)])
    assert {n: again[n].pseudo_id for n in (1, 3)} == {n: names[n].pseudo_id for n in (1, 3)}
    assert again[4].pseudo_id != names[3].pseudo_id
    assert templates(database)[names[1].pseudo_id].faces == 2
    with database.reading() as connection:
        assert differences(SHOP, connection, "shop") == []


def test_the_same_footage_again_shows_the_same_people_on_the_same_visits(database: Database) -> None:
    """The stays of the earlier analysis go first, and with them the visitor; the template stays."""
    tracks = [track(1, face(1, 1), 0, 10), track(2, face(2, 1), 0, 10), track(3, face(1, 2), 3000, 3010)]
    first = enter(database, book(), tracks)
    for run in ("second", "third"):
        with database.transaction() as connection:
            remove_stays(
                SHOP,
                connection,
                venue_id="shop",
                run_ids=["run"],
                camera_id="till",
                start=at(-9),
                end=at(9999),
            )
            assert not connection.execute(select(visitor.c.id)).all()
        again = enter(database, book(), tracks, run=run)
        assert again == first
        assert lasting(database) == {one.pseudo_id for one in first.values()}
        with database.reading() as connection:
            assert len(visits_until(SHOP, connection, "shop", first[1].pseudo_id, at(9999))) == 2
            assert len(visits_until(SHOP, connection, "shop", first[2].pseudo_id, at(9999))) == 1


def test_two_processes_that_see_the_same_new_people_at_once_agree(either: tuple[str, Database]) -> None:
    url, database = either
    begin = threading.Barrier(2)

    def watch(camera: int) -> None:
        with open_database(url) as own:
            mine = book()
            begin.wait(20)
            for person in sorted(range(8), reverse=camera == 1):
                seen = [track(person, face(person, camera), 100 * person, 100 * person + 50)]
                enter(own, mine, seen, run=f"run of {camera}")

    with ThreadPoolExecutor(2) as processes:
        list(processes.map(watch, (0, 1)))
    kept = templates(database)
    assert {one.faces for one in kept.values()} == {2}
    assert len(kept) == len(lasting(database)) == 8


def test_under_another_key_nobody_is_known_and_everybody_is_counted(database: Database) -> None:
    enter(database, book(), [track(1, face(1, 1), 0, 10)])
    before = templates(database)
    wrong = book(OTHER_KEY)
    with capture_logs() as logs:
        wrong.prepare(SHOP, database, venue_id="shop")
        for run in ("2", "3"):
            assert enter(database, wrong, [track(1, face(1, 2), 20, 30)], run=run) == {}
    assert [one["log_level"] for one in logs] == ["error"]
    assert KEY.key_id in logs[0]["reason"]
    assert {name: one.mean.tobytes() for name, one in templates(database).items()} == {
        name: one.mean.tobytes() for name, one in before.items()
    }
    with database.reading() as connection:
        assert len(connection.execute(select(stay.c.id)).all()) == 3


def test_a_model_without_a_threshold_is_told_and_compares_nothing(database: Database) -> None:
    with capture_logs() as logs:
        assert enter(database, book(thresholds={}), [track(1, face(1), 0, 10)]) == {}
    assert "'net'" in logs[0]["reason"]
    assert "confidence" in logs[0]["reason"]
    assert lasting(database) == set()


def test_no_vector_is_told_in_words(database: Database) -> None:
    with capture_logs() as logs:
        recognised = book().recognition.names  # type: ignore[union-attr]
        with database.transaction() as connection:
            ensure_venue(SHOP, connection, "shop")
            found = recognised(SHOP, connection, [track(1, face(1), 0, 10)], venue_id="shop", run_id="run")
    assert found.templates
    assert "array" not in repr(found)
    assert logs == []


def test_overlapping_stays_are_found_by_their_visit(database: Database) -> None:
    """Not by the run, which may be of weeks, nor among all stays of the venue."""
    (name,) = enter(database, book(), [track(1, face(1), 0, 10)]).values()
    asked: list[tuple[str, Any]] = []
    with database.reading() as connection:
        visits = visits_until(SHOP, connection, "shop", name.pseudo_id, at(5))
        event.listen(
            connection.engine,
            "before_cursor_execute",
            lambda _c, _cursor, statement, parameters, _context, _many: asked.append((statement, parameters)),
        )
        assert is_seen_meanwhile(
            SHOP, connection, "shop", name.pseudo_id, run_id="run", visits=visits, first=at(5), last=at(6)
        )
        (query,) = list(asked)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1]).all()
    steps = " ".join(row[-1] for row in plan)
    assert "(venue_id=? AND at>? AND at<?)" in steps
    assert "SCAN" not in steps
