"""`sightline evidence export` and `verify` of what it wrote, as a person types them."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from case_tampering import DOOR, TAMPERING, add_a_door, pack, sealed_of, unpack
from evidence_site import CAMERA, SCOPE, VENUE, SmallSite, at
from typer.testing import CliRunner, Result

from sightline.cli.evidence import app
from sightline.cli.main import exit_code_of
from sightline.errors import ConfigError, EvidenceError, TamperedError
from sightline.store import ledger
from sightline.store.evidence import mark_deleted
from sightline.store.tables import evidence

PAPERS = ["public_key.pem", "evidence.jsonl", "ledger.jsonl", "ledger_head.json", "contents.json"]


def typed(site: SmallSite, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--data-dir", str(site.data_dir)])


def export(site: SmallSite, out: Path, *words: str) -> dict[str, object]:
    result = typed(site, "export", *words, "--out", str(out), "--json")
    if result.exception is not None:
        raise result.exception
    document: dict[str, object] = json.loads(result.stdout)
    return document


def deeds(site: SmallSite) -> list[tuple[str, str]]:
    with site.database.reading() as connection:
        return [(entry.action, entry.subject_id) for entry in ledger.chain(SCOPE, connection, VENUE)]


def test_a_case_holds_what_a_folder_holds_and_how_to_check_it(sealed_site: SmallSite, tmp_path: Path) -> None:
    first, second, _ = sealed_of(sealed_site)
    told = export(sealed_site, tmp_path / "case.zip", str(first.event_id), second.parts[0].file_name)

    clips = sorted(one.parts[0].file_name for one in (first, second))
    with zipfile.ZipFile(tmp_path / "case.zip") as case:
        assert case.testzip() is None
        assert case.namelist() == [
            "verify.html",
            "README.txt",
            *(f"segments/{clip}" for clip in clips),
            *PAPERS,
        ]
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in case.infolist())
        assert case.read(f"segments/{clips[0]}") == (sealed_site.clips / clips[0]).read_bytes()
        words = case.read("README.txt").decode()
    for text in (VENUE, CAMERA, told["key_id"], told["head"], "--public-key site.pem", "FRANÇAIS", "ENGLISH"):
        assert str(text) in words
    assert told["evidence"] == [first.id, second.id]
    assert not list(tmp_path.glob("*.part"))


def test_the_ledger_in_the_case_tells_of_the_export(sealed_site: SmallSite, tmp_path: Path) -> None:
    one = sealed_of(sealed_site)[2]
    told = export(sealed_site, tmp_path / "case.zip", "--event", str(one.event_id))

    assert deeds(sealed_site)[-1] == ("exported", one.id)
    with zipfile.ZipFile(tmp_path / "case.zip") as case:
        last = json.loads(case.read("ledger.jsonl").splitlines()[-1])
    assert (last["action"], last["subject_id"], last["actor"]) == ("exported", one.id, "command line")
    assert last["facts"] == {"manifest_sha256": one.manifest_sha256}
    assert told["head"] == f"{last['position']}:{last['entry_hash']}"
    assert sealed_site.verify().clean


def test_it_verifies_in_an_empty_folder_on_a_machine_without_a_site(
    sealed_site: SmallSite, tmp_path: Path
) -> None:
    """A program of its own, with an empty home: nothing but the zip and the key it was given."""
    alone = tmp_path / "alone"
    alone.mkdir()
    told = export(sealed_site, alone / "case.zip", "--venue", VENUE)
    shutil.copy(sealed_site.data_dir / "keys" / "ed25519.pub.pem", alone / "site.pem")
    shutil.rmtree(sealed_site.data_dir / "segments")
    result = subprocess.run(
        [sys.executable, "-m", "sightline", "evidence", "verify", "case.zip", "--public-key", "site.pem",
         "--head", str(told["head"])],
        cwd=alone,
        env={"HOME": str(alone), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert "case.zip: as sealed." in result.stdout
    assert "3 clips, 3 manifests, 6 ledger entries" in result.stdout
    assert sorted(path.name for path in alone.iterdir()) == ["case.zip", "site.pem"]


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_with_a_zip_is_named(sealed_site: SmallSite, tmp_path: Path, what: str) -> None:
    export(sealed_site, tmp_path / "case.zip", "--venue", VENUE)
    change, expected = TAMPERING[what]
    folder = unpack(tmp_path / "case.zip", tmp_path / "case")
    change(folder)
    zipped = CliRunner().invoke(app, ["verify", str(pack(folder, tmp_path / "spoilt.zip"))])
    unzipped = CliRunner().invoke(app, ["verify", str(folder)])

    assert (zipped.exit_code, unzipped.exit_code) == (1, 1)
    assert expected in zipped.stdout
    assert zipped.stdout.replace("spoilt.zip", "case") == unzipped.stdout


def test_cameras_of_one_venue_and_a_clip_that_a_person_asked_for(
    sealed_site: SmallSite, tmp_path: Path
) -> None:
    """Both cameras have a clip of the same name: each lies in its own folder."""
    add_a_door(sealed_site)
    told = export(sealed_site, tmp_path / "case.zip", "--venue", VENUE)

    assert told["cameras"] == [DOOR, CAMERA]
    assert told["clips"] == 5
    with zipfile.ZipFile(tmp_path / "case.zip") as case:
        clips = [name for name in case.namelist() if name.startswith("segments/")]
        events = [
            json.loads(line)["manifest"]["event_id"] for line in case.read("evidence.jsonl").splitlines()
        ]
    assert len({name.split("/")[2] for name in clips}) == 4
    assert events.count(None) == 1
    folder = unpack(tmp_path / "case.zip", tmp_path / "case")
    for case_at in (tmp_path / "case.zip", folder):
        assert typed(sealed_site, "verify", str(case_at)).exit_code == 0
    (folder / clips[0]).write_bytes((folder / clips[-1]).read_bytes())
    assert typed(sealed_site, "verify", str(pack(folder, tmp_path / "spoilt.zip"))).exit_code == 1
    (folder / "segments" / DOOR / "more").mkdir()
    assert "more: no manifest names this file" in typed(sealed_site, "verify", str(folder)).stdout


def test_one_camera_of_several(sealed_site: SmallSite, tmp_path: Path) -> None:
    add_a_door(sealed_site)
    told = export(sealed_site, tmp_path / "case.zip", "--venue", VENUE, "--camera", DOOR)
    assert (told["cameras"], told["clips"]) == ([DOOR], 2)
    assert typed(sealed_site, "verify", str(tmp_path / "case.zip")).exit_code == 0


@pytest.mark.parametrize("state", ["deleted", "missing", "wanted", "moved"])
def test_evidence_that_is_not_here_is_named(sealed_site: SmallSite, tmp_path: Path, state: str) -> None:
    one = sealed_of(sealed_site)[0]
    with sealed_site.database.transaction() as connection:
        if state == "deleted":
            mark_deleted(SCOPE, connection, one.id, failure="kept for 30 days")
        else:
            moved = {"moved_at": at(60) + timedelta(days=1)} if state == "moved" else {"state": state}
            connection.execute(evidence.update().where(evidence.c.id == one.id).values(moved))
    with pytest.raises(EvidenceError, match=one.id):
        export(sealed_site, tmp_path / "case.zip", one.id)
    assert not (tmp_path / "case.zip").exists()
    assert ("exported", one.id) not in deeds(sealed_site)

    told = export(sealed_site, tmp_path / "rest.zip", "--venue", VENUE)
    assert one.id not in str(told["evidence"])
    assert len(sealed_of(sealed_site)) - (state == "moved") == told["clips"]


def test_a_clip_that_was_altered_is_not_exported(sealed_site: SmallSite, tmp_path: Path) -> None:
    one = sealed_of(sealed_site)[0]
    clip = sealed_site.clips / one.parts[0].file_name
    clip.chmod(0o644)
    clip.write_bytes(clip.read_bytes() + b"x")
    with pytest.raises(TamperedError, match=clip.name):
        export(sealed_site, tmp_path / "case.zip", one.id)
    assert list(tmp_path.glob("case*")) == []
    assert ("exported", one.id) not in deeds(sealed_site)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("blur_faces: true", "privacy.blur_faces is on"),
        ("masks: [{camera: till, points: [[0, 0], [0.5, 0], [0.5, 0.5]]}]", "privacy.masks covers"),
    ],
)
def test_the_original_behind_a_mask_needs_a_word(
    sealed_site: SmallSite, tmp_path: Path, settings: str, reason: str
) -> None:
    (tmp_path / "site.yaml").write_text(f"privacy:\n  {settings}\n")
    words = ("--venue", VENUE, "--config", str(tmp_path / "site.yaml"))
    with pytest.raises(EvidenceError, match=reason) as refused:
        export(sealed_site, tmp_path / "case.zip", *words)
    assert "--original" in str(refused.value)
    assert not (tmp_path / "case.zip").exists()
    assert len(deeds(sealed_site)) == 3

    export(sealed_site, tmp_path / "case.zip", *words, "--original")
    assert typed(sealed_site, "verify", str(tmp_path / "case.zip")).exit_code == 0


def test_a_mask_of_another_camera_is_in_nobodys_way(sealed_site: SmallSite, tmp_path: Path) -> None:
    masks = "masks: [{camera: door, points: [[0, 0], [0.5, 0], [0.5, 0.5]]}]"
    (tmp_path / "site.yaml").write_text(f"privacy:\n  {masks}\n")
    export(sealed_site, tmp_path / "case.zip", "--venue", VENUE, "--config", str(tmp_path / "site.yaml"))


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--camera", CAMERA),
        ("--venue", "typo"),
        ("some-id", "--venue", VENUE),
    ],
)
def test_bad_usage(sealed_site: SmallSite, tmp_path: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError):
        export(sealed_site, tmp_path / "case.zip", *words)


def test_something_unknown_is_an_error(sealed_site: SmallSite, tmp_path: Path) -> None:
    for words in (["nothing"], ["--event", "nothing"]):
        with pytest.raises(EvidenceError, match="'nothing'"):
            export(sealed_site, tmp_path / "case.zip", *words)


@pytest.mark.parametrize("out", ["", "none/case.zip"])
def test_a_place_that_cannot_be_written_is_found_out_before_the_ledger_tells(
    sealed_site: SmallSite, tmp_path: Path, out: str
) -> None:
    with pytest.raises(ConfigError, match="--out"):
        export(sealed_site, tmp_path / out, "--venue", VENUE)
    assert len(deeds(sealed_site)) == 3


def test_the_verifier_page_from_the_program(tmp_path: Path) -> None:
    assert exit_code_of(["evidence", "verifier", "--out", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_bytes().startswith(b"<!doctype html>")
