"""The script of the simulated shop: told many times with other seeds, its promises hold each time."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.errors import ConfigError
from sightline.simulate import EventTruth, Role, TrackTruth, Truth, script_shop
from sightline.simulate.layout import COUNTER, GONDOLA, STAND
from sightline.simulate.routes import route

FPS = 15
SEEDS = (1, 2, 3)
DEFINITION_HEIGHTS = 1.2


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def truth(request: pytest.FixtureRequest) -> Truth:
    return script_shop(request.param, 2, FPS)


def track_of(truth: Truth, person_id: int) -> TrackTruth:
    return next(track for track in truth.tracks if track.person_id == person_id)


def heights_apart(a: TrackTruth, b: TrackTruth) -> tuple[np.ndarray, np.ndarray]:
    """Frames both are there, and the pixel distance of their feet in mean body heights."""
    first, last = max(a.first_frame, b.first_frame), min(a.frames.stop, b.frames.stop)
    if last <= first:
        return np.zeros(0), np.zeros(0)
    box_a = a.boxes[first - a.first_frame : last - a.first_frame]
    box_b = b.boxes[first - b.first_frame : last - b.first_frame]
    sideways = (box_a[:, 0] + box_a[:, 2] - box_b[:, 0] - box_b[:, 2]) / 2
    heights = (box_a[:, 3] - box_a[:, 1] + box_b[:, 3] - box_b[:, 1]) / 2
    return np.arange(first, last), np.hypot(sideways, box_a[:, 3] - box_b[:, 3]) / heights


def longest_stretch_s(frames: np.ndarray) -> float:
    if len(frames) == 0:
        return 0.0
    breaks = np.nonzero(np.diff(frames) > 2 * FPS)[0]
    starts, ends = np.r_[0, breaks + 1], np.r_[breaks, len(frames) - 1]
    return float((frames[ends] - frames[starts]).max() + 1) / FPS


def test_same_seed_same_truth_and_other_seed_another() -> None:
    first = script_shop(11, 1, FPS).to_document()
    assert script_shop(11, 1, FPS).to_document() == first
    assert script_shop(12, 1, FPS).to_document() != first


def test_two_minutes_show_every_kind_of_event(truth: Truth) -> None:
    assert len(truth.events_of("interaction")) >= 2
    assert len(truth.events_of("unattended")) >= 1
    assert len(truth.events_of("queue")) >= 1
    assert truth.visitors >= 5
    assert {event.staff_id for event in truth.events_of("interaction")} == {1, 2}


def test_served_customers_stand_near_and_others_pass_only_briefly(truth: Truth) -> None:
    staff = [track for track in truth.tracks if track.role is Role.STAFF]
    customers = [track for track in truth.tracks if track.role is Role.CUSTOMER]
    for customer in customers:
        for server in staff:
            frames, apart = heights_apart(customer, server)
            near = apart < DEFINITION_HEIGHTS
            for event in truth.events_of("interaction"):
                if (event.customer_id, event.staff_id) != (customer.person_id, server.person_id):
                    continue
                during = (frames >= event.start * FPS) & (frames <= event.end * FPS)
                assert during.any()
                assert apart[during].max() < DEFINITION_HEIGHTS
                near &= (frames < (event.start - 3) * FPS) | (frames > (event.end + 3) * FPS)
            assert longest_stretch_s(frames[near]) < 4, f"{customer.person_id} near {server.person_id}"


def test_no_event_hangs_on_a_second(truth: Truth) -> None:
    for event in truth.events:
        margin = {"interaction": 5 + 3, "queue": 8 + 3, "unattended": 30 + 4}[event.kind.value]
        assert event.duration >= margin
        assert 0 <= event.start < event.end <= truth.frames / truth.fps


def test_unattended_stretches_hold_no_long_serving_and_no_queue(truth: Truth) -> None:
    def overlap(a: EventTruth, b: EventTruth) -> float:
        return min(a.end, b.end) - max(a.start, b.start)

    for wait in truth.events_of("unattended"):
        others = [e for e in truth.events if e.customer_id == wait.customer_id and e is not wait]
        assert all(overlap(wait, other) <= 1e-6 for other in others)


def test_nobody_teleports_or_runs(truth: Truth) -> None:
    for track in truth.tracks:
        steps = np.hypot(*np.diff(track.floor.astype(np.float64), axis=0).T)
        assert steps.max() * FPS < 1.7  # metres per second; positions are rounded to a centimetre


def test_boxes_lie_in_the_picture_and_are_of_human_size(truth: Truth) -> None:
    for track in truth.tracks:
        seen = track.boxes[track.visible > 0]
        assert (seen[:, :2] >= 0).all()
        assert (seen[:, 2] <= truth.width).all()
        assert (seen[:, 3] <= truth.height).all()
        assert (seen[:, 3] - seen[:, 1] > 60).all()
        assert ((track.visible >= 0) & (track.visible <= 1)).all()


def test_a_box_reaches_from_head_to_feet_of_the_stated_height(truth: Truth) -> None:
    from sightline.simulate.lens import CAMERA

    for track in truth.tracks:
        feet, _ = CAMERA.project(np.c_[track.floor, np.zeros(len(track.floor))].astype(np.float64))
        head, _ = CAMERA.project(
            np.c_[track.floor, np.full(len(track.floor), track.height_m)].astype(np.float64)
        )
        inside = (track.boxes[:, 3] < truth.height - 1) & (track.visible > 0.5)
        tall = track.boxes[:, 3] - track.boxes[:, 1]
        off_feet = np.abs(track.boxes[:, 3] - feet[:, 1])[inside] / tall[inside]
        off_head = np.abs(track.boxes[:, 1] - head[:, 1])[inside] / tall[inside]
        assert np.median(off_feet) < 0.1  # toes reach out from under the body, a step further still
        assert off_feet.max() < 0.25
        assert np.median(off_head) < 0.07
        assert off_head.max() < 0.25


def test_the_shop_opens_empty_and_staff_comes_first(truth: Truth) -> None:
    assert min(track.first_frame for track in truth.tracks) >= 2 * FPS
    first = min(truth.tracks, key=lambda track: track.first_frame)
    assert first.role is Role.STAFF


def test_some_customer_crosses_the_staff_line_and_stays_a_customer(truth: Truth) -> None:
    from sightline.simulate.layout import STAFF_LINE

    (x1, y1), (x2, y2) = STAFF_LINE
    behind = []
    for track in truth.tracks:
        if track.role is Role.CUSTOMER:
            x, y = track.floor.astype(np.float64).T
            share = float(np.mean(x < x1 + (x2 - x1) * (y - y1) / (y2 - y1)))
            if share > 0:
                behind.append(share)
    assert behind
    assert max(behind) < 0.4


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000), minutes=st.sampled_from([0.2, 0.7, 1.3]))
def test_any_script_keeps_its_frame_and_time_limits(seed: int, minutes: float) -> None:
    truth = script_shop(seed, minutes, FPS)

    assert truth.frames == round(minutes * 60 * FPS)
    assert truth.recorded_at.tzinfo is not None
    assert 9 <= truth.recorded_at.hour <= 16
    for track in truth.tracks:
        assert 0 <= track.first_frame < track.frames.stop <= truth.frames
        assert len(track.boxes) == len(track.visible) == len(track.floor)
    ids = {track.person_id: track.role for track in truth.tracks}
    for event in truth.events:
        assert ids[event.customer_id] is Role.CUSTOMER
        assert event.staff_id is None or ids[event.staff_id] is Role.STAFF
        assert event.end <= minutes * 60


@pytest.mark.parametrize(
    ("seed", "minutes", "fps", "says"),
    [
        pytest.param(-1, 2, 15, "seed", id="negative seed"),
        pytest.param(1, 0, 15, "minutes", id="no length"),
        pytest.param(1, math.nan, 15, "minutes", id="length is no number"),
        pytest.param(1, 5000, 15, "minutes", id="longer than a day"),
        pytest.param(1, 2, 0, "fps", id="no pictures"),
        pytest.param(1, 2, math.inf, "fps", id="endless pictures"),
    ],
)
def test_senseless_arguments_are_named(seed: int, minutes: float, fps: float, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        script_shop(seed, minutes, fps)


def test_ways_go_around_furniture() -> None:
    way = [(4.1, 7.2), *route((4.1, 7.2), (6.5, 5.4))]
    for solid in (COUNTER, GONDOLA, STAND):
        for (ax, ay), (bx, by) in itertools.pairwise(way):
            for share in np.linspace(0, 1, 50):
                x, y = ax + (bx - ax) * share, ay + (by - ay) * share
                assert not (solid.x[0] < x < solid.x[1] and solid.y[0] < y < solid.y[1])
