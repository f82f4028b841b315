"""Typed addresses on disk: nobody reads them there, and nobody swaps them unnoticed."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.config.vault import KEY_NAME, SecretName, Vault
from sightline.errors import ConfigError, DiskFull

ADDRESS = "rtsp://viewer:s3cret%2Fword@10.0.0.5:554/stream1?channel=1"
TILL = SecretName("shop", "till", "source")
DOOR = SecretName("shop", "door", "source")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "secrets")


def file_of(tmp_path: Path, name: SecretName) -> Path:
    return tmp_path / "secrets" / name.venue_id / f"{name.camera_id}.{name.field}"


def test_what_was_stored_is_revealed_by_another_process_that_opens_the_folder(
    vault: Vault, tmp_path: Path
) -> None:
    vault.store(TILL, ADDRESS)
    vault.store(DOOR, "rtsp://10.0.0.6/")
    assert Vault(tmp_path / "secrets").reveal(TILL) == ADDRESS
    assert vault.reveal(DOOR) == "rtsp://10.0.0.6/"


def test_no_file_holds_the_address_or_a_part_of_it(vault: Vault, tmp_path: Path) -> None:
    vault.store(TILL, ADDRESS)
    files = [path for path in (tmp_path / "secrets").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {KEY_NAME, "till.source"}
    for path in files:
        for part in (b"s3cret", b"viewer", b"10.0.0.5"):
            assert part not in path.read_bytes()


def test_only_the_owner_can_read_folder_and_files_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Vault(tmp_path / "secrets").store(TILL, ADDRESS)
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_file_copied_over_that_of_another_camera_is_noticed(vault: Vault, tmp_path: Path) -> None:
    vault.store(TILL, ADDRESS)
    vault.store(DOOR, "rtsp://10.0.0.6/")
    file_of(tmp_path, DOOR).write_bytes(file_of(tmp_path, TILL).read_bytes())
    with pytest.raises(ConfigError, match="belongs to another camera"):
        vault.reveal(DOOR)


def test_every_changed_byte_is_noticed(vault: Vault, tmp_path: Path) -> None:
    vault.store(TILL, ADDRESS)
    path = file_of(tmp_path, TILL)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ConfigError, match=r"damaged|another key") as caught:
            vault.reveal(TILL)
        assert "s3cret" not in str(caught.value)
    for length in (0, 3, 20, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ConfigError):
            vault.reveal(TILL)


def test_a_lost_key_is_named_and_never_replaced_in_silence(vault: Vault, tmp_path: Path) -> None:
    vault.store(TILL, ADDRESS)
    key = tmp_path / "secrets" / KEY_NAME
    key.unlink()
    with pytest.raises(ConfigError, match="is gone"):
        vault.reveal(TILL)
    with pytest.raises(ConfigError, match="is gone"):
        vault.store(DOOR, ADDRESS)
    assert not key.exists()


def test_the_key_of_another_site_is_told_from_a_damaged_file(vault: Vault, tmp_path: Path) -> None:
    vault.store(TILL, ADDRESS)
    other = tmp_path / "other"
    Vault(other).store(TILL, ADDRESS)
    (tmp_path / "secrets" / KEY_NAME).write_bytes((other / KEY_NAME).read_bytes())
    with pytest.raises(ConfigError, match="another key"):
        vault.reveal(TILL)


def test_what_was_never_stored_says_how_to_type_it(vault: Vault) -> None:
    with pytest.raises(ConfigError, match="sightline camera add"):
        vault.reveal(TILL)


def test_forgetting_leaves_nothing_of_it_and_nothing_else_is_touched(vault: Vault, tmp_path: Path) -> None:
    vault.store(TILL, ADDRESS)
    vault.store(DOOR, ADDRESS)
    left_by_a_kill = file_of(tmp_path, TILL).with_name("till.source.0a1b2c3d.part")
    left_by_a_kill.write_bytes(b"half")
    assert vault.forget(TILL)
    assert not vault.forget(TILL)
    assert [path.name for path in (tmp_path / "secrets" / "shop").iterdir()] == ["door.source"]
    assert vault.reveal(DOOR) == ADDRESS


@pytest.mark.parametrize("bad", ["../door", "a/b", "", "a" * 51, "till\n", ".."])
def test_a_name_that_would_be_a_path_is_refused(bad: str) -> None:
    with pytest.raises(ConfigError, match="is no id"):
        SecretName("shop", bad, "source")
    with pytest.raises(ConfigError, match="is no id"):
        SecretName(bad, "till", "source")


def test_a_reference_is_followed_and_never_looked_for_in_the_vault(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.store(TILL, "rtsp://old/")
    monkeypatch.setenv("TILL_URL", ADDRESS)
    assert vault.address(TILL, "env:TILL_URL") == ADDRESS
    assert vault.address(TILL, "rtsp://***@10.0.0.5/stream1") == "rtsp://old/"


def test_processes_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sightline.config.vault import SecretName, Vault\n"
        "Vault(Path(sys.argv[1])).store(SecretName('shop', sys.argv[2], 'source'), sys.argv[2])"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "secrets")]
    names = [f"camera{number}" for number in range(4)]
    started = [subprocess.Popen([*command, name]) for name in names]
    assert [one.wait() for one in started] == [0] * len(names)
    vault = Vault(tmp_path / "secrets")
    assert [vault.reveal(SecretName("shop", name, "source")) for name in names] == names
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == ["shop", KEY_NAME]


def test_a_full_disk_leaves_the_address_that_was_there(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource
    import signal

    vault.store(TILL, ADDRESS)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(DiskFull):
            vault.store(TILL, "rtsp://new/")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert vault.reveal(TILL) == ADDRESS
    assert [path.name for path in (tmp_path / "secrets" / "shop").iterdir()] == ["till.source"]
