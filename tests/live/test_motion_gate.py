"""The gate lets through what a person does and nothing that the camera does by itself."""

import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sightline.video.motion_gate import HEARTBEAT, MotionGate

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WIDTH, HEIGHT = MotionGate.size_for(1280, 720)
STEP_S = 0.2
Gray = npt.NDArray[np.uint8]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def shop(seed: int = 1) -> npt.NDArray[np.float32]:
    """An empty room of soft patches and shelves."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 190, (12, 20)).astype(np.float32)
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


class Camera:
    """Pictures of the room with sensor noise, and people painted where asked: (left, top, width, height)."""

    def __init__(self, noise: float = 2.0) -> None:
        self.empty = shop()
        self._noise, self._rng = noise, np.random.default_rng(7)

    def show(
        self, *people: tuple[float, float, float, float], gain: float = 1.0, offset: float = 0.0
    ) -> Gray:
        room = cv2.resize(self.empty, None, fx=4, fy=4, interpolation=cv2.INTER_NEAREST)
        for left, top, width, height in people:
            rows = slice(round(4 * top), round(4 * (top + height)))
            room[rows, round(4 * left) : round(4 * (left + width))] -= 30
        room = cv2.resize(room, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        noisy = gain * room + offset + self._rng.normal(0, self._noise, room.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)


def settled(camera: Camera, *people: tuple[float, float, float, float]) -> tuple[MotionGate, float]:
    """A gate that has watched a still scene for five seconds, and the time of the next picture."""
    gate, seconds = MotionGate(), 0.0
    for _ in range(25):
        picture = camera.show(*people)
        if gate.look(picture, at(seconds)) or gate.heartbeat_due(at(seconds)):
            gate.took(picture, at(seconds))
        seconds += STEP_S
    return gate, seconds


FAR = (150.0, 40.0, 5.0, 14.0)
"""A person far away, of 320 x 180: 20 x 56 pixels in a picture of 1280 x 720."""
NEAR = (60.0, 40.0, 40.0, 110.0)


def test_the_first_picture_counts_and_so_does_one_of_another_size() -> None:
    gate = MotionGate()
    assert gate.look(Camera().show(), at(0))
    gate.took(Camera().show(), at(0))
    assert not gate.look(Camera().show(), at(0.2))
    assert gate.look(np.zeros((240, 320), np.uint8), at(0.4))


def test_a_picture_from_before_the_last_starts_anew() -> None:
    camera = Camera()
    gate, seconds = settled(camera)
    assert not gate.look(camera.show(), at(seconds))
    assert gate.look(camera.show(), at(1.0))
    assert gate.heartbeat_due(at(1.0))


@pytest.mark.parametrize("noise", [0.5, 3.0, 8.0, 30.0])
def test_an_empty_room_stays_quiet_whatever_the_noise_of_the_sensor(noise: float) -> None:
    camera = Camera(noise)
    gate, seconds = settled(camera)
    looks = [gate.look(camera.show(), at(seconds + STEP_S * step)) for step in range(50)]
    assert not any(looks)
    assert gate.quiet_since == at(0)


@pytest.mark.parametrize(("gain", "offset"), [(1.25, 0.0), (0.75, 0.0), (1.0, 25.0), (0.8, -10.0)])
def test_brighter_and_darker_light_is_no_movement(gain: float, offset: float) -> None:
    camera = Camera()
    gate, seconds = settled(camera, NEAR)
    assert not gate.look(camera.show(NEAR, gain=gain, offset=offset), at(seconds))


def test_who_steps_into_view_far_away_is_noticed_also_when_the_light_changes() -> None:
    camera = Camera()
    gate, seconds = settled(camera)
    assert gate.look(camera.show(FAR, gain=1.1), at(seconds))
    assert gate.quiet_since == at(seconds)


@pytest.mark.parametrize(
    ("person", "aside"), [pytest.param(FAR, 2.0, id="far"), pytest.param(NEAR, 8.0, id="near")]
)
def test_a_shift_of_weight_is_noticed(person: tuple[float, float, float, float], aside: float) -> None:
    camera = Camera()
    gate, seconds = settled(camera, person)
    moved = (person[0] + aside, *person[1:])
    assert not gate.look(camera.show(person), at(seconds))
    assert gate.look(camera.show(moved), at(seconds + STEP_S))


def test_slow_movement_adds_up_until_it_is_seen() -> None:
    camera = Camera()
    gate, seconds = settled(camera, NEAR)
    gate.took(camera.show(NEAR), at(seconds))
    noticed = None
    for step in range(1, 10):
        person = (NEAR[0] + 1.0 * step, *NEAR[1:])
        if gate.look(camera.show(person), at(seconds + STEP_S * step)):
            noticed = step
            break
    assert noticed is not None
    assert 1 < noticed <= 8


def test_a_still_scene_is_looked_at_every_two_seconds() -> None:
    camera = Camera()
    gate, taken = MotionGate(), []
    for step in range(51):
        picture = camera.show(NEAR)
        if gate.look(picture, at(STEP_S * step)) or gate.heartbeat_due(at(STEP_S * step)):
            gate.took(picture, at(STEP_S * step))
            taken.append(STEP_S * step)
    assert taken == pytest.approx([0, 2, 4, 6, 8, 10])
    assert HEARTBEAT.total_seconds() == 2


def test_a_picture_that_is_only_compared_moves_the_reference_but_not_the_heartbeat() -> None:
    camera = Camera()
    gate, seconds = settled(camera)
    gate.took(camera.show(), at(seconds))
    assert gate.look(camera.show(NEAR), at(seconds + 1))
    gate.compared(camera.show(NEAR), at(seconds + 1))
    assert not gate.look(camera.show(NEAR), at(seconds + 1.2))
    assert gate.heartbeat_due(at(seconds + 2))


def test_key_frames_that_redraw_a_grainy_scene_are_no_movement(tmp_path: Path) -> None:
    """Between key frames H.264 leaves still places as they are; each key frame paints them afresh."""
    path, camera = tmp_path / "grainy.mp4", Camera(noise=5.0)
    with av.open(str(path), "w") as container:
        options = {"g": "10", "keyint_min": "10", "sc_threshold": "0", "preset": "veryfast", "crf": "32"}
        stream = container.add_stream("libx264", rate=Fraction(5), options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _ in range(100):
            gray = camera.show(NEAR)
            frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    gate, moved = MotionGate(), []
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            gray, when = frame.to_ndarray(format="gray"), at(STEP_S * index)
            looked = gate.look(gray, when)
            if index > 15 and looked:
                moved.append(index)
            if looked or gate.heartbeat_due(when):
                gate.took(gray, when)
    assert moved == []


def test_a_look_takes_well_under_a_millisecond_of_the_processor() -> None:
    camera = Camera()
    gate, seconds = settled(camera, NEAR)
    pictures = [camera.show((NEAR[0] + step, *NEAR[1:])) for step in range(30)]
    laps = []
    for step, picture in enumerate(pictures):
        began = time.process_time()
        gate.look(picture, at(seconds + STEP_S * step))
        laps.append(time.process_time() - began)
    assert sorted(laps)[len(laps) // 2] < 0.002  # 0.0005 when nothing else runs
