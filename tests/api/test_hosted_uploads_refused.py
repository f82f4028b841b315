"""Uploads that a video host does not take, and that nothing of them is left behind."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hosted_sender import HostedSender, a_video, end_of_form, file_head, metadata_of, part_of
from video_site import VideoSite, small_site


@pytest.fixture(scope="module")
def small(sealed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoSite]:
    """One for all tests here: nothing that they send changes it."""
    with small_site(sealed_folder, tmp_path_factory.mktemp("refusing") / "data") as site:
        yield site


WRONG_METADATA = {
    "not JSON": "{",
    "not an object": "[1]",
    "no id": {"video_id": None},
    "no uuid": {"video_id": "../../../etc/passwd"},
    "no time": {"upload_timestamp": "yesterday"},
    "a number for a time": {"expiration_time": 5},
    "no source": {"source": ""},
    "no type": {"type": None},
    "more than sure": {"confidence": 1.2},
    "confidence in words": {"confidence": "0.9"},
    "confidence is a truth": {"confidence": True},
    "frames backwards": {"frame_count": -1},
    "half a frame": {"frame_count": 1.5},
    "a long analysis": {"analysis": "x" * 20_001},
    "a short hash": {"file_hash": "abc"},
}


@pytest.mark.parametrize("wrong", WRONG_METADATA.values(), ids=WRONG_METADATA.keys())
def test_wrong_metadata_is_400_and_names_what_is_wrong(
    small: VideoSite, sender: HostedSender, wrong: str | dict[str, object]
) -> None:
    video, video_id = a_video(), str(uuid4())
    metadata = wrong if isinstance(wrong, str) else {**metadata_of(video, video_id), **wrong}
    answer = sender.send(video, video_id, metadata=metadata)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    if not isinstance(wrong, str):
        assert next(iter(wrong)) in answer.json()["detail"]
    assert small.hosted_files == []


@pytest.mark.parametrize("field", sorted(metadata_of(b"", "")))
def test_metadata_that_lacks_a_field_is_400(small: VideoSite, sender: HostedSender, field: str) -> None:
    video, video_id = a_video(), str(uuid4())
    metadata = metadata_of(video, video_id)
    del metadata[field]
    answer = sender.send(video, video_id, metadata=metadata)
    assert (answer.status_code, answer.json()["detail"]) == (400, f"metadata: missing or wrong: {field}")
    assert small.hosted_files == []


BAD_IDS = [
    "",
    "x",
    "../../secret",
    "..%2f..%2fsecret",
    "0" * 5_000,
    str(uuid4()) + "\\..",
    uuid4().hex,
    "a/b",
]


@pytest.mark.parametrize("video_id", BAD_IDS, ids=range(len(BAD_IDS)))
def test_an_id_that_is_no_uuid_never_becomes_a_path(
    small: VideoSite, sender: HostedSender, video_id: str
) -> None:
    video, before = a_video(), files_of(small)
    answer = sender.send(video, metadata=metadata_of(video, video_id), headers={"X-Video-ID": video_id})
    assert answer.status_code == 400
    assert files_of(small) == before


def files_of(site: VideoSite) -> set[Path]:
    """All there is, also beside the data folder, but for the files of the database."""
    found = site.site.data_dir.parent.rglob("*")
    return {path for path in found if "sightline.db" not in path.name}


def test_ids_in_header_and_metadata_must_be_the_same(small: VideoSite, sender: HostedSender) -> None:
    answer = sender.send(a_video(), metadata=metadata_of(a_video(), str(uuid4())))
    assert answer.status_code == 400
    assert "X-Video-ID" in answer.json()["detail"]
    assert small.hosted_files == []


@pytest.mark.parametrize("hours", ["0", "-1", "8761", "1.5", "two", "", "٣", "9" * 400])
def test_a_life_that_is_no_number_of_hours_is_400(small: VideoSite, sender: HostedSender, hours: str) -> None:
    assert sender.send(a_video(), fields={"expiration_hours": hours}).status_code == 400
    assert small.hosted_files == []


def test_access_is_private_or_refused(small: VideoSite, sender: HostedSender) -> None:
    assert sender.send(a_video(), fields={"access_type": "public"}).status_code == 400
    assert small.hosted_files == []


def test_a_video_that_did_not_arrive_as_it_was_sent_is_422(small: VideoSite, sender: HostedSender) -> None:
    video_id = str(uuid4())
    answer = sender.send(a_video(), video_id, metadata=metadata_of(a_video(seed=1), video_id))
    assert answer.status_code == 422
    assert small.hosted_files == []
    assert small.entries("received") == []


PICTURES = {
    "nothing": b"",
    "text": b"hello " * 1_000,
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "a web page": b"<!DOCTYPE html><script>alert(1)</script>",
    "a JPEG": b"\xff\xd8\xff\xe0" + bytes(1_000),
    "a HEIC picture": b"\x00\x00\x00\x18ftypheic" + bytes(1_000),
    "a sound": b"RIFF\x00\x00\x00\x00WAVE" + bytes(1_000),
    "a few bytes": b"\x00\x00\x00\x18ft",
}


@pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES.keys())
def test_what_is_not_a_video_is_415_whatever_it_is_called(
    small: VideoSite, sender: HostedSender, content: bytes
) -> None:
    assert sender.send(content).status_code == 415
    assert small.hosted_files == []


def test_a_video_that_says_it_is_too_large_is_refused_before_it_is_sent(
    small: VideoSite, sender: HostedSender
) -> None:
    with sender.begin(small, str(uuid4()), b"", 3_000_000) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    assert small.hosted_files == []


def test_a_video_of_no_stated_length_is_refused_while_it_arrives(
    small: VideoSite, sender: HostedSender
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield file_head() + a_video(64)
        for _ in range(10_000):
            sent += 65_536
            yield bytes(65_536)

    assert sender.send_raw(endless()).status_code == 413
    assert sent < 100_000_000
    assert small.hosted_files == []


def test_a_form_without_its_end_is_not_taken_for_a_shorter_video(
    small: VideoSite, sender: HostedSender
) -> None:
    video, video_id = a_video(), str(uuid4())
    metadata = part_of("metadata", json.dumps(metadata_of(video, video_id)).encode())
    answer = sender.send_raw(metadata + file_head() + video, X_Video_ID=video_id)
    assert answer.status_code == 400
    assert "in the middle" in answer.json()["detail"]
    assert small.hosted_files == []


NAMELESS = b"--frontier\r\nContent-Disposition: form-data\r\n\r\nx"

FORMS = {
    "not a form": (b"{}", "application/json", 400),
    "no boundary": (b"", "multipart/form-data", 400),
    "empty": (b"", None, 400),
    "ends in the middle": (file_head() + a_video(), None, 400),
    "no file": (part_of("metadata", b"{}") + end_of_form()[2:], None, 400),
    "the file is a field of another name": (file_head("film") + a_video() + end_of_form(), None, 400),
    "two files": (file_head() + a_video() + b"\r\n" + file_head() + a_video() + end_of_form(), None, 400),
    "a field twice": (part_of("metadata", b"{}") * 2 + file_head() + a_video() + end_of_form(), None, 400),
    "too many parts": (part_of("more", b"") * 20 + file_head() + a_video() + end_of_form(), None, 400),
    "a field without end": (part_of("metadata", b" " * 70_000) + end_of_form()[2:], None, 400),
    "much that is not asked for": (part_of("more", bytes(1_200_000)) + end_of_form()[2:], None, 413),
    "a header without end": (b"--frontier\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", None, 400),
    "a part of no name": (
        b"--frontier\r\nContent-Disposition: form-data\r\n\r\nx" + end_of_form(),
        None,
        400,
    ),
    "not UTF-8": (part_of("metadata", b"\xff") + file_head() + a_video() + end_of_form(), None, 400),
    "garbage": (bytes(range(256)) * 20, None, 400),
}


@pytest.mark.parametrize(("body", "kind", "status"), FORMS.values(), ids=FORMS.keys())
def test_a_form_that_is_none_is_refused(
    small: VideoSite, sender: HostedSender, body: bytes, kind: str | None, status: int
) -> None:
    headers = {"Content_Type": kind} if kind is not None else {}
    answer = sender.send_raw(body, **headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert small.hosted_files == []
