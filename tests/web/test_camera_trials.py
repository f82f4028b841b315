"""Addresses and zones that are tried before they are kept."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from clip_platform import OTHER, ClipPlatform
from evidence_site import CAMERA, VENUE

from sightline.errors import Conflict, NotFound
from sightline.jobs.previews import Preview, Previews
from sightline.pipeline.camera_search import CameraSearch
from sightline.pipeline.known_cameras import KnownCamera
from sightline.video.discovery import FoundCamera

SILENT = "rtsp://gazer:s3cret@127.0.0.1:9/live"
TILL = KnownCamera(
    venue_id="shop", camera_id="till", name="till", source="", record_source=None, transport="tcp",
    origin=None, enabled=True,
)  # fmt: skip
DOOR = KnownCamera(
    venue_id="shop", camera_id="door", name="door", source="", record_source=None, transport="tcp",
    origin=None, enabled=True,
)  # fmt: skip


def test_an_address_that_does_not_answer_is_told_with_a_way_out_and_kept_nowhere(
    standing: ClipPlatform,
) -> None:
    body = {"venue_id": VENUE, "source": SILENT}
    told = standing.ask("POST", "/api/cameras/test", json=body)

    assert told.status_code == 200
    assert told.json()["answered"] is False
    assert "check that it has power and network" in told.json()["detail"]
    assert told.json()["picture"] is None
    assert "s3cret" not in told.text
    assert [one["camera_id"] for one in standing.get("/api/cameras")] == [CAMERA]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"source": "file:/etc/passwd"}, 400), ({"source": "env:HOME"}, 400), ({"source": "/dev/x"}, 400),
        ({"transport": "http"}, 422), ({"id": "a/b"}, 422), ({"venue_id": ""}, 422), ({"zones": []}, 422),
    ],
)  # fmt: skip
def test_what_is_no_address_is_not_opened(standing: ClipPlatform, words: dict[str, Any], status: int) -> None:
    body = {"venue_id": VENUE, "source": SILENT, **words}
    answer = standing.ask("POST", "/api/cameras/test", json=body)
    assert answer.status_code == status
    assert "passwd" not in answer.text


def test_an_address_is_tried_for_ones_own_venue_only(standing: ClipPlatform) -> None:
    body = {"venue_id": VENUE, "source": SILENT}
    assert (
        standing.ask("POST", "/api/cameras/test", json=body, headers=standing.key(OTHER)).status_code == 403
    )


def test_the_network_is_asked_once_for_all_who_ask_at_the_same_time() -> None:
    asked: list[int] = []

    def ask() -> Sequence[FoundCamera]:
        asked.append(1)
        return [FoundCamera(address="10.0.0.5", name="Till", hardware="", location="", xaddrs=())]

    search = CameraSearch(ask)

    assert [one.address for one in search.found()] == ["10.0.0.5"]
    assert search.found() == search.found()
    assert len(asked) == 1


HEAD = """\
import json, sys, time
document = json.loads(sys.stdin.readline())
def say(one): print(json.dumps(one), flush=True)
"""


def previews(script: str) -> Previews:
    """Trials whose process is a few lines of Python, which are told the zones."""
    command = (sys.executable, "-S", "-c", HEAD + script)
    return Previews(command, lambda _camera, zones, _staff, _minutes: {"zones": list(zones)})


def ended(
    trials: Previews,
    camera: KnownCamera,
    until: Callable[[Preview], bool] = lambda one: one.state != "running",
) -> Preview:
    patience = time.monotonic() + 20
    while not until(trials.of(camera)):
        assert time.monotonic() < patience, trials.of(camera)
        time.sleep(0.02)
    return trials.of(camera)


def test_a_trial_tells_how_far_it_is_and_what_it_found() -> None:
    trials = previews('say({"progress": 0.5}); say({"done": {"events": document["zones"]}})')
    begun = trials.start(TILL, [{"name": "a"}], staff=None, minutes=10)
    found = ended(trials, TILL)

    assert (begun.state, begun.progress) == ("running", None)
    assert (found.id, found.state, found.result) == (begun.id, "done", {"events": [{"name": "a"}]})
    with pytest.raises(NotFound):
        trials.of(DOOR)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('say({"failed": "nothing is recorded"})', "nothing is recorded"),
        ("sys.exit(3)", "its process died; the log says more"),
    ],
)
def test_a_trial_that_fails_says_why_and_lets_the_next_one_begin(script: str, message: str) -> None:
    trials = previews(script)
    trials.start(TILL, [], staff=None, minutes=10)
    assert ended(trials, TILL).message == message
    assert ended(trials, TILL).state == "failed"
    trials.start(DOOR, [], staff=None, minutes=10)
    assert ended(trials, DOOR).state == "failed"


def test_one_trial_runs_at_a_time_and_can_be_ended() -> None:
    trials = previews('say({"progress": 0.25}); time.sleep(60)')
    trials.start(TILL, [], staff=None, minutes=10)
    ended(trials, TILL, until=lambda one: one.progress == 0.25)
    with pytest.raises(Conflict):
        trials.start(DOOR, [], staff=None, minutes=10)
    assert trials.cancel(TILL).state == "cancelled"
    patience = time.monotonic() + 20
    while True:  # its process is being ended
        try:
            trials.start(DOOR, [], staff=None, minutes=10)
            break
        except Conflict:
            assert time.monotonic() < patience
            time.sleep(0.02)
    assert trials.of(TILL).state == "cancelled"
    trials.cancel(DOOR)


def test_zones_are_tried_on_what_is_recorded_and_nothing_is_stored(clips: ClipPlatform) -> None:
    before = clips.get("/api/events")
    zone = {"name": "line", "kind": "queue", "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    path = f"/api/cameras/{CAMERA}/preview"
    assert clips.ask("GET", path).status_code == 404
    for wrong in (
        {},
        {"zones": [zone, zone]},
        {"zones": [zone], "minutes": 0},
        {"zones": [zone], "minutes": 61},
    ):
        assert clips.ask("POST", path, json=wrong).status_code == 422
    assert clips.ask("POST", path, json={"zones": [zone], "staff": {"line": 5}}).status_code == 400
    begun = clips.ask("POST", path, json={"zones": [zone], "staff": {"line": [[0, 0], [1, 1]]}})
    assert begun.status_code == 202, begun.text
    patience = time.monotonic() + 60
    while (told := clips.get(path))["state"] == "running":
        assert time.monotonic() < patience
        time.sleep(0.1)

    assert told["state"] == "done", told["message"]
    assert told["preview_id"] == begun.json()["preview_id"]
    result = told["result"]
    assert 38 < result["footage_s"] <= 40
    # A bar that moves is nobody: the three stored events would be gone, by the zones of today as well.
    assert result["summary"]["gone"] == 3
    assert [one["event_id"] for one in result["events"]] == [one["event_id"] for one in reversed(before)]
    assert all(one["anyway"] for one in result["events"])
    assert clips.get("/api/events") == before
    assert clips.get(f"/venues/{VENUE}/zones", camera_id=CAMERA)["zones"] == []
    assert clips.ask("DELETE", path).json()["state"] == "done"
