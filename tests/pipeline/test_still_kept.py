"""Many pages may show one camera: its picture is not taken out of the recording for each of them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sightline.domain.track import Point
from sightline.errors import NotFound
from sightline.pipeline import camera_look
from sightline.pipeline.camera_look import CameraLook
from sightline.pipeline.known_cameras import KnownCamera
from sightline.store.database import open_database, sqlite_url
from sightline.testing.recorded_shop import CAMERA, VENUE, record, write_noise

OPENING = datetime(2026, 3, 2, 9, tzinfo=UTC)
TILL = KnownCamera(
    venue_id=VENUE,
    camera_id=CAMERA,
    name=CAMERA,
    source="till.mp4",
    record_source=None,
    transport="tcp",
    origin=None,
    enabled=True,
)
ALL = [[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]]


class Masks:
    """Of every camera; to be changed."""

    drawn: Sequence[Sequence[Point]] = ()

    def __call__(self, _venue_id: str, _camera_id: str) -> Sequence[Sequence[Point]]:
        return self.drawn


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[CameraLook, Masks, Path]]:
    """A camera with some seconds of footage; its recordings."""
    recordings, masks = tmp_path / "recordings", Masks()
    write_noise(tmp_path / "till.mp4", seconds=3)
    with open_database(sqlite_url(tmp_path / "site.db")) as database:
        record(database, recordings, tmp_path / "till.mp4", OPENING)
        look = CameraLook(
            database, recordings_dir=recordings, address=lambda one: one.source, masks=masks, blur=None
        )
        yield look, masks, recordings


def remove_footage(recordings: Path) -> None:
    for file in recordings.rglob("*.mp4"):
        file.unlink()


def test_the_next_one_who_asks_gets_the_same_picture(shop: tuple[CameraLook, Masks, Path]) -> None:
    look, _, recordings = shop
    first = look.still(TILL)
    remove_footage(recordings)

    assert look.still(TILL) == first


def test_a_picture_without_the_masks_of_now_is_not_shown_again(shop: tuple[CameraLook, Masks, Path]) -> None:
    look, masks, _ = shop
    bare = look.still(TILL)
    masks.drawn = ALL
    covered = look.still(TILL)

    assert len(covered.jpeg) < len(bare.jpeg) / 3
    assert look.still(TILL) == covered


def test_an_old_picture_is_let_go(
    shop: tuple[CameraLook, Masks, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    look, _, recordings = shop
    monkeypatch.setattr(camera_look, "KEPT_S", -1.0)
    look.still(TILL)
    remove_footage(recordings)

    with pytest.raises(NotFound):
        look.still(TILL)


def test_who_asks_for_a_newer_picture_than_the_kept_one_gets_a_new_one(
    shop: tuple[CameraLook, Masks, Path],
) -> None:
    look, _, recordings = shop
    first = look.still(TILL, within_s=10)
    remove_footage(recordings)

    assert look.still(TILL, within_s=10) == first
    with pytest.raises(NotFound):
        look.still(TILL, within_s=0)
