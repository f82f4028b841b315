"""Which recorded files go, and when people are told; on a small real disk where this machine allows one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept_footage import KEEP, LENGTH, NOW, SITE, VENUE, KeptFootage, ago

from sightline.pipeline.disk_alerts import DiskAlerts
from sightline.pipeline.retention import DiskUse, RetentionResult
from sightline.store import alerts, live, recordings, runs
from sightline.store.alerts import StoredAlert
from sightline.store.tables import evidence, evidence_part, recording_segment

EMPTY = DiskUse(used=0, total=1_000)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptFootage]:
    site = KeptFootage(tmp_path / "data")
    yield site
    site.database.close()


def judge(site: KeptFootage, result: RetentionResult, share: float = 0.8) -> None:
    DiskAlerts(site.database, keep=KEEP, disk_share=share, clock=lambda: NOW).judge(result)


def told(site: KeptFootage) -> list[StoredAlert]:
    with site.database.reading() as connection:
        return alerts.list_alerts(SITE, connection, limit=None)


def test_files_older_than_promised_go_and_the_others_stay(site: KeptFootage) -> None:
    site.record("till", ago(days=3, seconds=11), 100)
    young = {site.record("till", ago(days=3, seconds=9), 100), site.record("door", ago(hours=1), 100)}
    result = site.retention(use=EMPTY).run()
    assert site.files == site.rows == young
    assert (result.removed, result.removed_bytes, result.early) == (1, 100, frozenset())


def test_a_full_disk_takes_the_oldest_of_all_cameras_and_no_more_than_needed(site: KeptFootage) -> None:
    paths = [site.record("till" if n % 2 else "door", ago(hours=20 - n), 100) for n in range(10)]
    result = site.retention(use=DiskUse(used=1_050, total=1_000), share=0.8).run()
    assert site.files == site.rows == set(paths[3:])
    assert result.early == {VENUE}
    assert result.over_bytes == 0


def test_footage_that_wanted_evidence_needs_stays_however_old_and_full(site: KeptFootage) -> None:
    at = ago(days=9)
    needed = {site.record("till", at, 100), site.record("till", at + LENGTH, 100)}
    site.record("door", at, 100)
    site.want("till", at + timedelta(seconds=5), at + timedelta(seconds=15))
    result = site.retention(use=DiskUse(used=5_000, total=1_000)).run()
    assert site.files == site.rows == needed
    assert result.over_bytes > 0


def test_footage_of_what_is_going_on_goes_last(site: KeptFootage) -> None:
    begun = [site.record("till", ago(hours=5, minutes=-n), 100) for n in range(3)]
    other = site.record("door", ago(minutes=1), 100)
    run = runs.StoredRun(
        id="live-1",
        venue_id=VENUE,
        camera_id="till",
        source_name="till",
        source_sha256=None,
        recorded_at=ago(hours=6),
        recorded_until=NOW,
        recorded_at_source="live",
        started_at=ago(hours=6),
        finished_at=None,
        software="test",
        analysis={},
        frames=0,
        analysed_frames=0,
        warnings=(),
        visitors={},
        kind="live",
        open_since=ago(hours=5),
    )
    with site.database.transaction() as connection:
        live.begin_run(SITE, connection, run)
    site.retention(use=DiskUse(used=850, total=1_000)).run()
    assert site.files == site.rows == set(begun), "the newer file of the other camera went"
    site.retention(use=DiskUse(used=850, total=1_000)).run()
    assert site.files == site.rows == set(begun[1:]), "and now there is nothing else"
    assert other not in site.files


def test_rows_whose_file_is_gone_are_removed_in_the_next_round(site: KeptFootage) -> None:
    gone = site.record("till", ago(days=2), 100)
    stays = site.record("till", ago(days=1), 100)
    (site.recordings / gone).unlink()
    site.retention(use=EMPTY).run()
    assert site.rows == {stays}


def test_a_file_that_cannot_be_removed_does_not_stop_the_others(site: KeptFootage) -> None:
    stuck = site.record("till", ago(days=6), 100)
    (site.recordings / stuck).unlink()
    (site.recordings / stuck).mkdir()  # unlink refuses a folder, whoever asks
    site.record("till", ago(days=5), 100)
    site.retention(use=EMPTY).run()
    assert site.files == set()
    assert site.rows == {stuck}, "it stays known"


def test_the_sweep_removes_old_files_without_a_row_and_empty_folders(site: KeptFootage) -> None:
    lost = site.record("till", ago(days=6), 100, row=False)
    known = site.record("door", ago(days=6), 100)
    young = site.record("door", ago(days=1), 100, row=False)
    foreign = site.recordings / VENUE / "door" / "notes.txt"
    foreign.write_text("mine")
    for path in (lost, known):
        os.utime(site.recordings / path, (ago(days=6).timestamp(),) * 2)
    os.utime(foreign, (ago(days=600).timestamp(),) * 2)
    os.utime(site.recordings / young, (ago(days=1).timestamp(),) * 2)
    assert site.retention(use=EMPTY).sweep() == 1
    assert site.files == {known, young, f"{VENUE}/door/notes.txt"}
    assert not (site.recordings / VENUE / "till").exists()


SIZES = st.integers(1, 40)
MINUTES = st.integers(0, 6 * 24 * 60)
FILES = st.lists(
    st.tuples(st.sampled_from(["till", "door"]), MINUTES, SIZES), max_size=14, unique_by=lambda f: f[:2]
)
WANTED = st.lists(st.tuples(st.sampled_from(["till", "door"]), MINUTES, st.integers(1, 90)), max_size=3)


@pytest.fixture(scope="module")
def one_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptFootage]:
    site = KeptFootage(tmp_path_factory.mktemp("one") / "data")
    yield site
    site.database.close()


@settings(max_examples=40, deadline=None)
@given(files=FILES, wanted=WANTED, others=st.integers(0, 300))
def test_what_goes_is_old_or_the_oldest_that_is_in_the_way(
    one_site: KeptFootage, files: list[tuple[str, int, int]], wanted: list[tuple[str, int, int]], others: int
) -> None:
    site, total, share = one_site, 400, 0.5
    with site.database.transaction() as connection:
        for table in (recording_segment, evidence_part, evidence):
            connection.execute(table.delete())
    for path in site.files:
        (site.recordings / path).unlink()
    sizes: dict[str, int] = {}
    times: dict[str, tuple[str, datetime]] = {}
    for camera, minutes, size in files:
        path = site.record(camera, ago(minutes=minutes), size)
        sizes[path], times[path] = size, (camera, ago(minutes=minutes))
    for camera, minutes, seconds in wanted:
        site.want(camera, ago(minutes=minutes), ago(minutes=minutes) + timedelta(seconds=seconds))

    def used(paths: set[str]) -> int:
        return others + sum(sizes[path] for path in paths)

    before = set(sizes)
    retention = site.retention(share=share)
    retention._measure = lambda _: DiskUse(used(site.files), total)
    retention.run()
    after = site.files

    assert site.rows == after
    needed = {
        path
        for path, (camera, at) in times.items()
        for of, minutes, seconds in wanted
        if of == camera
        and at < ago(minutes=minutes) + timedelta(seconds=seconds)
        and ago(minutes=minutes) < at + LENGTH
    }
    assert needed <= after, "never footage that evidence is still cut from"
    old = {path for path, (_, at) in times.items() if at + LENGTH < NOW - KEEP}
    early = before - after - old
    free = {path for path in after if not _near(path, times, wanted)}
    assert not old & free, "nothing is kept longer than promised"
    assert used(after) <= share * total or not free, "as much as may go, goes"
    if early:
        assert max(times[path][1] for path in early) <= min((times[p][1] for p in free), default=NOW)
        newest = max(early, key=lambda path: (times[path][1], path))
        assert used(after | {newest}) > share * total, "and no more than is needed"


def _near(path: str, times: dict[str, tuple[str, datetime]], wanted: list[tuple[str, int, int]]) -> bool:
    """Kept for wanted evidence: its footage and the ten seconds beside it."""
    camera, at = times[path]
    margin = timedelta(seconds=10)
    return any(
        of == camera
        and ago(minutes=minutes) <= at + LENGTH + margin
        and ago(minutes=minutes) + timedelta(seconds=seconds) >= at - margin
        for of, minutes, seconds in wanted
    )


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_nothing_that_the_next_round_does_not_put_right(tmp_path: Path) -> None:
    program = Path(__file__).with_name("retention_killed.py")
    output = subprocess.run(
        [sys.executable, str(program), str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    stories = [json.loads(line) for line in output.splitlines()]
    assert len(stories) >= 9, "six files and their commits"
    for story in stories[:-1]:
        assert story["status"] == -signal.SIGKILL
        assert set(story["left"]["files"]) <= set(story["left"]["rows"]), "no file without a row"
        assert story["again"] == 0
        assert story["end"]["files"] == story["end"]["rows"]
        assert story["end"] == stories[-1]["end"]
    assert stories[-1]["status"] == 0
    assert any(story["left"]["files"] != story["left"]["rows"] for story in stories), "else nothing was tried"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 24 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"this machine does not let us mount a small disk: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_on_a_small_disk_recordings_make_room_and_people_are_told_once(small_disk: Path) -> None:
    site, share, size = KeptFootage(small_disk / "data"), 0.6, 200_000
    needed = {site.record("till", ago(hours=40, minutes=-n), size) for n in range(4)}
    site.want("till", ago(hours=40), ago(hours=40, minutes=-3))
    clip = small_disk / "data" / "segments" / "clip.mp4"
    clip.parent.mkdir()
    clip.write_bytes(bytes(size))
    for n in range(100):
        site.record("door", ago(hours=30, minutes=-n), size)

    retention = site.retention(share=share)
    for n in range(10):
        assert retention.over_its_share() or n
        result = retention.run()
        judge(site, result, share)
        assert result.use.share <= share
        judge(site, retention.run(), share)  # a round in which nothing has to go
        for m in range(3):
            site.record("door", ago(hours=20, minutes=-10 * n - m), size)
    assert needed <= site.files == site.rows
    assert clip.exists()
    (alert,) = told(site)
    assert (alert.alert_type, alert.severity, alert.venue_id) == ("disk_low", "warning", VENUE)
    assert alert.data["promised_days"] == 3
    assert 1.1 < alert.data["days_left"] < 1.3
    assert alert.cleared_at is None

    ballast = small_disk / "somebody_elses"
    for megabytes in (8, 17, 17):
        ballast.write_bytes(bytes(megabytes * 1_000_000))
        judge(site, retention.run(), share)
    assert site.files == site.rows == needed, "all that may go is gone"
    assert clip.exists()
    assert [one.alert_type for one in told(site)] == ["disk_full", "disk_low"]
    assert told(site)[0].severity == "critical"

    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=512m", str(small_disk)], check=True)
    site.record("door", ago(hours=30), size)
    for _ in range(2):
        judge(site, retention.run(), share)
    assert all(one.cleared_at is not None for one in told(site))
    site.database.close()


def test_a_disk_without_a_free_byte_is_cleared_although_the_database_cannot_write(small_disk: Path) -> None:
    site = KeptFootage(small_disk / "data")
    old = [site.record("till", ago(hours=40, minutes=-n), 300_000) for n in range(30)]
    _fill(small_disk / "ballast")
    with site.database.reading() as connection:
        assert len(recordings.oldest_segments(SITE, connection, 100)) == 30
    result = site.retention(share=0.9).run()
    assert result.use.share <= 0.9
    assert site.files - {old[-1]} == site.rows - {old[-1]}
    assert old[0] not in site.rows
    site.database.close()


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))


def test_a_disk_at_the_edge_of_its_share_is_told_of_once(site: KeptFootage) -> None:
    site.record("till", ago(hours=1), 100)

    def round_with(used: int, over: int) -> None:
        judge(site, _round(used, over))

    for used, over in ((850, 50), (795, 0), (810, 10), (799, 0)):
        round_with(used, over)
    assert [(one.alert_type, one.cleared_at) for one in told(site)] == [("disk_full", None)]
    round_with(700, 0)
    (alert,) = told(site)
    assert alert.cleared_at is not None


def _round(used: int, over: int) -> RetentionResult:
    return RetentionResult(
        removed=0,
        removed_bytes=0,
        early=frozenset(),
        over_bytes=over,
        use=DiskUse(used=used, total=1_000),
        oldest_at=ago(hours=1),
    )
