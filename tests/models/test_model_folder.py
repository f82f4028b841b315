"""Trusted on first use, then pinned; licences accepted once."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from sightline.errors import ModelError
from sightline.testing.model_server import ModelServer, Reply
from sightline.vision.catalogue import ModelEntry
from sightline.vision.http_source import Limits
from sightline.vision.model_folder import ModelFolder

UNKNOWN = ModelEntry(name="shop", file="shop.onnx")
BOUND = ModelEntry(name="bound", file="bound.onnx", licence="AGPL-3.0", licence_class="copyleft")
HASTY = Limits(attempts=1, first_pause_s=0)


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "models")


def test_the_first_file_is_trusted_and_pinned(server: ModelServer, folder: ModelFolder) -> None:
    folder.pull(UNKNOWN, (server.url,))
    assert folder.pinned_sha256("shop.onnx") == server.sha256
    verified = folder.verify(UNKNOWN)
    assert verified is not None
    assert (verified.state, verified.sha256) == ("pinned", server.sha256)
    assert sorted(path.name for path in folder.path.iterdir()) == ["models.lock", "shop.onnx"]


def test_another_file_at_the_same_address_is_refused_later(server: ModelServer, folder: ModelFolder) -> None:
    first = server.sha256
    folder.pull(UNKNOWN, (server.url,))
    server.replies = [Reply(body=b"replaced by somebody")]
    with pytest.raises(ModelError) as caught:
        folder.pull(UNKNOWN, (server.url,))
    assert first in str(caught.value)
    assert hashlib.sha256(b"replaced by somebody").hexdigest() in str(caught.value)
    assert (folder.path / "shop.onnx").read_bytes() == server.content
    assert folder.pinned_sha256("shop.onnx") == first


def test_a_sum_given_by_hand_replaces_the_pin(server: ModelServer, folder: ModelFolder) -> None:
    folder.pull(UNKNOWN, (server.url,))
    server.content = b"the next release"
    folder.pull(UNKNOWN, (server.url,), sha256=server.sha256)
    assert folder.pinned_sha256("shop.onnx") == server.sha256


def test_a_known_sum_is_demanded_on_first_use_too(server: ModelServer, folder: ModelFolder) -> None:
    entry = ModelEntry(name="known", file="known.onnx", sha256=("0" * 64,))
    with pytest.raises(ModelError, match="not the expected file"):
        folder.pull(entry, (server.url,))
    assert folder.verify(entry) is None


def test_the_second_address_serves_when_the_first_does_not(server: ModelServer, folder: ModelFolder) -> None:
    folder.pull(UNKNOWN, ("http://127.0.0.1:1/x", server.url), limits=HASTY)
    assert json.loads(folder.lock_path.read_text())["files"]["shop.onnx"]["from"] == server.url


def test_when_no_address_serves_each_reason_is_told(server: ModelServer, folder: ModelFolder) -> None:
    server.replies = [Reply(status=404)]
    with pytest.raises(ModelError, match=r"127.0.0.1:1/x: cannot be reached.*answered 404"):
        folder.pull(UNKNOWN, ("http://127.0.0.1:1/x", server.url), limits=HASTY)


@pytest.mark.parametrize("as_folder", [True, False], ids=["folder", "file"])
def test_files_of_this_machine_are_pinned_likewise(
    folder: ModelFolder, tmp_path: Path, as_folder: bool
) -> None:
    (tmp_path / "shop.onnx").write_bytes(b"content")
    folder.pull(UNKNOWN, (str(tmp_path if as_folder else tmp_path / "shop.onnx"),))
    assert folder.pinned_sha256("shop.onnx") == hashlib.sha256(b"content").hexdigest()


def test_one_changed_byte_is_a_mismatch(server: ModelServer, folder: ModelFolder) -> None:
    folder.pull(UNKNOWN, (server.url,))
    file = folder.path / "shop.onnx"
    file.write_bytes(b"?" + file.read_bytes()[1:])
    verified = folder.verify(UNKNOWN)
    assert verified is not None
    assert (verified.state, verified.expected) == ("mismatch", (server.sha256,))


def test_a_file_put_there_by_hand_has_nothing_to_be_compared_with(folder: ModelFolder) -> None:
    folder.path.mkdir()
    (folder.path / "shop.onnx").write_bytes(b"content")
    verified = folder.verify(UNKNOWN)
    assert verified is not None
    assert verified.state == "unpinned"
    folder.pin_present(UNKNOWN)
    again = folder.verify(UNKNOWN)
    assert again is not None
    assert again.state == "pinned"


def test_a_licence_is_accepted_once_but_not_for_other_words(folder: ModelFolder) -> None:
    assert not folder.has_accepted(BOUND)
    folder.accept(BOUND)
    assert ModelFolder(folder.path).has_accepted(BOUND)
    assert not folder.has_accepted(BOUND.model_copy(update={"licence": "AGPL-4.0"}))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2}', '{"version": 1, "files": {"a": 1}, "accepted": {}}']
)
def test_a_damaged_lock_file_is_never_taken_for_an_empty_one(
    server: ModelServer, folder: ModelFolder, text: str
) -> None:
    folder.path.mkdir()
    folder.lock_path.write_text(text)
    with pytest.raises(ModelError, match=r"models.lock"):
        folder.pull(UNKNOWN, (server.url,))
    assert folder.lock_path.read_text() == text
    assert not (folder.path / "shop.onnx").exists()


def test_addresses_are_pinned_without_their_secrets(server: ModelServer, folder: ModelFolder) -> None:
    address = server.url.replace("://", "://user:s3cret@") + "?key=s3cret"
    folder.pull(UNKNOWN, (address,))
    assert "s3cret" not in folder.lock_path.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(server: ModelServer, folder: ModelFolder) -> None:
    folder.path.mkdir(mode=0o500)
    with pytest.raises(ModelError, match="cannot write"):
        folder.pull(UNKNOWN, (server.url,))
