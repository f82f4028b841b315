"""Every mistake is named with its line and the nearest right word, all in one go."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.config import load_settings
from sightline.errors import ConfigError

Problems = Callable[..., list[str]]

CAMERA = """
venues:
  - id: shop
    cameras:
      - id: till
        source: till.mp4
        {}
"""
SQUARE = "[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        pytest.param(
            "zonse: []",
            "unknown setting 'zonse' in venues[0].cameras[0]; did you mean 'zones'?",
            id="misspelt setting",
        ),
        pytest.param(
            "threshold_s: 3",
            "unknown setting 'threshold_s' in venues[0].cameras[0];"
            " it belongs in venues[].cameras[].unattended",
            id="setting in the wrong group",
        ),
        pytest.param(
            f"zones: [{{name: a, kind: servce, points: {SQUARE}}}]",
            "venues[0].cameras[0].zones[0].kind must be one of area, service, queue, staff, entrance,"
            " restricted, ignore, got 'servce'; did you mean 'service'?",
            id="zone kind",
        ),
        pytest.param(
            "zones: [{name: a, points: [[0.1, 0.4], [9, 0.4], [0.9, 1.0]]}]",
            "venues[0].cameras[0].zones[0].points[1]: a point is [x, y], each from 0 to 1 of the picture,"
            " got [9, 0.4]",
            id="pixels for a point",
        ),
        pytest.param(
            "zones: [{name: a, points: [[0.1, 0.4], [0.2, 0.4]]}]",
            "venues[0].cameras[0].zones[0].points needs at least 3 entries, got 2",
            id="two points for a zone",
        ),
        pytest.param(
            "zones: [{name: a, points: [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]}]",
            "venues[0].cameras[0].zones[0].points: the points enclose no area",
            id="flat zone",
        ),
        pytest.param(
            "staff: {line: [[0.1, 0.1]]}",
            "venues[0].cameras[0].staff.line needs at least 2 entries",
            id="half a line",
        ),
        pytest.param(
            "staff: {line: [[0.1, 0.1], [0.1, 0.1]]}",
            "venues[0].cameras[0].staff.line: the two points of the staff line are the same",
            id="line without length",
        ),
        pytest.param(
            "interaction: {distance: 2 m}",
            "venues[0].cameras[0].interaction.distance:"
            " a distance is a number of body heights (1.2) or of pixels (650px)",
            id="distance in metres",
        ),
        pytest.param(
            "queue: {stability: 1.5}",
            "venues[0].cameras[0].queue.stability must be less than or equal to 1, got 1.5",
            id="share above 1",
        ),
        pytest.param(
            "queue: {alert_length: 2.5}",
            "venues[0].cameras[0].queue.alert_length must be a whole number, got 2.5",
            id="half a person",
        ),
        pytest.param(
            "unattended: {threshold_s: yes}",
            "venues[0].cameras[0].unattended.threshold_s: must be a number, got true",
            id="truth value for a number",
        ),
        pytest.param(
            "unattended: {threshold_s: .nan}",
            "venues[0].cameras[0].unattended.threshold_s must be a finite number, got nan",
            id="no number at all",
        ),
        pytest.param(
            "unattended: [30]",
            "venues[0].cameras[0].unattended must be a group of settings (name: value), got a list",
            id="list for a group",
        ),
        pytest.param("queue: {}\n        queue: {}", "'queue' is set twice; first on line 6", id="key twice"),
    ],
)
def test_a_mistake_is_named_with_its_line(problems: Problems, line: str, problem: str) -> None:
    at = 7 if "\n" in line else 6
    assert problems(CAMERA.format(line)) == [f"sightline.yaml:{at}: {problem}"]


def test_a_value_below_its_name_is_blamed_on_the_line_of_the_name(problems: Problems) -> None:
    assert problems("tracker:\n\n  - botsort\n") == [
        "sightline.yaml:1: tracker must be a group of settings (name: value), got a list"
    ]


def test_staff_zones_must_exist(problems: Problems) -> None:
    found = problems(CAMERA.format(f"zones: [{{name: a, points: {SQUARE}}}]\n        staff: {{zones: b}}"))
    assert found == [
        "sightline.yaml:4: venues[0].cameras[0]: staff.zones names 'b', but the zones of this camera are: a"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "tracker: {name: bytetrak}",
            "tracker.name must be one of botsort, deepsort, bytetrack, got 'bytetrak';"
            " did you mean 'bytetrack'?",
            id="tracker",
        ),
        pytest.param(
            "tracker: {looks: color}",
            "tracker.looks must be one of motion, colours, model, auto, got 'color'; did you mean 'colours'?",
            id="looks of the tracker",
        ),
        pytest.param(
            "detector: {name: yolo12n}",
            "unknown detector 'yolo12n'; did you mean 'yolo11n'? (or the path of an .onnx file)",
            id="detector",
        ),
        pytest.param(
            "venues: [{id: shop, timezone: Europe/Pari}]",
            "venues[0].timezone: unknown timezone 'Europe/Pari'; did you mean 'Europe/Paris'?",
            id="timezone",
        ),
        pytest.param(
            "venues: [{id: shop}, {id: shop}]", "the id 'shop' is used twice in venues", id="venue twice"
        ),
        pytest.param(
            "venues: [{id: my shop}]",
            "venues[0].id must be 1 to 50 letters (a-z), digits, '_' or '-', got 'my shop'",
            id="blank in an id",
        ),
        pytest.param(
            "venues: [{id: 7}]", "venues[0].id must be a text; put it in quotes, got 7", id="number for an id"
        ),
        pytest.param("venues: [{name: Shop}]", "'id' is missing in venues[0]", id="venue without id"),
        pytest.param(
            'venues: [{id: a, opening_hours: {mon: "9 to 5"}}]',
            "venues[0].opening_hours.mon[0]: opening hours are written \"09:00-19:00\", got '9 to 5'",
            id="opening hours",
        ),
        pytest.param(
            "delivery: {evidence: {to: http}}",
            "delivery.evidence: 'to: http' needs 'url'",
            id="upload to nowhere",
        ),
        pytest.param(
            "delivery: {evidence: {to: hosted}}",
            "delivery: 'evidence: {to: hosted}' needs 'hosted: {base_url: ...}'",
            id="hosted nowhere",
        ),
        pytest.param(
            "1: 2", "the name of a setting must be a text, got 1; put it in quotes", id="number as key"
        ),
        pytest.param(
            "data_dir: !!python/name:os.system x",
            "the tag tag:yaml.org,2002:python/name:os.system is not accepted here",
            id="code in the file",
        ),
        pytest.param("- 1", "a site file is a list of 'setting: value' lines", id="a list"),
        pytest.param(
            "a: [1", "not readable as YAML: expected ',' or ']', but got '<stream end>'", id="not YAML"
        ),
        pytest.param("a:\n\t- b", "not readable as YAML: a tab; YAML is indented by spaces", id="tab"),
    ],
)
def test_a_mistake_outside_cameras_is_named(problems: Problems, text: str, problem: str) -> None:
    lines = problems(text)
    assert [line.partition(": ")[2] for line in lines] == [problem]
    assert lines[0].startswith("sightline.yaml:")


def test_camera_ids_are_unique_within_a_venue(problems: Problems) -> None:
    found = problems("""
        venues:
          - id: shop
            cameras:
              - {id: till, source: a.mp4}
              - {id: till, source: b.mp4}
        """)
    assert found == ["sightline.yaml:5: the id 'till' is used twice in venues[0].cameras"]


def test_zone_names_are_unique_within_a_camera(problems: Problems) -> None:
    zone = f"{{name: a, points: {SQUARE}}}"
    found = problems(CAMERA.format(f"zones: [{zone}, {zone}]"))
    assert found == ["sightline.yaml:6: the name 'a' is used twice in venues[0].cameras[0].zones"]


def test_a_camera_takes_at_most_twenty_zones(problems: Problems) -> None:
    zones = ", ".join(f"{{name: z{number}, points: {SQUARE}}}" for number in range(21))
    found = problems(CAMERA.format(f"zones: [{zones}]"))
    assert found == ["sightline.yaml:6: venues[0].cameras[0].zones takes at most 20 entries, got 21"]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    found = problems(
        """
        detector: {name: yolo}
        analysis_fps: 0
        venues:
          - id: shop
            timezone: Mars/Base
            cameras:
              - {id: till, source: a.mp4}
              - {id: till}
        """,
        SIGHTLINE_SERVER__PORT="high",
    )
    assert [line.partition(": ")[0] for line in found] == [
        "sightline.yaml:1",
        "sightline.yaml:2",
        "sightline.yaml:5",
        "sightline.yaml:8",
        "sightline.yaml:8",
        "SIGHTLINE_SERVER__PORT",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param(b"\xff\xfe\x00binary", "it is not UTF-8 text", id="not text"),
        pytest.param(b"a: " + b"x" * 1_000_001, "larger than", id="far too large"),
    ],
)
def test_an_unreadable_file_is_one_clear_line(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "site.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=problem) as caught:
        load_settings(file, environ={})
    assert "site.yaml" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_is_no_site_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load_settings(tmp_path, environ={})


def test_references_that_multiply_are_refused_quickly(problems: Problems) -> None:
    levels = ["a0: &a0 [1, 1]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "too many or too deeply nested settings" in problems("\n".join(levels))[0]


def test_a_reference_to_itself_is_refused(problems: Problems) -> None:
    assert "too many or too deeply nested settings" in problems("venues: &v [*v]")[0]
