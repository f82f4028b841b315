"""How much a job may take: headers that lie, analyses that grow, and how many of them at once."""

import resource
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from job_site import JobSite, job_site, script

from sightline.errors import SourceRejected
from sightline.job_wiring import job_processes
from sightline.jobs.capacity import MOST_BYTES, machine_memory_bytes, most_memory_bytes
from sightline.jobs.look import look_at
from sightline.store import jobs
from sightline.testing.huge_pictures import announcing, small_film

GIB = 1 << 30
GROWS = "held = [bytearray(20_000_000) for _ in range(20)]\nsay(progress={})\ntime.sleep(60)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[JobSite]:
    with job_site(tmp_path) as site:
        yield site


def test_an_analysis_that_takes_too_much_memory_is_ended_at_once_and_not_tried_again(site: JobSite) -> None:
    file = site.put()
    site.memory_bytes = 100_000_000
    site.commands = [script(GROWS)]
    job = site.work()
    assert (job.state, job.attempts) == (jobs.FAILED, 1)
    assert job.message == "it needed more than 100 MB of memory"
    assert file.exists()


def test_one_that_takes_less_goes_on(site: JobSite) -> None:
    site.put()
    site.memory_bytes = 1_000_000_000
    site.commands = [script(GROWS.replace("60", "0.5") + "\nsys.exit(3)")]
    assert site.runner().one(threading.Event())
    assert "status 3" in site.read().message


@pytest.mark.parametrize(("width", "height"), [(16_000, 16_000), (32_000, 16_000)])
def test_a_few_bytes_that_announce_an_enormous_picture_are_no_video(
    tmp_path: Path, width: int, height: int
) -> None:
    film = tmp_path / "film.h264"
    film.write_bytes(announcing(small_film(10), width, height))
    assert film.stat().st_size < 20_000
    with pytest.raises(SourceRejected, match=r"pixels|picture") as refused:
        look_at(film)
    assert str(tmp_path) not in str(refused.value)
    most_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert most_kib < 1_200_000, "it was refused, but not before it had taken the memory"


def test_pictures_as_large_as_cameras_make_them_are_taken(tmp_path: Path) -> None:
    film = tmp_path / "film.h264"
    film.write_bytes(announcing(small_film(2), 7680, 4320))
    assert look_at(film).fps == 25


def test_jobs_at_once_go_by_cores_and_by_memory() -> None:
    assert [job_processes(cores, 64 * GIB) for cores in (1, 2, 4, 8, 16)] == [1, 1, 1, 2, 4]
    assert [job_processes(16, memory * GIB) for memory in (1, 2, 4, 6, 8, 64)] == [1, 1, 2, 3, 4, 4]
    assert [
        most_memory_bytes(memory * GIB, at_once) // GIB for memory, at_once in ((1, 1), (4, 1), (8, 4))
    ] == [
        1,
        2,
        1,
    ]
    assert most_memory_bytes(64 * GIB, 4) == MOST_BYTES
    assert 0 < machine_memory_bytes() < 1 << 50
