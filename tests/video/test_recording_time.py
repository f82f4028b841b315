"""When a recording began, from the first place that says so."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sightline.errors import SourceRejected
from sightline.video.recording_time import RecordingStart, recording_start, time_in_name

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CONTAINER = datetime(2025, 10, 25, 8, 0, tzinfo=UTC)


def start_of(
    name: str,
    *,
    given: datetime | None = None,
    container: datetime | None = None,
    folder: Path = Path("/nowhere"),
) -> RecordingStart:
    return recording_start(folder / name, given=given, container_time=container, zone=PARIS, now=NOW)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20251025_113052.mp4", "2025-10-25T11:30:52"),
        ("segment_8_20251025_113052_interaction_start.mp4", "2025-10-25T11:30:52"),
        ("2025-10-25_11-30-52.mkv", "2025-10-25T11:30:52"),
        ("2025-10-25 11.30.52.mov", "2025-10-25T11:30:52"),
        ("2025-10-25T11:30:52Z.mp4", "2025-10-25T11:30:52+00:00"),
        ("20251025T113052Z.mp4", "2025-10-25T11:30:52+00:00"),
        ("20251025T113052.123456Z.mp4", "2025-10-25T11:30:52.123456+00:00"),
        ("till 2025-10-25T11:30:52+02:00.mp4", "2025-10-25T11:30:52+02:00"),
        ("till_20251025T113052-0330.mp4", "2025-10-25T11:30:52-03:30"),
        ("ch01_20251025113052.mp4", "2025-10-25T11:30:52"),
        ("NVR_ch2_main_20251025113052_20251025123052.dav", "2025-10-25T11:30:52"),
        ("VID_20251025_113052123.mp4", "2025-10-25T11:30:52.123"),
        ("PXL_20251025_113052123~2.mp4", "2025-10-25T11:30:52.123"),
        ("Screen 2025-10-25 at 11.30.52.mp4", "2025-10-25T11:30:52"),
        ("2025_10_25_11_30_52.avi", "2025-10-25T11:30:52"),
        ("20251025-113052-20251025-114052.mp4", "2025-10-25T11:30:52"),
    ],
)
def test_common_names_carry_their_time(name: str, expected: str) -> None:
    assert time_in_name(name) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("1761384652.mp4", id="epoch seconds"),
        pytest.param("1761384652123.mp4", id="epoch milliseconds"),
        pytest.param("2025-10-25.mp4", id="no time of day"),
        pytest.param("20251025_1130.mp4", id="no seconds"),
        pytest.param("20251325_113052.mp4", id="month 13"),
        pytest.param("20250231_113052.mp4", id="31 February does not exist"),
        pytest.param("20251025_243052.mp4", id="hour 24"),
        pytest.param("920251025113052.mp4", id="part of a serial number"),
        pytest.param("202510251130527.mp4", id="fifteen digits"),
        pytest.param("town-centre-street.mp4", id="words"),
        pytest.param("pets09-s2l1.mp4", id="other digits"),
    ],
)
def test_names_without_a_time_are_not_guessed_at(name: str) -> None:
    assert time_in_name(name) is None


def test_given_time_wins() -> None:
    start = start_of("20251025_113052.mp4", given=datetime(2024, 1, 5, 9, 0), container=CONTAINER)  # noqa: DTZ001
    assert start == RecordingStart(at=datetime(2024, 1, 5, 8, 0, tzinfo=UTC), source="given")


def test_name_is_read_in_the_venues_zone_and_beats_the_container() -> None:
    start = start_of("20251025_113052.mp4", container=CONTAINER)
    assert start == RecordingStart(at=datetime(2025, 10, 25, 9, 30, 52, tzinfo=UTC), source="file name")


def test_offset_in_the_name_beats_the_venues_zone() -> None:
    assert start_of("20251025T113052Z.mp4").at == datetime(2025, 10, 25, 11, 30, 52, tzinfo=UTC)


def test_name_from_the_future_is_not_believed() -> None:
    assert start_of("20350101_000000.mp4", container=CONTAINER).source == "container"


def test_container_time_is_used_when_the_name_says_nothing() -> None:
    assert start_of("till.mp4", container=CONTAINER) == RecordingStart(at=CONTAINER, source="container")


@pytest.mark.parametrize(
    "absurd",
    [
        pytest.param(datetime(1904, 1, 1, tzinfo=UTC), id="zero of QuickTime"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), id="zero of Unix"),
        pytest.param(NOW + timedelta(seconds=1), id="future"),
    ],
)
def test_absurd_container_time_falls_through_to_the_files_time(tmp_path: Path, absurd: datetime) -> None:
    path = tmp_path / "till.mp4"
    path.write_bytes(b"x")
    changed_at = datetime(2026, 2, 1, 10, 0, tzinfo=UTC)
    os.utime(path, (changed_at.timestamp(), changed_at.timestamp()))

    start = start_of("till.mp4", container=absurd, folder=tmp_path)

    assert (start.at, start.source) == (changed_at, "file time")
    assert start.warning is not None
    assert "2026-02-01 10:00:00 UTC" in start.warning


def test_time_that_exists_twice_is_the_first_and_says_so() -> None:
    start = start_of("20251026_023000.mp4")
    assert start.at == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert start.warning is not None
    assert "exists twice" in start.warning


def test_second_of_two_can_be_asked_for() -> None:
    given = datetime(2025, 10, 26, 2, 30, fold=1)  # noqa: DTZ001
    assert start_of("a.mp4", given=given).at == datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def test_time_that_was_skipped_moves_forward_and_says_so() -> None:
    start = start_of("20250330_023000.mp4")
    assert start.at == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    assert start.warning is not None
    assert "does not exist" in start.warning


def test_file_that_cannot_be_looked_at_is_rejected() -> None:
    with pytest.raises(SourceRejected, match="cannot be read"):
        start_of("gone.mp4")
