"""Hosted videos on the disk: whole or not there, and gone when they are to be gone, kills included."""

import hashlib
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from evidence_site import VENUE, SmallSite

from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError
from sightline.evidence import hosted_videos as module
from sightline.evidence.hosted_videos import HostedVideoRefused, HostedVideos
from sightline.evidence.link_key import open_link_key
from sightline.evidence.private_links import PrivateLink, PrivateLinks
from sightline.store.hosted_videos import get_hosted_video

SITE = Scope.site()
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Shelf:
    """Hosted videos of a small site, at a time that tests set."""

    site: SmallSite
    now: datetime = NOON
    videos: HostedVideos = field(init=False)

    def __post_init__(self) -> None:
        self.links = PrivateLinks(
            self.site.database,
            link_key=open_link_key(self.site.data_dir / "keys"),
            base_url="https://videos.example",
            reach="private",
            actor="sightline test",
            clock=lambda: self.now,
        )
        self.videos = HostedVideos(
            self.site.database,
            folder=self.site.data_dir / "hosted",
            links=self.links,
            actor="sightline test",
            clock=lambda: self.now,
        )

    @property
    def files(self) -> list[Path]:
        return sorted((self.site.data_dir / "hosted").glob("*/*"))

    def keep(self, video_id: str, content: bytes = b"a video", **changed: Any) -> PrivateLink:
        part = self.videos.part_for(VENUE, video_id)
        part.write_bytes(content)
        asked: dict[str, Any] = {
            "venue_id": VENUE,
            "video_id": video_id,
            "file_name": "incident.mp4",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
            "facts": {},
            "hours": 48,
            "made_by": "test",
        }
        return self.videos.keep(SITE, part, **{**asked, **changed})

    def is_known(self, video_id: str) -> bool:
        with self.site.database.reading() as connection:
            found = get_hosted_video(SITE, connection, video_id)
        return found is not None and found.deleted_at is None


@pytest.fixture
def shelf(site: SmallSite) -> Shelf:
    return Shelf(site)


def test_a_video_lies_under_its_id_and_the_part_is_gone(shelf: Shelf) -> None:
    video_id = str(uuid4())
    shelf.keep(video_id)
    assert shelf.files == [shelf.site.data_dir / "hosted" / VENUE / f"{video_id}.mp4"]
    assert shelf.files[0].read_bytes() == b"a video"
    assert shelf.is_known(video_id)


@pytest.mark.parametrize(
    "video_id",
    [
        "../../x",
        "x",
        "",
        "0B7E2C52-3A0E-4F6D-9D54-6F3A1C2B7E10",
        "0b7e2c523a0e4f6d9d546f3a1c2b7e10",
        "a" * 5_000,
        "\0",
    ],
)
def test_what_is_no_uuid_is_no_path(shelf: Shelf, video_id: str) -> None:
    with pytest.raises(ValueError, match=r"uuid|UUID"):
        shelf.videos.part_for(VENUE, video_id)
    assert not (shelf.site.data_dir / "hosted").exists()


def test_a_video_that_is_refused_leaves_neither_file_nor_row(shelf: Shelf) -> None:
    video_id = str(uuid4())
    with pytest.raises(ConfigError):
        shelf.keep(video_id, hours=0)
    assert shelf.files == []
    assert not shelf.is_known(video_id)


def test_a_kill_before_the_commit_leaves_a_file_that_goes_when_it_is_old(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    video_id = str(uuid4())
    publish = module.publish

    def killed(part: Path, target: Path) -> None:
        publish(part, target)
        raise Killed

    monkeypatch.setattr(module, "publish", killed)
    with pytest.raises(Killed):
        shelf.keep(video_id)
    monkeypatch.undo()
    assert not shelf.is_known(video_id)
    (left,) = shelf.files
    shelf.videos.expire(shelf.now)
    assert shelf.files == [left], "it may be one that is just being received"
    os.utime(left, (time.time() - 3_700, time.time() - 3_700))
    shelf.videos.expire(shelf.now)
    assert shelf.files == []
    assert shelf.keep(video_id).life_hours == 48


def test_a_part_that_a_kill_left_goes_when_it_is_old(shelf: Shelf) -> None:
    part = shelf.videos.part_for(VENUE, str(uuid4()))
    part.write_bytes(b"half a vid")
    shelf.videos.expire(shelf.now)
    assert shelf.files == [part]
    os.utime(part, (time.time() - 3_700, time.time() - 3_700))
    shelf.videos.expire(shelf.now)
    assert shelf.files == []


def test_a_kill_between_the_row_that_says_deleted_and_the_file_is_made_good(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = str(uuid4())
    shelf.keep(video_id)

    def refuses(_path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuses)
    with pytest.raises(EvidenceError, match="tried again"):
        shelf.videos.delete(SITE, video_id)
    monkeypatch.undo()
    assert len(shelf.files) == 1
    assert not shelf.is_known(video_id)
    shelf.videos.expire(shelf.now)
    assert shelf.files == []


def test_a_video_goes_with_the_last_of_its_links_and_not_before(shelf: Shelf) -> None:
    video_id = str(uuid4())
    shelf.keep(video_id, hours=2)
    shelf.links.make(SITE, hosted_video_id=video_id, hours=10, made_by="test")
    shelf.now = NOON + timedelta(hours=9, minutes=59)
    assert shelf.videos.expire(shelf.now) == 0
    assert len(shelf.files) == 1
    shelf.now = NOON + timedelta(hours=10)
    assert shelf.videos.expire(shelf.now) == 1
    assert shelf.files == []
    assert not shelf.is_known(video_id)
    assert shelf.videos.expire(shelf.now) == 0


def test_a_video_that_has_gone_comes_back_neither_by_its_link_nor_by_its_sender(shelf: Shelf) -> None:
    video_id = str(uuid4())
    link = shelf.keep(video_id, hours=1)
    shelf.now = NOON + timedelta(hours=1)
    shelf.videos.expire(shelf.now)
    with pytest.raises(EvidenceError, match="gone"):
        shelf.links.extend(SITE, link.id, 5)
    with pytest.raises(HostedVideoRefused, match="was deleted") as refused:
        shelf.keep(video_id)
    assert refused.value.status == 409
    assert shelf.files == []


def test_a_video_whose_only_link_is_revoked_goes(shelf: Shelf) -> None:
    video_id, other = str(uuid4()), str(uuid4())
    link = shelf.keep(video_id)
    shelf.keep(other)
    shelf.links.revoke(SITE, link.id)
    assert shelf.videos.expire(shelf.now) == 1
    assert [path.stem for path in shelf.files] == [other]


def test_clips_of_evidence_do_not_go_with_their_links(sealed_site: SmallSite) -> None:
    shelf = Shelf(sealed_site)
    clips = sorted(sealed_site.clips.iterdir())
    with sealed_site.database.reading() as connection:
        from sightline.store.evidence import list_evidence

        evidence_id = list_evidence(SITE, connection, state="sealed")[0].id
    shelf.links.make(SITE, evidence_id=evidence_id, hours=1, made_by="test")
    shelf.now = NOON + timedelta(days=2)
    shelf.videos.expire(shelf.now)
    assert sorted(sealed_site.clips.iterdir()) == clips


def test_the_same_video_again_is_the_same_link_and_a_withdrawn_one_is_not_brought_back(shelf: Shelf) -> None:
    video_id = str(uuid4())
    link = shelf.keep(video_id)
    assert shelf.keep(video_id).url == link.url
    assert len(shelf.files) == 1
    with pytest.raises(HostedVideoRefused) as other:
        shelf.keep(video_id, b"another video")
    assert other.value.status == 409
    shelf.links.revoke(SITE, link.id)
    with pytest.raises(HostedVideoRefused) as withdrawn:
        shelf.keep(video_id)
    assert withdrawn.value.status == 409
    assert [path.read_bytes() for path in shelf.files] == [b"a video"]


def test_a_venue_can_neither_erase_nor_ask_about_the_video_of_another(shelf: Shelf) -> None:
    video_id, elsewhere = str(uuid4()), Scope.of("elsewhere")
    shelf.keep(video_id)
    for asked in (shelf.videos.delete, shelf.videos.link_of):
        with pytest.raises(HostedVideoRefused) as refused:
            asked(elsewhere, video_id)
        assert refused.value.status == 403
    assert len(shelf.files) == 1
