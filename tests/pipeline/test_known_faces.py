"""Faces in memory: what is read of the table, and when; what a transaction leaves of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from known_faces_made import KEY, SHOP, book, enter, erase, face, track

from sightline.domain.templates import Template
from sightline.pipeline.face_templates import FaceTemplates
from sightline.pipeline.known_faces import COMPARED_EVERY_S, KnownFaces
from sightline.pipeline.visitor_book import VisitorBook
from sightline.store.database import Database, open_database, sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "s.db")) as database:
        yield database


def test_what_others_change_is_read_and_nothing_else(database: Database) -> None:
    """A hundred thousand faces are not opened again for each track."""
    one, other = book(), book()
    names = enter(database, one, [track(n, face(n, 1), 0, 10) for n in range(6)])
    enter(database, other, [track(1, face(8, 1), 0, 10), track(2, face(3, 2), 20, 30)], run="2")
    asked: list[int] = []
    opened = FaceTemplates.read_in

    def counted(self: FaceTemplates, *where: Any, **which: Any) -> list[tuple[str, Template]]:
        found = opened(self, *where, **which)
        asked.append(len(found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FaceTemplates, "read_in", counted)
        again = enter(database, one, [track(1, face(8, 2), 40, 50)], run="3")
        assert asked == [7, 1], "those changed since its transaction began, the one that is matched"
        asked.clear()
        enter(database, one, [track(1, face(5, 2), 60, 70)], run="4")
        assert asked == [1, 1]
    assert again[1].pseudo_id not in {name.pseudo_id for name in names.values()}


def test_what_a_transaction_makes_of_people_is_looked_at_in_it_alone(database: Database) -> None:
    known = KnownFaces(FaceTemplates(KEY), SHOP, "shop", model="net", dims=512)
    (ann,) = enter(database, book(), [track(1, face(1), 0, 10)]).values()

    def whose(person: int) -> str | None:
        (guess,) = known.guesses([face(person)], threshold=0.9)
        return known.best(face(person), guess, threshold=0.9, never=set())

    with database.transaction() as connection:
        known.follow(connection)
        known.put(ann.pseudo_id, face(2))
        known.put("eve", face(3))
        known.follow(connection)
        assert [whose(n) for n in (1, 2, 3)] == [None, ann.pseudo_id, "eve"]
    with database.transaction() as connection:
        known.follow(connection)
        assert [whose(n) for n in (1, 2, 3)] == [ann.pseudo_id, None, None]


def test_memory_forgets_who_is_gone_and_learns_who_was_missed(database: Database) -> None:
    """Every minute: clocks of several machines differ, and nobody tells of a deletion."""
    names = enter(database, book(), [track(n, face(n), 0, 10) for n in (1, 2, 3)])
    now = [0.0]
    known = KnownFaces(FaceTemplates(KEY), SHOP, "shop", model="net", dims=512, clock=lambda: now[0])

    def people() -> set[str]:
        with database.transaction() as connection:
            known.follow(connection)
        return {one.owner for one in known.guesses([face(n) for n in range(9)], threshold=0.9) if one}

    assert people() == {names[n].pseudo_id for n in (1, 2, 3)}
    erase(database, names[1].pseudo_id)
    (missed,) = enter(database, book(), [track(1, face(7), 20, 30)], run="2").values()
    with database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE face_template SET updated_at = 5 WHERE pseudo_id = ?", (missed.pseudo_id,)
        )
    now[0] = COMPARED_EVERY_S - 1
    assert names[1].pseudo_id in people()
    now[0] = COMPARED_EVERY_S
    assert people() == {names[2].pseudo_id, names[3].pseudo_id, missed.pseudo_id}
    assert len(known) == 3


def test_what_is_read_beforehand_is_what_the_transaction_begins_with(database: Database) -> None:
    names = enter(database, book(), [track(1, face(1, 1), 0, 10)])
    prepared = book()
    prepared.prepare(SHOP, database, venue_id="shop")
    prepared.prepare(SHOP, database, venue_id="nowhere")
    VisitorBook().prepare(SHOP, database, venue_id="shop")
    more = enter(database, book(), [track(1, face(2, 1), 0, 10)], run="2")
    tracks = [track(n, face(n, 2), 20, 30) for n in (1, 2)]
    again = enter(database, prepared, tracks, run="3")
    assert {n: one.pseudo_id for n, one in again.items()} == {1: names[1].pseudo_id, 2: more[1].pseudo_id}
