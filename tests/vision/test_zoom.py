"""A closer look finds who is too small in the whole picture, and nobody is counted twice for it."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from vision_scenes import NOON, picture

from sightline.config.camera import CameraSettings
from sightline.domain.detection import Detections, FloatArray
from sightline.domain.overlap import pairwise_iou
from sightline.video.picture import Frame, Scaler
from sightline.vision.onnx_detector import OnnxDetector
from sightline.vision.picture import ArrayPicture, Picture
from sightline.vision.zoom import ZoomDetector, box_around
from sightline.wiring import zoomed as zoomed_by_settings

Box = tuple[float, float, float, float]
Answer = Sequence[tuple[Box, float]]


class SizedDetector:
    """Answers by the size of what it is shown: boxes and scores for the whole picture, others for a crop."""

    def __init__(self, answers: dict[tuple[int, int], Answer], batch: int = 1) -> None:
        self.name, self.note, self.parallel, self.batch = "sized", "", 1, batch
        self.needs_every_picture = False
        self._answers = answers
        self.shown: list[tuple[int, int]] = []

    def facts(self) -> dict[str, str | int | float]:
        return {"name": self.name}

    def detect(self, picture: Picture) -> Detections:
        self.shown.append((picture.width, picture.height))
        answer = self._answers.get((picture.width, picture.height), ())
        boxes = np.array([box for box, _ in answer], np.float32).reshape(-1, 4)
        return Detections(boxes, np.array([score for _, score in answer], np.float32))

    def detect_many(self, pictures: Sequence[Picture]) -> list[Detections]:
        return [self.detect(picture) for picture in pictures]


WHOLE, CROP = (400, 200), (100, 80)
PLACE = (0.5, 0.1, 0.75, 0.5)
"""In a picture of 400 x 200: from (200, 20) to (300, 100)."""


def zoomed(whole: Answer, crop: Answer) -> Detections:
    detector = ZoomDetector(SizedDetector({WHOLE: whole, CROP: crop}), [PLACE])
    return detector.detect(picture(*WHOLE))


def test_who_is_seen_only_closely_is_added_where_he_stands() -> None:
    found = zoomed([((10, 10, 60, 150), 0.9)], [((40, 30, 50, 60), 0.5)])
    assert found.boxes.tolist() == [[10, 10, 60, 150], [240, 50, 250, 80]]
    assert found.scores == pytest.approx(np.array([0.9, 0.5]))


def test_the_closer_look_wins_over_a_surer_one_from_afar() -> None:
    found = zoomed([((239, 48, 251, 81), 0.9)], [((40, 30, 50, 60), 0.5)])
    assert found.boxes.tolist() == [[240, 50, 250, 80]]


def test_who_is_seen_only_in_the_whole_picture_stays_also_inside_the_crop() -> None:
    found = zoomed([((260, 40, 280, 90), 0.6)], [])
    assert found.boxes.tolist() == [[260, 40, 280, 90]]


@pytest.mark.parametrize(
    "cut",
    [(0, 30, 20, 60), (40, 2, 50, 30), (80, 30, 98, 60), (40, 50, 50, 80)],
    ids=["left", "top", "right", "bottom"],
)
def test_a_box_cut_by_the_border_of_the_crop_is_dropped(cut: Box) -> None:
    assert len(zoomed([], [(cut, 0.9)])) == 0


def test_a_box_at_the_border_of_the_picture_itself_is_whole() -> None:
    inner = SizedDetector({CROP: [((50, 30, 100, 80), 0.9)]})
    found = ZoomDetector(inner, [(0.75, 0.6, 1.0, 1.0)]).detect(picture(*WHOLE))
    assert found.boxes.tolist() == [[350, 150, 400, 200]]


def test_the_half_of_somebody_who_reaches_out_of_the_crop_is_nobody_else() -> None:
    found = zoomed([((220, 40, 270, 190), 0.9)], [((22, 24, 68, 74), 0.8)])
    assert found.boxes.tolist() == [[220, 40, 270, 190]]


def test_a_part_that_nearly_fills_the_picture_is_not_looked_at_again() -> None:
    inner = SizedDetector({})
    ZoomDetector(inner, [(0.0, 0.0, 0.95, 0.9), PLACE]).detect(picture(*WHOLE))
    assert inner.shown == [WHOLE, CROP]


def test_several_pictures_get_their_own_answers() -> None:
    inner = SizedDetector({WHOLE: [((10, 10, 60, 150), 0.9)], CROP: [((40, 30, 50, 60), 0.5)]}, batch=8)
    detector = ZoomDetector(inner, [PLACE])
    assert detector.batch == 4
    assert [len(found) for found in detector.detect_many([picture(*WHOLE), picture(64, 64)])] == [2, 0]
    assert detector.facts() == {"name": "sized", "zoomed": 1}


@pytest.mark.parametrize("box", [(0.5, 0.1, 0.4, 0.5), (0.1, 0.1, 1.2, 0.5)])
def test_a_part_outside_the_picture_is_refused(box: Box) -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        ZoomDetector(SizedDetector({}), [box])


def test_the_box_around_a_zone_leaves_room_for_heads_and_stays_in_the_picture() -> None:
    assert box_around([(0.5, 0.3), (0.7, 0.3), (0.6, 0.4)]) == pytest.approx((0.47, 0.18, 0.73, 0.43))
    assert box_around([(0.0, 0.05), (1.0, 0.05), (0.5, 1.0)]) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "box", [(1, 0, 50, 50), (0, 0, 0, 50), (0, 0, 50, 202), (-2, 0, 50, 50), (60, 0, 50, 50)]
)
def test_a_crop_must_be_even_and_inside(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="even pixels inside 400x200"):
        picture(*WHOLE).cropped(*box)


def test_a_crop_of_a_picture_in_memory_is_that_part_of_it() -> None:
    bgr = np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8)
    crop = ArrayPicture(bgr, NOON).cropped(10, 20, 30, 40)
    assert (crop.width, crop.height, crop.captured_at) == (20, 20, NOON)
    assert (crop.scaled(20, 20, "bgr24") == bgr[20:40, 10:30]).all()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("layout", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12"])
def test_a_crop_of_a_decoded_frame_is_that_part_of_it(layout: str, rotation: int) -> None:
    frame = decoded(layout, (160, 96), rotation)
    crop = frame.cropped(20, 10, 60, 50)
    assert (crop.width, crop.height, crop.pts, crop.captured_at) == (40, 40, 7, NOON)
    whole = frame.bgr()[10:50, 20:60].astype(int)
    difference = np.abs(crop.bgr().astype(int) - whole)
    assert difference.mean() < 1.2  # two pixels beside would be 3 on average; colours are rounded


def test_an_odd_picture_on_its_side_can_be_cropped() -> None:
    frame = decoded("yuv420p", (161, 97), 90)
    shown = frame.cropped(20, 10, 60, 50).scaled(40, 40, "gray")
    whole = frame.scaled(frame.width, frame.height, "gray")
    assert np.abs(shown.astype(int) - whole[10:50, 20:60]).max() <= 1


@pytest.mark.parametrize("box", [(1, 0, 50, 50), (0, 0, 162, 50), (0, 0, 0, 50)])
def test_a_crop_of_a_decoded_frame_must_be_even_and_inside(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="even pixels inside 160x96"):
        decoded("yuv420p", (160, 96), 0).cropped(*box)


def decoded(layout: str, size: tuple[int, int], rotation: int) -> Frame:
    """A colourful frame as a decoder gives it, `size` as stored."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    bgr = np.stack([1.5 * x, 2 * y, x + y / 2], axis=2).astype(np.uint8)
    stored = av.VideoFrame.from_ndarray(bgr, format="bgr24").reformat(format=layout)
    turned = rotation in (90, 270)
    return Frame(
        width=height if turned else width,
        height=width if turned else height,
        captured_at=NOON,
        index=3,
        pts=7,
        rotation=rotation,
        _decoded=stored,
        _scaler=Scaler(),
    )


def test_a_detector_that_learns_from_picture_to_picture_is_refused() -> None:
    inner = SizedDetector({})
    inner.needs_every_picture = True
    with pytest.raises(ValueError, match="cannot be shown parts"):
        ZoomDetector(inner, [PLACE])


@pytest.mark.slow
def test_the_crop_finds_people_that_are_too_small_in_the_whole_picture(shared: Path) -> None:
    """The PETS crossing as the far corner of a picture three times as wide, against its published truth."""
    left, top = 720, 80
    detector = OnnxDetector("yolox_nano", shared / "models" / "yolox_nano.onnx")
    closer = ZoomDetector(detector, [(left / 1440, top / 1080, (left + 480) / 1440, (top + 360) / 1080)])
    rows = np.loadtxt(shared / "mot" / "PETS09-S2L1" / "gt" / "gt.txt", delimiter=",")
    people, from_afar, from_close, false = 0, 0, 0, 0
    with av.open(str(shared / "videos" / "pets09-s2l1.mp4")) as video:
        for index, frame in enumerate(video.decode(video=0)):
            if index % 100:
                continue
            canvas = np.full((1080, 1440, 3), 114, np.uint8)
            canvas[top : top + 360, left : left + 480] = frame.to_ndarray(format="bgr24")
            x, y, wide, high = rows[(rows[:, 0] == index + 1) & (rows[:, 6] == 1)][:, 2:6].T * 0.625
            truth = np.stack([x, y, x + wide, y + high], axis=1).astype(np.float32)
            truth += np.array([left, top, left, top], np.float32)
            people += len(truth)
            shown = ArrayPicture(canvas, NOON)
            from_afar += found_of(truth, detector.detect(shown))
            seen = closer.detect(shown)
            from_close += found_of(truth, seen)
            false += len(seen) - found_of(seen.boxes, Detections(truth, np.ones(len(truth), np.float32)))
    assert from_close > 0.85 * people
    assert from_afar < 0.5 * from_close
    assert false < 0.4 * people


def found_of(wanted: FloatArray, found: Detections) -> int:
    return int((pairwise_iou(wanted, found.boxes).max(axis=1, initial=0) >= 0.5).sum())


def test_a_zone_that_asks_for_it_is_looked_at_closely() -> None:
    points = [(0.5, 0.1), (0.75, 0.1), (0.75, 0.5)]
    zones = [{"name": "far", "points": points, "zoom": True}, {"name": "near", "points": points}]
    camera = CameraSettings.model_validate({"id": "till", "source": "rtsp://10.0.0.8/1", "zones": zones})
    plain = camera.model_copy(update={"zones": camera.zones[1:]})
    detector = SizedDetector({})

    closer = zoomed_by_settings(detector, camera)
    assert isinstance(closer, ZoomDetector)
    closer.detect(picture(*WHOLE))
    assert len(detector.shown) == 2
    assert zoomed_by_settings(detector, plain) is detector
