"""The hours a box has still to tell: marked by every change, in its transaction, and told once each."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection
from store_stories import OPENING, SITE, at, interaction

from sightline.domain.edge import Exchange, hour_name
from sightline.domain.event import Role
from sightline.domain.outbox import Channel, ItemState, OutboxItem
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import OutOfScope
from sightline.store import (
    claims,
    coverage,
    edge_hours,
    event_verdicts,
    events,
    evidence,
    links,
    live,
    outbox,
    replacement,
    stays,
)
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.edge_hours import WaitingHour
from sightline.store.event_verdicts import StoredVerdict
from sightline.store.outbox import Lease
from sightline.store.runs import StoredRun, StoredTrack

NOW = at(0)
MINUTE = timedelta(minutes=1)
HERE = {"venue_id": "shop", "camera_id": "till"}
SPAN = (at(-3600), at(3600))


def begin(database: Database, centre: str = "here", venue: str = "shop") -> int | None:
    with database.transaction() as connection:
        return edge_hours.set_up_centre(SITE, connection, venue, centre, at=NOW)


def waiting(
    database: Database, *, now_s: float = 0, pause: timedelta = MINUTE, limit: int = 99
) -> list[WaitingHour]:
    with database.reading() as connection:
        return edge_hours.waiting_hours(
            SITE, connection, venue_id="shop", now=at(now_s), pause=pause, limit=limit
        )


def told_all(database: Database, *, now_s: float = -3600) -> None:
    """Everything that waits is told, long ago."""
    for hour in waiting(database, now_s=1e6):
        with database.transaction() as connection:
            edge_hours.mark_told(SITE, connection, hour, version=hour.version, at=at(now_s))


def named(hours: list[WaitingHour]) -> list[tuple[str, str]]:
    return [(one.camera_id, hour_name(one.hour_at)) for one in hours]


def stay(seconds: float, **more: object) -> Stay:
    return replace(Stay(pseudo_id="ann", at=at(seconds), zone="door", camera_id="till"), **more)  # type: ignore[arg-type]


def stored_event(connection: Connection, seconds: float = 60) -> str:
    """An event of an analysis, with a claim to its footage."""
    done = replacement.replace_events(
        SITE, connection, **HERE, run_id="r1", span=SPAN, events=[interaction(seconds, seconds + 30)]
    )
    return done.ids[0]


Change = Callable[[Connection, str], object]
"""What changes, given the id of an event that is there."""


def claim_id(connection: Connection, event_id: str) -> str:
    return evidence.evidence_of_events(SITE, connection, [event_id])[event_id].id


def sealed(connection: Connection, event_id: str) -> None:
    claim = evidence.evidence_of_events(SITE, connection, [event_id])[event_id]
    evidence.seal_evidence(
        SITE, connection, claim.id, manifest="{}", manifest_sha256="0" * 64, signature="s", key_id="k",
        sealed_at=NOW, parts=claim.parts,
    )  # fmt: skip


def upload(connection: Connection, event_id: str) -> None:
    put = OutboxItem(
        key="k",
        channel=Channel.UPLOAD,
        destination="there",
        venue_id="shop",
        chain=event_id,
        event_id=event_id,
    )
    outbox.put_items(SITE, connection, [put], now=NOW)


def uploaded(connection: Connection, event_id: str) -> None:
    lease = Lease("ann", MINUTE)
    (item,) = outbox.lease_items(
        SITE, connection, (Channel.UPLOAD, "there"), now=NOW, lease=lease, longest=MINUTE, at_most=1
    )
    assert outbox.mark_sent(SITE, connection, item, {"stored_name": "x"}, now=NOW)


def confirmed(connection: Connection) -> tuple[str, ...]:
    run = StoredRun(
        id="live", **HERE, source_name="x", source_sha256=None, recorded_at=at(-60), recorded_until=at(0),
        recorded_at_source="x", started_at=at(-60), finished_at=None, software="x", analysis={}, frames=0,
        analysed_frames=0, warnings=(), visitors={}, kind="live",
    )  # fmt: skip
    live.begin_run(SITE, connection, run)
    return live.confirm_events(
        SITE,
        connection,
        **HERE,
        run_id="live",
        events=[interaction(70, 80, staff=8)],
        rule=ClipRule(),
        at=NOW,
    )


def dismissal(event_id: str) -> StoredVerdict:
    return StoredVerdict(
        event_id=event_id, venue_id="shop", verdict="dismissed", reason="x", given_by="local", given_at=NOW
    )  # fmt: skip


CHANGES: dict[str, Change] = {
    "stays added": lambda c, _: stays.add_stays(SITE, c, "shop", [stay(65)]),
    "stays removed": lambda c, _: stays.remove_stays(SITE, c, venue_id="shop", run_ids=["r0"]),
    "a visitor erased": lambda c, _: stays.erase_visitor(SITE, c, "shop", "eve"),
    "an event told": lambda c, _: events.add_event(SITE, c, **HERE, happened=interaction(90, 95, staff=7)),
    "an event that goes on": lambda c, _: confirmed(c),
    "an event not found again": lambda c, _: replacement.replace_events(
        SITE, c, **HERE, run_id="r2", span=SPAN, events=[]
    ),
    "an event dismissed": lambda c, e: event_verdicts.put_verdict(SITE, c, dismissal(e)),
    "a clip sealed": sealed,
    "a clip missing": lambda c, e: evidence.mark_missing(SITE, c, claim_id(c, e), failure="x"),
    "a clip deleted": lambda c, e: evidence.mark_deleted(SITE, c, claim_id(c, e)),
    "a claim dropped": lambda c, e: claims.drop_claim(SITE, c, claim_id(c, e)),
    "video linked": lambda c, e: links.link_evidence(SITE, c, e, {"video_url": "https://x"}),
    "to be uploaded": upload,
    "not to be uploaded": lambda c, e: (upload(c, e), outbox.cancel_items(SITE, c, "x", now=NOW, event_id=e)),
    "coverage added": lambda c, _: coverage.add_coverage(SITE, c, "shop", "till", {OPENING: 3}),
    "coverage counted": lambda c, _: coverage.count_coverage(SITE, c, "shop", "till", {OPENING: 3}),
}


def filled(database: Database) -> str:
    with database.transaction() as connection:
        stays.add_stays(
            SITE, connection, "shop", [stay(61, run_id="r0", event_id="r0:1"), stay(61, pseudo_id="eve")]
        )
        return stored_event(connection)


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_marks_its_hour(database: Database, what: str) -> None:
    event_id = filled(database)
    begin(database)
    told_all(database)
    assert waiting(database) == []
    with database.transaction() as connection:
        CHANGES[what](connection, event_id)
    assert named(waiting(database)) == [("till", "2026-03-02T09Z")]


def test_the_upload_of_a_clip_marks_its_hour_when_it_is_there(database: Database) -> None:
    event_id = filled(database)
    begin(database)
    with database.transaction() as connection:
        upload(connection, event_id)
    told_all(database)
    with database.transaction() as connection:
        uploaded(connection, event_id)
        assert outbox_states(connection) == [ItemState.SENT]
    assert named(waiting(database)) == [("till", "2026-03-02T09Z")]


def outbox_states(connection: Connection) -> list[ItemState]:
    from sightline.store.outbox_items import list_items

    return [one.state for one in list_items(SITE, connection)]


def test_the_track_of_somebody_in_an_event_marks_its_hour(database: Database) -> None:
    """It is stored when it is over, long after the event."""
    begin(database)
    with database.transaction() as connection:
        confirmed(connection)
    told_all(database)
    track = StoredTrack(
        track_id=8,
        first_at=at(0),
        last_at=at(4000),
        frames=9,
        role=Role.STAFF,
        role_confidence=1,
        role_reason="x",
    )
    with database.transaction() as connection:
        live.add_tracks(SITE, connection, "live", [track])
    assert named(waiting(database)) == [("till", "2026-03-02T09Z")]


def test_an_event_withdrawn_marks_its_hour(database: Database) -> None:
    begin(database)
    with database.transaction() as connection:
        confirmed(connection)
    told_all(database)
    with database.transaction() as connection:
        live.withdraw_events(SITE, connection, **HERE, events=[interaction(70, 80, staff=8)])
    assert named(waiting(database)) == [("till", "2026-03-02T09Z")]


def test_an_event_that_moves_marks_both_hours(database: Database) -> None:
    begin(database)
    with database.transaction() as connection:
        one = events.add_event(SITE, connection, **HERE, happened=interaction(60, 90))
    told_all(database)
    with database.transaction() as connection:
        events.write_events(SITE, connection, [replace(one, started_at=at(-10))])
    assert named(waiting(database)) == [("till", "2026-03-02T08Z"), ("till", "2026-03-02T09Z")]


def test_what_is_rolled_back_marks_nothing(database: Database) -> None:
    begin(database)
    with suppress(ZeroDivisionError), database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [stay(65)])
        raise ZeroDivisionError
    assert waiting(database) == []


def test_without_a_centre_nothing_is_marked_and_with_one_all_that_is_there_once(database: Database) -> None:
    with database.transaction() as connection:
        first = [stay(-7200), stay(0), stay(10), stay(0, camera_id="", zone="elsewhere")]
        stays.add_stays(SITE, connection, "shop", first)
        stays.add_stays(SITE, connection, "other", [stay(0)])
        coverage.add_coverage(SITE, connection, "shop", "till", {at(3600): 1})
        events.add_event(SITE, connection, **HERE, happened=interaction(7200, 7201))
    assert waiting(database) == []
    assert begin(database) == 5
    expected = [
        ("till", "2026-03-02T07Z"), ("", "2026-03-02T09Z"), ("till", "2026-03-02T09Z"),
        ("till", "2026-03-02T10Z"), ("till", "2026-03-02T11Z"),
    ]  # fmt: skip
    assert named(waiting(database)) == expected
    assert begin(database) is None, "set up already"
    told_all(database)
    assert begin(database, "another centre") == 5
    assert named(waiting(database)) == expected


def test_what_changes_while_it_is_told_still_waits(database: Database) -> None:
    begin(database)
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [stay(0)])
    (hour,) = waiting(database)
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [stay(1)])
        edge_hours.mark_told(SITE, connection, hour, version=hour.version, at=at(-3600))
    (again,) = waiting(database)
    assert again.version == hour.version + 1
    with database.transaction() as connection:
        edge_hours.mark_told(SITE, connection, hour, version=again.version, at=at(-3600))
        # An answer that comes late takes nothing back.
        edge_hours.mark_told(SITE, connection, hour, version=hour.version, at=at(-3600))
    assert waiting(database) == []


def test_an_hour_is_told_again_after_a_pause_only_and_at_once_when_the_clock_was_set_back(
    database: Database,
) -> None:
    begin(database)
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [stay(0)])
    (hour,) = waiting(database)
    with database.transaction() as connection:
        edge_hours.mark_told(SITE, connection, hour, version=hour.version, at=at(0))
        stays.add_stays(SITE, connection, "shop", [stay(1)])
    assert waiting(database, now_s=59) == []
    assert len(waiting(database, now_s=60)) == 1
    assert len(waiting(database, now_s=-1)) == 1


def test_what_was_refused_waits_for_its_time_and_holds_up_nobody(database: Database) -> None:
    begin(database)
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [stay(0), stay(4000)])
    first, second = waiting(database)
    with database.transaction() as connection:
        edge_hours.mark_refused(SITE, connection, first, "no", due_at=at(600))
    assert waiting(database) == [second]
    assert [one.refusals for one in waiting(database, now_s=600)] == [1, 0]
    with database.reading() as connection:
        (told,) = edge_hours.told_centre(SITE, connection)
    assert (told.waiting, told.refused, told.refusal, told.oldest_at) == (2, 1, "no", first.hour_at)


def test_a_box_that_was_set_back_counts_on(database: Database) -> None:
    begin(database)
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [stay(0)])
    (hour,) = waiting(database)
    with database.transaction() as connection:
        edge_hours.count_on_from(SITE, connection, hour, 40)
        edge_hours.count_on_from(SITE, connection, hour, 3)
    assert [one.version for one in waiting(database)] == [41]


def test_how_a_venue_stands_with_its_centre(database: Database) -> None:
    begin(database)
    with database.transaction() as connection:
        edge_hours.note_failure(SITE, connection, "shop", "no answer", at=at(10))
        edge_hours.note_failure(SITE, connection, "shop", "still none", at=at(20))
    with database.reading() as connection:
        (told,) = edge_hours.told_centre(SITE, connection)
        assert edge_hours.told_centre(Scope.of("other"), connection) == []
    assert (told.error, told.failing_since, told.clocks_differ, told.zones_differ) == (
        "still none", at(10), False, False,
    )  # fmt: skip
    exchange = Exchange(at(30), at(32), at(38))
    with database.transaction() as connection:
        edge_hours.note_exchange(SITE, connection, "shop", exchange, "UTC")
    with database.reading() as connection:
        (told,) = edge_hours.told_centre(SITE, connection)
    assert (told.error, told.failing_since, told.answered_at) == (None, None, at(32))
    assert (told.skew, told.uncertainty) == (timedelta(seconds=7), timedelta(seconds=1))
    assert told.clocks_differ, "by 6 s at least"
    assert told.zones_differ
    with database.transaction() as connection:
        edge_hours.note_exchange(SITE, connection, "shop", Exchange(at(30), at(40), at(42)), "Europe/Paris")
    with database.reading() as connection:
        (told,) = edge_hours.told_centre(SITE, connection)
    assert (told.skew, told.clocks_differ, told.zones_differ) == (timedelta(seconds=7), False, False)


def test_another_venue_is_not_reached(database: Database) -> None:
    begin(database)
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", [stay(0)])
        for hour in edge_hours.waiting_hours(
            Scope.of("other"), connection, venue_id="shop", now=NOW, pause=MINUTE, limit=9
        ):
            raise AssertionError(hour)
    (hour,) = waiting(database)
    with pytest.raises(OutOfScope), database.transaction() as connection:
        edge_hours.mark_told(Scope.of("other"), connection, hour, version=1, at=NOW)
