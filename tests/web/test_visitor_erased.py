"""DELETE of a visitor over HTTP: what it answers, what it leaves in no log, and who may check the receipt."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clip_platform import ClipPlatform, answering_copy
from erased_person import FACE, KEY, WHO, in_files, people
from evidence_site import SCOPE, VENUE, at

from sightline.evidence import holding
from sightline.evidence.canonical import canonical_json
from sightline.evidence.keys import read_public_key
from sightline.pipeline.face_templates import FaceTemplates
from sightline.store.stays import add_stays

PATH = f"/api/visitors/{VENUE}/{WHO}"


@pytest.fixture
def peopled(sealed_shop: Path, tmp_path: Path) -> Iterator[ClipPlatform]:
    with answering_copy(sealed_shop, tmp_path / "data") as site:
        with site.database.transaction() as connection:
            add_stays(SCOPE, connection, VENUE, people())
            FaceTemplates(KEY).put_in(SCOPE, connection, VENUE, {WHO: FACE}, at=at(0))
        yield site


def test_the_answer_is_a_receipt_that_anybody_can_check(peopled: ClipPlatform) -> None:
    answer = peopled.ask("DELETE", PATH)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert told["message"] == "everything about this visitor is erased"
    assert told["overwritten"] is True
    assert (told["visitor_id"], told["venue_id"]) == (WHO, VENUE)
    receipt = told["receipt"]
    assert (receipt["removed"]["templates"], receipt["removed"]["evidence"]) == (1, 2)
    assert receipt["erased_by"] == "local"
    key = read_public_key(peopled.site.keys_dir / "ed25519.pub.pem")
    assert key.key_id == receipt["key_id"]
    assert key.verifies(told["signature"], canonical_json(receipt))
    expected = hashlib.sha256(b"\0".join((b"sightline erased visitor", VENUE.encode(), WHO.encode())))
    assert receipt["visitor_sha256"] == expected.hexdigest()
    (entry,) = peopled.entries("visitor_erased")
    assert entry.facts["receipt"] == receipt


def test_afterwards_nothing_answers_and_no_file_or_log_knows_them(
    peopled: ClipPlatform, capfd: pytest.CaptureFixture[str]
) -> None:
    with peopled.database.reading() as connection:
        (sealed,) = (one.sealed for one in _templates(connection))
    peopled.ask("DELETE", PATH)
    assert peopled.ask("DELETE", PATH).status_code == 404
    assert peopled.ask("GET", f"/api/visitors/{VENUE}/history/{WHO}").status_code == 404
    for path in (
        f"/api/visitors/{VENUE}?limit=500", f"/analytics/{VENUE}/export?format=json&to=2025-10-26",
        f"/analytics/{VENUE}/export?format=csv&to=2025-10-26", "/api/audit-log",
        f"/api/events?venue_id={VENUE}",
    ):  # fmt: skip
        answer = peopled.ask("GET", path)
        assert answer.status_code == 200, answer.text
        assert WHO not in answer.text, path
    (noted,) = [one for one in peopled.get("/api/audit-log") if "DELETE" in one["action"]]
    assert noted["subject"].startswith("visitor_sha256=")
    assert WHO not in "".join(capfd.readouterr())
    # The audit entry was written after the database was: what it left in the log counts, too.
    assert list(in_files(peopled.site.data_dir, (WHO.encode(), sealed, FACE.mean.tobytes()))) == []


def _templates(connection: Any) -> Any:
    from sightline.store.face_templates import templates_of_venue

    return templates_of_venue(SCOPE, connection, VENUE)


def test_a_held_clip_is_said_in_the_message(peopled: ClipPlatform) -> None:
    held = peopled.evidence()
    holding.hold(peopled.database, SCOPE, held.id, by="x", reason="y", at=at(100) + timedelta(hours=1))
    told = peopled.ask("DELETE", PATH).json()
    assert "1 clip is under a legal hold" in told["message"]
    (kept,) = told["receipt"]["evidence_kept"]
    assert kept["evidence_id"] == held.id
    assert peopled.ask("GET", f"/api/evidence/{held.id}").status_code == 200


def test_the_receipt_is_described(peopled: ClipPlatform) -> None:
    document = peopled.get("/openapi.json")
    schemas = document["components"]["schemas"]
    told = peopled.ask("DELETE", PATH).json()
    assert schemas["Forgotten"]["properties"].keys() == told.keys()
    assert schemas["ErasureReceipt"]["properties"].keys() == told["receipt"].keys()
    assert schemas["RemovedRows"]["properties"].keys() == told["receipt"]["removed"].keys()
