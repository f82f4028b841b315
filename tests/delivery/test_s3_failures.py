"""When a bucket cannot be had: what is tried again, what waits for a person, and that no key is ever told."""

import os
import socket
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from s3_server import BUCKET, HANG_UP, KEY_ID, SECRET, S3Front, S3Server, sealed, uploader

from sightline.domain.delivery import Proof
from sightline.errors import ConfigError, DeliveryDeferred, DeliveryError, DeliveryRefused

WRITE_ONLY = """{"Version": "2012-10-17", "Statement":
    [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::clips/*"}]}"""


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


@pytest.fixture
def front(server: S3Server) -> Iterator[S3Front]:
    with S3Front(server.port) as front:
        yield front


@pytest.fixture
def strict(server: S3Server) -> Iterator[tuple[str, str]]:
    """Keys of a user that may only write; the server checks signatures and permissions meanwhile."""
    from moto import settings

    iam = server.client("iam")
    iam.create_user(UserName="shop")
    iam.put_user_policy(UserName="shop", PolicyName="write", PolicyDocument=WRITE_ONLY)
    keys = iam.create_access_key(UserName="shop")["AccessKey"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        yield keys["AccessKeyId"], keys["SecretAccessKey"]
    iam.delete_access_key(UserName="shop", AccessKeyId=keys["AccessKeyId"])
    iam.delete_user_policy(UserName="shop", PolicyName="write")
    iam.delete_user(UserName="shop")


@pytest.fixture(autouse=True)
def no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


def failure(tmp_path: Path, address: str | None, **changed: object) -> DeliveryError:
    """What sending a clip fails with; no key in it, nor in what led to it."""
    settings = {"request_s": 0.2, "access_key_id": KEY_ID, "secret_access_key": SECRET, **changed}
    with pytest.raises(DeliveryError) as caught:
        uploader(address or "", **settings).send(sealed(tmp_path, b"a clip"), key="k")
    told = "".join(traceback.format_exception(caught.value))
    for secret in (settings["access_key_id"], settings["secret_access_key"]):
        assert secret is None or str(secret) not in told
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, "InternalError", DeliveryDeferred),
        (503, "SlowDown", DeliveryDeferred),
        (429, "", DeliveryDeferred),
        (408, "", DeliveryDeferred),
        (409, "OperationAborted", DeliveryDeferred),
        (400, "RequestTimeout", DeliveryDeferred),
        (403, "RequestTimeTooSkewed", DeliveryDeferred),
        (403, "AccessDenied", DeliveryRefused),
        (401, "", DeliveryRefused),
        (404, "NoSuchBucket", DeliveryRefused),
        (400, "AuthorizationHeaderMalformed", DeliveryRefused),
        (405, "MethodNotAllowed", DeliveryRefused),
    ],
)
def test_answers_that_are_tried_again_and_answers_that_are_not(
    front: S3Front, tmp_path: Path, status: int, code: str, kind: type[DeliveryError]
) -> None:
    body = f"<Error><Code>{code}</Code><AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId></Error>".encode()
    front.instead = lambda line: (status, body) if line.startswith("PUT") else None

    error = failure(tmp_path, front.address)

    assert isinstance(error, kind)
    assert f"bucket 'clips' at {front.address} answered {status} {code}".rstrip() in str(error)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_in_trouble_is_not_sent_anything(front: S3Front, tmp_path: Path, status: int) -> None:
    front.instead = lambda _line: (status, b"")

    assert isinstance(failure(tmp_path, front.address), DeliveryDeferred)
    assert {line.split()[0] for line in front.seen} == {"HEAD"}
    assert len(front.seen) == 3


def test_a_bucket_that_does_not_exist_waits_for_a_person(server: S3Server, tmp_path: Path) -> None:
    error = failure(tmp_path, server.address, bucket="no-such")

    assert isinstance(error, DeliveryRefused)
    assert f"bucket 'no-such' at {server.address}" in str(error)


def test_another_region_waits_for_a_person(front: S3Front, tmp_path: Path) -> None:
    front.instead = lambda _line: (301, b"<Error><Code>PermanentRedirect</Code></Error>")

    error = failure(tmp_path, front.address)

    assert isinstance(error, DeliveryRefused)
    assert "'region'" in str(error)


def test_a_page_that_asks_to_log_in_is_no_bucket(front: S3Front, tmp_path: Path) -> None:
    front.instead = lambda _line: (200, b"<html>welcome")

    assert isinstance(failure(tmp_path, front.address), DeliveryDeferred)


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    error = failure(tmp_path, f"http://127.0.0.1:{port}")

    assert isinstance(error, DeliveryDeferred)
    assert "cannot be reached" in str(error)


def test_somebody_there_who_says_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}")

    assert isinstance(error, DeliveryDeferred)
    assert "in time" in str(error)


def test_a_connection_that_ends_every_time(front: S3Front, tmp_path: Path) -> None:
    front.instead = lambda _line: (HANG_UP, b"")

    assert isinstance(failure(tmp_path, front.address), DeliveryDeferred)


def test_no_encryption_where_https_is_asked_for(front: S3Front, tmp_path: Path) -> None:
    error = failure(tmp_path, front.address.replace("http://", "https://"))

    assert isinstance(error, DeliveryDeferred)
    assert front.seen == []


def test_an_address_of_the_environment_does_not_turn_encryption_off(
    front: S3Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", front.address)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")

    error = failure(tmp_path, None)

    assert isinstance(error, DeliveryRefused)
    assert "http://" in str(error)
    assert front.seen == []


def test_no_keys_anywhere_waits_for_a_person(
    front: S3Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", front.address)
    front.instead = lambda line: (404, b"") if "/latest/" in line else None

    error = failure(tmp_path, front.address, access_key_id=None, secret_access_key=None)

    assert isinstance(error, DeliveryRefused)
    assert "no keys" in str(error)


def test_a_key_with_a_line_break_in_the_environment_waits_for_a_person(
    front: S3Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"{KEY_ID}\n{KEY_ID}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

    error = failure(tmp_path, front.address, access_key_id=None, secret_access_key=None)

    assert isinstance(error, DeliveryRefused)
    assert KEY_ID not in str(error)


def test_a_name_that_no_object_can_have(server: S3Server, tmp_path: Path) -> None:
    assert isinstance(failure(tmp_path, server.address, prefix="../"), DeliveryRefused)


def test_good_keys_that_may_only_write_do(server: S3Server, strict: tuple[str, str], tmp_path: Path) -> None:
    made = uploader(server.address, access_key_id=strict[0], secret_access_key=strict[1], prefix="shop/")

    assert made.send(sealed(tmp_path, b"a clip"), key="k").proof is Proof.MD5


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"secret_access_key": SECRET}, id="secret"),
        pytest.param({"access_key_id": KEY_ID}, id="key id"),
        pytest.param({"bucket": "others"}, id="bucket of others"),
    ],
)
def test_wrong_keys_wait_for_a_person(
    server: S3Server, strict: tuple[str, str], tmp_path: Path, wrong: dict[str, str]
) -> None:
    keys = {"access_key_id": strict[0], "secret_access_key": strict[1]}

    error = failure(tmp_path, server.address, **{**keys, **wrong})

    assert isinstance(error, DeliveryRefused)
    assert f"bucket {wrong.get('bucket', BUCKET)!r} at {server.address} answered 40" in str(error)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bucket": "two words"},
        {"bucket": ""},
        {"region": "eu\nwest"},
        {"endpoint": "s3.example.org"},
        {"endpoint": "ftp://s3.example.org"},
        {"endpoint": f"https://{KEY_ID}:{SECRET}@s3.example.org"},
        {"endpoint": "https://s3.example.org/?a=b"},
        {"endpoint": "http://[half"},
        {"secret_access_key": None},
        {"access_key_id": None},
        {"access_key_id": f"{KEY_ID}\n"},
        {"secret_access_key": f"{SECRET} "},
    ],
    ids=str,
)
def test_settings_that_cannot_be_right_are_told_before_anything_is_sent(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        uploader("https://s3.example.org", **wrong)

    assert KEY_ID not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ACCESS_KEY_ID", "half"), ("CHECKSUM_ALGORITHM", "none"), ("SKIP_SIGNATURE", "maybe")],
)
def test_an_environment_that_cannot_be_right_is_told_too(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"AWS_{name}", value)

    with pytest.raises(ConfigError, match="AWS_"):
        uploader("https://s3.example.org", access_key_id=None, secret_access_key=None)


def test_without_the_library_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)

    with pytest.raises(ConfigError, match=r"pip install 'sightline\[s3\]'"):
        uploader("https://s3.example.org")
