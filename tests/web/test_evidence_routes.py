"""Evidence over HTTP: its story, its bytes, its papers; holds; clips that somebody asks for."""

import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from clip_platform import NASTY, OTHER, SITE, ClipPlatform, answering_copy
from evidence_site import CAMERA, EVENTS, VENUE, SmallSite, at, problems

from person_network import write_person_model
from sightline.evidence.keys import read_public_key
from sightline.evidence.verification import verify_site
from sightline.store.alerts import list_alerts

MASKS = {"privacy": {"masks": [{"camera": CAMERA, "points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}]}}
BLUR = {"privacy": {"blur_faces": True}, "detector": {"name": "builtin"}}
"""Without a detector that sees people who stand still it cannot be done."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def change(path: Path) -> None:
    """One bit, where no player would notice."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def test_evidence_is_told_by_its_own_id_and_by_that_of_its_event(standing: ClipPlatform) -> None:
    evidence = standing.evidence(1)
    told = standing.get(f"/api/evidence/{evidence.id}")
    assert told == standing.get(f"/api/evidence/{evidence.event_id}")
    assert told["evidence_id"] == evidence.id
    assert told["clips"] == [standing.clip(1).name]
    assert told["kind"] == "unattended"
    assert told["verified"] is True
    assert told["troubles"] == []
    assert told["manifest"]["parts"][0]["sha256"] == sha256(standing.clip(1).read_bytes())
    assert [one["action"] for one in told["ledger"]] == ["sealed"]
    assert told["wanted"] == {
        "from": "2025-10-25T11:30:10.000000Z",
        "until": "2025-10-25T11:30:24.000000Z",
    }


def test_the_bytes_of_a_clip_are_those_that_were_sealed(standing: ClipPlatform) -> None:
    sealed, evidence = standing.clip().read_bytes(), standing.evidence()
    answer = standing.ask("GET", f"/api/evidence/{evidence.id}/clip")
    assert answer.status_code == 200
    assert answer.content == sealed
    assert answer.headers["content-length"] == str(len(sealed))
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["etag"] == f'"{sha256(sealed)}"'
    assert answer.headers["x-content-sha256"] == evidence.parts[0].sha256 == sha256(sealed)
    assert answer.headers["x-clip-copy"] == "original"
    assert "x-original-sha256" not in answer.headers
    assert answer.headers["content-disposition"] == f'inline; filename="{standing.clip().name}"'
    assert answer.headers["cache-control"] == "private, no-store"
    head = standing.ask("HEAD", f"/api/evidence/{evidence.id}/clip")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(sealed))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-10", -10, None), ("BYTES = 5-5", 5, 5)],
)
def test_a_range_of_a_clip_is_that_stretch_of_the_file(
    standing: ClipPlatform, asked: str, first: int, last: int | None
) -> None:
    sealed = standing.clip().read_bytes()
    expected = sealed[first:] if last is None else sealed[first : last + 1]
    answer = standing.ask("GET", f"/api/evidence/{standing.evidence().id}/clip", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, expected)
    begin = first % len(sealed)
    assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(expected) - 1}/{len(sealed)}"


def test_a_range_behind_the_end_is_416_and_nonsense_gives_the_whole_file(standing: ClipPlatform) -> None:
    path, size = f"/api/evidence/{standing.evidence().id}/clip", standing.clip().stat().st_size
    behind = standing.ask("GET", path, headers={"Range": f"bytes={size}-"})
    assert behind.status_code == 416
    assert behind.headers["content-range"] == f"bytes */{size}"
    for nonsense in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes=" + "9" * 4000 + "-"):
        assert len(standing.ask("GET", path, headers={"Range": nonsense}).content) == size


def test_a_part_that_is_not_there_is_404_and_names_those_that_are(standing: ClipPlatform) -> None:
    answer = standing.ask("GET", f"/api/evidence/{standing.evidence().id}/clip", params={"part": 1})
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("has no part 1; it has: 0")


def test_a_clip_that_is_not_as_it_was_sealed_is_never_given_and_raises_the_alarm(clips: ClipPlatform) -> None:
    evidence, clip = clips.evidence(), clips.clip()
    change(clip)
    for params in ({}, {"original": "true"}):
        answer = clips.ask("GET", f"/api/evidence/{evidence.id}/clip", params=params)
        assert answer.status_code == 409
        assert answer.json()["detail"] == f"{clip.name} is not as it was sealed and is not given away"
    told = clips.get(f"/api/evidence/{evidence.id}")
    assert told["troubles"] == [f"{clip.name} was altered"]
    with clips.database.reading() as connection:
        assert [one.alert_type for one in list_alerts(SITE, connection)] == ["integrity_failure"]
    assert len(clips.entries("integrity_failed")) == 1


def test_where_the_site_demands_masks_people_get_the_masked_copy(sealed_shop: Path, tmp_path: Path) -> None:
    with answering_copy(sealed_shop, tmp_path / "data", MASKS) as site:
        path, sealed = f"/api/evidence/{site.evidence().id}/clip", site.clip().read_bytes()
        masked = site.ask("GET", path)
        assert masked.status_code == 200
        assert masked.headers["x-clip-copy"] == "masked"
        assert masked.headers["x-original-sha256"] == sha256(sealed)
        assert masked.headers["x-content-sha256"] == sha256(masked.content) != sha256(sealed)
        original = site.ask("GET", path, params={"original": "true"})
        assert original.content == sealed
        # The masked copy is checked as the clip is.
        (copy,) = site.clip().parent.glob("*_released.mp4")
        change(copy)
        assert site.ask("GET", path).status_code == 409


def test_where_faces_are_to_be_blurred_and_cannot_be_no_picture_leaves(
    sealed_shop: Path, tmp_path: Path
) -> None:
    with answering_copy(sealed_shop, tmp_path / "data", BLUR) as site:
        answer = site.ask("GET", f"/api/evidence/{site.evidence().id}/clip")
        assert answer.status_code == 409
        assert "blur_faces" in answer.json()["detail"]


def test_a_clip_with_blurred_faces_leaves_as_a_copy(sealed_shop: Path, tmp_path: Path) -> None:
    write_person_model(tmp_path / "models")
    settings = {"privacy": {"blur_faces": True}, "models": {"dir": str(tmp_path / "models")}}
    with answering_copy(sealed_shop, tmp_path / "data", settings) as site:
        sealed = site.clip().read_bytes()
        answer = site.ask("GET", f"/api/evidence/{site.evidence().id}/clip")
        assert answer.status_code == 200
        assert answer.headers["x-clip-copy"] == "blurred"
        assert answer.headers["x-original-sha256"] == sha256(sealed)
        assert answer.headers["x-content-sha256"] == sha256(answer.content) != sha256(sealed)
        snapshot = site.ask("GET", f"/api/cameras/{CAMERA}/snapshot")
        assert snapshot.status_code == 200
        (entry,) = site.entries("faces_blurred")
        assert entry.facts["sha256"] == sha256(answer.content)
        assert entry.facts["derived_from"] == sha256(sealed)


def test_the_manifest_is_the_signed_line_of_an_export_and_its_signature_holds(standing: ClipPlatform) -> None:
    evidence = standing.evidence()
    answer = standing.ask("GET", f"/api/evidence/{evidence.id}/manifest")
    assert answer.headers["content-type"] == "application/json"
    line = json.loads(answer.content)
    assert set(line) == {"manifest", "signature", "key_id"}
    key = read_public_key(standing.site.keys_dir / "ed25519.pub.pem")
    signed = json.dumps(line["manifest"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert key.verifies(line["signature"], signed)
    assert line["key_id"] == key.key_id
    assert sha256(signed) == evidence.manifest_sha256


def test_the_ledger_of_a_clip_has_hashes_that_anybody_can_follow(clips: ClipPlatform) -> None:
    evidence = clips.evidence()
    clips.ask("POST", f"/api/evidence/{evidence.id}/hold", json={"reason": "case 1"})
    told = clips.get(f"/api/evidence/{evidence.id}/ledger")
    sealed, held = told["entries"]
    assert (sealed["action"], held["action"], held["position"]) == ("sealed", "held", None)
    stated = {name: value for name, value in sealed.items() if name != "entry_hash"} | {
        "venue_id": VENUE,
        "subject_kind": "evidence",
        "subject_id": evidence.id,
    }
    text = json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert sealed["entry_hash"] == sha256(text)
    assert told["head"]["position"] == 3


def test_a_hold_keeps_a_clip_until_it_is_lifted(clips: ClipPlatform) -> None:
    path = f"/api/evidence/{clips.evidence().id}/hold"
    held = clips.ask("POST", path, json={"reason": NASTY})
    assert held.status_code == 200, held.text
    assert held.json()["held"]["reason"] == NASTY.strip()
    assert held.json()["held"]["by"] == "local"
    again = clips.ask("POST", path, json={"reason": "again"})
    assert again.status_code == 409
    assert "on hold already" in again.json()["detail"]
    assert clips.get(f"/api/evidence/{clips.evidence().id}")["held"]["reason"] == NASTY.strip()
    lifted = clips.ask("DELETE", path)
    assert lifted.json() == {"evidence_id": clips.evidence().id, "held": None}
    assert clips.ask("DELETE", path).status_code == 409
    assert [one.actor for one in clips.entries("held") + clips.entries("released_hold")] == ["local", "local"]
    for reason in ("", "  ", "a\0b", "x" * 1_001, None, 5):
        assert clips.ask("POST", path, json={"reason": reason}).status_code == 422


def cut(site: ClipPlatform, start_s: float, end_s: float, **more: Any) -> Any:
    body = {
        "camera_id": CAMERA,
        "from": at(start_s).isoformat(),
        "to": at(end_s).isoformat(),
        "reason": "why",
    }
    return site.ask("POST", "/api/evidence/cut", json={**body, **more})


def test_any_recorded_stretch_becomes_a_sealed_clip(clips: ClipPlatform) -> None:
    made = cut(clips, 3, 9, reason=NASTY)
    assert made.status_code == 200, made.text
    document = made.json()
    assert document["state"] == "sealed"
    told = clips.get(f"/api/evidence/{document['evidence_id']}")
    assert (told["event_id"], told["note"], told["verified"]) == (None, NASTY.strip(), True)
    assert [one["action"] for one in told["ledger"]] == ["requested", "sealed"]
    clip = clips.ask("GET", f"/api/evidence/{document['evidence_id']}/clip")
    assert clip.content == (clips.clip().parent / document["clips"][0]).read_bytes()
    assert NASTY.strip() not in json.dumps(told["ledger"])


def test_a_stretch_that_was_not_recorded_is_refused_and_names_what_was(clips: ClipPlatform) -> None:
    after = cut(clips, 3_600, 3_660)
    assert after.status_code == 409
    assert after.json()["detail"].endswith("; the footage before that ends at 2025-10-25T11:30:40.000000Z")
    before = cut(clips, -120, -60)
    assert "the footage after that begins at 2025-10-25T11:30:00.000000Z" in before.json()["detail"]
    assert cut(clips, 10, 11).status_code == 409  # shorter than a clip may be
    assert cut(clips, 0, 7 * 3_600).status_code == 409
    assert cut(clips, 9, 3).status_code == 422
    assert cut(clips, 3, 9, reason=" ").status_code == 422
    assert cut(clips, 3, 9, camera_id="../till").status_code == 422
    assert cut(clips, 3, 9, camera_id="nowhere").status_code == 404
    assert cut(clips, 3, 9, venue_id=OTHER).status_code == 404
    assert cut(clips, 3, 9, **{"from": "0001-01-01T00:00:00+14:00"}).status_code == 422


def test_more_than_ten_minutes_are_left_to_the_worker(clips: ClipPlatform) -> None:
    made = cut(clips, 3, 700)
    assert made.status_code == 202
    assert made.json()["state"] == "wanted"
    evidence_id = made.json()["evidence_id"]
    assert clips.get(f"/api/evidence/{evidence_id}")["state"] == "wanted"
    answer = clips.ask("GET", f"/api/evidence/{evidence_id}/clip")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        f"there is no clip of evidence {evidence_id}: it is still to be cut",
    )
    assert clips.ask("GET", f"/api/evidence/{evidence_id}/manifest").status_code == 404


def test_ids_of_other_venues_are_403_and_unknown_ones_404_on_every_route(clips: ClipPlatform) -> None:
    other, mine = clips.key(OTHER), clips.key()
    routes = [
        ("GET", "", None), ("GET", "/clip", None), ("GET", "/manifest", None), ("GET", "/ledger", None),
        ("GET", "/links", None), ("POST", "/links", {}), ("POST", "/hold", {"reason": "mine now"}),
        ("DELETE", "/hold", None),
    ]  # fmt: skip
    for method, rest, body in routes:
        for name in (clips.evidence().id, clips.evidence().event_id):
            refused = clips.ask(method, f"/api/evidence/{name}{rest}", headers=other, json=body)
            assert refused.status_code == 403, (method, rest, refused.text)
        unknown = clips.ask(method, f"/api/evidence/nowhere{rest}", headers=other, json=body)
        assert unknown.status_code == 404, (method, rest)
    assert clips.entries("held") == clips.entries("link_created") == []
    assert clips.ask("GET", f"/api/evidence/{clips.evidence().id}/clip", headers=mine).status_code == 200
    body = {"camera_id": CAMERA, "from": at(3).isoformat(), "to": at(9).isoformat(), "reason": "why"}
    assert clips.ask("POST", "/api/evidence/cut", headers=other, json=body).status_code == 403
    body["venue_id"] = VENUE
    assert clips.ask("POST", "/api/evidence/cut", headers=other, json=body).status_code == 403


def test_a_site_verifies_clean_after_all_that_can_be_asked_of_it(clips: ClipPlatform) -> None:
    evidence = clips.evidence()
    clips.ask("POST", f"/api/evidence/{evidence.id}/hold", json={"reason": "r"})
    clips.ask("POST", f"/api/evidence/{evidence.id}/links", json={})
    cut(clips, 3, 9)
    copy = clips.site.data_dir.parent / "copy"
    shutil.copytree(clips.site.data_dir, copy)
    small = SmallSite.open(copy)
    key = small.signer().public
    (report,) = verify_site(
        small.database,
        SITE,
        segments_dir=small.segments_dir,
        venue_id=VENUE,
        own_key=key,
        pinned_key=key,
    )
    assert problems(report) == []
    assert report.checked["manifests"] == len(EVENTS) + 1
    small.database.close()


def test_who_was_given_a_clip_stands_in_the_ledger_and_on_the_page_of_its_event(clips: ClipPlatform) -> None:
    """A player asks in pieces. Nothing is entered of heads, refusals, pictures and papers."""
    evidence, key = clips.evidence(), clips.key()
    path = f"/api/evidence/{evidence.id}"
    clips.ask("HEAD", f"{path}/clip")
    for part in ("", "/picture", "/manifest", "/boxes"):
        clips.ask("GET", path + part)
    assert clips.ask("GET", f"{path}/clip", headers={"Range": "bytes=99999999-"}).status_code == 416
    assert clips.ask("GET", f"{path}/clip", params={"part": 7}).status_code == 404
    assert clips.entries("watched") == []
    for asked in ("bytes=0-99", "bytes=100-", "bytes=0-5"):
        clips.ask("GET", f"{path}/clip", headers={"Range": asked})
    clips.ask("GET", f"{path}/clip", headers=key)
    until = time.monotonic() + 10  # entered once the bytes have gone
    while len(clips.entries("watched")) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    found = [
        (one.subject_id, one.actor.partition(":")[0], one.facts["copy"]) for one in clips.entries("watched")
    ]
    assert found == [(evidence.id, "local", "original"), (evidence.id, "key", "original")]
    page = clips.ask("GET", f"/review/{evidence.event_id}", headers={"Accept-Language": "fr"}).text
    assert page.count("<strong>visionné</strong>") == 2
