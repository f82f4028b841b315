"""Who stands and who walks, told from boxes that jitter as those of detectors do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.stationarity import SPAN, Movement, stationarity
from sightline.domain.track import Box

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FPS = 5.0
SCALES = [pytest.param(50, id="50 px"), pytest.param(150, id="150 px"), pytest.param(450, id="450 px")]


def walk(
    height: float,
    speed: float,
    *,
    seconds: float = 6,
    jitter: float = 0.0,
    fps: float = FPS,
    way: float = 0.0,
    turn_every_s: float | None = None,
    seed: int = 1,
) -> Iterator[tuple[datetime, Box]]:
    """Somebody of `height` pixels at `speed` body heights a second in the direction `way` (radians).

    Args:
        jitter: standard deviation of each side of the box, as a share of its height.
        turn_every_s: back and forth.
    """
    rng = np.random.default_rng(seed)
    for frame in range(int(seconds * fps) + 1):
        t = frame / fps
        gone = t
        if turn_every_s is not None:
            lap, rest = divmod(t, turn_every_s)
            gone = rest if lap % 2 == 0 else turn_every_s - rest
        x = 800 + height * speed * gone * np.cos(way)
        y = 700 + height * speed * gone * np.sin(way)
        noise = rng.normal(0, jitter * height, 4)
        sides = np.array([x - 0.18 * height, y - height, x + 0.18 * height, y]) + noise
        yield NOON + timedelta(seconds=t), tuple(sides.tolist())


def speeds(sightings: Iterator[tuple[datetime, Box]], picture_height: float = 2000) -> list[float]:
    movement, found = Movement(), []
    for at, box in sightings:
        movement.see(at, box, picture_height=picture_height)
        if movement.speed is not None:
            found.append(movement.speed)
    assert found
    return found


@pytest.mark.parametrize(
    ("speed", "value"), [(0.0, 1), (0.149, 1), (0.15, 1), (0.475, 0.5), (0.8, 0), (3.0, 0)]
)
def test_stationarity_is_1_below_a_stroll_and_0_at_walking_speed(speed: float, value: float) -> None:
    assert stationarity(speed) == pytest.approx(value)


@pytest.mark.parametrize("height", SCALES)
@pytest.mark.parametrize("jitter", [0.0, 0.02, 0.04])
def test_whoever_stands_is_stationary_however_the_box_jitters(height: float, jitter: float) -> None:
    for seed in range(15):
        found = speeds(walk(height, 0.0, jitter=jitter, seed=seed))
        assert max(found) < 0.15
        assert np.median(found) < 0.05


@pytest.mark.parametrize("height", SCALES)
@pytest.mark.parametrize("jitter", [0.0, 0.02, 0.04])
@pytest.mark.parametrize("way", [0.0, 0.8, 1.57], ids=["across", "aslant", "towards"])
def test_a_walker_is_never_stationary(height: float, jitter: float, way: float) -> None:
    for seed in range(5):
        assert min(speeds(walk(height, 0.5, jitter=jitter, way=way, seed=seed))) > 0.25


@pytest.mark.parametrize("height", SCALES)
def test_the_speed_is_right_without_jitter(height: float) -> None:
    assert speeds(walk(height, 0.6)) == pytest.approx([0.6] * 26, abs=0.01)


@pytest.mark.parametrize("fps", [2.0, 5.0, 15.0, 30.0])
def test_the_rate_of_the_pictures_does_not_matter(fps: float) -> None:
    assert max(speeds(walk(150, 0.0, jitter=0.03, fps=fps))) < 0.15
    assert min(speeds(walk(150, 0.5, jitter=0.03, fps=fps))) > 0.3


def test_whoever_walks_up_and_down_is_not_standing() -> None:
    assert min(speeds(walk(150, 0.6, turn_every_s=1.3, seconds=8))) > 0.15


def test_a_box_cut_short_for_a_moment_is_no_step() -> None:
    sightings = list(walk(200, 0.0, jitter=0.01, seconds=3))
    for frame in (6, 11):
        at, (x1, y1, x2, y2) = sightings[frame]
        sightings[frame] = at, (x1, y1, x2, y2 - 80)
    assert max(speeds(iter(sightings))) < 0.15


def test_somebody_who_stops_is_standing_once_the_span_is_over() -> None:
    moving = list(walk(150, 0.8, seconds=3))
    end, box = moving[-1]
    still = [(end + timedelta(seconds=step / FPS), box) for step in range(1, 20)]
    movement = Movement()
    for at, one in moving + still:
        movement.see(at, one, picture_height=2000)
        if at >= end + SPAN:
            assert movement.speed == pytest.approx(0, abs=0.01)
            assert movement.stationarity == 1


def test_whoever_walks_up_to_the_camera_moves_though_the_feet_are_not_shown() -> None:
    """The box grows upwards from the lower edge of a picture of 480 pixels, as in a corridor."""
    boxes = [
        (NOON + timedelta(seconds=frame / FPS), (80.0 - frame, 330.0 - 12 * frame, 270.0 + frame, 477.0))
        for frame in range(20)
    ]
    assert min(speeds(iter(boxes), picture_height=480)) > 0.15
    assert max(speeds(iter(boxes), picture_height=2000)) < 0.15  # where the feet are, nothing moves


def test_nothing_is_said_of_a_track_that_is_too_young() -> None:
    movement = Movement()
    for frame, (at, box) in enumerate(walk(150, 0.5)):
        movement.see(at, box, picture_height=2000)
        known = frame >= FPS
        assert (movement.speed is not None) is known
        assert (movement.stationarity is not None) is known


@settings(max_examples=60, deadline=None)
@given(
    height=st.floats(30, 900),
    speed=st.floats(0, 2),
    jitter=st.floats(0, 0.03),
    way=st.floats(-3.1, 3.1),
    seed=st.integers(0, 1000),
    factor=st.sampled_from([0.25, 4.0]),
)
def test_scaling_the_picture_changes_nothing(height, speed, jitter, way, seed, factor) -> None:
    sightings = list(walk(height, speed, jitter=jitter, way=way, seed=seed, seconds=3))
    larger = [(at, tuple(factor * side for side in box)) for at, box in sightings]
    one = speeds(iter(sightings), picture_height=1e9)
    other = speeds(iter(larger), picture_height=1e9)  # type: ignore[arg-type]
    assert other == pytest.approx(one, abs=1e-6)
    assert all(value >= 0 for value in one)
