"""Video jobs over HTTP: handed over, looked at, stopped and tried again, each by who may."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from footage_made import write_video
from job_sender import SITE, WEEK_AGO, analysed, files_of_jobs, put, started, upload
from people_and_keys import Asker, with_key, with_venues
from platform_site import PlatformSite

from sightline.job_wiring import job_folder
from sightline.jobs.video_jobs import HEARD_WITHIN
from sightline.store import job_processors, jobs

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
    assert files_of_jobs(shop) == [f"shop/{job_id}/{film.name}"]
    assert (job_folder(shop.site).path / "shop" / job_id / film.name).read_bytes() == film.read_bytes()


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
    job = shop.get(f"/api/batch/jobs/{job_id}")
    assert (job["status"], job["source"], job["url"]) == ("pending", "url", sent[0])


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
