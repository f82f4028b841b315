"""Video jobs over HTTP: handed over, looked at, stopped and tried again, each by who may."""

import hashlib
import socket
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from footage_made import silence, write_video
from people_and_keys import Asker, with_key, with_venues
from platform_site import PlatformSite

from sightline.domain.scope import Scope
from sightline.job_wiring import job_folder, job_runner
from sightline.jobs.video_jobs import HEARD_WITHIN
from sightline.store import job_processors, jobs
from sightline.store.jobs import StoredJob

SITE = Scope.site()
WEEK_AGO = datetime.now(UTC) - timedelta(days=7)
NOBODYS_FIGURES = (
    *("total_events", "unique_visitors", "visitors_detected", "return_visitors", "new_visitors"),
    *("reid_stats", "eta_seconds"),
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("films") / "till_20260302_090000.mp4", frames=50, fps=25)


@pytest.fixture
def shop(platform: PlatformSite) -> PlatformSite:
    return with_venues(platform, "shop", "other")


def upload(
    site: PlatformSite,
    film: Path | bytes,
    *,
    name: str | None = None,
    asker: Asker | None = None,
    **fields: str,
) -> httpx.Response:
    content = film if isinstance(film, bytes) else film.read_bytes()
    named = name or (film.name if isinstance(film, Path) else "film.mp4")
    form = {"venue_id": "shop"} | fields
    return (asker or site).ask("POST", "/process/upload", files={"file": (named, content)}, data=form)


def started(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["status"] == "started"
    return str(document["job_id"])


def put(site: PlatformSite, job_id: str, state: str = jobs.PENDING, **facts: Any) -> str:
    """A job that nobody sent."""
    given: dict[str, Any] = {"venue_id": "shop", "camera_id": "upload", "created_at": WEEK_AGO} | facts
    job = StoredJob(
        id=job_id,
        source="upload",
        video_name="old.mp4",
        state=state,
        message="waits",
        created_by="local",
        **given,
    )
    with site.database.transaction() as connection:
        jobs.add_job(SITE, connection, job)
    return job_id


def analysed(site: PlatformSite) -> None:
    """Every job that waits is analysed by real processes."""

    def command(job: str) -> list[str]:
        part = [sys.executable, "-m", "sightline", "serve", "--only", "jobs", "--child", "--job", job]
        return [*part, "--data-dir", str(site.site.data_dir)]

    runner = job_runner(site.site, 1, command=command, step=lambda: None)
    while runner.one(threading.Event()):
        pass


def files_of_jobs(site: PlatformSite) -> list[str]:
    folder = job_folder(site.site).path
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_file_becomes_a_job_that_waits_and_says_what_is_known_of_it(shop: PlatformSite, film: Path) -> None:
    job_id = started(
        upload(shop, film, camera_id="till", recorded_at="2026-03-02T09:30:00+01:00", priority="7")
    )
    status = shop.get(f"/process/status/{job_id}")
    assert {name: status[name] for name in ("status", "venue_id", "camera_id", "job_id")} == {
        "status": "pending", "venue_id": "shop", "camera_id": "till", "job_id": job_id,
    }  # fmt: skip
    assert (status["current_frame"], status["total_frames"], status["fps"], status["duration"]) == (
        0,
        50,
        25,
        2,
    )
    assert [status[name] for name in NOBODYS_FIGURES] == [None] * 7
    assert status["reid_enabled"] is False
    job = shop.get(f"/api/batch/jobs/{job_id}")
    assert (job["video_name"], job["priority"], job["source"]) == (film.name, 7, "upload")
    assert datetime.fromisoformat(job["recorded_at"]) == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert files_of_jobs(shop) == [f"{job_id}/{film.name}"]
    assert (job_folder(shop.site).path / job_id / film.name).read_bytes() == film.read_bytes()


def test_a_time_without_an_offset_is_on_the_clocks_of_the_venue(platform: PlatformSite, film: Path) -> None:
    platform.ask("POST", "/venues", json={"id": "shop", "name": "Shop", "timezone": "Europe/Paris"})
    job_id = started(upload(platform, film, recorded_at="2026-07-02T09:30:00"))
    told = platform.get(f"/api/batch/jobs/{job_id}")["recorded_at"]
    assert datetime.fromisoformat(told) == datetime(2026, 7, 2, 7, 30, tzinfo=UTC)


@pytest.mark.slow
def test_a_job_is_analysed_once_however_often_its_file_is_sent(shop: PlatformSite, film: Path) -> None:
    first = started(upload(shop, film))
    analysed(shop)
    status = shop.get(f"/process/status/{first}")
    assert status["status"] == "completed", status["message"]
    assert (status["current_frame"], status["total_frames"], status["frames_to_process"]) == (50, 50, 10)
    figures = [status[name] for name in ("total_events", "unique_visitors", "visitors_detected")]
    assert None not in figures
    job = shop.get(f"/api/batch/jobs/{first}")
    assert datetime.fromisoformat(job["recorded_at"]) == datetime(2026, 3, 2, 9, tzinfo=UTC), (
        "as its name says"
    )
    assert files_of_jobs(shop) == []

    second = started(upload(shop, film))
    assert first in shop.get(f"/process/status/{second}")["message"]
    analysed(shop)
    assert "analysed before" in shop.get(f"/process/status/{second}")["message"]
    runs = [shop.get(f"/api/batch/jobs/{job_id}")["run_id"] for job_id in (first, second)]
    with shop.database.reading() as connection:
        alive = {row[0] for row in connection.exec_driver_sql("SELECT id FROM run")}
    assert alive == {runs[1]}
    assert shop.get("/api/batch/stats")["total_visitors_detected"] == figures[2]
    day = shop.get("/analytics/shop", to="2026-03-02", days=1)
    assert [day["total_visitors"], day["unique_visitors"]] == figures[:2]


def test_what_is_no_video_is_refused_and_leaves_nothing(
    shop: PlatformSite, film: Path, tmp_path: Path
) -> None:
    cut_off = film.read_bytes()[: len(film.read_bytes()) // 3]
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=8000)
        out.mux(stream.encode(silence()))
        out.mux(stream.encode(None))
    sound = (tmp_path / "sound.mp4").read_bytes()
    for content in (b"", b"hello", b"<html>" * 999, bytes(9_999), cut_off, sound):
        answer = upload(shop, content)
        assert answer.status_code == 415, (content[:20], answer.text)
        assert str(shop.site.data_dir) not in answer.text
    assert files_of_jobs(shop) == []
    assert shop.get("/api/batch/jobs") == []


def test_a_file_that_is_too_large_is_refused_while_it_arrives(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path, {"downloads": {"max_upload_mb": 1}})
    head = (
        b"POST /process/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    with site.answering(), socket.create_connection(("127.0.0.1", site.port), timeout=30) as line:
        line.sendall(head + b"%x\r\n%b\r\n" % (len(part), part))
        block = b"20000\r\n" + bytes(0x20000) + b"\r\n"
        for _ in range(8):
            line.sendall(block)
        answer = line.recv(65_536)  # the form has not ended, and it is answered all the same
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert files_of_jobs(site) == []
    site.close()


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"venue_id": ""}, "venue_id"),
        ({"venue_id": "../x"}, "venue_id"),
        ({"camera_id": "a/b"}, "camera_id"),
        ({"recorded_at": "yesterday"}, "recorded_at"),
        ({"recorded_at": "1700000000"}, "recorded_at"),
        ({"recorded_at": "1900-01-01T00:00:00Z"}, "recorded_at"),
        ({"priority": "1e9"}, "priority"),
        ({"priority": "99999999999999999999"}, "priority"),
    ],
)
def test_a_wrong_field_is_named(shop: PlatformSite, film: Path, fields: dict[str, str], where: str) -> None:
    answer = upload(shop, film, **fields)
    assert answer.status_code == 422, answer.text
    assert [one["loc"] for one in answer.json()["detail"]] == [["body", where]]
    assert files_of_jobs(shop) == []


def test_no_name_of_a_file_leads_anywhere_else(shop: PlatformSite, film: Path) -> None:
    for name in (
        "../../../../etc/x.mp4",
        "..",
        "a\\..\\b.mp4",
        "\u202e4pm.x",
        "<script>.mp4",
        "é" * 300 + ".mp4",
    ):
        job_id = started(upload(shop, film, name=name))
        kept = job_folder(shop.site).path / job_id
        assert len(list(kept.iterdir())) == 1
    outside = {path for path in shop.site.data_dir.parent.rglob("*.mp4") if "jobs" not in path.parts}
    assert outside == set()


def test_an_unknown_venue_is_made_in_local_mode_and_for_nobody_else(
    platform: PlatformSite, film: Path
) -> None:
    key = with_key(platform, None).text
    administrator = Asker(platform, key=key)
    assert upload(platform, film, asker=administrator, venue_id="new").status_code == 404
    address = {"url": "https://youtu.be/x", "venue_id": "new"}
    assert administrator.status("POST", "/process/youtube", json=address) == 404
    assert (
        administrator.status(
            "POST", "/api/batch/url", json=["https://youtu.be/x"], params={"venue_id": "new"}
        )
        == 404
    )
    assert files_of_jobs(platform) == []
    started(upload(platform, film, venue_id="new"))
    place = {"venue_name": "Durban", "latitude": -29.8587, "longitude": 31.0218}
    started(platform.ask("POST", "/process/youtube", json=address | {"venue_id": "newer"} | place))
    venues = {one["id"]: one for one in platform.get("/venues")}
    assert (venues["new"]["name"], venues["newer"]["name"]) == ("new", "Durban")
    assert venues["newer"]["h3_zone"] is not None


def test_a_key_reaches_the_jobs_of_its_venue_only(shop: PlatformSite, film: Path) -> None:
    mine, theirs = (Asker(shop, key=with_key(shop, venue).text) for venue in ("shop", "other"))
    job_id = started(upload(shop, film, asker=mine))
    put(shop, "failed", jobs.FAILED)
    assert mine.status("GET", f"/process/status/{job_id}") == 200
    assert mine.status("POST", "/api/batch/jobs/failed/retry") == 200
    for method, path in (
        ("GET", f"/process/status/{job_id}"),
        ("GET", f"/api/batch/jobs/{job_id}"),
        ("DELETE", f"/api/batch/jobs/{job_id}"),
        ("POST", f"/api/batch/jobs/{job_id}/retry"),
        ("GET", "/api/batch/jobs?venue_id=shop"),
        ("GET", "/api/batch/stats?venue_id=shop"),
    ):
        assert theirs.status(method, path) == 403, (method, path)
    assert upload(shop, film, asker=theirs).status_code == 403
    batch = {"files": ("a.mp4", film.read_bytes())}
    assert theirs.status("POST", "/api/batch/upload", files=batch, data={"venue_id": "shop"}) == 403
    assert (
        theirs.status("POST", "/process/youtube", json={"url": "https://youtu.be/x", "venue_id": "shop"})
        == 403
    )
    assert (
        theirs.status("POST", "/api/batch/url", json=["https://youtu.be/x"], params={"venue_id": "shop"})
        == 403
    )
    assert theirs.get("/api/batch/jobs") == []
    assert theirs.get("/api/batch/stats")["queue"]["total"] == 0


def test_of_several_files_each_has_its_result(shop: PlatformSite, film: Path) -> None:
    content = film.read_bytes()
    sent = [
        ("a.mp4", content),
        ("b.mp4", b"no video"),
        ("c.mp4", content[:3_000]),
        ("d.mp4", content + b"\0"),
    ]
    answer = shop.ask(
        "POST",
        "/api/batch/upload",
        files=[("files", one) for one in sent],
        data={"venue_id": "shop", "priority": "2"},
    )
    assert answer.status_code == 200, answer.text
    results = answer.json()["jobs"]
    assert [(one["filename"], one["status"]) for one in results] == [
        ("a.mp4", "pending"), ("b.mp4", "failed"), ("c.mp4", "failed"), ("d.mp4", "pending"),
    ]  # fmt: skip
    assert [one["job_id"] is None for one in results] == [False, True, True, False]
    assert all(one["error"] for one in results if one["job_id"] is None)
    taken = [one["job_id"] for one in results if one["job_id"]]
    assert [path.split("/")[0] for path in files_of_jobs(shop)] == sorted(taken)
    kept = (job_folder(shop.site).path / taken[1] / "d.mp4").read_bytes()
    assert hashlib.sha256(kept).digest() == hashlib.sha256(content + b"\0").digest()
    assert {shop.get(f"/api/batch/jobs/{job_id}")["priority"] for job_id in taken} == {2}


def test_one_file_too_many_is_refused_and_leaves_nothing(shop: PlatformSite) -> None:
    files = [("files", (f"{n}.mp4", b"\0\0")) for n in range(51)]
    answer = shop.ask("POST", "/api/batch/upload", files=files, data={"venue_id": "shop"})
    assert answer.status_code == 400
    assert files_of_jobs(shop) == []
    assert shop.ask("POST", "/api/batch/upload", files=[], data={"venue_id": "shop"}).status_code in (
        400,
        422,
    )


def test_videos_are_fetched_from_hosts_that_are_allowed_only(shop: PlatformSite) -> None:
    for url in ("https://vimeo.com/1", "http://127.0.0.1/x", "file:///etc/passwd", "http://169.254.169.254/"):
        answer = shop.ask("POST", "/process/youtube", json={"url": url, "venue_id": "shop"})
        assert answer.status_code == 400, url
    sent = ["https://youtu.be/aqz", "https://vimeo.com/1"]
    answer = shop.ask("POST", "/api/batch/url", json=sent, params={"venue_id": "shop"})
    good, bad = answer.json()["jobs"]
    assert good == {"job_id": good["job_id"], "url": sent[0], "video_name": "aqz", "status": "pending"}
    assert (bad["url"], bad["status"], set(bad)) == (sent[1], "failed", {"url", "status", "error"})
    job_id = started(shop.ask("POST", "/process/youtube", json={"url": sent[0], "venue_id": "shop"}))
    analysed(shop)
    status = shop.get(f"/process/status/{job_id}")
    assert status["status"] == "failed"
    assert "upload" in status["message"]


def test_a_private_address_is_refused_although_a_setting_allows_its_host(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path, {"downloads": {"hosts": ["localhost", "10.0.0.1"]}})
    with site.answering():
        for host in ("localhost", "10.0.0.1"):
            body = {"url": f"http://{host}/film.mp4", "venue_id": "shop"}
            assert site.ask("POST", "/process/youtube", json=body).status_code == 400
    site.close()


def test_jobs_are_listed_newest_first_a_page_at_a_time(shop: PlatformSite) -> None:
    for number in range(7):
        state = jobs.FAILED if number % 2 else jobs.PENDING
        venue = "shop" if number < 5 else "other"
        put(shop, f"j{number}", state, created_at=WEEK_AGO + timedelta(minutes=number), venue_id=venue)
    page = shop.ask("GET", "/api/batch/jobs", params={"limit": 3, "offset": 1})
    assert [one["job_id"] for one in page.json()] == ["j5", "j4", "j3"]
    assert page.headers["X-Total-Count"] == "7"
    assert 'rel="next"' in page.headers["Link"]
    assert [one["job_id"] for one in shop.get("/api/batch/jobs", venue_id="shop", status="failed")] == [
        "j3",
        "j1",
    ]
    for wrong in ({"limit": 0}, {"limit": 201}, {"offset": -1}, {"status": "lost"}, {"venue_id": "a b"}):
        assert shop.ask("GET", "/api/batch/jobs", params=wrong).status_code == 422, wrong


def test_the_queue_is_counted_by_state_and_by_venue(shop: PlatformSite) -> None:
    states = [*["pending"] * 3, *["processing"] * 2, "completed", *["failed"] * 2, "cancelled"]
    for number, state in enumerate(states):
        put(shop, f"j{number}", state, venue_id="shop" if number else "other")
    stats = shop.get("/api/batch/stats")
    assert stats["queue"] == {"pending": 3, "processing": 2, "completed": 1, "failed": 2, "total": 9}
    assert shop.get("/api/batch/stats", venue_id="other")["queue"]["total"] == 1
    assert stats["total_visitors_detected"] == 0
    assert stats["processor_running"] is False


def test_a_process_that_takes_jobs_is_known_to_run_while_it_is_heard_of(shop: PlatformSite) -> None:
    for ago, runs in ((timedelta(), True), (HEARD_WITHIN * 2, False)):
        with shop.database.transaction() as connection:
            job_processors.tell_alive(SITE, connection, "here", now=datetime.now(UTC) - ago)
        assert shop.get("/api/batch/stats")["processor_running"] is runs


def test_how_long_a_job_still_takes_is_told_at_its_pace_so_far(shop: PlatformSite) -> None:
    progress = jobs.JobProgress(current_frame=100, total_frames=400, frames_to_process=80, fps=25.0)
    began = datetime.now(UTC) - timedelta(seconds=10)
    put(shop, "runs", jobs.PROCESSING, started_at=began, progress=progress)
    status = shop.get("/process/status/runs")
    assert (status["current_frame"], status["frames_to_process"]) == (100, 80)
    assert 30 <= status["eta_seconds"] <= 60


def test_what_waits_is_removed_what_runs_is_stopped_and_what_is_over_stays(
    shop: PlatformSite, film: Path
) -> None:
    waits = started(upload(shop, film))
    put(shop, "runs", jobs.PROCESSING)
    answer = shop.ask("DELETE", f"/api/batch/jobs/{waits}")
    assert (answer.status_code, answer.json()["status"]) == (200, "removed")
    assert files_of_jobs(shop) == []
    assert shop.ask("GET", f"/process/status/{waits}").status_code == 404
    assert shop.ask("DELETE", f"/api/batch/jobs/{waits}").status_code == 404
    assert shop.ask("DELETE", "/api/batch/jobs/runs").json()["status"] == "cancelling"
    for state in (jobs.COMPLETED, jobs.FAILED, jobs.CANCELLED):
        answer = shop.ask("DELETE", f"/api/batch/jobs/{put(shop, state, state)}")
        assert answer.status_code == 400
        assert state in answer.json()["detail"]


def test_a_failed_job_is_tried_again_and_no_other(shop: PlatformSite) -> None:
    put(shop, "failed", jobs.FAILED, attempts=3)
    again = shop.ask("POST", "/api/batch/jobs/failed/retry").json()
    assert (again["status"], again["attempts"]) == ("pending", 0)
    answer = shop.ask("POST", "/api/batch/jobs/failed/retry")
    assert answer.status_code == 400
    assert shop.ask("POST", "/api/batch/jobs/none/retry").status_code == 404
    assert shop.ask("GET", "/process/status/none").status_code == 404
    assert shop.ask("GET", "/process/status/a%00b").status_code == 422


def test_a_sender_who_leaves_in_the_middle_leaves_nothing(shop: PlatformSite, film: Path) -> None:
    head = (
        b"POST /process/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
    )
    with socket.create_connection(("127.0.0.1", shop.port), timeout=30) as line:
        line.sendall(head + film.read_bytes()[:3_000])
    shop.get("/health")
    for _ in range(500):
        if not files_of_jobs(shop):
            break
        shop.get("/health")
    assert files_of_jobs(shop) == []
