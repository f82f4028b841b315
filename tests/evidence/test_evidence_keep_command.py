"""`sightline evidence hold|unhold|cut` as a person types it."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from evidence_site import CAMERA, SCOPE, VENUE, SmallSite, at, problems

from sightline.cli.main import exit_code_of
from sightline.errors import EvidenceError
from sightline.evidence import holding
from sightline.store import evidence as evidence_store
from sightline.store import ledger
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry

Typed = Callable[..., tuple[int, str, str]]
CUT = ("cut", "--venue", VENUE, "--camera", CAMERA)
WHY = "Demande de la police, dossier 7"


@pytest.fixture
def typed(sealed_site: SmallSite, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Exit code, standard output, standard error."""

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = exit_code_of(["evidence", *words, "--data-dir", str(sealed_site.data_dir)])
        return code, *capsys.readouterr()

    return command


def rows(site: SmallSite) -> list[StoredEvidence]:
    with site.database.reading() as connection:
        return evidence_store.list_evidence(SCOPE, connection)


def entries(site: SmallSite, evidence_id: str) -> list[LedgerEntry]:
    with site.database.reading() as connection:
        chain = ledger.chain(SCOPE, connection, VENUE)
        assert ledger.unsealed_entries(SCOPE, connection, VENUE) == []
    return [one for one in chain if one.subject_id == evidence_id]


def refused(said: tuple[int, str, str], code: int) -> str:
    assert said[:2] == (code, "")
    (line,) = said[2].splitlines()
    return line


def test_a_hold_is_set_shown_and_lifted_and_the_ledger_names_who_and_not_why(
    sealed_site: SmallSite, typed: Typed
) -> None:
    first = rows(sealed_site)[0]
    code, out, _ = typed("hold", first.parts[0].file_name, "--reason", WHY)
    assert code == 0
    assert f"evidence unhold {first.id}" in out
    held = rows(sealed_site)[0]
    assert (held.held_by, held.hold_reason) == ("command line", WHY)
    assert held.held_at is not None
    document = json.loads(typed("show", first.id, "--json")[1])
    assert document["held"] == {
        "since": document["held"]["since"],
        "by": "command line",
        "reason": WHY,
    }
    assert WHY in typed("show", first.id)[1]
    code, out, _ = typed("unhold", first.id, "--json")
    assert (code, json.loads(out)["held"]) == (0, None)
    assert rows(sealed_site)[0].held_at is None
    story = entries(sealed_site, first.id)
    assert [one.action for one in story] == ["sealed", "held", "released_hold"]
    assert [one.actor for one in story[1:]] == ["command line"] * 2
    assert WHY not in str(story)
    assert problems(sealed_site.verify()) == []


def test_a_hold_that_cannot_be_is_said_in_a_sentence(sealed_site: SmallSite, typed: Typed) -> None:
    first, second, _ = rows(sealed_site)
    assert typed("hold", first.id, "--reason", WHY)[0] == 0
    assert WHY in refused(typed("hold", first.id, "--reason", "another"), 1)
    assert "not on hold" in refused(typed("unhold", second.id), 1)
    assert "nowhere" in refused(typed("hold", "nowhere", "--reason", WHY), 1)
    assert "needs a reason" in refused(typed("hold", second.id, "--reason", "  "), 1)
    assert typed("hold", second.id)[0] == 2, "--reason is not given"
    with sealed_site.database.transaction() as connection:
        evidence_store.mark_deleted(SCOPE, connection, second.id, failure="its time was over")
    assert "its time was over" in refused(typed("hold", second.id, "--reason", WHY), 1)
    assert [one.action for one in entries(sealed_site, second.id)] == ["sealed"]
    with pytest.raises(EvidenceError, match="no evidence 'x'"):
        holding.release(sealed_site.database, SCOPE, "x", by="test", at=datetime.now(UTC))


def cut(typed: Typed, since: str, until: str, *more: str) -> tuple[int, str, str]:
    return typed(*CUT, "--from", since, "--to", until, "--reason", WHY, *more)


def test_any_recorded_stretch_becomes_a_sealed_clip(sealed_site: SmallSite, typed: Typed) -> None:
    code, out, err = cut(typed, "2025-10-25T13:30:10", "2025-10-25T13:30:20", "--json")
    assert (code, err) == (0, "")
    document: dict[str, Any] = json.loads(out)
    assert document["state"] == "sealed"
    assert (document["reason"], document["note"], document["event_id"]) == ("manual", WHY, None)
    (clip,) = document["clips"]
    assert clip["file"].endswith("_20251025_113010_manual.mp4")
    content = (sealed_site.clips / clip["file"]).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (clip["sha256"], clip["size_bytes"])
    assert at(8) <= datetime.fromisoformat(clip["starts_at"]) <= at(10)
    assert datetime.fromisoformat(clip["ends_at"]) >= at(20)
    assert problems(sealed_site.verify()) == []
    requested, sealed = entries(sealed_site, document["evidence_id"])
    assert (requested.action, requested.actor, sealed.action) == ("requested", "command line", "sealed")
    assert requested.facts["from"] == "2025-10-25T11:30:10.000000Z"
    assert WHY not in str(requested)
    assert WHY in typed("show", document["evidence_id"])[1]


def test_it_is_told_as_a_line_of_a_table_in_the_venues_time(typed: Typed) -> None:
    code, out, _ = cut(typed, "2025-10-25T11:30:10+00:00", "2025-10-25T11:30:20Z")
    assert code == 0
    (line,) = (one for one in out.splitlines() if "manual.mp4" in one)
    assert "2025-10-25 13:30:1" in line or "2025-10-25 13:30:0" in line


def test_what_is_asked_for_twice_is_two_clips(sealed_site: SmallSite, typed: Typed) -> None:
    before = len(rows(sealed_site))
    for _ in range(2):
        assert cut(typed, "2025-10-25T13:30:10", "2025-10-25T13:30:20")[0] == 0
    assert len(rows(sealed_site)) == before + 2
    assert len({part.file_name for one in rows(sealed_site) for part in one.parts}) == before + 2


def test_a_long_stretch_becomes_parts(
    sealed_site: SmallSite, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_RECORDING__SEGMENT_S", "10")
    _, out, _ = cut(typed, "2025-10-25T13:30:05", "2025-10-25T13:30:30", "--json")
    assert len(json.loads(out)["clips"]) == 3
    assert problems(sealed_site.verify()) == []


@pytest.mark.parametrize(
    ("since", "until", "code", "word"),
    [
        ("2025-10-25T13:30:10", "2025-10-25T13:30:12", 1, "at least 3 s"),
        ("2025-10-25T13:30:20", "2025-10-25T13:30:10", 1, "-10 s"),
        ("2025-10-25T03:00:00", "2025-10-25T13:30:10", 1, "6 hours"),
        ("2025-10-24T13:30:10", "2025-10-24T13:30:20", 1, "nothing is recorded"),
        ("yesterday", "2025-10-24T13:30:20", 2, "--from 'yesterday'"),
        ("2025-10-24T13:30:20", "noon", 2, "--to 'noon'"),
    ],
    ids=["short", "backwards", "long", "never recorded", "no time", "no end"],
)
def test_what_cannot_be_cut_claims_nothing(
    sealed_site: SmallSite, typed: Typed, since: str, until: str, code: int, word: str
) -> None:
    before = rows(sealed_site)
    assert word in refused(cut(typed, since, until), code)
    assert rows(sealed_site) == before


def test_the_future_is_not_recorded_yet(typed: Typed) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    said = cut(typed, (soon - timedelta(minutes=5)).isoformat(), soon.isoformat())
    assert "still to come" in refused(said, 1)


def test_names_that_do_not_exist_are_answered_with_those_that_do(typed: Typed) -> None:
    span = ("--from", "2025-10-25T13:30:10", "--to", "2025-10-25T13:30:20", "--reason", WHY)
    assert VENUE in refused(typed("cut", "--venue", "shop", "--camera", CAMERA, *span), 2)
    assert CAMERA in refused(typed("cut", "--venue", VENUE, "--camera", "door", *span), 2)


def test_footage_that_was_lost_meanwhile_is_said_to_be_missing(sealed_site: SmallSite, typed: Typed) -> None:
    for path in (sealed_site.data_dir / "recordings").rglob("*.mp4"):
        path.unlink()
    line = refused(cut(typed, "2025-10-25T13:30:10", "2025-10-25T13:30:20"), 1)
    assert "no clip of" in line
    (asked,) = (one for one in rows(sealed_site) if one.note == WHY)
    assert (asked.state, asked.parts[0].sha256) == ("missing", None)
    assert [one.action for one in entries(sealed_site, asked.id)] == ["requested", "missing"]
