"""Zones and the staff line: what may be drawn, and where a foot point lies in pixels."""

import pytest

from sightline.domain.zone import FloorPlan, StaffLine, Zone, ZoneKind

CORNERS = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def test_depth_is_in_pixels_of_the_frame_at_hand() -> None:
    plan = FloorPlan((Zone("line", ZoneKind.QUEUE, CORNERS),), None)
    small, large = plan.locate([(300, 100)], 400, 200), plan.locate([(1200, 400)], 1600, 800)
    assert small[0].depths["line"] == pytest.approx(100)
    assert large[0].depths["line"] == pytest.approx(400)


def test_staff_side_is_left_or_right_of_the_line() -> None:
    down = StaffLine((0.5, 0.0), (0.5, 1.0), "left")
    right_half = FloorPlan((), down).locate([(300, 100)], 400, 200)[0].staff_depth
    assert right_half == pytest.approx(100)
    mirrored = StaffLine(down.a, down.b, "right")
    assert FloorPlan((), mirrored).locate([(300, 100)], 400, 200)[0].staff_depth == pytest.approx(-100)


def test_staff_zone_adds_to_the_staff_side_of_the_line() -> None:
    plan = FloorPlan((Zone("back", ZoneKind.STAFF, CORNERS),), StaffLine((0.0, 0.5), (1.0, 0.5), "left"))
    in_zone_below_the_line, in_front = plan.locate([(350, 150), (50, 150)], 400, 200)
    assert in_zone_below_the_line.staff_depth is not None
    assert in_zone_below_the_line.staff_depth > 0
    assert in_front.staff_depth is not None
    assert in_front.staff_depth < 0


def test_nothing_drawn_says_nothing_about_staff() -> None:
    assert FloorPlan((), None).locate([(1, 1)], 400, 200)[0].staff_depth is None


@pytest.mark.parametrize(
    ("points", "complaint"),
    [
        pytest.param(((0, 0), (1, 1)), "'till' needs at least 3 points, got 2", id="two points"),
        pytest.param(((0, 0), (1, 0), (640, 480)), r"'till' has a point outside .*\(640, 480\)", id="pixels"),
        pytest.param(((0, 0), (0.5, 0.5), (1, 1)), "'till' has no area", id="all on one line"),
    ],
)
def test_impossible_zone_is_refused_by_name(points: tuple[tuple[float, float], ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Zone("till", ZoneKind.SERVICE, points)


def test_impossible_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="two different points"):
        StaffLine((0.1, 0.1), (0.1, 0.1), "left")
    with pytest.raises(ValueError, match="outside the picture"):
        StaffLine((0.1, 0.1), (1.1, 0.1), "left")
    with pytest.raises(ValueError, match="'left' or 'right', got 'up'"):
        StaffLine((0.1, 0.1), (0.2, 0.1), "up")  # type: ignore[arg-type]


def test_two_zones_of_one_name_are_refused() -> None:
    twin = Zone("line", ZoneKind.QUEUE, CORNERS)
    with pytest.raises(ValueError, match="two zones are called 'line'"):
        FloorPlan((twin, twin), None)
