"""Looking up events, and linking them to video kept elsewhere."""

import pytest
from sqlalchemy import event as listening
from store_stories import SITE, at, interaction, unattended

from sightline.domain.event import EventKind, Role
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import events, links
from sightline.store.database import Database
from sightline.store.event_ids import new_incident_id


def add(database: Database, *happened, venue: str = "shop") -> list[events.StoredEvent]:
    with database.transaction() as connection:
        return [
            events.add_event(SITE, connection, venue_id=venue, camera_id="till", happened=one)
            for one in happened
        ]


def test_events_are_found_by_place_kind_and_time(database: Database) -> None:
    early, wait, late = add(database, interaction(10, 40), unattended(50, 90), interaction(100, 140))
    (elsewhere,) = add(database, interaction(20, 30), venue="other")
    with database.reading() as connection:

        def find(**wanted) -> list[events.StoredEvent]:
            return events.list_events(SITE, connection, **wanted)

        assert find() == [early, elsewhere, wait, late]
        assert find(venue_id="shop") == [early, wait, late]
        assert find(kind=EventKind.UNATTENDED) == [wait]
        assert find(camera_id="door") == []
        assert find(venue_id="shop", start=at(50), end=at(100)) == [wait]
        assert find(venue_id="shop", limit=1, offset=1) == [wait]
        assert events.get_event(SITE, connection, wait.id) == wait
        assert events.get_event(Scope.of("other"), connection, wait.id) is None


def test_same_event_told_twice_is_one_and_a_later_end_counts(database: Database) -> None:
    first, again, longer, shorter = add(
        database, interaction(10, 40), interaction(10, 40), interaction(10, 60), interaction(10, 30)
    )
    assert first.id == again.id == longer.id == shorter.id
    assert shorter.ended_at == at(60)


def test_people_of_many_events_take_one_statement(database: Database) -> None:
    add(database, *(interaction(10 * n, 10 * n + 5) for n in range(100)))
    statements: list[str] = []
    listening.listen(database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    with database.reading() as connection:
        found = events.list_events(SITE, connection)
    assert all(one.track_of(Role.STAFF) == 1 for one in found)
    assert len([one for one in statements if one.startswith("SELECT")]) == 2


def test_pages_hold_every_event_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PAGE", 7)
    told = add(database, *(interaction(n // 3, n // 3 + 5, customer=n) for n in range(50)))
    with database.reading() as connection:
        pages = list(events.each_event(SITE, connection, venue_id="shop"))
    assert [len(page) for page in pages] == [7] * 7 + [1]
    assert sorted(one.id for page in pages for one in page) == sorted(one.id for one in told)


def test_link_belongs_to_its_event_and_the_last_one_counts(database: Database) -> None:
    (told,) = add(database, interaction(10, 40))
    with database.transaction() as connection:
        assert links.link_evidence(SITE, connection, told.id, {"segment_filename": "a.mp4"})
        assert links.link_evidence(SITE, connection, told.id, {"segment_filename": "b.mp4", "n": [1]})
        assert not links.link_evidence(SITE, connection, "unknown", {})
        assert links.links_of_events(SITE, connection, [told.id, "unknown"]) == {
            told.id: {"segment_filename": "b.mp4", "n": [1]}
        }
        other = Scope.of("other")
        assert links.links_of_events(other, connection, [told.id]) == {}
        assert not links.link_evidence(other, connection, told.id, {})


def test_event_of_no_camera_is_refused(database: Database) -> None:
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.transaction() as connection:
        events.add_event(SITE, connection, venue_id="shop", camera_id="roof", happened=interaction(1, 2))


def test_incident_ids_sort_by_time_and_do_not_collide() -> None:
    made = [new_incident_id(at(second / 100)) for second in range(200)]
    assert made == sorted(made)
    assert len({new_incident_id(at(0)) for _ in range(1000)}) == 1000
