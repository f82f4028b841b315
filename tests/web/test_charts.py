"""Every kind of chart: marks are links, what nobody saw is hatched, and no figure breaks it."""

import re
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from sightline.dashboard.charts.bars import bars
from sightline.dashboard.charts.floor import floor_grid
from sightline.dashboard.charts.heat import heat_grid
from sightline.dashboard.charts.lines import trend
from sightline.dashboard.charts.marks import ON_PHONE, ON_SCREEN, Mark, nice_top, on_both, ticks
from sightline.dashboard.charts.shares import share_bars, stacked
from sightline.dashboard.charts.stacks import THINNEST, Stack, stacks
from sightline.dashboard.charts.zones_drawn import DrawnZone, middle, zones_drawn

SQUARE = ((0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5))
Values = Sequence[float | None]


def number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def marks_of(values: Values) -> list[Mark]:
    return [
        Mark(label=f"m{place}", value=value, said=f"m{place}: {number(value)}", href=f"/review?hour={place}")
        for place, value in enumerate(values)
    ]


def stack(mark: Mark) -> Stack:
    return Stack(label=mark.label, parts=[mark], unseen="not observed" if mark.value is None else "")


CHARTS: dict[str, Callable[[list[Mark]], Markup]] = {
    "bars": lambda marks: bars(marks, title="t", number=number),
    "half bars": lambda marks: bars(marks, title="t", number=number, width=560),
    "trend": lambda marks: trend(marks, title="t", number=number),
    "heat": lambda marks: heat_grid([("Mon", marks)], [mark.label for mark in marks], title="t"),
    "shares": lambda marks: share_bars(marks, title="t", figures=[mark.said for mark in marks]),
    "stacked": lambda marks: stacked(marks, title="t"),
    "stacks": lambda marks: stacks([stack(mark) for mark in marks], title="t", number=number),
    "zones": lambda marks: zones_drawn(
        [DrawnZone(mark=mark, points=SQUARE, figure=mark.said) for mark in marks], title="t"
    ),
}
HATCHED = {"bars", "half bars", "trend", "heat", "shares", "stacks"}
VALUES: dict[str, Values] = {
    "nothing": [],
    "one value": [7],
    "all unknown": [None, None, None],
    "all zero": [0, 0],
    "large": [10_000, 1, None],
    "small": [0.25, 0.5],
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("kind", CHARTS)
def test_it_is_a_picture_whatever_the_figures_are(kind: str, values: Values) -> None:
    drawn = CHARTS[kind](marks_of(values))

    tree = ElementTree.fromstring(str(drawn))
    assert tree.tag == ("div" if kind == "shares" else "svg")
    for element in tree.iter():
        for name, value in element.attrib.items():
            assert not re.search(r"\b(nan|inf)\b", value), f"{element.tag} {name}={value}"
            if name in ("width", "height") and "%" not in value:
                assert float(value) >= 0, f"{element.tag} {name}={value}"
    assert "style=" not in drawn


@pytest.mark.parametrize("kind", CHARTS)
def test_every_mark_says_its_figure_and_leads_to_what_is_behind_it(kind: str) -> None:
    drawn = CHARTS[kind](marks_of([3, 10_000, 12]))

    for place, said in enumerate(("m0: 3", "m1: 10,000", "m2: 12")):
        assert re.search(rf'<a href="/review\?hour={place}" aria-label="{said}"[ >]', drawn)
        assert f"<title>{said}</title>" in drawn


@pytest.mark.parametrize("kind", sorted(HATCHED))
def test_what_nobody_saw_is_hatched_and_zero_is_not(kind: str) -> None:
    unseen, nothing = CHARTS[kind](marks_of([5, None])), CHARTS[kind](marks_of([5, 0]))

    assert unseen.count('class="gap"') == 1
    assert 'class="gap"' not in nothing


@pytest.mark.parametrize("kind", CHARTS)
def test_names_are_only_words(kind: str) -> None:
    nasty = Mark(label="<b>&", value=1, said='"><script>x', href='/?"><script>')

    drawn = CHARTS[kind]([nasty])

    assert "<script>" not in drawn
    assert "<b>" not in drawn


def test_parts_of_a_bar_stand_on_each_other_and_one_of_a_thousand_is_seen() -> None:
    parts = [
        Mark(label="a", value=1000, said="a"),
        Mark(label="b", value=1, said="b"),
        Mark(label="c", value=0, said="c"),
    ]

    drawn = stacks([Stack(label="12", parts=parts)], title="t", number=number)

    found = re.findall(r'class="(s\d)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    assert [kind for kind, _, _ in found] == ["s1", "s2"], "what there is none of is not drawn"
    (_, y1, _), (_, y2, tall) = found
    assert float(tall) == THINNEST - 1
    assert float(y2) + float(tall) + 1 == pytest.approx(float(y1), abs=0.02)


def test_a_zone_without_people_is_not_coloured_as_the_others() -> None:
    zones = [DrawnZone(mark=mark, points=SQUARE, figure="") for mark in marks_of([8, 2, None])]

    drawn = zones_drawn(zones, title="t")

    assert re.findall(r'polygon class="(\w+)"', drawn) == ["heat", "heat", "unseen"]
    most, fewer, _ = map(float, re.findall(r'fill-opacity="([\d.]+)"', drawn))
    assert most > fewer


def test_words_stand_in_the_middle_of_a_zone() -> None:
    assert middle(SQUARE) == pytest.approx((0.3, 0.3))
    assert middle(tuple(reversed(SQUARE))) == pytest.approx((0.3, 0.3)), "whichever way it was drawn"
    corner = ((0.0, 0.0), (0.9, 0.0), (0.9, 0.1), (0.1, 0.1), (0.1, 0.9), (0.0, 0.9))
    assert middle(corner)[0] == pytest.approx(0.28, abs=0.02)
    assert middle(((0.2, 0.2), (0.4, 0.4), (0.6, 0.6))) == pytest.approx((0.4, 0.4)), "encloses nothing"


def test_a_label_at_the_right_end_stays_within() -> None:
    drawn = bars(marks_of([1] * 24), title="t", number=number)

    assert re.search(r'<text x="960" y="[\d.]+" text-anchor="end"[^>]*>m23<', drawn)


def test_what_nobody_saw_in_hours_beside_each_other_is_one_gap() -> None:
    for drawn in (bars(marks_of([None, None]), title="t", number=number),
                  trend(marks_of([None, None]), title="t", number=number)):  # fmt: skip
        (x1, wide), (x2, _) = re.findall(r'class="gap" x="([\d.]+)"[^>]* width="([\d.]+)"', drawn)
        assert float(x1) + float(wide) == pytest.approx(float(x2), abs=0.02)


def test_a_chart_is_drawn_for_a_screen_and_for_a_phone() -> None:
    drawn = on_both(lambda width: bars(marks_of([1, 2]), title="t", number=number, width=width))

    found = re.findall(r'class="chart ([\w-]+)" viewBox="0 0 (\d+)', drawn)
    assert found == [("over-time", f"{ON_SCREEN:.0f}"), ("on-phone", f"{ON_PHONE:.0f}")]


@pytest.mark.parametrize(
    ("most", "axis"),
    [
        pytest.param(0, [0, 1], id="nothing"),
        pytest.param(0.4, [0, 1], id="less than one"),
        pytest.param(5, [0, 1, 2, 3, 4, 5], id="no halves of people"),
        pytest.param(7, [0, 2, 4, 6, 8], id="whole steps"),
        pytest.param(226, [0, 50, 100, 150, 200, 250], id="not half empty"),
        pytest.param(1105, [0, 200, 400, 600, 800, 1000, 1200], id="thousands"),
    ],
)
def test_an_axis_has_few_whole_steps_and_ends_soon_above_the_most(most: float, axis: list[float]) -> None:
    assert ticks(nice_top([most, None])) == axis


def test_the_floor_is_one_mark_and_shows_only_where_somebody_stood() -> None:
    drawn = floor_grid([[0.0, 1.0], [0.5, 0.0]], marks_of([7])[0], title="t")
    nothing = floor_grid([], marks_of([None])[0], title="t")

    cells = re.findall(r'class="heat" x="(\d)" y="(\d)"[^>]* fill-opacity="([\d.]+)"', drawn)
    assert [(x, y) for x, y, _ in cells] == [("1", "0"), ("0", "1")]
    assert float(cells[0][2]) > float(cells[1][2])
    assert drawn.count("<a ") == 1
    assert ElementTree.fromstring(str(nothing)).tag == "svg"
