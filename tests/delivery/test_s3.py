"""Clips into a bucket: a real S3 server, what arrives there, and how it is known."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from s3_server import BUCKET, HANG_UP, KEY_ID, SECRET, S3Front, S3Server, sealed, uploader

from sightline.delivery.s3 import PART_BYTES
from sightline.domain.delivery import Proof
from sightline.errors import AlteredFile, CopyDiffers, DeliveryDeferred, DeliveryRefused

CHILD = Path(__file__).with_name("s3_child.py")
SMALL = b"a clip" * 1_000
LARGE = random.Random(7).randbytes(PART_BYTES + 1_000)
KMS_TAG = '"' + "0123456789abcdef" * 2 + '"'


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def front(server: S3Server) -> Iterator[S3Front]:
    for name in server.names():
        server.client("s3").delete_object(Bucket=BUCKET, Key=name)
    with S3Front(server.port) as front:
        yield front


@pytest.fixture(autouse=True)
def no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(SMALL, id="one request"),
        pytest.param(LARGE[:PART_BYTES], id="exactly one part"),
        pytest.param(LARGE, id="two parts"),
        pytest.param(b"", id="nothing in it"),
    ],
)
def test_the_same_bytes_arrive_and_the_md5_of_the_far_end_proves_it(
    server: S3Server, front: S3Front, tmp_path: Path, content: bytes
) -> None:
    clip = sealed(tmp_path, content)

    receipt = uploader(front.address, prefix="shop-1/door/").send(clip, key="evt_1:final")

    name = f"shop-1/door/{clip.file_name}"
    assert (receipt.stored_name, receipt.proof) == (name, Proof.MD5)
    assert server.content(name) == content
    kept = server.client("s3").head_object(Bucket=BUCKET, Key=name)
    assert kept["ContentType"] == "video/mp4"
    assert kept["Metadata"] == {"sha256": clip.sha256, "idempotency-key": "evt_1:final"}


def test_address_is_quoted_below_the_public_one(front: S3Front, tmp_path: Path) -> None:
    clip = sealed(tmp_path, SMALL, "été #1?.mp4")

    there = uploader(front.address, public_base_url="https://cdn.example.org/v/", prefix="a b/")
    here = uploader(front.address, prefix="a b/")

    assert there.send(clip, key="k").url == "https://cdn.example.org/v/a%20b/%C3%A9t%C3%A9%20%231%3F.mp4"
    assert here.send(clip, key="k").url == "s3://clips/a b/été #1?.mp4"


@pytest.mark.parametrize("content", [pytest.param(SMALL, id="one request"), pytest.param(LARGE, id="parts")])
def test_what_is_there_already_is_not_sent_again(front: S3Front, tmp_path: Path, content: bytes) -> None:
    clip = sealed(tmp_path, content)
    first = uploader(front.address).send(clip, key="k")
    front.seen.clear()

    again = uploader(front.address).send(clip, key="k")

    assert front.seen == [f"HEAD /clips/{clip.file_name}"]
    assert (again.proof, again.facts["found"], first.facts["found"]) == (Proof.MD5, True, False)


def test_other_bytes_of_the_same_length_are_replaced(
    server: S3Server, front: S3Front, tmp_path: Path
) -> None:
    uploader(front.address).send(sealed(tmp_path, SMALL), key="k")
    clip = sealed(tmp_path, SMALL[::-1])

    receipt = uploader(front.address).send(clip, key="k")

    assert receipt.facts["found"] is False
    assert server.content(clip.file_name) == SMALL[::-1]


def test_a_copy_that_only_claims_the_hash_is_replaced(
    server: S3Server, front: S3Front, tmp_path: Path
) -> None:
    clip = sealed(tmp_path, SMALL)
    server.client("s3").put_object(
        Bucket=BUCKET, Key=clip.file_name, Body=SMALL[::-1], Metadata={"sha256": clip.sha256}
    )

    assert uploader(front.address).send(clip, key="k").facts["found"] is False
    assert server.content(clip.file_name) == SMALL


@pytest.mark.parametrize(
    ("tag", "proof"),
    [
        pytest.param(KMS_TAG, Proof.SHA256, id="encrypted: looks like an MD5"),
        pytest.param('"opaque"', Proof.LENGTH, id="no MD5 at all"),
        pytest.param('W/"opaque"', Proof.LENGTH, id="weak"),
    ],
)
def test_an_etag_that_is_no_md5_is_not_taken_for_one(
    front: S3Front, tmp_path: Path, tag: str, proof: Proof
) -> None:
    front.tag = tag
    clip = sealed(tmp_path, SMALL)

    assert uploader(front.address).send(clip, key="k").proof is proof
    front.seen.clear()
    again = uploader(front.address).send(clip, key="k")

    assert (again.proof, again.facts["found"]) == (proof, True)
    assert not [line for line in front.seen if line.startswith(("PUT", "POST"))]


@pytest.mark.parametrize(
    ("tag", "spoilt"),
    [
        pytest.param(None, SMALL[:-1] + b"?", id="other bytes"),
        pytest.param(None, SMALL[:-1], id="cut short"),
        pytest.param('"opaque"', SMALL[:-1], id="cut short, and no MD5"),
        pytest.param(KMS_TAG, SMALL[:-1] + b"?", id="other bytes, encrypted"),
    ],
)
def test_a_copy_that_differs_is_told(
    server: S3Server, front: S3Front, tmp_path: Path, tag: str | None, spoilt: bytes
) -> None:
    front.tag = tag
    front.spoil = lambda _body: spoilt
    clip = sealed(tmp_path, SMALL)

    with pytest.raises(CopyDiffers, match=rf"bucket 'clips' at {front.address} holds"):
        uploader(front.address).send(clip, key="k")

    front.spoil = lambda body: body
    assert uploader(front.address).send(clip, key="k").facts["found"] is False
    assert server.content(clip.file_name) == SMALL


@pytest.mark.parametrize("tag", [KMS_TAG, '"opaque"'])
def test_taken_and_then_not_there_is_a_copy_that_differs(front: S3Front, tmp_path: Path, tag: str) -> None:
    front.tag = tag
    front.instead = lambda line: (200, b"") if line.startswith("PUT") else None

    with pytest.raises(CopyDiffers, match=r"took .* and does not have it"):
        uploader(front.address).send(sealed(tmp_path, SMALL), key="k")


@pytest.mark.parametrize(
    ("tag", "proof"),
    [pytest.param(None, Proof.MD5, id="MD5"), pytest.param('"opaque"', Proof.NONE, id="no MD5")],
)
def test_keys_that_may_only_write_are_enough(
    front: S3Front, tmp_path: Path, tag: str | None, proof: Proof
) -> None:
    front.tag = tag
    front.instead = lambda line: (403, b"") if line.startswith(("HEAD", "GET")) else None

    assert uploader(front.address).send(sealed(tmp_path, SMALL), key="k").proof is proof


def test_an_altered_file_does_not_leave(front: S3Front, tmp_path: Path) -> None:
    clip = sealed(tmp_path, SMALL)
    clip.path.write_bytes(SMALL[:-1] + b"?")

    with pytest.raises(AlteredFile, match=clip.file_name):
        uploader(front.address).send(clip, key="k")
    clip.path.unlink()
    with pytest.raises(AlteredFile, match="gone"):
        uploader(front.address).send(clip, key="k")

    assert front.seen == []


def test_a_file_that_cannot_be_read(front: S3Front, tmp_path: Path) -> None:
    clip = sealed(tmp_path, SMALL)

    with pytest.raises(DeliveryRefused, match="may not be read"):
        uploader(front.address).send(replace(clip, path=tmp_path), key="k")
    with pytest.raises(DeliveryDeferred, match="too long"):
        uploader(front.address).send(replace(clip, path=tmp_path / ("long" * 99)), key="k")


def test_a_part_that_got_lost_is_sent_once_more(server: S3Server, front: S3Front, tmp_path: Path) -> None:
    lost: list[str] = []

    def lose_the_second_part(line: str) -> tuple[int, bytes] | None:
        if "partNumber=2" in line and not lost:
            lost.append(line)
            return HANG_UP, b""
        return None

    front.instead = lose_the_second_part
    clip = sealed(tmp_path, LARGE)

    assert uploader(front.address).send(clip, key="k").proof is Proof.MD5
    assert lost
    assert server.content(clip.file_name) == LARGE


def test_an_upload_that_fails_leaves_nothing(server: S3Server, front: S3Front, tmp_path: Path) -> None:
    front.instead = lambda line: (
        (400, b"<Error><Code>RequestTimeout</Code></Error>") if "=2&" in line else None
    )

    with pytest.raises(DeliveryDeferred, match="400 RequestTimeout"):
        uploader(front.address).send(sealed(tmp_path, LARGE), key="k")

    assert (server.names(), server.unfinished()) == (set(), [])


def test_killed_in_the_middle_nothing_is_there_and_it_goes_again(
    server: S3Server, front: S3Front, tmp_path: Path
) -> None:
    asked, ended = threading.Event(), threading.Event()

    def hold_the_second_part(line: str) -> tuple[int, bytes] | None:
        if "partNumber=2" not in line:
            return None
        asked.set()
        ended.wait(30)
        return HANG_UP, b""

    front.instead = hold_the_second_part
    clip = sealed(tmp_path, LARGE)
    child = subprocess.Popen([sys.executable, CHILD, front.address, clip.path, clip.sha256])
    try:
        assert asked.wait(30)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    finally:
        child.kill()
        ended.set()
        child.wait()

    assert server.names() == set()
    front.instead = lambda _line: None
    assert uploader(front.address).send(clip, key="k").proof is Proof.MD5
    assert server.content(clip.file_name) == LARGE


def test_keys_of_the_environment_are_used_where_none_are_given(
    front: S3Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-theirs")

    uploader(front.address, access_key_id=None, secret_access_key=None).send(sealed(tmp_path, SMALL), key="k")

    assert "AKIAENVIRONMENT/" in front.headers["authorization"]
    assert front.headers["x-amz-security-token"] == "token-of-theirs"


def test_the_settings_win_over_the_environment(
    front: S3Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {
        "ACCESS_KEY_ID": "AKIAENVIRONMENT", "SESSION_TOKEN": "token-of-theirs", "SKIP_SIGNATURE": "true",
        "BUCKET": "theirs", "REGION": "eu-west-3", "UNSIGNED_PAYLOAD": "true",
        "ENDPOINT_URL": "http://127.0.0.1:9", "ENDPOINT_URL_S3": "http://127.0.0.1:9",
    }  # fmt: skip
    for name, value in others.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    clip = sealed(tmp_path, SMALL)

    uploader(front.address).send(clip, key="k")

    assert f"PUT /clips/{clip.file_name}" in front.seen
    assert f"{KEY_ID}/" in front.headers["authorization"]
    assert "/us-east-1/" in front.headers["authorization"]
    assert front.headers["x-amz-content-sha256"] == clip.sha256
    assert "x-amz-security-token" not in front.headers


def test_keys_show_nowhere() -> None:
    made = uploader("http://127.0.0.1:9")

    shown = f"{made!r} {made} {vars(made)}"
    assert "clips" in repr(made)
    assert SECRET not in shown
    assert KEY_ID not in shown


@pytest.mark.slow
def test_a_clip_larger_than_the_memory_allowed_takes_little_of_it(server: S3Server, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.truncate(250 << 20)

    told = subprocess.run(
        [sys.executable, CHILD, server.address, path], capture_output=True, text=True, check=True, timeout=120
    )

    proof, peak_kib = told.stdout.split()
    assert proof == Proof.MD5
    assert int(peak_kib) < 150 << 10
