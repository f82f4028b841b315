"""Which clips are claimed, what they are called, and how a claim ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_stories import SITE, at, interaction, unattended

from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import claims, events, evidence
from sightline.store.clips import SHORTEST, ClipRule, plan_parts
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence

HOUR = (at(0), at(3600))


def claim(
    database: Database,
    happened: ServiceEvent,
    *,
    footage: tuple[datetime, datetime] = HOUR,
    rule: ClipRule | None = None,
) -> StoredEvidence:
    with database.transaction() as connection:
        event = events.add_event(SITE, connection, venue_id="shop", camera_id="till", happened=happened)
        made = claims.want_evidence(
            SITE, connection, event, rule=rule or ClipRule(), footage=footage, at=at(9000)
        )
        assert evidence.get_evidence(SITE, connection, made.id) == made
    return made


def test_clip_begins_before_the_event_and_ends_after_it(database: Database) -> None:
    made = claim(database, unattended(100, 140))
    assert (made.state, made.wanted_from, made.wanted_until) == ("wanted", at(95), at(145))
    (part,) = made.parts
    assert part.file_name == "segment_1_20260302_090135_unattended.mp4"
    assert made.incident_id.startswith("incident_")


def test_clip_ends_where_the_footage_ends(database: Database) -> None:
    made = claim(database, interaction(2, 40), footage=(at(0), at(42)))
    assert (made.wanted_from, made.wanted_until) == (at(0), at(42))


def test_long_interaction_becomes_consecutive_parts(database: Database) -> None:
    made = claim(database, interaction(105, 395))
    assert [part.file_name for part in made.parts] == [
        "segment_1_20260302_090140_interaction_start.mp4",
        "segment_2_20260302_090340_time_based.mp4",
        "segment_3_20260302_090540_interaction_end.mp4",
    ]
    assert made.reason == "interaction_start"
    assert [part.wanted_until for part in made.parts] == [at(220), at(340), at(400)]


def test_numbers_of_files_go_on_per_camera_and_are_never_used_twice(database: Database) -> None:
    first = claim(database, unattended(100, 140))
    with database.transaction() as connection:
        assert claims.drop_claim(SITE, connection, first.id)
    assert claim(database, unattended(500, 540)).parts[0].file_name.startswith("segment_2_")


@pytest.mark.parametrize(
    ("footage", "failure"),
    [
        pytest.param(
            (at(138), at(139)), "only 1.0 s of footage; clips under 3 s are not made", id="too short"
        ),
        pytest.param((at(0), at(10)), "there is no footage of this time", id="none at all"),
    ],
)
def test_claim_without_enough_footage_is_missing_and_says_why(
    database: Database, footage: tuple[datetime, datetime], failure: str
) -> None:
    made = claim(database, unattended(100, 140), footage=footage)
    assert (made.state, made.failure, made.parts) == ("missing", failure, ())


@given(
    length_us=st.integers(3_000_000, 2_000_000_000),
    longest_us=st.integers(6_000_000, 300_000_000),
    kind=st.sampled_from(EventKind),
)
def test_parts_cover_the_span_and_none_is_too_long_or_too_short(
    length_us: int, longest_us: int, kind: EventKind
) -> None:
    longest = timedelta(microseconds=longest_us)
    until = at(0) + timedelta(microseconds=length_us)
    parts = plan_parts(kind, at(0), until, longest)
    assert (parts[0].wanted_from, parts[-1].wanted_until) == (at(0), until)
    for part, following in pairwise(parts):
        assert part.wanted_until == following.wanted_from
    assert all(SHORTEST <= part.wanted_until - part.wanted_from <= longest for part in parts)
    assert parts[0].reason == ("interaction_start" if kind is EventKind.INTERACTION else kind.value)


def test_one_event_has_one_piece_of_evidence(database: Database) -> None:
    claim(database, unattended(100, 140))
    with pytest.raises(StoreError, match=r"(?i)unique"):
        claim(database, unattended(100, 140))


def seal(database: Database, claimed: StoredEvidence, scope: Scope = SITE) -> bool:
    parts = [
        replace(
            part, sha256="cd" * 32, size_bytes=1000, starts_at=at(94), ends_at=at(145), viewing_copy="v.mp4"
        )
        for part in claimed.parts
    ]
    with database.transaction() as connection:
        return evidence.seal_evidence(
            scope,
            connection,
            claimed.id,
            manifest='{"é":1}',
            manifest_sha256="ab" * 32,
            signature="sig",
            key_id="key",
            sealed_at=at(4000),
            parts=parts,
        )


def test_sealed_evidence_holds_the_manifest_letter_for_letter(database: Database) -> None:
    claimed = claim(database, unattended(100, 140))
    assert seal(database, claimed)
    with database.reading() as connection:
        sealed = evidence.get_evidence(SITE, connection, claimed.id)
        assert evidence.wanted_evidence(SITE, connection) == []
    assert sealed is not None
    assert (sealed.state, sealed.manifest, sealed.sealed_at) == ("sealed", '{"é":1}', at(4000))
    assert sealed.incident_id == claimed.incident_id
    assert (sealed.parts[0].sha256, sealed.parts[0].viewing_copy) == ("cd" * 32, "v.mp4")


def test_what_is_not_wanted_any_more_cannot_be_sealed(database: Database) -> None:
    claimed = claim(database, unattended(100, 140))
    assert seal(database, claimed)
    assert not seal(database, claimed), "sealed already"
    dropped = claim(database, unattended(500, 540))
    with database.transaction() as connection:
        assert claims.drop_claim(SITE, connection, dropped.id)
        assert not claims.drop_claim(SITE, connection, claimed.id), "a sealed clip is not just dropped"
    assert not seal(database, dropped)


def test_sealing_and_deleting_need_the_venue_in_the_scope(database: Database) -> None:
    claimed = claim(database, unattended(100, 140))
    with pytest.raises(StoreError, match="outside this scope"):
        seal(database, claimed, Scope.of("other"))
    for function in (evidence.mark_deleted, lambda *a: evidence.mark_missing(*a, failure="")):
        with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
            function(Scope.of("other"), connection, claimed.id)


def test_another_venue_sees_none_of_it(database: Database) -> None:
    claimed = claim(database, unattended(100, 140))
    with database.reading() as connection:
        for scope in (Scope.of("other"), Scope.of()):
            assert evidence.list_evidence(scope, connection) == []
            assert evidence.get_evidence(scope, connection, claimed.id) is None
            assert evidence.evidence_of_events(scope, connection, [str(claimed.event_id)]) == {}
            assert events.list_events(scope, connection) == []
        assert evidence.list_evidence(Scope.of("shop"), connection) == [claimed]


def test_clip_that_a_person_asked_for_belongs_to_no_event(database: Database) -> None:
    with database.transaction() as connection:
        made = claims.want_clip(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            wanted_from=at(0),
            wanted_until=at(20),
            at=at(30),
        )
        assert evidence.wanted_evidence(SITE, connection, venue_id="shop", camera_id="till") == [made]
    assert (made.event_id, made.parts[0].file_name) == (None, "segment_1_20260302_090000_manual.mp4")
