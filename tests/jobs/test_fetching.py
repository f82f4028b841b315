"""Videos of the web: how they become jobs with a file, what is refused, nothing half fetched stays."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from footage_made import write_video
from job_site import DONE, QUICK, SITE, JobSite, job_site, saying
from video_host import VideoHost, wait_until

from sightline.jobs.fetching import FetchMeans, fetch_environment
from sightline.store import jobs
from sightline.store.jobs import StoredJob
from sightline.testing.live_site import processes_below

INSIDE = "an address inside this network"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_video(tmp_path_factory.mktemp("films") / "film.mp4", frames=50, fps=25).read_bytes()


@pytest.fixture
def host(film: bytes) -> Iterator[VideoHost]:
    with VideoHost(film) as host:
        yield host


@pytest.fixture
def site(tmp_path: Path) -> Iterator[JobSite]:
    with job_site(tmp_path) as site:
        yield site


def address(site: JobSite, url: str, **facts: object) -> None:
    """The job `film` with an address and no file."""
    site.put(source="url", file_name=None, sha256=None, url=url, video_name="till", **facts)
    for path in sorted(site.folder.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def fetched(site: JobSite, host: VideoHost, path: str, **facts: object) -> StoredJob:
    """The job `film` over a video of the host, after one attempt."""
    address(site, host.url(path))
    site.fetching = host.fetching(**facts)  # type: ignore[arg-type]
    return site.work()


def left(site: JobSite) -> list[str]:
    return [str(path.relative_to(site.folder.path)) for path in site.folder.path.rglob("*")]


def test_a_video_is_fetched_kept_and_analysed_in_one_attempt(site: JobSite, host: VideoHost) -> None:
    site.commands = [saying(failed="not today", again=False, waits=False), saying(done=DONE)]
    job = fetched(site, host, f"to/{host.url('film.mp4')}")
    assert (job.state, job.message, job.attempts) == (jobs.FAILED, "not today", 1)
    assert (job.sha256, job.size_bytes) == (sha256(host.film).hexdigest(), len(host.film))
    assert (job.progress.total_frames, job.progress.fps, job.progress.duration_s) == (50, 25, 2)
    assert job.file_name == "shop/film/till.mp4"
    assert left(site) == ["shop", "shop/film", "shop/film/till.mp4"]
    assert site.folder.file(job.file_name).read_bytes() == host.film

    asked = len(host.asked)
    with site.database.transaction() as connection:
        assert jobs.retry_job(SITE, connection, "film", message="again")
    assert site.work().state == jobs.COMPLETED
    assert len(host.asked) == asked, "its file is there, so nobody fetches it again"
    assert left(site) == ["shop"]


def test_the_same_video_again_is_noticed(site: JobSite, host: VideoHost) -> None:
    address(site, host.url("film.mp4"))
    earlier = replace(site.read(), id="before", state=jobs.COMPLETED, sha256=sha256(host.film).hexdigest())
    with site.database.transaction() as connection:
        jobs.add_job(SITE, connection, earlier)
    site.fetching = host.fetching()
    messages: list[str] = []

    def command(_job: str) -> list[str]:
        messages.append(site.read().message)
        return saying(done=DONE)

    runner = site.runner()
    runner._command = command
    assert runner.one(threading.Event())
    assert "came before, as job before" in messages[0]


@pytest.mark.parametrize(
    ("path", "reason", "again"),
    [
        ("status/404", "no such video: the host answered 404", False),
        ("status/403", "the host answered 403", False),
        ("status/503", "the host answered 503", True),
        ("announced.mp4", "it is larger than 5 MB", False),
        ("endless.mp4", "it is larger than 5 MB", False),
        ("to/http://10.0.0.1/film.mp4", INSIDE, False),
        ("to/http://169.254.169.254/latest/", INSIDE, False),
        ("to/http://127.0.0.1:9/film.mp4", INSIDE, False),
        ("to/http://93.184.216.34:22/film.mp4", "it leads to port 22", False),
        ("to/file:///etc/passwd", "not an address of the web", False),
        ("to/ftp://10.0.0.1/film.mp4", "not an address of the web", False),
        ("to/http://nobody.invalid/film.mp4", "nobody knows the name of the host", True),
    ],
)
def test_what_is_not_fetched_says_why_and_leaves_nothing(
    site: JobSite, host: VideoHost, path: str, reason: str, *, again: bool
) -> None:
    job = fetched(site, host, path)
    assert reason in job.message, job.message
    assert job.state == (jobs.PENDING if again else jobs.FAILED)
    assert (job.file_name, left(site)) == (None, [])
    for noise in ("ERROR", "yt-dlp", "Traceback", str(site.folder.path)):
        assert noise not in job.message


@pytest.mark.parametrize("content", [b"<html>no video</html>", b"", bytes(50_000), b"\xff\xfb" * 999])
def test_what_comes_must_be_a_video(site: JobSite, host: VideoHost, content: bytes) -> None:
    host.film = content
    job = fetched(site, host, "film.mp4")
    assert job.state == jobs.FAILED, job.message
    assert left(site) == []


def test_a_film_that_is_cut_off_on_its_way_is_tried_again(site: JobSite, host: VideoHost) -> None:
    job = fetched(site, host, "broken.mp4")
    assert (job.state, job.attempts) == (jobs.PENDING, 1)
    assert "broke off" in job.message
    assert left(site) == []


def test_a_host_that_trickles_is_given_up_when_the_time_is_over(site: JobSite, host: VideoHost) -> None:
    job = fetched(site, host, "trickle.mp4", within_s=4.0)
    assert (job.state, job.message) == (jobs.FAILED, "it did not come whole within 4 s")
    assert left(site) == []


def test_without_requests_the_same_addresses_are_refused(site: JobSite, host: VideoHost) -> None:
    without = "import sys\nsys.modules['requests'] = None"
    job = fetched(site, host, "to/http://10.0.0.1/film.mp4", before=without)
    assert INSIDE in job.message
    with job_site(site.folder.path / "other") as other:
        assert (
            "not an address of the web" in fetched(other, host, "to/ftp://10.0.0.1/x", before=without).message
        )


def test_a_name_that_means_this_network_the_second_time_leads_nowhere(site: JobSite, host: VideoHost) -> None:
    """Public when it is looked at, inside when it is connected to: only the connection itself counts."""
    rebound = """
import socket
real, times = socket.getaddrinfo, []
def getaddrinfo(host, port, *args, **kwargs):
    if host != "films.example":
        return real(host, port, *args, **kwargs)
    times.append(host)
    found = "127.0.0.1" if len(times) > 1 else "93.184.216.34"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]
socket.getaddrinfo = getaddrinfo
assert socket.getaddrinfo("films.example", 80)[0][4][0] == "93.184.216.34"
"""
    address(site, "http://films.example/film.mp4")
    site.fetching = host.fetching(before=rebound)
    job = site.work()
    assert job.state == jobs.FAILED
    assert f"127.0.0.1, {INSIDE}" in job.message
    assert host.asked == []


def test_without_yt_dlp_it_says_how_to_get_it(site: JobSite, host: VideoHost) -> None:
    job = fetched(site, host, "film.mp4", before="import sys\nsys.modules['yt_dlp'] = None")
    assert job.state == jobs.FAILED
    assert "pip install 'sightline[download]'" in job.message


def test_a_fetching_process_that_is_killed_leaves_nothing_and_the_job_is_tried_again(
    site: JobSite, host: VideoHost
) -> None:
    address(site, host.url("hold.mp4"))
    site.fetching = host.fetching()
    with working(site):
        wait_until(lambda: any(path.endswith(".part/video") for path in left(site)))
        child = fetching_processes()
        assert len(child) == 1
        os.kill(child[0], signal.SIGKILL)
        wait_until(lambda: site.read().state == jobs.PENDING or site.read().attempts == 2)
    assert "SIGKILL" in site.read().message or site.read().attempts == 2
    assert left(site) == []
    with site.database.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE video_job SET url = ?, state = 'pending', due_at = NULL", (host.url("film.mp4"),)
        )
    assert site.work().state == jobs.COMPLETED


def test_a_job_is_cancelled_in_the_middle_of_a_download(site: JobSite, host: VideoHost) -> None:
    address(site, host.url("hold.mp4"))
    site.fetching = host.fetching()
    with working(site):
        wait_until(lambda: any(path.endswith(".part/video") for path in left(site)))
        with site.database.transaction() as connection:
            assert jobs.ask_to_cancel(SITE, connection, "film")
        wait_until(lambda: site.read().state == jobs.CANCELLED)
    assert left(site) == []
    assert fetching_processes() == []


def test_a_stopped_site_puts_a_download_back_and_removes_what_had_come(
    site: JobSite, host: VideoHost
) -> None:
    address(site, host.url("hold.mp4"))
    site.fetching = host.fetching()
    with working(site):
        wait_until(lambda: any(path.endswith(".part/video") for path in left(site)))
    assert (site.read().state, site.read().attempts) == (jobs.PENDING, 0)
    assert left(site) == []


def test_what_a_killed_site_has_left_goes_with_the_next_attempt(site: JobSite, host: VideoHost) -> None:
    address(site, host.url("film.mp4"), attempts=1)
    stale = site.folder.room_for("film", 1)
    (stale / "video").write_bytes(b"half")
    kept = site.folder.path / "shop" / "film"
    kept.mkdir(parents=True)
    (kept / "till.mp4").write_bytes(b"kept, but its job never heard of it")
    site.fetching = host.fetching()
    site.commands = [saying(failed="not today", again=False, waits=False)]
    job = site.work()
    assert left(site) == ["shop", "shop/film", "shop/film/till.mp4"]
    assert site.folder.file(job.file_name or "").read_bytes() == host.film


def test_the_fetching_process_gets_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGHTLINE_SMTP_PASSWORD", "AWS_SECRET_ACCESS_KEY", "https_proxy", "HOME"):
        monkeypatch.setenv(name, "secret")
    assert "secret" not in fetch_environment().values()
    assert fetch_environment()["YTDLP_NO_PLUGINS"] == "1"
    assert FetchMeans(longest_bytes=1).command[-1] == "sightline.jobs.fetch"


class working:  # noqa: N801  reads as a word
    """A runner in a thread while the block lasts."""

    def __init__(self, site: JobSite) -> None:
        self._stop = threading.Event()
        runner = site.runner(rhythm=replace(QUICK, pause=600.0))
        self._thread = threading.Thread(target=runner.run, args=(self._stop,))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


def fetching_processes() -> list[int]:
    return [pid for pid, line in processes_below(os.getpid()).items() if "sightline.jobs.fetch" in line]
