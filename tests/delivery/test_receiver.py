"""The receiver of the tests is a server of its own: its promises are tested like any others."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sealed_files import sealed_file

from sightline.delivery.http_upload import HttpUploader
from sightline.delivery.reports import ReportSender
from sightline.errors import DeliveryDeferred
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import PASSING, Fault, random_faults
from sightline.testing.receiver_shelf import read_journal


def test_the_same_seed_gives_the_same_faults_in_any_order() -> None:
    plan, again = random_faults(0.3, 7), random_faults(0.3, 7)
    forwards = [plan(number, "/upload", "k") for number in range(1000)]
    backwards = [again(number, "/other", "") for number in reversed(range(1000))]
    assert forwards == backwards[::-1]
    assert forwards != [random_faults(0.3, 8)(number, "/upload", "k") for number in range(1000)]


def test_the_rate_of_faults_is_the_one_asked_for() -> None:
    plan = random_faults(0.3, 7)
    faults = [fault for number in range(5000) if (fault := plan(number, "", "")) is not None]
    assert 0.27 < len(faults) / 5000 < 0.33
    assert set(faults) == set(PASSING)


def test_files_and_reports_survive_a_restart_of_the_receiver(tmp_path: Path) -> None:
    clip = sealed_file(tmp_path)
    with Receiver(folder=tmp_path / "far") as first:
        HttpUploader(first.upload_url, "", None).send(clip, key="event-1")
        said = ReportSender(first.incident_url, "").send({"a": 1}, key="event-1")
    with Receiver(folder=tmp_path / "far") as second:
        HttpUploader(second.upload_url, "", None).send(clip, key="event-1")
        again = ReportSender(second.incident_url, "").send({"a": 1}, key="event-1")
        assert [arrival.times for arrival in second.arrivals] == [2, 2]
        assert len(list(second.shelf.files_dir.iterdir())) == 1
    assert said == again


def test_without_a_key_each_is_another(tmp_path: Path) -> None:
    with Receiver() as receiver:
        for _ in range(2):
            HttpUploader(receiver.upload_url, "", None).send(sealed_file(tmp_path), key="")
        assert len(receiver.arrivals) == 2


@contextmanager
def receiver_process(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    words = [sys.executable, "-m", "sightline.testing.receiver", "--folder", str(folder), *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, f"http://127.0.0.1:{process.stdout.readline().split()[1]}"
        finally:
            process.kill()


def test_a_process_of_its_own_that_is_killed_leaves_its_journal(tmp_path: Path) -> None:
    clip = sealed_file(tmp_path)
    folder = tmp_path / "far"
    with receiver_process(folder) as (process, url):
        HttpUploader(f"{url}/upload", "", None).send(clip, key="event-1")
        ReportSender(f"{url}/incident", "").send({"a": 1}, key="event-1")
        process.kill()
        process.wait()
    with (folder / "journal.jsonl").open("ab") as journal:
        journal.write(b'[["/incident", "event-2"], {"numb')  # what a kill within a line leaves
    kept = read_journal(folder)
    assert [(path, key) for path, key in kept] == [("/upload", "event-1"), ("/incident", "event-1")]
    assert kept["/upload", "event-1"].sha256 == clip.sha256
    with Receiver(folder=folder) as receiver:
        ReportSender(receiver.incident_url, "").send({"a": 2}, key="event-2")
    assert read_journal(folder)["/incident", "event-2"].document == {"a": 2}


def test_a_process_of_its_own_misbehaves_as_told_and_ends_when_told(tmp_path: Path) -> None:
    options = ["--fault-rate", "1", "--faults", "error_503,error_500", "--seed", "3"]
    with receiver_process(tmp_path, *options) as (process, url):
        for _ in range(4):
            with pytest.raises(DeliveryDeferred, match=r"50[03]"):
                ReportSender(f"{url}/incident", "").send({}, key="k")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0


def test_through_many_faults_everything_arrives_once_and_whole(tmp_path: Path) -> None:
    clips = [sealed_file(tmp_path, 300_000 + number, name=f"clip_{number}.mp4") for number in range(12)]
    plan = random_faults(0.5, 11)
    with Receiver(plan=plan) as receiver:
        ours = HttpUploader(receiver.upload_url, "", None, timeout_s=lambda _size: 5)
        for clip in clips:
            for _ in range(50):
                try:
                    ours.send(clip, key=clip.file_name)
                    break
                except DeliveryDeferred:
                    continue
        assert [arrival.sha256 for arrival in receiver.arrivals] == [clip.sha256 for clip in clips]
        assert len(receiver.asked) > len(clips)
        assert len(list(receiver.shelf.files_dir.iterdir())) == len(clips)
        assert Fault.STORED_THEN_RESET in {asked.fault for asked in receiver.asked}
