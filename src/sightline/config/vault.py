"""Addresses that people typed, kept under the data folder so that a copy of the database shows no password.

What the database holds is the masked address; the full one lies here, encrypted with a key that lies beside
it. That keeps passwords out of database copies, exports and screens. It does not protect against whoever can
read the whole data folder: nothing on a box that must start by itself can.

One file per address: `secrets/VENUE/CAMERA.FIELD`. Its name goes into the seal, so that a file copied over
another one is noticed and a camera is never opened at the address of another.
"""

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.config.references import Source, reason
from sightline.config.values import ID_PATTERN
from sightline.errors import ConfigError, DiskFull

KEY_NAME = "vault.key"
"""Holds a dot, which no venue id does: the folders of venues lie beside it."""

_MARK = b"SLV1"
_KEY_BYTES, _KEY_ID_BYTES, _NONCE_BYTES = 32, 8, 12
_HEADER_BYTES = len(_MARK) + _KEY_ID_BYTES + _NONCE_BYTES
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


@dataclass(frozen=True, slots=True)
class SecretName:
    """Which address it is: `field` is `source` or `record_source`.

    Raises:
        ConfigError: an id that is none; it would be a path.
    """

    venue_id: str
    camera_id: str
    field: str

    def __post_init__(self) -> None:
        for part in (self.venue_id, self.camera_id, self.field):
            if not re.fullmatch(ID_PATTERN, part):
                raise ConfigError(f"{part!r:.60} is no id: 1 to 50 letters (a-z), digits, '_' or '-'")

    def __str__(self) -> str:
        return f"{self.field} of camera {self.camera_id!r}, venue {self.venue_id!r}"

    @property
    def associated(self) -> bytes:
        return "\0".join((self.venue_id, self.camera_id, self.field)).encode()


class Vault:
    """The secrets folder of one site. Holds no open file and no key between calls; several may be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def store(self, name: SecretName, text: str) -> None:
        """Keep `text` in place of what was kept under this name; a kill leaves the old one or the new one.

        Raises:
            ConfigError: the folder cannot be written, or the key is gone that other secrets need.
            DiskFull: no space; what was kept before is still there.
        """
        key = self._key(make=True)
        nonce = os.urandom(_NONCE_BYTES)
        header = _MARK + _key_id(key)
        sealed = AESGCM(key).encrypt(nonce, text.encode(), header + name.associated)
        path = self._path(name)
        self._make_folder(path.parent)
        self._write(path, header + nonce + sealed)

    def reveal(self, name: SecretName) -> str:
        """The text kept under this name: for opening only, never for a message.

        Raises:
            ConfigError: nothing is kept there, the key is gone or another one, or the file was changed.
        """
        path = self._path(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise ConfigError(
                f"the {name} is not in {self._folder}; type it again with sightline camera add, or put the"
                " folder back from a backup"
            ) from None
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {reason(error)}") from None
        key = self._key(make=False)
        header, nonce = content[: _HEADER_BYTES - _NONCE_BYTES], content[:_HEADER_BYTES][-_NONCE_BYTES:]
        if len(content) > _HEADER_BYTES and header != _MARK + _key_id(key):
            raise ConfigError(
                f"{path} was encrypted with another key than {self._folder / KEY_NAME}, or is damaged;"
                " put the right key back from a backup, or type the address again with sightline camera add"
            )
        try:
            return AESGCM(key).decrypt(nonce, content[_HEADER_BYTES:], header + name.associated).decode()
        except (InvalidTag, ValueError):
            raise ConfigError(
                f"{path} is damaged, was changed, or belongs to another camera; type the address again with"
                " sightline camera add"
            ) from None

    def address(self, name: SecretName, shown: str) -> str:
        """The full address behind what is stored of one that was typed: for opening only.

        Args:
            shown: the masked address, or an `env:` or `file:` reference; only the latter says all there is.

        Raises:
            ConfigError: as `reveal`, or the reference leads nowhere.
        """
        source = Source(shown)
        return source.resolve() if source.is_reference else self.reveal(name)

    def forget(self, name: SecretName) -> bool:
        """Remove what is kept under this name; whether there was anything.

        Raises:
            ConfigError: the folder cannot be written.
        """
        path = self._path(name)
        with _translated(path, None):
            for left_by_a_kill in path.parent.glob(f"{path.name}.*.part"):
                left_by_a_kill.unlink(missing_ok=True)
            existed = path.exists()
            path.unlink(missing_ok=True)
        return existed

    def _path(self, name: SecretName) -> Path:
        return self._folder / name.venue_id / f"{name.camera_id}.{name.field}"

    def _key(self, *, make: bool) -> bytes:
        path = self._folder / KEY_NAME
        # Asked before the key: another process makes its key before its first secret.
        needed = any(self._folder.glob("*/*"))
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            if make and not needed:
                return self._new_key(path)
            raise ConfigError(
                f"the key {path} is gone, and the addresses kept beside it cannot be read without it; put it"
                f" back from a backup, or remove {self._folder} and type the addresses again with sightline"
                " camera add"
            ) from None
        except OSError as error:
            raise ConfigError(f"cannot read the key {path}: {reason(error)}") from None
        if len(key) != _KEY_BYTES:
            raise ConfigError(f"{path} is damaged: a key has {_KEY_BYTES} bytes; put it back from a backup")
        return key

    def _new_key(self, path: Path) -> bytes:
        """Made beside and linked into place: of two processes that start at once, one key stays."""
        self._make_folder(path.parent)
        beside = path.with_name(f"{path.name}.{token_hex(4)}.part")
        with _translated(path, beside):
            _write_flushed(beside, os.urandom(_KEY_BYTES))
            with suppress(FileExistsError):
                os.link(beside, path)
            beside.unlink()
            _flush_folder(path.parent)
        return path.read_bytes()

    def _make_folder(self, folder: Path) -> None:
        with _translated(folder, None):
            for part in (self._folder, folder):
                part.mkdir(mode=0o700, parents=True, exist_ok=True)
                part.chmod(0o700)

    def _write(self, path: Path, content: bytes) -> None:
        beside = path.with_name(f"{path.name}.{token_hex(4)}.part")
        with _translated(path, beside):
            _write_flushed(beside, content)
            beside.replace(path)
            _flush_folder(path.parent)


@contextmanager
def _translated(path: Path, remove: Path | None) -> Iterator[None]:
    """What goes wrong while `path` is written, as our errors; `remove` is the half-written file."""
    try:
        yield
    except OSError as error:
        if remove is not None:
            remove.unlink(missing_ok=True)
        if error.errno in _NO_ROOM:
            raise DiskFull(f"no space left for {path}; free some space and run again") from error
        raise ConfigError(f"{path} cannot be written ({reason(error)})") from error


def _key_id(key: bytes) -> bytes:
    """Tells keys apart without saying anything about them."""
    return hashlib.sha256(b"sightline vault key\0" + key).digest()[:_KEY_ID_BYTES]


def _write_flushed(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
