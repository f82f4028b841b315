"""The labelled people: enough of each kind to judge by, and inside the videos they were taken from."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import av
import pytest
from people_labels import FILE, frames_of, pictures_of, read_people_labels, shared_video

LABELS = read_people_labels()


def test_there_are_enough_of_every_direction() -> None:
    seen = Counter(crop.orientation for crop in LABELS.crops)
    sides = seen["side_left"] + seen["side_right"]
    assert min(seen["front"], sides, seen["back"]) >= 80
    assert min(seen["side_left"], seen["side_right"]) >= 40
    assert all(crop.box[3] - crop.box[1] >= 40 for crop in LABELS.crops)


def test_there_are_enough_walkers_and_people_standing_still() -> None:
    seen = Counter(track.movement for track in LABELS.tracks)
    assert seen["walking"] >= 40
    assert seen["standing"] >= 15
    assert seen["moves_on_the_spot"] >= 15


def test_no_person_is_labelled_twice() -> None:
    places = [(crop.video, crop.frame, crop.box) for crop in LABELS.crops]
    assert len(set(places)) == len(places)
    starts = [(track.video, track.boxes[0]) for track in LABELS.tracks]
    assert len(set(starts)) == len(starts)


def test_labels_lie_inside_their_videos(shared: Path) -> None:
    boxes = [(crop.video, crop.frame, crop.box) for crop in LABELS.crops]
    boxes += [(track.video, frame, box) for track in LABELS.tracks for frame, box in track.boxes]
    for name in sorted({video for video, _, _ in boxes}):
        with av.open(str(shared_video(shared, name))) as container:
            stream = container.streams.video[0]
            width, height, frames = stream.width, stream.height, stream.frames
        for video, frame, (left, top, right, bottom) in boxes:
            if video == name:
                assert 0 <= frame < frames, f"{name} has no frame {frame}"
                assert left >= 0 <= top, f"{name} {frame}"
                assert right <= width, f"{name} {frame}"
                assert bottom <= height, f"{name} {frame}"


def test_tracks_last_two_to_five_seconds(shared: Path) -> None:
    for name in sorted({track.video for track in LABELS.tracks}):
        with av.open(str(shared_video(shared, name))) as container:
            rate = float(container.streams.video[0].average_rate or 0)
        for track in (track for track in LABELS.tracks if track.video == name):
            frames = [frame for frame, _ in track.boxes]
            assert 1.9 <= (frames[-1] - frames[0]) / rate <= 5, f"{name} from {frames[0]}"
            assert len({later - earlier for earlier, later in pairwise(frames)}) == 1


def test_a_crop_comes_with_its_frame(shared: Path) -> None:
    few = [crop for crop in LABELS.crops if crop.video == "corridor-faces-b.avi"]
    shown = list(pictures_of(shared, few))
    assert {crop for crop, _ in shown} == set(few)
    assert {image.shape for _, image in shown} == {(480, 640, 3)}
    with pytest.raises(ValueError, match="has no frame 900"):
        list(frames_of(shared, "corridor-faces-b.avi", {0, 900}))


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("crops", "orientation", "left"),
        ("crops", "posture", "sitting"),
        ("crops", "box", [10, 10, 10, 40]),
        ("tracks", "movement", "runs"),
        ("tracks", "boxes", [[4, 0, 0, 9, 9], [4, 0, 0, 9, 9]]),
    ],
)
def test_a_label_that_is_none_is_refused(tmp_path: Path, kind: str, key: str, value: object) -> None:
    content = json.loads(FILE.read_text())
    content[kind][0][key] = value
    wrong = tmp_path / "labels.json"
    wrong.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"not an? |not in order"):
        read_people_labels(wrong)


def test_a_missing_video_skips_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"needs the shared video gone\.mp4"):
        shared_video(tmp_path, "gone.mp4")
