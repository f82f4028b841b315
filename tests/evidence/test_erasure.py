"""One person is erased everywhere: rows, clips, links, bytes; what stays is named, with the reason."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from erased_person import BOB, FACE, LATER, WHO, Person, in_files
from evidence_site import CAMERA, EVENTS, SCOPE, VENUE, SmallSite, at, problems

from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.errors import EvidenceError, StoreError
from sightline.evidence import erasure as erasure_module
from sightline.evidence import holding
from sightline.evidence.erasure import Erased
from sightline.evidence.erasure_receipt import pseudonym_hash, receipt_is_genuine
from sightline.evidence.leftovers import remove_leftovers
from sightline.evidence.local_copies import LocalCopies
from sightline.pipeline.backup import write_backup
from sightline.store.database import open_database
from sightline.store.recount import differences
from sightline.store.visitors import get_visitor


@pytest.fixture(params=["sqlite", "postgres"])
def person(request: pytest.FixtureRequest, wanting: Path, sealed: Path, tmp_path: Path) -> Iterator[Person]:
    if request.param == "sqlite":
        shutil.copytree(sealed, tmp_path / "data")
        site = SmallSite.open(tmp_path / "data")
    else:
        url = str(request.getfixturevalue("postgres_url"))
        site = SmallSite(tmp_path / "data", open_database(url))
        site.record(wanting.parent / "till.mp4")
        site.conclude(*EVENTS)
        site.seal()
    yield Person(site).settle()
    site.database.close()


@pytest.fixture
def on_sqlite(sealed_site: SmallSite) -> Person:
    """For what concerns files rather than rows."""
    return Person(sealed_site).settle()


def erase(person: Person) -> Erased:
    done = person.erasure().erase(SCOPE, VENUE, WHO, by="person:7")
    assert done is not None
    return done


def test_the_person_is_nowhere_any_more(person: Person, tmp_path: Path) -> None:
    clips = [person.clip(one).read_bytes() for one in person.evidence()[:2]]
    marks = (WHO.encode(), person.sealed_face(), FACE.mean.tobytes(), *(clip[-4000:] for clip in clips))
    results = person.write_results()
    before = person.traces(*marks)
    assert {"visitor", "face_template", f"analysis/{VENUE}/{CAMERA}/summary.json"} <= set(before)
    assert sum(name.endswith(".mp4") for name in before) == 4, "else nothing is looked for"

    done = erase(person)

    assert done.overwritten
    assert person.traces(*marks) == []
    write_backup(person.site.database, tmp_path / "b.db", clock=lambda: LATER)
    assert list(in_files(tmp_path, marks[:3])) == [], "recorded video aside"
    with person.site.database.reading() as connection:
        assert get_visitor(SCOPE, connection, VENUE, WHO) is None
        assert get_visitor(SCOPE, connection, VENUE, BOB) is not None
        assert differences(SCOPE, connection, VENUE) == []
    assert person.templates() == [BOB]
    assert [one.state for one in person.evidence()] == ["deleted", "deleted", "sealed"]
    assert person.clip(person.evidence()[2]).exists()
    assert [path.name for path in results.iterdir()] == ["tracks.csv.part"], "an analysis may be going on"
    assert problems(person.site.verify()) == []
    assert person.erasure().erase(SCOPE, VENUE, WHO, by="x") is None


def test_the_receipt_says_what_went_and_is_signed_and_in_the_ledger(person: Person) -> None:
    first, second, other = person.evidence()
    done = erase(person)
    receipt = done.receipt
    assert receipt["removed"] == {
        "stays": 3, "visits": 2, "tracks": 2, "templates": 1, "evidence": 2, "files": 2, "links": 0,
        "deliveries": 0,
    }  # fmt: skip
    assert receipt["evidence_deleted"] == [first.id, second.id]
    assert receipt["evidence_of_others"] == [other.id], "its clip begins before the person has left"
    assert (receipt["evidence_kept"], receipt["elsewhere"]) == ([], [])
    assert receipt["erased_at"] == "2025-10-25T12:30:00.000000Z"
    assert receipt["visitor_sha256"] == pseudonym_hash(VENUE, WHO)
    assert WHO not in str(receipt)
    recorded = datetime.fromisoformat(str(receipt["recordings_until"])) - timedelta(days=3)
    assert at(24) <= recorded < at(40), "the end of the file in which the person was last"
    key = person.site.signer().public
    assert receipt_is_genuine(receipt, done.signature, key)
    assert not receipt_is_genuine(receipt | {"evidence_kept": ["x"]}, done.signature, key)
    (entry,) = person.entries("visitor_erased")
    assert entry.facts == {"receipt": receipt, "signature": done.signature}
    assert (entry.subject_kind, entry.subject_id) == ("visitor", pseudonym_hash(VENUE, WHO))
    assert entry.position is not None
    tombs = person.entries("erased")
    assert [one.subject_id for one in tombs] == [first.id, second.id]
    assert [one.facts["manifest_sha256"] for one in tombs] == [first.manifest_sha256, second.manifest_sha256]
    assert {one.actor for one in (*tombs, entry)} == {"person:7"}


def test_what_a_hold_keeps_is_named_and_goes_when_it_is_lifted(person: Person) -> None:
    first, second, _ = person.evidence()
    holding.hold(person.site.database, SCOPE, first.id, by="police", reason="case of Anne", at=at(200))
    done = erase(person)
    assert done.receipt["evidence_deleted"] == [second.id]
    assert done.receipt["evidence_kept"] == [
        {"evidence_id": first.id, "reason": "legal_hold", "since": "2025-10-25T11:33:20.000000Z"}
    ]
    assert "Anne" not in str(done.receipt)
    assert person.clip(first).exists()
    copies = LocalCopies(
        person.site.database,
        segments_dir=person.site.segments_dir,
        keep=timedelta(days=9999),
        keep_local=True,
        actor="test",
        clock=lambda: LATER,
    )
    assert copies.run() == 0
    holding.release(person.site.database, SCOPE, first.id, by="police", at=LATER)
    assert copies.run() == 1
    assert not person.clip(first).exists()
    assert [one.subject_id for one in person.entries("erased")] == [second.id, first.id]
    assert [one.state for one in person.evidence()] == ["deleted", "deleted", "sealed"]
    person.site.sealer().seal_all(VENUE, CAMERA)
    assert problems(person.site.verify()) == []


def test_links_end_and_deliveries_stop_also_of_what_is_held(person: Person) -> None:
    first, second, other = person.evidence()
    holding.hold(person.site.database, SCOPE, first.id, by="police", reason="x", at=at(200))
    links = [person.link(one) for one in (first, second, other)]
    waiting = [person.deliver(one, Channel.WEBHOOK) for one in (first, second, other)]
    removed = erase(person).receipt["removed"]
    assert (removed["links"], removed["deliveries"]) == (2, 2)
    assert [person.link_state(one) for one in links] == ["revoked", "revoked", "alive"]
    assert [person.state_of(one) for one in waiting] == ["cancelled", "cancelled", "waiting"]
    assert {one.facts["link_id"] for one in person.entries("link_revoked")} == set(links[:2])


def test_copies_elsewhere_are_named_with_where_to_ask(person: Person) -> None:
    first, second, other = person.evidence()
    sent = {"state": ItemState.SENT.value, "settled_at": at(300)}
    person.deliver(first, Channel.UPLOAD, **sent)
    person.deliver(second, Channel.WEBHOOK, **sent)
    person.deliver(second, Channel.ANALYZER, leased_by="w", leased_until=LATER + timedelta(seconds=9))
    person.deliver(second, Channel.MAIL, state=ItemState.DEAD.value, settled_at=at(300))
    person.deliver(other, Channel.UPLOAD, **sent)
    told = erase(person).receipt["elsewhere"]
    assert [(one["evidence_id"], one["channel"], one["holds_clip"]) for one in told] == [
        (first.id, "upload", True), (second.id, "webhook", False), (second.id, "analyzer", True),
    ]  # fmt: skip
    assert told[0]["advice"] == "sent to far by upload on 2025-10-25 11:35 UTC: ask there"
    assert (told[2]["at"], "while this was erased" in told[2]["advice"]) == (None, True)


def test_who_was_never_before_our_cameras_is_erased_as_well(person: Person) -> None:
    done = person.erasure().erase(SCOPE, VENUE, "v-a0000", by="x")
    assert done is not None
    assert done.receipt["removed"]["stays"] == 1
    assert (done.receipt["evidence_deleted"], done.receipt["recordings_until"]) == ([], None)
    assert [one.state for one in person.evidence()] == ["sealed"] * 3


def test_another_venue_knows_nobody_and_erases_nobody(person: Person) -> None:
    assert person.erasure().erase(Scope.of("other"), VENUE, WHO, by="x") is None
    assert person.erasure().erase(SCOPE, "other", WHO, by="x") is None
    assert person.templates() == [WHO, BOB]


def test_without_the_sites_key_nothing_is_erased(on_sqlite: Person) -> None:
    for path in (on_sqlite.site.data_dir / "keys").iterdir():
        path.unlink()
    with pytest.raises(EvidenceError, match="signing key"):
        on_sqlite.erasure().erase(SCOPE, VENUE, WHO, by="x")
    assert on_sqlite.templates() == [WHO, BOB]


def test_killed_after_the_commit_the_rest_is_done_later(
    on_sqlite: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = on_sqlite.clip(on_sqlite.evidence()[0])
    on_sqlite.write_results()
    marks = (WHO.encode(), on_sqlite.sealed_face(), clip.read_bytes()[-4000:])

    def killed(_files: list[Path]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasure_module, "remove_files", killed)
        with pytest.raises(KeyboardInterrupt):
            on_sqlite.erasure().erase(SCOPE, VENUE, WHO, by="x")
    assert clip.exists()
    assert on_sqlite.traces(*marks), "the bytes are there still"
    removed = remove_leftovers(on_sqlite.site.database, SCOPE, VENUE, CAMERA, on_sqlite.site.segments_dir)
    assert len(removed) == 2
    assert on_sqlite.erasure().finish()
    assert on_sqlite.traces(*marks) == []
    assert not on_sqlite.erasure().finish()


def test_a_busy_database_is_said_and_tried_again(on_sqlite: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = (WHO.encode(), on_sqlite.sealed_face())

    def busy(*_: object) -> None:
        raise StoreError("somebody reads an older state")

    with monkeypatch.context() as patch:
        patch.setattr(erasure_module, "overwrite_deleted", busy)
        assert not erase(on_sqlite).overwritten
    assert on_sqlite.templates() == [BOB]
    assert on_sqlite.erasure().finish()
    assert on_sqlite.traces(*marks) == []
