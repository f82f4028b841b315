"""Security rules against a shop whose script knows nothing of them, from true boxes."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from test_simulated_shop import frame, rules

from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.geometry import signed_distances
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.security import SecurityRules
from sightline.domain.zone import Zone, ZoneKind
from sightline.simulate import Truth, script_shop

FPS = 5
CROWD = 3


def guarded(min_duration_s: float) -> tuple[CameraRules, Zone]:
    """The shop's own rules, and nobody but staff behind the counter."""
    drawn = rules()
    staff_zone = next(zone for zone in drawn.zones if zone.kind is ZoneKind.STAFF)
    behind = Zone("cash desk", ZoneKind.RESTRICTED, staff_zone.points)
    security = SecurityRules(crowd=CROWD, min_duration=timedelta(seconds=min_duration_s))
    return replace(drawn, zones=(*drawn.zones, behind), security=security), behind


def incidents(truth: Truth, watched: CameraRules) -> dict[object, list[ServiceEvent]]:
    watch = ServiceWatch(watched)
    events = [event for number in range(truth.frames) for event in watch.see(frame(truth, number))]
    found: dict[object, list[ServiceEvent]] = {"restricted_zone": [], "crowding": []}
    for event in (*events, *watch.finish()):
        if event.kind is EventKind.SECURITY:
            found[event.details["incident_type"]].append(event)
    return found


def customers_within(truth: Truth, place: Zone) -> dict[int, list[float]]:
    """By person, the seconds at which a true customer's feet are in a place."""
    polygon = np.asarray(place.points) * (truth.width, truth.height)
    inside: dict[int, list[float]] = {}
    for track in truth.tracks:
        if track.role.value == "customer":
            x1, _, x2, y2 = track.boxes.T
            depths = signed_distances(np.stack([(x1 + x2) / 2, y2], axis=1).astype(np.float64), polygon)
            times = [(track.first_frame + row) / truth.fps for row in np.flatnonzero(depths > 0)]
            inside |= {track.person_id: times} if times else {}
    return inside


@pytest.mark.parametrize("seed", [1, 3])
def test_a_customer_who_looks_behind_the_counter_is_an_incident_and_staff_who_work_there_are_none(
    seed: int,
) -> None:
    truth = script_shop(seed, 2, fps=FPS)
    watched, behind = guarded(1.0)
    ((person, seconds),) = customers_within(truth, behind).items()
    assert 1.5 < seconds[-1] - seconds[0] < 3, "the story is that of a short look"

    (event,) = incidents(truth, watched)["restricted_zone"]
    assert [one.track_id for one in event.participants] == [person]
    begin = (event.started_at - truth.recorded_at).total_seconds()
    assert begin == pytest.approx(seconds[0], abs=0.5)
    assert event.duration.total_seconds() == pytest.approx(seconds[-1] - seconds[0], abs=0.5)

    assert incidents(truth, guarded(3.0)[0])["restricted_zone"] == [], "too short for the default"


def test_a_crowd_lasts_as_long_as_there_are_more_people_than_allowed() -> None:
    truth = script_shop(1, 2, fps=FPS)
    counts = [len(frame(truth, number).people) for number in range(truth.frames)]
    crowded = [number / FPS for number, people in enumerate(counts) if people > CROWD]
    assert max(later - one for one, later in pairwise(crowded)) <= 3

    (event,) = incidents(truth, guarded(3.0)[0])["crowding"]
    begin = (event.started_at - truth.recorded_at).total_seconds()
    assert (begin, begin + event.duration.total_seconds()) == (
        pytest.approx(crowded[0], abs=0.01),
        pytest.approx(crowded[-1], abs=0.01),
    )
    assert event.details["people"] == max(counts)
