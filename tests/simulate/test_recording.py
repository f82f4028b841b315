"""What `simulate` leaves on the disk: a video that decodes, a truth that matches, a site file; or nothing."""

import errno
import json
from datetime import datetime
from pathlib import Path

import av
import numpy as np
import pytest
import yaml
from av.video.frame import PictureType

from sightline.errors import ConfigError, DiskFull
from sightline.simulate import SimulatedShop, load_truth, recording, script_shop, simulate

MINUTES = 0.15
FPS = 5


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> SimulatedShop:
    return simulate(tmp_path_factory.mktemp("shop"), seed=4, minutes=MINUTES, fps=FPS)


def test_video_decodes_to_every_frame_in_the_stated_size_and_rate(shop: SimulatedShop) -> None:
    with av.open(str(shop.video)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 1280, 720)
        assert stream.pix_fmt == "yuv420p"
        assert stream.average_rate == FPS
        frames = list(container.decode(stream))
        assert len(frames) == shop.truth.frames == 45
        assert [round(float(frame.time) * FPS) for frame in frames] == list(range(45))
        assert not any(frame.pict_type == PictureType.B for frame in frames)
        keys = [number for number, frame in enumerate(frames) if frame.key_frame]
        assert keys == list(range(0, 45, 2 * FPS))


def test_container_says_when_it_was_recorded(shop: SimulatedShop) -> None:
    with av.open(str(shop.video)) as container:
        said = datetime.fromisoformat(container.metadata["creation_time"])
    assert said == shop.truth.recorded_at


def test_truth_file_equals_the_script_without_pictures(shop: SimulatedShop) -> None:
    read = load_truth(shop.truth_file)
    assert read.to_document() == shop.truth.to_document()
    assert read.to_document() == script_shop(4, MINUTES, FPS).to_document()


def test_people_are_painted_where_the_truth_says(shop: SimulatedShop) -> None:
    """Pixels that differ from the empty shop lie in the boxes, and each visible person changes many."""
    with av.open(str(shop.video)) as container:
        pictures = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
    last = len(pictures) - 1
    changed = np.abs(pictures[last] - pictures[0]) > 40
    inside = np.zeros_like(changed)
    seen = 0
    for track in shop.truth.tracks:
        if last in track.frames and track.visible[last - track.first_frame] > 0.5:
            x1, y1, x2, y2 = track.boxes[last - track.first_frame].astype(int)
            inside[max(0, y1 - 3) : y2 + 4, max(0, x1 - 3) : x2 + 4] = True
            assert changed[y1:y2, x1:x2].mean() > 0.1
            seen += 1
    assert seen >= 1
    assert (changed & ~inside).sum() < 0.1 * changed.sum()


def test_same_seed_gives_the_same_bytes(shop: SimulatedShop, tmp_path: Path) -> None:
    again = simulate(tmp_path / "new" / "folder", seed=4, minutes=MINUTES, fps=FPS)
    assert again.video.read_bytes() == shop.video.read_bytes()
    assert again.truth_file.read_bytes() == shop.truth_file.read_bytes()
    assert sorted(path.name for path in again.video.parent.iterdir()) == [
        "shop.mp4",
        "site.yaml",
        "truth.json",
    ]


def test_site_file_draws_a_staff_line_and_every_kind_of_zone(shop: SimulatedShop) -> None:
    camera = yaml.safe_load(shop.site_file.read_text())["venues"][0]["cameras"][0]
    assert camera["staff"]["side"] == "left"
    points = [*camera["staff"]["line"], *(p for zone in camera["zones"] for p in zone["points"])]
    assert all(0 <= value <= 1 for point in points for value in point)
    assert {zone["kind"] for zone in camera["zones"]} == {"service", "queue", "staff", "entrance"}


def test_staff_stand_on_their_side_of_the_line_and_queues_in_their_zone() -> None:
    from sightline.simulate.site import site_document

    truth = script_shop(2, 2, FPS)
    camera = site_document("shop.mp4")["venues"][0]["cameras"][0]
    (x1, y1), (x2, y2) = camera["staff"]["line"]
    shares = {}
    for track in truth.tracks:
        foot_x = (track.boxes[:, 0] + track.boxes[:, 2]) / 2 / truth.width
        foot_y = track.boxes[:, 3] / truth.height
        left = (x2 - x1) * (foot_y - y1) - (y2 - y1) * (foot_x - x1) < 0
        shares[track.person_id] = float(left[track.visible > 0.3].mean())
    assert min(shares[1], shares[2]) > 0.6
    assert max(share for person, share in shares.items() if person > 2) < 0.4


def test_progress_rises_to_one(tmp_path: Path) -> None:
    told: list[float] = []
    simulate(tmp_path, seed=1, minutes=0.1, fps=2, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) >= 5


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigError, match="cannot write the simulated recording"):
        simulate(tmp_path / "file", seed=1, minutes=0.1, fps=2)


def test_full_disk_leaves_the_earlier_recording_and_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "shop.mp4").write_bytes(b"earlier")
    monkeypatch.setattr(recording.os, "fsync", no_space)
    with pytest.raises(DiskFull, match="no space left"):
        simulate(tmp_path, seed=1, minutes=0.1, fps=2)
    assert [path.name for path in tmp_path.iterdir()] == ["shop.mp4"]
    assert (tmp_path / "shop.mp4").read_bytes() == b"earlier"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("{", id="not JSON"),
        pytest.param("[]", id="another document"),
        pytest.param(json.dumps({"format": "sightline-simulated-truth/1"}), id="nothing in it"),
    ],
)
def test_damaged_truth_file_is_a_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "truth.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"truth\.json"):
        load_truth(path)


def test_missing_truth_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the truth file"):
        load_truth(tmp_path / "none.json")
