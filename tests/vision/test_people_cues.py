"""Who walks and which way people face, on people of the shared videos labelled by eye.

`benchmarks/people_cues.py` tells the figures of all of them.
"""

from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from people_labels import LabelledTrack, frames_of, read_people_labels, shared_video
from vision_scenes import NOON

from sightline.domain.body_pose import BodyPose, Posture, orientation, posture
from sightline.domain.presence import STILL_SPEED
from sightline.domain.stationarity import Movement
from sightline.vision.catalogue import load_catalogue
from sightline.vision.crop import cut
from sightline.vision.picture import ArrayPicture
from sightline.vision.pose import CROP_MARGIN, PoseModel


@cache
def rate_and_height(path: Path) -> tuple[float, int]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return float(stream.average_rate or 0), stream.height


def speeds(shared: Path, track: LabelledTrack) -> list[float]:
    rate, height = rate_and_height(shared_video(shared, track.video))
    movement, found = Movement(), []
    for frame, box in track.boxes:
        movement.see(NOON + timedelta(seconds=frame / rate), box, picture_height=height)
        if movement.speed is not None:
            found.append(movement.speed)
    return found


def labelled(movement: str) -> list[LabelledTrack]:
    return [track for track in read_people_labels().tracks if track.movement == movement]


def test_no_walker_of_any_video_ever_stands(shared: Path) -> None:
    tracks = labelled("walking")
    heights = [track.boxes[0][1][3] - track.boxes[0][1][1] for track in tracks]
    assert min(heights) < 64 < 128 < max(heights)
    for track in tracks:
        assert min(speeds(shared, track)) >= STILL_SPEED, (track.video, track.boxes[0])


def test_whoever_stands_still_is_standing_at_every_scale(shared: Path) -> None:
    moments: Counter[str] = Counter()
    standing: Counter[str] = Counter()
    for track in labelled("standing"):
        height = track.boxes[0][1][3] - track.boxes[0][1][1]
        scale = "small" if height < 100 else "middle" if height < 200 else "large"
        found = speeds(shared, track)
        moments[scale] += len(found)
        standing[scale] += sum(speed < STILL_SPEED for speed in found)
    assert set(moments) == {"small", "middle", "large"}
    for scale, count in moments.items():
        assert standing[scale] / count >= 0.95, scale


@pytest.mark.slow
def test_front_side_and_back_are_told_apart_in_a_supermarket(shared: Path) -> None:
    video = "supermarket-checkout-cctv.mp4"
    model = PoseModel(load_catalogue()["yolo11n-pose"], shared / "models" / "yolo11n-pose.onnx")
    labels = [crop for crop in read_people_labels().crops if crop.video == video]
    crops, people, shown = [], [], []
    for index, image in frames_of(shared, video, {label.frame for label in labels}):
        there = [label for label in labels if label.frame == index]
        boxes = np.array([label.box for label in there], np.float32)
        crops += cut(ArrayPicture(image, NOON), boxes, margin=CROP_MARGIN)
        people.append(boxes)
        shown += there
    right = upright = 0
    for label, poses in zip(shown, model.of_people(crops, np.concatenate(people)), strict=True):
        pose = BodyPose(poses.points[0])
        value = orientation(pose)
        assert value is not None
        told = "front" if value > 0.3 else "back" if value < -0.3 else "side"
        right += told == label.orientation.split("_")[0]
        upright += (posture(pose) is Posture.UPRIGHT) == (label.posture == "upright")
    assert len(shown) >= 36
    assert right / len(shown) >= 0.9
    assert upright / len(shown) >= 0.75
