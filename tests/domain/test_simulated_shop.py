"""The rules against a shop whose script knows nothing of them: from true boxes, every event is found."""

import pytest
from scripted import told

from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.domain.zone import StaffLine, Zone, ZoneKind
from sightline.simulate import Truth, script_shop
from sightline.simulate.site import site_document

SEEN_SHARE = 0.3


def rules() -> CameraRules:
    camera = site_document("shop.mp4")["venues"][0]["cameras"][0]
    a, b = (tuple(point) for point in camera["staff"]["line"])
    zones = tuple(
        Zone(zone["name"], ZoneKind(zone["kind"]), tuple(tuple(point) for point in zone["points"]))
        for zone in camera["zones"]
    )
    return CameraRules(zones=zones, staff_line=StaffLine(a, b, camera["staff"]["side"]))


def frame(truth: Truth, number: int) -> TrackedFrame:
    people = []
    for track in truth.tracks:
        row = number - track.first_frame
        if number in track.frames and track.visible[row] >= SEEN_SHARE:
            x1, y1, x2, y2 = (float(value) for value in track.boxes[row])
            people.append(TrackedBox(track.person_id, (x1, y1, x2, y2), 1.0))
    at = truth.at(number / truth.fps)
    return TrackedFrame(captured_at=at, width=truth.width, height=truth.height, people=tuple(people))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 21])
def test_every_scripted_event_is_found_and_none_is_invented(seed: int) -> None:
    truth, watch = script_shop(seed, 2, fps=5), ServiceWatch(rules())
    events = [event for number in range(truth.frames) for event in watch.see(frame(truth, number))]
    events += watch.finish()

    scripted = sorted(
        (
            event.kind.value,
            tuple(n for n in (event.staff_id, event.customer_id) if n is not None),
            event.start,
            event.end,
        )
        for event in truth.events
    )
    zero = truth.recorded_at
    found = sorted(
        (*told([e])[0][:2], (e.started_at - zero).total_seconds(), (e.ended_at - zero).total_seconds())
        for e in events
    )
    assert [row[:2] for row in found] == [row[:2] for row in scripted]
    for (*_, begin, end), (*_, true_begin, true_end) in zip(found, scripted, strict=True):
        assert (begin, end) == (pytest.approx(true_begin, abs=2), pytest.approx(true_end, abs=2))
    assert {n: role.role.value for n, role in watch.roles().items()} == {
        track.person_id: track.role.value for track in truth.tracks if track.person_id in watch.roles()
    }
