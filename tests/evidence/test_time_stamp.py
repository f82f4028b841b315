"""The optional time stamp: what an authority says, whether it fits the case, and whose word it is."""

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from case_tampering import pack, unpack
from evidence_site import VENUE, SmallSite
from stamping_authority import Authority, an_authority, make_keys
from typer.testing import CliRunner, Result

from sightline.cli.evidence import app
from sightline.errors import ConfigError, DeliveryDeferred, DeliveryError, DeliveryRefused

NOT_CHECKED = "its authority was not checked"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority") / "keys"
    make_keys(folder)
    return folder


@pytest.fixture
def authority(keys: Path) -> Iterator[Authority]:
    with an_authority(keys) as serving:
        yield serving


def export(site: SmallSite, out: Path, url: str) -> None:
    words = ["export", "--venue", VENUE, "--out", str(out), "--timestamp", url]
    result = CliRunner().invoke(app, [*words, "--data-dir", str(site.data_dir)])
    if result.exception is not None:
        raise result.exception


def verify(case: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["verify", str(case), *words])


def test_a_stamp_is_stored_and_checked(sealed_site: SmallSite, tmp_path: Path, authority: Authority) -> None:
    export(sealed_site, tmp_path / "case.zip", authority.url)
    (question,) = authority.asked
    with zipfile.ZipFile(tmp_path / "case.zip") as case:
        assert hashlib.sha256(case.read("contents.json")).digest() in question
        assert case.read("evidence.jsonl") not in question
    plain = verify(tmp_path / "case.zip")
    trusting = verify(tmp_path / "case.zip", "--tsa-ca", str(authority.ca))

    assert (plain.exit_code, trusting.exit_code) == (0, 0)
    assert NOT_CHECKED in plain.stdout
    assert f"checked against {authority.ca}" in trusting.stdout
    assert NOT_CHECKED not in trusting.stdout


def test_openssl_reads_the_same_files(sealed_site: SmallSite, tmp_path: Path, authority: Authority) -> None:
    export(sealed_site, tmp_path / "case.zip", authority.url)
    folder = unpack(tmp_path / "case.zip", tmp_path / "case")
    said = subprocess.run(
        ["openssl", "ts", "-verify", "-data", "contents.json", "-in", "contents.tsr",
         "-CAfile", authority.ca],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in said.stdout + said.stderr


def test_a_stamp_of_another_list_of_contents(
    sealed_site: SmallSite, tmp_path: Path, authority: Authority
) -> None:
    export(sealed_site, tmp_path / "first.zip", authority.url)
    export(sealed_site, tmp_path / "second.zip", authority.url)
    first, second = (unpack(tmp_path / f"{name}.zip", tmp_path / name) for name in ("first", "second"))
    shutil.copy(first / "contents.tsr", second / "contents.tsr")
    for words in ((), ("--tsa-ca", str(authority.ca))):
        result = verify(pack(second, tmp_path / "spoilt.zip"), *words)
        assert result.exit_code == 1
        assert result.stdout.startswith("contents.tsr: the time stamp is of another document")


def test_a_stamp_by_an_authority_that_is_not_trusted(
    sealed_site: SmallSite, tmp_path: Path, authority: Authority
) -> None:
    export(sealed_site, tmp_path / "case.zip", authority.url)
    make_keys(tmp_path / "stranger")
    result = verify(tmp_path / "case.zip", "--tsa-ca", str(tmp_path / "stranger" / "ca.pem"))
    assert result.exit_code == 1
    assert result.stdout.startswith("contents.tsr: the time stamp is not signed by an authority in ca.pem")


def test_a_stamp_that_is_damaged_or_gone(
    sealed_site: SmallSite, tmp_path: Path, authority: Authority
) -> None:
    export(sealed_site, tmp_path / "case.zip", authority.url)
    folder = unpack(tmp_path / "case.zip", tmp_path / "case")
    (folder / "contents.tsr").write_bytes(b"nonsense")
    assert "contents.tsr: the time stamp is not a time stamp that can be read" in verify(folder).stdout
    (folder / "contents.tsr").unlink()
    assert verify(folder).exit_code == 0
    asked_for = verify(folder, "--tsa-ca", str(authority.ca))
    assert asked_for.exit_code == 1
    assert "contents.tsr: the file is missing; --tsa-ca asks for a time stamp" in asked_for.stdout


def test_certificates_that_are_none(sealed_site: SmallSite, tmp_path: Path, authority: Authority) -> None:
    export(sealed_site, tmp_path / "case.zip", authority.url)
    (tmp_path / "empty.pem").write_text("")
    for name in ("empty.pem", "none.pem"):
        result = verify(tmp_path / "case.zip", "--tsa-ca", str(tmp_path / name))
        assert isinstance(result.exception, ConfigError)
    site = CliRunner().invoke(app, ["verify", "--tsa-ca", "x", "--data-dir", str(sealed_site.data_dir)])
    assert isinstance(site.exception, ConfigError)


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (503, b"busy", DeliveryDeferred),
        (401, b"who are you?", DeliveryRefused),
        (200, b"<html>welcome</html>", DeliveryRefused),
        (200, b"0\x050\x03\x02\x01\x02", DeliveryRefused),
    ],
)
def test_an_authority_that_gives_none(
    sealed_site: SmallSite,
    tmp_path: Path,
    authority: Authority,
    status: int,
    answer: bytes,
    expected: type[DeliveryError],
) -> None:
    authority.status, authority.answer = status, answer
    with pytest.raises(expected) as refused:
        export(sealed_site, tmp_path / "case.zip", authority.url)
    assert "s3cr3t" not in str(refused.value)
    assert list(tmp_path.glob("case*")) == []


def test_an_answer_to_another_question_is_refused(
    sealed_site: SmallSite, tmp_path: Path, authority: Authority
) -> None:
    export(sealed_site, tmp_path / "case.zip", authority.url)
    authority.answer = authority.stamp(authority.asked[0])
    with pytest.raises(DeliveryRefused, match="is of another document"):
        export(sealed_site, tmp_path / "again.zip", authority.url)
