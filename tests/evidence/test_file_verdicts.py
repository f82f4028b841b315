"""Hashes of files are remembered while the file is untouched, and for ten minutes at most."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from sightline.evidence import file_verdicts
from sightline.evidence.file_verdicts import GOOD_FOR_S, FileVerdicts


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file that was really read."""
    paths: list[Path] = []
    hashed = file_verdicts.sha256_of

    def watched(path: Path) -> str:
        paths.append(path)
        return hashed(path)

    monkeypatch.setattr(file_verdicts, "sha256_of", watched)
    return paths


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_an_untouched_file_is_read_once_in_ten_minutes(tmp_path: Path, read: list[Path]) -> None:
    clock = [0.0]
    verdicts = FileVerdicts(lambda: clock[0])
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip")
    for clock[0] in (0.0, 1.0, GOOD_FOR_S):
        assert verdicts.sha256(clip) == digest(b"a clip")
    assert len(read) == 1
    clock[0] = GOOD_FOR_S + 1
    verdicts.sha256(clip)
    assert len(read) == 2


def test_a_file_written_to_replaced_or_touched_is_read_again(tmp_path: Path, read: list[Path]) -> None:
    verdicts = FileVerdicts(lambda: 0.0)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip")
    verdicts.sha256(clip)
    before = clip.stat()
    clip.write_bytes(b"A clip")
    os.utime(clip, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert verdicts.sha256(clip) == digest(b"A clip")
    (tmp_path / "other").write_bytes(b"B clip")
    os.utime(tmp_path / "other", ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    (tmp_path / "other").replace(clip)
    assert verdicts.sha256(clip) == digest(b"B clip")
    assert len(read) == 3


def test_many_that_ask_at_once_wait_for_one_reading(tmp_path: Path, read: list[Path]) -> None:
    verdicts = FileVerdicts()
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(bytes(5_000_000))
    asking = [threading.Thread(target=verdicts.sha256, args=(clip,)) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(read) == 1


def test_a_file_that_changed_while_it_was_read_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts = FileVerdicts()
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip")

    def changes(path: Path) -> str:
        path.write_bytes(b"a longer clip")
        return digest(b"a clip")

    monkeypatch.setattr(file_verdicts, "sha256_of", changes)
    verdicts.sha256(clip)
    monkeypatch.undo()
    assert verdicts.sha256(clip) == digest(b"a longer clip")


def test_a_file_that_is_gone_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileVerdicts().sha256(tmp_path / "nowhere.mp4")
