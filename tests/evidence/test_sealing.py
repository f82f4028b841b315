"""Wanted evidence becomes clips with papers."""

import json
from datetime import timedelta
from pathlib import Path

import av
import pytest
from evidence_site import EVENTS, SCOPE, VENUE, SmallSite, problems, service_event, write_video

from sightline.domain.event import EventKind, Role
from sightline.errors import DiskFull, EvidenceError
from sightline.evidence import sealing
from sightline.evidence.files import sha256_of
from sightline.store import evidence, ledger
from sightline.store.clips import ClipRule


def manifests(site: SmallSite) -> list[dict[str, object]]:
    with site.database.reading() as connection:
        known = evidence.list_evidence(SCOPE, connection, state="sealed")
    return [json.loads(str(one.manifest)) for one in known]


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_every_wanted_event_gets_a_clip_that_its_manifest_describes(site: SmallSite) -> None:
    seen: list[tuple[int, int]] = []
    results = site.seal(progress=lambda done, total: seen.append((done, total)))

    assert [one.state for one in results] == ["sealed"] * 3
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert sorted(path.name for path in site.clips.iterdir()) == [
        "segment_1_20251025_113004_interaction_start.mp4",
        "segment_2_20251025_113010_unattended.mp4",
        "segment_3_20251025_113023_queue.mp4",
    ]
    first = manifests(site)[0]
    (part,) = first["parts"]  # type: ignore[misc]
    assert first["kind"] == "interaction"
    assert first["event"]["participants"] == [  # type: ignore[index]
        {"track_id": 1, "role": "staff"},
        {"track_id": 2, "role": "customer"},
    ]
    assert first["wanted"] == {"from": "2025-10-25T11:30:04.000000Z", "until": "2025-10-25T11:30:16.000000Z"}
    assert part["sha256"] == sha256_of(site.clips / part["file"])
    assert part["size_bytes"] == (site.clips / part["file"]).stat().st_size
    assert part["starts_at"] <= "2025-10-25T11:30:04.000000Z"
    assert (part["codec"], part["container"], part["plays_in_browser"]) == ("h264", "mp4", "yes")
    assert part["viewing_copy"] is None
    assert first["source"]["name"] == "till.mp4"  # type: ignore[index]
    assert first["analysis"]["detector"] == "scripted"  # type: ignore[index]
    assert site.verify().clean


def test_the_packets_of_a_clip_are_those_of_the_camera(sealed_site: SmallSite, wanting: Path) -> None:
    source = packets(wanting.parent / "till.mp4")
    for clip in sealed_site.clips.iterdir():
        cut = packets(clip)
        first = source.index(cut[0])
        assert cut == source[first : first + len(cut)]


def test_sealing_again_changes_nothing(sealed_site: SmallSite) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in sealed_site.clips.iterdir()}
    with sealed_site.database.reading() as connection:
        entries = len(ledger.chain(SCOPE, connection, VENUE))

    assert sealed_site.seal() == []
    assert {path.name: path.stat().st_mtime_ns for path in sealed_site.clips.iterdir()} == before
    with sealed_site.database.reading() as connection:
        assert len(ledger.chain(SCOPE, connection, VENUE)) == entries


def test_a_long_event_becomes_consecutive_parts(site: SmallSite) -> None:
    rule = ClipRule(pre=timedelta(seconds=2), post=timedelta(seconds=2), longest=timedelta(seconds=6))
    site.conclude(service_event(EventKind.INTERACTION, 6, 15, (1, Role.STAFF), (2, Role.CUSTOMER)), rule=rule)
    (result,) = site.seal()

    reasons = [name.split("_", 4)[-1] for name in result.files]
    assert reasons == ["interaction_start.mp4", "time_based.mp4", "interaction_end.mp4"]
    spans = [part["wanted"] for part in manifests(site)[0]["parts"]]  # type: ignore[attr-defined]
    assert spans[0]["until"] == spans[1]["from"]
    assert site.verify().clean


def test_footage_that_is_gone_is_missing_with_its_reason(site: SmallSite) -> None:
    for path in (site.data_dir / "recordings").rglob("*.mp4"):
        path.unlink()
    results = site.seal()

    assert {one.state for one in results} == {"missing"}
    assert "missing or unreadable" in str(results[0].failure)
    with site.database.reading() as connection:
        chain = ledger.chain(SCOPE, connection, VENUE)
    assert [entry.action for entry in chain] == ["missing"] * 3
    assert not list(site.clips.glob("*")) if site.clips.exists() else True
    assert site.verify().clean


def test_a_part_without_footage_is_named_in_the_manifest_of_the_rest(site: SmallSite) -> None:
    rule = ClipRule(pre=timedelta(seconds=0), post=timedelta(seconds=0), longest=timedelta(seconds=10))
    site.conclude(service_event(EventKind.UNATTENDED, 2, 38, (3, Role.CUSTOMER)), rule=rule)
    min((site.data_dir / "recordings").rglob("*.mp4")).unlink()
    (result,) = site.seal()

    assert result.state == "sealed"
    manifest = manifests(site)[0]
    lost, kept = manifest["lost"], manifest["parts"]
    assert len(lost) + len(kept) == 4  # type: ignore[arg-type]
    assert lost
    assert lost[0]["file"] in str(result.failure)  # type: ignore[index]
    assert site.verify().clean


def test_a_codec_no_browser_plays_is_kept_and_gets_a_viewing_copy(tmp_path: Path) -> None:
    write_video(tmp_path / "old.mp4", codec="mpeg4")
    site = SmallSite.open(tmp_path / "data")
    site.record(tmp_path / "old.mp4")
    site.conclude(EVENTS[0])
    site.seal()

    (part,) = manifests(site)[0]["parts"]  # type: ignore[misc]
    copy = part["viewing_copy"]
    assert (part["codec"], part["plays_in_browser"]) == ("mpeg4", "no")
    assert copy["derived_from"] == part["sha256"]
    assert sorted(path.name for path in site.clips.iterdir()) == sorted([part["file"], copy["file"]])
    with av.open(str(site.clips / copy["file"])) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    assert site.seal() == []
    assert site.verify().checked["clips"] == 2
    assert site.verify().clean
    site.export(tmp_path / "out")
    assert len(list((tmp_path / "out" / "segments").iterdir())) == 2
    site.database.close()


def test_clips_of_evidence_that_was_replaced_are_removed(sealed_site: SmallSite) -> None:
    moved = service_event(EventKind.INTERACTION, 7, 14, (1, Role.STAFF), (2, Role.CUSTOMER))
    sealed_site.conclude(moved, *EVENTS[1:], run_id="run-2")
    before = sealed_site.verify()
    assert before.clean, "what waits to be sealed is not tampering"
    assert before.notes == ("1 ledger entries wait to be chained and signed",)
    sealed_site.seal()

    names = sorted(path.name for path in sealed_site.clips.iterdir())
    assert names == [
        "segment_2_20251025_113010_unattended.mp4",
        "segment_3_20251025_113023_queue.mp4",
        "segment_4_20251025_113005_interaction_start.mp4",
    ]
    assert problems(sealed_site.verify()) == []


def test_what_a_kill_left_is_removed_and_what_a_person_put_there_is_not(site: SmallSite) -> None:
    site.clips.mkdir(parents=True)
    for name in (
        "segment_1_20251025_113004_interaction_start.mp4.part",
        "segment_9_20251025_113004_queue.mp4",
        "holiday.mp4",
    ):
        (site.clips / name).write_bytes(b"x")
    site.seal()

    names = {path.name for path in site.clips.iterdir()}
    assert "holiday.mp4" in names
    assert not [name for name in names if name.endswith(".part") or name.startswith("segment_9")]
    assert problems(site.verify()) == ["holiday.mp4: no manifest names this file"]


def test_an_event_replaced_while_its_clip_is_cut_leaves_no_clip(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = sealing.cut_clip

    def cut_then_replace(*arguments: object) -> object:
        clip = cut(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(sealing, "cut_clip", cut)
        site.conclude(EVENTS[2], run_id="run-2")
        return clip

    monkeypatch.setattr(sealing, "cut_clip", cut_then_replace)
    results = site.seal()

    assert [one.state for one in results] == ["replaced", "replaced", "sealed"]
    assert [path.name for path in site.clips.iterdir()] == ["segment_3_20251025_113023_queue.mp4"]
    assert site.verify().clean


def test_a_full_disk_stops_without_a_half_clip(site: SmallSite, monkeypatch: pytest.MonkeyPatch) -> None:
    cut, calls = sealing.cut_clip, []

    def second_does_not_fit(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise DiskFull("the disk is full")
        return cut(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sealing, "cut_clip", second_does_not_fit)
    with pytest.raises(DiskFull):
        site.seal()
    monkeypatch.setattr(sealing, "cut_clip", cut)

    assert [one.state for one in site.seal()] == ["sealed", "sealed"]
    assert site.verify().checked["clips"] == 3
    assert site.verify().clean


def test_a_lost_key_stops_the_sealing(sealed_site: SmallSite) -> None:
    (sealed_site.data_dir / "keys" / "ed25519.pem").unlink()
    with pytest.raises(EvidenceError, match=r"ed25519\.pem is gone"):
        sealed_site.signer()


def test_sealed_clips_cannot_be_edited_by_accident(sealed_site: SmallSite) -> None:
    assert {path.stat().st_mode & 0o222 for path in sealed_site.clips.iterdir()} == {0}
