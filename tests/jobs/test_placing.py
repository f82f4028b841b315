"""Where a file is put beside what is known: two files take each other's place only where they should."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from job_site import NOON, SHA, a_run

from sightline.jobs.placing import Placement, place
from sightline.store.runs import StoredRun

MINUTE = timedelta(minutes=1)


def placed(*known: StoredRun, **asked: Any) -> Placement:
    """Where a one-minute file of noon, sent without a camera, is put; `known` analyses are there."""
    given = {"camera_id": "upload", "at": NOON, "length": MINUTE, "sha256": SHA, "time_unknown": False}
    given |= asked

    def between(camera_id: str, since: datetime, until: datetime) -> list[StoredRun]:
        return [
            run
            for run in known
            if run.camera_id == camera_id and run.recorded_at < until and run.recorded_until > since
        ]

    of_file = [run for run in known if run.source_sha256 == given["sha256"]]
    return place(**given, of_file=of_file, between=between)


def other(**facts: Any) -> StoredRun:
    return a_run(facts.pop("name", "other"), source_sha256="b" * 64, **facts)


def test_the_first_file_is_where_it_was_sent() -> None:
    assert placed() == Placement(camera_id="upload", at=NOON)


@pytest.mark.parametrize("time_unknown", [True, False])
def test_the_same_file_again_takes_the_place_of_its_earlier_self(time_unknown: bool) -> None:
    at = NOON + timedelta(days=1) if time_unknown else NOON
    found = placed(a_run(camera_id="upload-3"), at=at, time_unknown=time_unknown)
    assert (found.camera_id, found.at) == ("upload-3", NOON)
    assert "analysed before" in found.note


def test_the_same_file_for_another_camera_or_time_is_another_recording() -> None:
    assert placed(a_run(), camera_id="till").camera_id == "till"
    later = NOON + timedelta(hours=1)
    assert placed(a_run(), at=later) == Placement(camera_id="upload", at=later)


def test_other_files_of_the_same_time_are_other_cameras_when_none_was_named() -> None:
    found = placed(other(), other(camera_id="upload-2", recorded_at=NOON + MINUTE / 4))
    assert (found.camera_id, found.at) == ("upload-3", NOON)
    assert "camera upload-3" in found.note


def test_files_that_follow_each_other_are_of_one_camera_although_they_overlap_a_little() -> None:
    before = other(recorded_at=NOON - MINUTE, recorded_until=NOON + timedelta(seconds=2))
    after = other(name="after", recorded_at=NOON + timedelta(seconds=58), recorded_until=NOON + 2 * MINUTE)
    assert placed(before, after) == Placement(camera_id="upload", at=NOON)


def test_another_file_of_a_named_camera_takes_the_place_of_what_was_known_and_says_so() -> None:
    found = placed(other(camera_id="till", source_name="old.mp4"), camera_id="till")
    assert (found.camera_id, found.at) == ("till", NOON)
    assert "old.mp4" in found.note


def test_files_of_a_named_camera_whose_time_nobody_knows_are_put_one_after_the_other() -> None:
    known = [
        other(
            camera_id="till",
            name=f"r{n}",
            recorded_at=NOON + n * MINUTE,
            recorded_until=NOON + (n + 1) * MINUTE,
        )
        for n in range(3)
    ]
    assert placed(*known, camera_id="till", time_unknown=True).at == NOON + 3 * MINUTE


def test_a_file_that_does_not_say_how_long_it_is_is_placed_by_its_start() -> None:
    assert placed(other(), at=NOON + MINUTE / 2, length=timedelta()).camera_id == "upload-2"
    found = placed(other(camera_id="till"), camera_id="till", length=timedelta(), time_unknown=True)
    assert found.at in (NOON, NOON + MINUTE)


def test_a_camera_that_somebody_called_alike_is_not_taken_for_one_of_ours() -> None:
    found = placed(a_run(camera_id="upload-door"), at=datetime(2026, 5, 1, tzinfo=UTC), time_unknown=True)
    assert found.camera_id == "upload"
