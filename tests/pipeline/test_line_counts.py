"""People counted over drawn lines: from the site file to what is printed, and how well on known footage."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_shop import RULES, analyse, make_video

from sightline.cli.analyze import print_result
from sightline.config import load_settings
from sightline.domain.crossing import CountLine, Way
from sightline.domain.scene import CameraRules
from sightline.errors import ConfigError
from sightline.pipeline.detecting import detected_ahead
from sightline.video.frames import read_frames
from sightline.video.picture import Frame
from sightline.video.source import open_file
from sightline.vision.catalogue import find_model
from sightline.vision.registry import open_detector
from sightline.wiring import camera_rules

MIDDLE = CountLine("to the till", (0.5, 0.2), (0.5, 1.0), "right")
SITE = """
venues:
  - id: shop
    cameras:
      - id: till
        source: till.mp4
        lines: {}
"""
LEFT_AT = (18.9, 43.8, 68.9, 85.7, 118.6, 134.9)
"""When the six people of `one-by-one-person-detection.mp4` step over x = 0.72 on their way out, by eye."""


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], CameraRules]:
    def rules(lines: str) -> CameraRules:
        site = tmp_path / "site.yaml"
        site.write_text(SITE.format(lines))
        settings = load_settings(site, environ={})
        venue = settings.venue("shop")
        return camera_rules(settings, venue, venue.camera("till"))

    return rules


def test_lines_of_the_site_file_reach_the_rules(load: Callable[[str], CameraRules]) -> None:
    drawn = "[{name: door, line: [[0.1, 0.5], [0.4, 0.6]], side: right}, {name: b, line: [[0, 0], [1, 1]]}]"
    assert load(drawn).lines == (
        CountLine("door", (0.1, 0.5), (0.4, 0.6), "right"),
        CountLine("b", (0, 0), (1, 1), "left"),
    )


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        pytest.param(
            "[{name: a, line: [[0, 0], [0, 0]]}]",
            "lines[0].line: the two points of the line are the same",
            id="no length",
        ),
        pytest.param(
            "[{name: a, line: [[0, 0]]}]", "lines[0].line needs at least 2 entries", id="half a line"
        ),
        pytest.param(
            "[{line: [[0, 0], [1, 1]]}]", "'name' is missing in venues[0].cameras[0].lines[0]", id="no name"
        ),
        pytest.param(
            "[{name: a, line: [[0, 0], [9, 1]]}]",
            "lines[0].line[1]: a point is [x, y], each from 0 to 1 of the picture, got [9, 1]",
            id="pixels",
        ),
        pytest.param(
            "[{name: a, line: [[0, 0], [1, 1]], side: lft}]", "did you mean 'left'?", id="misspelt side"
        ),
        pytest.param(
            "[{name: a, line: [[0, 0], [1, 1]]}, {name: a, line: [[0, 1], [1, 0]]}]",
            "the name 'a' is used twice in venues[0].cameras[0].lines",
            id="a name twice",
        ),
    ],
)
def test_what_is_wrong_with_a_line_is_said(
    load: Callable[[str], CameraRules], lines: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(lines)
    assert problem in str(error.value)


def test_analyze_tells_who_came_over_a_line_staff_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A customer walks to the till, and somebody behind it is staff; whoever stands still crosses nothing."""
    make_video(tmp_path / "shop.mp4")
    result = analyse(tmp_path, rules=replace(RULES, lines=(MIDDLE,)))
    expected = {"name": "to the till", "in": 1, "out": 0, "staff_in": 0, "staff_out": 0}
    assert result.document()["lines"] == [expected]
    capsys.readouterr()
    print_result(result)
    said = [line.split() for line in capsys.readouterr().err.splitlines()]
    assert ["line", "in", "out", "staff", "in", "staff", "out"] in said
    assert ["to", "the", "till", "1", "0", "0", "0"] in said


@pytest.mark.parametrize(
    ("seed", "minutes", "source", "true", "wrong"),
    [
        pytest.param(300, 2, "boxes", [16, 16], [0, 0], id="tracker on true boxes"),
        pytest.param(303, 0.6, "pixels", [4, 4], [1, 1], id="built-in detector"),
    ],
)
def test_simulated_people_are_counted_as_well_as_when_last_measured(
    seed: int, minutes: float, source: str, true: list[int], wrong: list[int]
) -> None:
    """How many really walk over each line at the door, and how many of them were missed or invented."""
    from line_counting import count_shop

    found = count_shop(seed, minutes, source, "builtin")
    assert [len(one.true) for one in found] == true
    assert all(one.wrong <= most for one, most in zip(found, wrong, strict=True)), found


def test_six_people_one_by_one_are_counted_exactly(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real footage, counted by eye; only the seconds in which they step over the line are looked at."""
    from line_counting import RECORDED_AT, moments_of, watched

    monkeypatch.setenv("SIGHTLINE_MODELS", str(shared / "models"))
    detector = open_detector("yolox_nano", find_model=find_model)
    line = CountLine("line", (0.72, 0.45), (0.72, 1.0), "right")

    def near(frame: Frame) -> bool:
        second = (frame.captured_at - RECORDED_AT).total_seconds()
        return any(-1 <= second - left_at <= 0.8 for left_at in LEFT_AT)

    with open_file(shared / "videos" / "one-by-one-person-detection.mp4") as video:
        frames = read_frames(video, recorded_at=RECORDED_AT, analysis_fps=5)
        crossings = watched(detected_ahead(filter(near, frames), detector), CameraRules(lines=(line,)))
    found = moments_of(crossings, RECORDED_AT)
    assert [way for _, way in found] == [Way.OUT] * len(LEFT_AT)
    assert [second for second, _ in found] == pytest.approx(LEFT_AT, abs=0.4)
