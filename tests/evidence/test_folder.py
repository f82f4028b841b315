"""An exported folder holds what it should, and nothing of ours that it should not."""

import errno
import os
from pathlib import Path

import pytest
from evidence_site import EVENTS, SCOPE, SmallSite, problems

from sightline.errors import EvidenceError
from sightline.evidence.verification import verify_folder
from sightline.store import events

FILES = ["contents.json", "evidence.jsonl", "ledger.jsonl", "ledger_head.json", "public_key.pem"]


def test_clips_are_hard_links_where_the_disk_allows(sealed_site: SmallSite, tmp_path: Path) -> None:
    exported = sealed_site.export(tmp_path / "out")

    assert (exported.evidence, exported.clips) == (3, 3)
    assert sorted(path.name for path in exported.folder.iterdir()) == [*FILES, "segments"]
    for path in (tmp_path / "out" / "segments").iterdir():
        assert path.samefile(sealed_site.clips / path.name)


def test_clips_are_copies_on_another_disk(
    sealed_site: SmallSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    sealed_site.export(tmp_path / "out")

    for path in (tmp_path / "out" / "segments").iterdir():
        assert not path.samefile(sealed_site.clips / path.name)
    assert verify_folder(tmp_path / "out", pinned_key=sealed_site.signer().public).clean


def test_only_the_events_asked_for(sealed_site: SmallSite, tmp_path: Path) -> None:
    with sealed_site.database.reading() as connection:
        known = events.list_events(SCOPE, connection)
    sealed_site.export(tmp_path / "out", [known[1].id])
    report = verify_folder(tmp_path / "out", pinned_key=sealed_site.signer().public)

    assert report.clean
    assert report.checked["clips"] == 1
    assert report.notes == ("the ledger also tells of 2 sealed elsewhere on this site",)


def test_exporting_again_leaves_out_what_no_longer_belongs_and_keeps_what_is_not_ours(
    sealed_site: SmallSite, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    sealed_site.export(out)
    (out / "notes.txt").write_text("for the police")
    sealed_site.conclude(*EVENTS[:2], run_id="run-2")
    with sealed_site.database.reading() as connection:
        current = [one.id for one in events.list_events(SCOPE, connection)]
    exported = sealed_site.export(out, current)

    assert [name.split("_")[-1] for name in exported.removed] == ["queue.mp4"]
    assert (out / "notes.txt").read_text() == "for the police"
    assert verify_folder(out, pinned_key=sealed_site.signer().public, known_head=exported.head).clean


def test_a_camera_without_events_gives_an_empty_folder_that_verifies(site: SmallSite, tmp_path: Path) -> None:
    site.conclude()
    site.seal()
    exported = site.export(tmp_path / "out")
    report = verify_folder(tmp_path / "out", pinned_key=site.signer().public, known_head=exported.head)

    assert exported.head.position == 0
    assert problems(report) == []
    assert report.checked["manifests"] == 0


def test_a_sealed_clip_that_is_gone_stops_the_export(sealed_site: SmallSite, tmp_path: Path) -> None:
    gone = min(sealed_site.clips.iterdir())
    gone.unlink()
    with pytest.raises(EvidenceError, match=gone.name):
        sealed_site.export(tmp_path / "out")
