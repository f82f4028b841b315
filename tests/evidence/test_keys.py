"""The signing key: made once, kept safe, never replaced in silence."""

import multiprocessing
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from sightline.errors import EvidenceError
from sightline.evidence.keys import PRIVATE_NAME, PUBLIC_NAME, Signer, open_signer, read_public_key


def test_the_first_use_makes_a_key_that_only_its_owner_may_read(tmp_path: Path) -> None:
    signer = open_signer(tmp_path / "keys")

    assert stat.S_IMODE((tmp_path / "keys" / PRIVATE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert read_public_key(tmp_path / "keys" / PUBLIC_NAME).key_id == signer.key_id
    assert len(signer.key_id) == 16


def test_the_second_use_finds_the_same_key(tmp_path: Path) -> None:
    first = open_signer(tmp_path)
    assert open_signer(tmp_path, expected_key_id=first.key_id).key_id == first.key_id


def _open_and_report(folder: Path, barrier: object, answers: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    answers.put(open_signer(folder).key_id)  # type: ignore[attr-defined]


def test_processes_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(2), context.Queue()
    processes = [
        context.Process(target=_open_and_report, args=(tmp_path / "keys", barrier, answers)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    seen = {answers.get(timeout=30) for _ in processes}
    for process in processes:
        process.join()

    assert seen == {open_signer(tmp_path / "keys").key_id}


def test_a_key_that_is_expected_but_gone_is_an_error_naming_the_file(tmp_path: Path) -> None:
    first = open_signer(tmp_path)
    (tmp_path / PRIVATE_NAME).unlink()

    with pytest.raises(EvidenceError, match=rf"{PRIVATE_NAME} is gone.*{first.key_id}.*backup"):
        open_signer(tmp_path, expected_key_id=first.key_id)
    assert not (tmp_path / PRIVATE_NAME).exists()


def test_another_key_than_the_one_that_sealed_is_refused(tmp_path: Path) -> None:
    open_signer(tmp_path)
    with pytest.raises(EvidenceError, match="sealed with key 0123456789abcdef"):
        open_signer(tmp_path, expected_key_id="0123456789abcdef")


def _rsa_pem() -> bytes:
    return generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", id="cut off"),
        pytest.param(_rsa_pem(), id="another kind of key"),
    ],
)
def test_a_damaged_key_is_kept_and_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PRIVATE_NAME).write_bytes(content)
    with pytest.raises(EvidenceError, match=f"{PRIVATE_NAME}.*backup"):
        open_signer(tmp_path)
    assert (tmp_path / PRIVATE_NAME).read_bytes() == content


def test_a_signature_fits_its_message_and_no_other() -> None:
    signer = Signer.generate()
    signature = signer.sign(b"sold")

    assert signer.public.verifies(signature, b"sold")
    assert not signer.public.verifies(signature, b"told")
    assert not Signer.generate().public.verifies(signature, b"sold")
    assert not signer.public.verifies("not base64!", b"sold")


@pytest.mark.parametrize("content", [b"", b"nonsense", _rsa_pem()])
def test_a_file_that_is_no_public_key_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pin.pem").write_bytes(content)
    with pytest.raises(EvidenceError, match=r"pin\.pem"):
        read_public_key(tmp_path / "pin.pem")


def test_a_missing_public_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"pin\.pem"):
        read_public_key(tmp_path / "pin.pem")
