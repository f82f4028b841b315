"""Which file a link shows: the sealed clip, its copy for browsers, its masked copy, or nothing."""

import hashlib
from pathlib import Path

import pytest
from evidence_site import EVENTS, SmallSite, write_video
from video_site import BROWSER, CAMERA, VideoSite

from person_network import write_person_model


@pytest.mark.slow
def test_a_clip_that_not_every_browser_plays_is_shown_as_its_viewing_copy(tmp_path: Path) -> None:
    write_video(tmp_path / "till.mp4", codec="libx265")
    small = SmallSite.open(tmp_path / "made")
    small.record(tmp_path / "till.mp4")
    small.conclude(EVENTS[0])
    small.seal()
    small.database.close()
    site = VideoSite.copied(tmp_path / "made", tmp_path / "data")
    with site.answering():
        link = site.link()
        (part,) = site.evidence().parts
        assert part.viewing_copy is not None
        answer = site.get(site.address(link))
        assert answer.content == site.clip().with_name(part.viewing_copy).read_bytes()
        page = site.get(site.address(link), **BROWSER).text
        assert "Converted copy for browsers" in page
        assert "Integrity verified" in page
        assert hashlib.sha256(answer.content).hexdigest() in page
        assert str(part.sha256) in page
        copy = site.clip().with_name(part.viewing_copy)
        copy.chmod(0o644)
        copy.write_bytes(answer.content[:-1])
        assert site.get(site.address(link)).status_code == 404
        assert [one.subject for one in site.alerts()] == [copy.name]
    site.close()


def test_blurred_faces_that_cannot_be_had_mean_no_video(sealed_folder: Path, tmp_path: Path) -> None:
    blind = {"privacy": {"blur_faces": True}, "detector": {"name": "builtin"}}
    site = VideoSite.copied(sealed_folder, tmp_path / "data", blind)
    with site.answering():
        answer = site.get(site.address(site.link()))
        assert answer.status_code == 404
        assert "blur" not in answer.text
    site.close()


def test_a_link_shows_the_copy_in_which_faces_are_blurred(sealed_folder: Path, tmp_path: Path) -> None:
    write_person_model(tmp_path / "models")
    settings = {"privacy": {"blur_faces": True}, "models": {"dir": str(tmp_path / "models")}}
    site = VideoSite.copied(sealed_folder, tmp_path / "data", settings)
    with site.answering():
        link = site.link()
        answer = site.get(site.address(link))
        assert answer.status_code == 200
        (copy,) = site.clip().parent.glob("*_released.mp4")
        assert answer.content == copy.read_bytes() != site.clip().read_bytes()
        page = site.get(site.address(link), **BROWSER).text
        assert hashlib.sha256(answer.content).hexdigest() in page
        assert "Integrity verified" in page
    site.close()


def test_masks_are_burned_into_what_is_shown(sealed_folder: Path, tmp_path: Path) -> None:
    mask = {"camera": CAMERA, "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    site = VideoSite.copied(sealed_folder, tmp_path / "data", {"privacy": {"masks": [mask]}})
    with site.answering():
        link = site.link()
        answer = site.get(site.address(link))
        assert answer.status_code == 200
        assert answer.content != site.clip().read_bytes()
        page = site.get(site.address(link), **BROWSER).text
        assert "Private areas are covered" in page
        assert hashlib.sha256(answer.content).hexdigest() in page
        assert str(site.evidence().parts[0].sha256) in page
        assert "Integrity verified" in page
    site.close()
