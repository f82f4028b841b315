"""The Kalman filter of boxes, against what can be worked out by hand or drawn at random."""

import numpy as np
import pytest

from sightline.tracking.motion import BoxMotion, Gait, to_cxcywh

GAIT = Gait()
BODY = np.array([[300.0, 200.0, 40.0, 100.0]])


def followed(velocity: tuple[float, float], step_s: float, seconds: float) -> BoxMotion:
    motion = BoxMotion(GAIT)
    motion.start(BODY)
    for number in range(1, round(seconds / step_s) + 1):
        motion.predict(step_s)
        moved = BODY + np.array([[*velocity, 0, 0]]) * number * step_s
        motion.update(np.array([0]), moved)
    return motion


def test_corners_become_centre_and_size() -> None:
    assert to_cxcywh(np.array([[10, 20, 30, 60]], np.float32)).tolist() == [[20, 40, 20, 40]]


@pytest.mark.parametrize("step_s", [1 / 30, 0.2, 1.0])
def test_the_speed_is_learnt_in_pixels_per_second_whatever_the_frame_rate(step_s: float) -> None:
    motion = followed((60, -20), step_s, 4)
    assert motion.velocity[0, :2] == pytest.approx([60, -20], abs=5)


def test_two_small_steps_predict_what_one_large_step_predicts() -> None:
    once, twice = followed((60, 10), 0.2, 2), followed((60, 10), 0.2, 2)
    once.predict(1.5)
    for part in (0.4, 1.1):
        twice.predict(part)
    assert twice.position == pytest.approx(once.position, rel=1e-9)
    # The body shrank or grew a little in between, and with it the spread: equal within that.
    assert twice.innovation_variance() == pytest.approx(once.innovation_variance(), rel=1e-3)


def test_uncertainty_grows_with_the_gap_and_stays_within_a_few_body_heights() -> None:
    motion = followed((60, 0), 0.2, 3)
    spreads = []
    for _ in range(5):
        motion.predict(1.0)
        spreads.append(float(np.sqrt(motion.innovation_variance()[0, 0])) / motion.position[0, 3])
    assert spreads == sorted(spreads)
    assert spreads[-1] < 3


def test_a_box_never_turns_inside_out() -> None:
    motion = BoxMotion(GAIT)
    motion.start(BODY)
    for size in (80, 50, 20):
        motion.predict(0.2)
        motion.update(np.array([0]), np.array([[300.0, 200.0, 0.4 * size, size]]))
    motion.predict(10)
    assert (motion.position[:, 2:] >= 1).all()


def test_the_stated_spread_covers_walkers_drawn_from_the_model() -> None:
    """Walkers with speeds of the assumed spread, then hidden: the 2-sigma gate holds about 95 %."""
    random = np.random.default_rng(3)
    count, gap = 4000, 1.0
    motion = BoxMotion(GAIT)
    true = np.tile(BODY, (count, 1))
    speed = random.normal(0, GAIT.speed * 100, (count, 1))
    noise = GAIT.jitter * 100
    motion.start(true + random.normal(0, noise, true.shape))
    for _ in range(2):
        motion.predict(0.2)
        true[:, :1] += speed * 0.2
        motion.update(np.arange(count), true + random.normal(0, noise, true.shape))
    motion.predict(gap)
    true[:, :1] += speed * gap
    measured = true[:, 0] + random.normal(0, noise, count)
    inside = np.abs(measured - motion.position[:, 0]) < 2 * np.sqrt(motion.innovation_variance()[:, 0])
    assert 0.92 < inside.mean() < 0.99
