"""A box tells its centre: everything arrives once, in its hour, whatever goes wrong in between."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from edge_box import OPENING, SITE, Box, Centre
from people_and_keys import CLOSED, with_key, with_venues
from platform_site import PlatformSite
from structlog.testing import capture_logs

from sightline.delivery.centre import CentreClient, HourRefused
from sightline.domain.edge import Telling, hour_name
from sightline.errors import DeliveryDeferred
from sightline.pipeline.edge_forwarder import EdgeForwarder
from sightline.store import coverage, edge_hours, events, links, recount, stays, venues
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.hour_stays import stays_of_hour


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with open_database(sqlite_url(tmp_path / "box.db")) as database:
        with database.transaction() as connection:
            venues.ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
            venues.ensure_camera(SITE, connection, "shop", "till", source_label="x")
        yield Box(database)


@pytest.fixture(params=["sqlite", "postgres"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlatformSite]:
    settings: dict[str, Any] = dict(CLOSED)
    if request.param == "postgres":
        settings["database_url"] = request.getfixturevalue("postgres_url")
    site = PlatformSite.made(tmp_path / "centre", settings)
    with site.database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
    with_venues(site, "other")
    with site.answering():
        yield site
    site.close()


def drained(forwarder: EdgeForwarder) -> None:
    while forwarder.round():
        pass


def events_of(database: Database) -> list[Any]:
    with database.reading() as connection:
        found = events.list_events(SITE, connection, venue_id="shop", state=None, ongoing=None)
        linked = links.links_of_events(SITE, connection, [one.id for one in found])
    return [(replace(one, run_id=None), linked.get(one.id)) for one in found]


def test_a_centre_has_what_the_box_has(box: Box, centre: PlatformSite) -> None:
    client = CentreClient(f"http://127.0.0.1:{centre.port}", with_key(centre, "shop").text)
    forwarder = box.forwarder(client, every=timedelta())
    event_id = box.serve(3)
    box.look(0, 150)
    for minutes in (0, 30, 59.99, 60, 130):
        box.see(minutes)
    box.see(10, camera="", person="no camera")
    forwarder.round()
    box.see(61, person="bob")
    box.serve(62, mean_distance=1.0)
    with box.database.transaction() as connection:
        links.link_evidence(SITE, connection, event_id, {"video_url": "https://x"})
        stays.erase_visitor(SITE, connection, "shop", "no camera")
    drained(forwarder)
    assert (box.standing().waiting, box.standing().error) == (0, None)
    assert not box.standing().clocks_differ, "both run on this machine"
    assert events_of(centre.database) == events_of(box.database)
    with centre.database.reading() as there, box.database.reading() as here:
        assert recount.differences(SITE, there, "shop") == []
        for read in (_minutes, _stays):
            assert read(there) == read(here)


def _minutes(connection: Any) -> list[Any]:
    return list(coverage.coverage_between(SITE, connection, venue_id="shop"))


def _stays(connection: Any) -> list[Any]:
    found = []
    for camera in ("", "till"):
        for hour in range(3):
            found += stays_of_hour(SITE, connection, "shop", camera, OPENING + timedelta(hours=hour))
    return [replace(one, run_id=None) for one in found]


def test_what_waits_is_told_oldest_first_and_once(box: Box) -> None:
    centre = Centre()
    for minutes in (130, -10, 60, 0):
        box.see(minutes)
    forwarder = box.forwarder(centre, at_a_time=3)
    assert forwarder.round(), "there is more"
    assert not forwarder.round()
    assert [hour for _, _, hour in centre.hours()] == [
        "2026-03-02T08Z", "2026-03-02T09Z", "2026-03-02T10Z", "2026-03-02T11Z",
    ]  # fmt: skip
    forwarder.round()
    box.forwarder(centre).round()
    assert len(centre.told) == 4, "a forwarder that starts again knows what was told"


def test_an_hour_that_goes_on_is_told_once_a_minute(box: Box) -> None:
    centre = Centre()
    forwarder = box.forwarder(centre)
    box.now = OPENING
    for second in range(0, 180, 10):
        box.now = OPENING + timedelta(seconds=second)
        box.see(second / 60)
        forwarder.round()
    assert len(centre.told) == 3
    box.now += timedelta(minutes=1)
    forwarder.round()
    assert centre.told[-1][3] == 18
    assert box.standing().waiting == 0


def test_what_changes_while_it_is_told_is_told_again(box: Box) -> None:
    centre = Centre()
    box.see(0)
    forwarder = box.forwarder(centre, every=timedelta())

    def change(_: Mapping[str, Any]) -> None:
        centre.trouble = lambda _: None
        box.see(1)

    centre.trouble = change
    forwarder.round()
    assert box.standing().waiting == 1
    forwarder.round()
    assert [version for *_, version in centre.told] == [1, 2]
    assert box.standing().waiting == 0


def test_a_centre_that_cannot_be_reached_is_tried_after_growing_pauses(box: Box) -> None:
    tries: list[float] = []

    def no_answer(_: Mapping[str, Any]) -> None:
        tries.append(box.running)
        raise DeliveryDeferred("no answer")

    centre = Centre(trouble=no_answer)
    box.see(0)
    box.see(60)
    forwarder = box.forwarder(centre)
    for second in range(2_000):
        box.running = float(second)
        forwarder.round()
    assert tries[:6] == [0, 1, 3, 7, 15, 31]
    assert [b - a for a, b in zip(tries[-3:], tries[-2:], strict=False)] == [300, 300]
    assert (box.standing().error, box.standing().waiting) == ("no answer", 2)
    centre.trouble = lambda _: None
    box.running += 300
    forwarder.round()
    assert len(centre.told) == 2
    assert box.standing().error is None


def test_a_centre_that_asks_for_time_is_given_it(box: Box) -> None:
    def later(_: Mapping[str, Any]) -> None:
        raise DeliveryDeferred("too much to do", retry_after_s=40)

    centre = Centre(trouble=later)
    box.see(0)
    forwarder = box.forwarder(centre)
    forwarder.round()
    centre.trouble = lambda _: None
    box.running = 39
    forwarder.round()
    assert centre.told == []
    box.running = 40
    forwarder.round()
    assert len(centre.told) == 1


def test_an_hour_that_is_refused_holds_up_no_other_and_is_tried_again_later(box: Box) -> None:
    def not_this(document: Mapping[str, Any]) -> None:
        if document["hour"] == hour_name(OPENING):
            raise HourRefused("answered 422: no", of_the_venue=False)

    centre = Centre(trouble=not_this)
    for hour in (0, 1, 2):
        box.see(60 * hour)
    forwarder = box.forwarder(centre)
    drained(forwarder)
    assert len(centre.told) == 2
    assert (box.standing().refused, box.standing().refusal) == (1, "answered 422: no")
    centre.trouble = lambda _: None
    drained(forwarder)
    assert len(centre.told) == 2, "its time has not come"
    box.now += timedelta(minutes=1)
    drained(forwarder)
    assert len(centre.told) == 3
    assert (box.standing().refused, box.standing().waiting) == (0, 0)


def test_a_venue_that_is_refused_holds_up_no_other_venue(box: Box) -> None:
    with box.database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "another")

    def not_them(document: Mapping[str, Any]) -> None:
        if document["venue_id"] == "another":
            asked.append(document["hour"])
            raise HourRefused("answered 404: no such venue", of_the_venue=True)

    asked: list[str] = []
    centre = Centre(trouble=not_them)
    for hour in (0, 1, 2):
        box.see(60 * hour)
        box.see(60 * hour, venue="another")
    drained(box.forwarder(centre))
    assert len(centre.told) == 3
    assert len(asked) == 1, "the others would be refused as well"
    with box.database.reading() as connection:
        errors = {one.venue_id: one.error for one in edge_hours.told_centre(SITE, connection)}
    assert errors == {"another": "answered 404: no such venue", "shop": None}


def test_a_kill_after_the_telling_and_before_the_note_tells_once_more(box: Box, monkeypatch: Any) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    centre = Centre()
    box.see(0)
    with monkeypatch.context() as patch:
        patch.setattr(edge_hours, "mark_told", killed)
        with pytest.raises(Killed):
            box.forwarder(centre).round()
    assert box.standing().waiting == 1
    centre.status = Telling.KNOWN
    box.forwarder(centre).round()
    assert centre.told == [("shop", "till", "2026-03-02T09Z", 1)] * 2
    assert box.standing().waiting == 0


def test_a_box_that_was_restored_from_a_backup_counts_on(tmp_path: Path, centre: PlatformSite) -> None:
    client = CentreClient(f"http://127.0.0.1:{centre.port}", with_key(centre, "shop").text)
    path, copy = tmp_path / "box.db", tmp_path / "copy.db"
    with open_database(sqlite_url(path)) as database:
        box = Box(database)
        with database.transaction() as connection:
            venues.ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
        forwarder = box.forwarder(client, every=timedelta())
        box.see(0)
        forwarder.round()
        database.copy_to(copy)
        for minute in (1, 2, 3):
            box.see(minute)
            forwarder.round()
    shutil.copy(copy, path)
    for leftover in ("-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    with open_database(sqlite_url(path)) as database:
        box = Box(database)
        box.see(5)  # version 2 once more, of other content
        drained(box.forwarder(client, every=timedelta()))
        box.forwarder(client, every=timedelta()).round()
        assert box.standing().waiting == 0
    with centre.database.reading() as connection:
        told = [one.at for one in _stays(connection)]
    assert told == [OPENING, OPENING + timedelta(minutes=5)], "the box is right, whatever it had told before"


def test_another_centre_is_told_everything(box: Box) -> None:
    centre = Centre()
    box.see(0)
    box.forwarder(centre).round()
    box.forwarder(centre, address="https://another").round()
    assert [version for *_, version in centre.told] == [1, 2]


def test_a_venue_that_is_made_later_is_told_from_then_on(box: Box) -> None:
    centre = Centre()
    forwarder = box.forwarder(centre)
    forwarder.round()
    with box.database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "new")
    box.see(0, venue="new")
    forwarder.round()
    assert centre.hours() == [("new", "till", "2026-03-02T09Z")]


def test_what_does_not_fit_is_said_once(box: Box) -> None:
    centre = Centre(skew=timedelta(seconds=-7), timezone="UTC")
    forwarder = box.forwarder(centre, every=timedelta())
    with capture_logs() as logged:
        for minute in range(3):
            box.see(minute)
            centre.skew -= timedelta(milliseconds=100)
            forwarder.round()
    said = [one["reason"] for one in logged if one["log_level"] == "warning"]
    assert said == [
        "the centre's clock is 7.1 s behind ours; times of events are ours",
        "the centre counts the days of shop in UTC, this site in Europe/Paris",
    ]
    assert box.standing().skew == timedelta(seconds=-7.3)
    centre.skew, centre.timezone = timedelta(seconds=4.9), "Europe/Paris"
    with capture_logs() as logged:
        box.see(9)
        forwarder.round()
    assert [one for one in logged if one["log_level"] == "warning"] == []


def test_a_clip_that_lies_here_has_an_address_that_leads_here_or_none(box: Box) -> None:
    seen: list[Any] = []
    centre = Centre(trouble=lambda document: seen.extend(document["service_events"]))
    event_id = box.serve(0)
    with box.database.transaction() as connection:
        links.link_evidence(SITE, connection, event_id, {"video_url": "/api/evidence/e/clip", "x": 1})
    box.forwarder(centre).round()
    box.forwarder(centre, address="https://another", public_url="https://box.example.org/").round()
    assert [one["video_evidence"] for one in seen] == [
        {"x": 1}, {"x": 1, "video_url": "https://box.example.org/api/evidence/e/clip"},
    ]  # fmt: skip


def test_of_what_is_older_than_is_kept_the_centre_hears_nothing(box: Box) -> None:
    """Half of such an hour may be gone: told, it would take the place of the whole one at the centre."""
    centre = Centre()
    box.see(0)
    box.see(26 * 60)
    box.now = OPENING + timedelta(days=4)
    box.forwarder(centre, keep_days=3).round()
    assert [hour for *_, hour in centre.hours()] == [hour_name(OPENING + timedelta(hours=26))]
