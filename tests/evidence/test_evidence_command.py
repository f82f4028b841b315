"""`sightline evidence` as a person types it."""

import json
from pathlib import Path

import pytest
from evidence_site import SmallSite
from typer.testing import CliRunner, Result

from sightline.cli.evidence import app
from sightline.errors import ConfigError, EvidenceError


def typed(site: SmallSite | None, *words: str) -> Result:
    options = ["--data-dir", str(site.data_dir)] if site else []
    return CliRunner().invoke(app, [*words, *options])


def spoil(clip: Path) -> None:
    content = bytearray(clip.read_bytes())
    content[-1] ^= 1
    clip.chmod(0o644)
    clip.write_bytes(content)


def test_the_list_shows_each_clip_and_whether_it_is_whole(sealed_site: SmallSite) -> None:
    clips = sorted(sealed_site.clips.iterdir())
    spoil(clips[1])
    lines = typed(sealed_site, "list").stdout.splitlines()

    assert len(lines) == 4
    assert lines[1].startswith(
        "2025-10-25 13:30:04  corner_shop/till  interaction  segment_1_20251025_113004_interaction_start.mp4"
    )
    assert lines[1].rstrip().endswith("yes")
    assert f"NO: {clips[1].name} was altered" in lines[2]


def test_the_list_as_json(sealed_site: SmallSite) -> None:
    rows = json.loads(typed(sealed_site, "list", "--json", "--camera", "till").stdout)
    assert [row["kind"] for row in rows] == ["interaction", "unattended", "queue"]
    assert all(row["verified"] for row in rows)
    assert rows[0]["size_bytes"] == (sealed_site.clips / rows[0]["clips"][0]).stat().st_size
    assert json.loads(typed(sealed_site, "list", "--json", "--camera", "door").stdout) == []


def test_show_finds_by_event_evidence_and_clip(sealed_site: SmallSite) -> None:
    row = json.loads(typed(sealed_site, "list", "--json").stdout)[0]
    told = [
        typed(sealed_site, "show", name).stdout
        for name in (row["event_id"], row["evidence_id"], *row["clips"])
    ]

    assert told[0] == told[1] == told[2]
    assert "happened   2025-10-25 13:30:06 to 13:30:14 (8.0 s)  staff 1, customer 2" in told[0]
    assert "sealed by sightline test (entry 1)" in told[0]
    assert told[0].splitlines()[-1] == "verified   yes"
    document = json.loads(typed(sealed_site, "show", row["event_id"], "--json").stdout)
    assert document["ledger"][0]["facts"]["manifest_sha256"] == document["manifest_sha256"]


def test_show_of_something_unknown_is_an_error(sealed_site: SmallSite) -> None:
    assert isinstance(typed(sealed_site, "show", "nothing").exception, EvidenceError)


def test_verify_says_what_was_checked_and_exits_0(sealed_site: SmallSite, tmp_path: Path) -> None:
    sealed_site.export(tmp_path / "out")
    for arguments in ([], [str(tmp_path / "out")]):
        result = typed(sealed_site, "verify", *arguments)
        assert result.exit_code == 0, result.stdout
        assert "3 clips" in result.stdout
        assert "key not pinned" not in result.stdout
    assert "Checked against the key of this site" in result.stderr


def test_verify_names_each_finding_and_exits_1(sealed_site: SmallSite, tmp_path: Path) -> None:
    sealed_site.export(tmp_path / "out")
    clip = min((tmp_path / "out" / "segments").iterdir())
    spoil(clip)
    for arguments in ([], [str(tmp_path / "out")]):
        result = typed(sealed_site, "verify", *arguments)
        assert result.exit_code == 1
        assert result.stdout.startswith(f"{clip.name}: was altered")
    document = json.loads(typed(sealed_site, "verify", str(tmp_path / "out"), "--json").stdout)
    assert document[0]["findings"][0]["subject"] == clip.name


def test_verify_on_a_strangers_machine(
    sealed_site: SmallSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = sealed_site.export(tmp_path / "out").head
    monkeypatch.chdir(tmp_path)
    assert "key not pinned" in typed(None, "verify", "out").stdout
    pinned = typed(None, "verify", "out", "--public-key", "out/public_key.pem", "--head", str(head))
    assert pinned.exit_code == 0
    assert "key not pinned" not in pinned.stdout
    other = typed(None, "verify", "out", "--head", f"2:{'0' * 64}")
    assert other.exit_code == 1
    assert "was written anew" in other.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def test_a_site_or_venue_that_is_not_there_does_not_verify(sealed_site: SmallSite, tmp_path: Path) -> None:
    nowhere = CliRunner().invoke(app, ["verify", "--data-dir", str(tmp_path / "typo")])
    assert isinstance(nowhere.exception, ConfigError)
    assert not (tmp_path / "typo").exists()
    assert isinstance(typed(sealed_site, "verify", "--venue", "typo").exception, ConfigError)


@pytest.mark.parametrize("head", ["3", "x:" + "0" * 64, "3:abc"])
def test_a_head_that_is_none_is_bad_usage(sealed_site: SmallSite, head: str) -> None:
    assert isinstance(typed(sealed_site, "verify", "--head", head).exception, ConfigError)
