"""Holding found events against a known truth: the yardstick itself must be right."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.track import TrackedBox
from sightline.pipeline.event_accuracy import agreement, people_of, pooled
from sightline.simulate import EventKind as TrueKind
from sightline.simulate import EventTruth, TrackTruth, Truth
from sightline.simulate import Role as TrueRole

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def person(person_id: int, left: float) -> TrackTruth:
    box = np.array([[left, 100, left + 50, 250]] * 100, np.float32)
    return TrackTruth(
        person_id=person_id, role=TrueRole.CUSTOMER, height_m=1.7, first_frame=0, boxes=box,
        visible=np.ones(100, np.float32), floor=np.zeros((100, 2), np.float32),
    )  # fmt: skip


def truth(*events: tuple[int, float, float]) -> Truth:
    return Truth(
        seed=0, recorded_at=START, fps=10, width=640, height=480, frames=100, visitors=2,
        tracks=(person(1, 50), person(2, 400)),
        events=tuple(
            EventTruth(kind=TrueKind.QUEUE, start=start, end=end, customer_id=who)
            for who, start, end in events
        ),
    )  # fmt: skip


def found(who: int, start: float, end: float) -> ServiceEvent:
    return ServiceEvent(
        kind=EventKind.QUEUE,
        started_at=START + timedelta(seconds=start),
        ended_at=START + timedelta(seconds=end),
        participants=(Participant(who, Role.CUSTOMER, 1.0, ""),),
        score=1.0,
    )


def test_a_right_event_counts_once_with_its_errors() -> None:
    result = agreement(truth((1, 0, 10)), [found(1, 0.5, 9)], EventKind.QUEUE)
    assert (result.precision, result.recall) == (1, 1)
    assert result.start_errors_s == (0.5,)
    assert result.end_errors_s == (1.0,)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(found(2, 0, 10), id="somebody else"),
        pytest.param(found(1, 0, 4.9), id="less than half of it"),
        pytest.param(found(1, 0, 21), id="more than twice as long"),
    ],
)
def test_a_wrong_event_is_missed_and_invented(event: ServiceEvent) -> None:
    result = agreement(truth((1, 0, 10)), [event], EventKind.QUEUE)
    assert (result.precision, result.recall) == (0, 0)
    assert len(result.missed) == len(result.invented) == 1


def test_one_event_told_in_two_halves_is_one_right_and_one_invented() -> None:
    result = agreement(truth((1, 0, 10)), [found(1, 0, 6), found(1, 6, 10)], EventKind.QUEUE)
    assert (result.precision, result.recall) == (0.5, 1)


def test_nothing_found_of_nothing_has_no_precision_rather_than_a_perfect_one() -> None:
    result = pooled([agreement(truth(), [], EventKind.QUEUE)])
    assert (result.precision, result.recall) == (None, None)


def test_tracks_are_people_by_where_they_mostly_stood() -> None:
    boxes = [(frame, 7, TrackedBox(7, (52, 102, 100, 248), 1.0)) for frame in range(5)]
    boxes += [(9, 7, TrackedBox(7, (401, 100, 451, 250), 1.0))]
    boxes += [(3, 8, TrackedBox(8, (200, 100, 250, 250), 1.0))]
    assert people_of(truth(), boxes) == {7: 1}
