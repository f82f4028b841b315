"""`sightline audit` as a person types it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sightline.cli.main import app
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.interval import CountedStretch, count_ratio, wilson
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import ConfigError
from sightline.store.database import open_database, sqlite_url
from sightline.store.events import add_event
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""Nine o'clock in Paris."""
MINUTE = timedelta(minutes=1)
Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """A shop with a camera at the door, which found a person each minute from nine to ten."""
    folder = tmp_path / "data"
    with open_database(sqlite_url(folder / "sightline.db")) as database, database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
        for camera in ("door", "till"):
            ensure_camera(SITE, connection, "shop", camera, source_label=f"{camera}.mp4")
        stays = [
            Stay(pseudo_id=f"p{n}", at=NINE + n * MINUTE, zone=zone, camera_id="door")
            for n in range(60)
            for zone in ("mat", "shelf")
        ]
        add_stays(SITE, connection, "shop", stays)
        for minute in (3, 9, 17):
            happened = ServiceEvent(
                kind=EventKind.INTERACTION,
                started_at=NINE + minute * MINUTE,
                ended_at=NINE + (minute + 1) * MINUTE,
                participants=(Participant(1, Role.STAFF, 0.9, ""), Participant(2, Role.CUSTOMER, 0.9, "")),
                score=0.8,
            )
            add_event(SITE, connection, venue_id="shop", camera_id="till", happened=happened)

    def command(*words: str) -> Result:
        return CliRunner().invoke(app, ["audit", *words, "--data-dir", str(folder)])

    return command


def add(
    typed: Typed, start: str, end: str, truth: int, *words: str, rule: str = "visitors"
) -> dict[str, Any]:
    camera = "door" if rule == "visitors" else "till"
    where = ("--venue", "shop", "--camera", camera, "--rule", rule)
    when = ("--from", f"2026-03-02T{start}", "--to", f"2026-03-02T{end}")
    made = typed("add", *where, *when, "--truth", str(truth), "--json", *words)
    assert made.exit_code == 0, made.output
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def test_what_was_found_is_taken_from_the_database(typed: Typed) -> None:
    """People, not stays; the end of a stretch is not in it; a time without offset is the shop's."""
    made = add(typed, "09:10", "09:20", 12, "--by", "mia", "--note", "sunny")
    assert (made["found"], made["truth"], made["matched"]) == (10, 12, None)
    assert (made["from"], made["audited_by"], made["note"]) == ("2026-03-02T08:10:00+00:00", "mia", "sunny")
    assert add(typed, "08:10:00+00:00", "08:20:00+00:00", 12)["found"] == 10
    assert add(typed, "09:00", "09:17", 3, "--matched", "2", rule="interaction")["found"] == 2
    assert add(typed, "09:00", "09:30", 0, rule="queue")["found"] == 0
    listed = json.loads(typed("list", "--json").stdout)["audits"]
    assert [(one["rule"], one["found"]) for one in listed] == [
        ("visitors", 10),
        ("visitors", 10),
        ("interaction", 2),
        ("queue", 0),
    ]
    assert [
        one["rule"] for one in json.loads(typed("list", "--camera", "till", "--json").stdout)["audits"]
    ] == [
        "interaction",
        "queue",
    ]
    assert "mia" in typed("list").stdout


def test_a_report_has_precision_recall_and_ratio_with_intervals_by_camera_and_rule(typed: Typed) -> None:
    truths = (9, 12, 10, 11, 13, 10)
    for number, truth in enumerate(truths[:5]):
        add(typed, f"09:{number}0", f"09:{number + 1}0", truth, "--matched", "9")
    add(typed, "09:50", "10:00", truths[5])
    add(typed, "09:00", "10:00", 4, "--matched", "3", rule="interaction")
    by_rule = {one["rule"]: one for one in json.loads(typed("report", "--json").stdout)["report"]}
    people = by_rule["visitors"]
    assert (people["stretches"], people["found"], people["truth"]) == (6, 60, 65)
    precision, recall = wilson(45, 50), wilson(45, 55)  # of the five whose matches were counted
    ratio = count_ratio([CountedStretch(10, truth) for truth in truths])
    for name, share in (("precision", precision), ("recall", recall), ("count_ratio", ratio)):
        assert share is not None
        assert people[name] == pytest.approx(
            {"value": share.value, "low": share.low, "high": share.high}, abs=1e-4
        )
    assert by_rule["interaction"]["count_ratio"] is None
    assert by_rule["interaction"]["precision"]["value"] == 1.0
    assert by_rule["interaction"]["recall"]["value"] == 0.75
    assert "0.90" in typed("report").stdout


def test_a_stretch_that_nobody_looked_at_is_told(typed: Typed) -> None:
    assert "was not looked at" in add(typed, "09:10", "09:20", 12)["warnings"][0]


@pytest.mark.parametrize(
    "changed",
    [
        {"--venue": "nowhere"},
        {"--camera": "roof"},
        {"--rule": "weather"},
        {"--from": "yesterday"},
        {"--from": "9999-12-31T23:59:59-10:00"},
        {"--to": "2026-03-02T09:10:00"},
        {"--to": "2199-03-02T09:10:00"},
        {"--truth": "12", "--matched": "11"},
        {"--truth": "9", "--matched": "10"},
    ],
)
def test_what_cannot_be_is_refused_and_not_stored(typed: Typed, changed: dict[str, str]) -> None:
    words = {
        "--venue": "shop",
        "--camera": "door",
        "--rule": "visitors",
        "--from": "2026-03-02T09:10:00",
        "--to": "2026-03-02T09:20:00",
        "--truth": "10",
    } | changed
    refused = typed("add", *(word for pair in words.items() for word in pair))
    assert isinstance(refused.exception, ConfigError), refused.output
    assert json.loads(typed("list", "--json").stdout) == {"audits": []}


def test_nothing_counted_yet_says_how_to_begin(typed: Typed) -> None:
    assert "sightline audit add" in typed("list").stderr
    assert "sightline audit add" in typed("report").stderr


def test_looking_makes_no_database(tmp_path: Path) -> None:
    for words in (("list",), ("report", "--json")):
        looked = CliRunner().invoke(app, ["audit", *words, "--data-dir", str(tmp_path / "none")])
        assert looked.exit_code == 0
    assert not (tmp_path / "none").exists()
