"""The key that makes private links: 32 random bytes in the data folder. A new one ends all old links.

The token of a link is an HMAC over its id, so nothing that opens a link is stored anywhere.
"""

import fcntl
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.errors import EvidenceError
from sightline.evidence.files import write_whole
from sightline.video.disk import writing

KEY_NAME = "links.key"
_LOCK_NAME = "links.lock"
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_MESSAGE = b"sightline private link\0"
_NAME_MESSAGE = b"sightline link key"


class LinkKey:
    """The site's link key. Read anew for every token, so that a new key counts at once in every process.

    Get one with `open_link_key`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def key_id(self) -> str:
        """Which key it is, 8 hex digits; tells nothing about the key."""
        return _key_id(self._read()).hex()

    def token(self, link_id: str) -> str:
        """The token that opens the link `link_id`: URL-safe base64, 48 characters.

        Raises:
            EvidenceError: the key is gone or damaged.
        """
        key = self._read()
        digest = hmac.digest(key, _MESSAGE + _bytes(link_id), "sha256")
        return urlsafe_b64encode(_key_id(key) + digest).decode().rstrip("=")

    def opens(self, link_id: str, token: str) -> bool:
        """Whether `token` is that of the link `link_id`, compared in constant time.

        Raises:
            EvidenceError: the key is gone or damaged.
        """
        return hmac.compare_digest(self.token(link_id).encode(), _bytes(token))

    def rotate(self) -> None:
        """Make a new key. Every token of the old one is worthless from now on.

        Raises:
            DiskFull, ConfigError: it cannot be written; the old key stays.
        """
        with _one_at_a_time(self._path.parent):
            write_whole(self._path, secrets.token_bytes(_KEY_BYTES), mode=0o600)

    def _read(self) -> bytes:
        way_out = "; restart Sightline to make a new one, with which all links get new addresses"
        try:
            key = self._path.read_bytes()
        except OSError as error:
            raise EvidenceError(
                f"cannot read the link key {self._path}: {error.strerror}{way_out}"
            ) from error
        if len(key) != _KEY_BYTES:
            raise EvidenceError(f"the link key {self._path} is damaged; remove it{way_out[1:]}")
        return key


def open_link_key(keys_dir: Path) -> LinkKey:
    """The link key of this site, made on first use.

    Args:
        keys_dir: folder of the key, made when missing (0700).

    Raises:
        EvidenceError: the key cannot be read, or is damaged.
        DiskFull, ConfigError: a new key cannot be written.
    """
    key = LinkKey(keys_dir / KEY_NAME)
    with _one_at_a_time(keys_dir):
        if not (keys_dir / KEY_NAME).exists():
            write_whole(keys_dir / KEY_NAME, secrets.token_bytes(_KEY_BYTES), mode=0o600)
        key.key_id  # noqa: B018  a damaged key is told of now, not with the first link
    return key


def _key_id(key: bytes) -> bytes:
    return hmac.digest(key, _NAME_MESSAGE, "sha256")[:_KEY_ID_BYTES]


def _bytes(text: str) -> bytes:
    """Text of an address as bytes; what no Unicode text holds may be in it."""
    return text.encode("utf-8", "surrogatepass")


@contextmanager
def _one_at_a_time(keys_dir: Path) -> Iterator[None]:
    """Two processes that start at once end with one key; the kernel frees the lock of one that dies."""
    with writing(keys_dir / _LOCK_NAME):
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (keys_dir / _LOCK_NAME).open("wb")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
