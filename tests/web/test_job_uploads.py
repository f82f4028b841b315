"""Files of video jobs on their way in: what is refused, what is kept, and that nothing else is left."""

import hashlib
import socket
from pathlib import Path

import av
import pytest
from footage_made import silence, write_video
from job_sender import files_of_jobs, started, upload
from people_and_keys import with_venues
from platform_site import PlatformSite

from sightline.job_wiring import job_folder


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("films") / "till_20260302_090000.mp4", frames=50, fps=25)


@pytest.fixture
def shop(platform: PlatformSite) -> PlatformSite:
    return with_venues(platform, "shop", "other")


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
        kept = job_folder(shop.site).path / "shop" / job_id
        assert len(list(kept.iterdir())) == 1
    outside = {path for path in shop.site.data_dir.parent.rglob("*.mp4") if "jobs" not in path.parts}
    assert outside == set()


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
    assert [path.split("/")[1] for path in files_of_jobs(shop)] == sorted(taken)
    kept = (job_folder(shop.site).path / "shop" / taken[1] / "d.mp4").read_bytes()
    assert hashlib.sha256(kept).digest() == hashlib.sha256(content + b"\0").digest()
    assert {shop.get(f"/api/batch/jobs/{job_id}")["priority"] for job_id in taken} == {2}


def test_one_file_too_many_is_refused_and_leaves_nothing(shop: PlatformSite) -> None:
    files = [("files", (f"{n}.mp4", bytes(20_000))) for n in range(51)]
    answer = shop.ask("POST", "/api/batch/upload", files=files, data={"venue_id": "shop"})
    assert answer.status_code == 400
    assert files_of_jobs(shop) == []
    assert shop.ask("POST", "/api/batch/upload", files=[], data={"venue_id": "shop"}).status_code in (
        400,
        422,
    )


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
