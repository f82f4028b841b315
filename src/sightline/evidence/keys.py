"""The site's Ed25519 key: made on first use, kept in the data folder, never replaced in silence."""

import base64
import binascii
import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sightline.errors import EvidenceError
from sightline.evidence.files import write_whole
from sightline.video.disk import writing

PRIVATE_NAME = "ed25519.pem"
PUBLIC_NAME = "ed25519.pub.pem"
_LOCK_NAME = "ed25519.lock"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a stranger needs to check our signatures."""

    key: Ed25519PublicKey

    @property
    def key_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the 32 raw key bytes: short enough to read out."""
        return hashlib.sha256(self.key.public_bytes_raw()).hexdigest()[:16]

    @property
    def pem(self) -> bytes:
        """SubjectPublicKeyInfo, PEM: what OpenSSL reads."""
        return self.key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def verifies(self, signature: str, message: bytes) -> bool:
        """Whether `signature` (base64) is this key's over `message`; nonsense is simply not a signature."""
        try:
            self.key.verify(base64.b64decode(signature, validate=True), message)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """The private half. It leaves this object only as signatures."""

    _private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> "Signer":
        """A new key, not yet stored anywhere."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> PublicKey:
        return PublicKey(self._private.public_key())

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def sign(self, message: bytes) -> str:
        """Ed25519 signature (RFC 8032) over `message`, base64, 88 characters."""
        return base64.b64encode(self._private.sign(message)).decode()

    def _private_pem(self) -> bytes:
        return self._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def open_signer(keys_dir: Path, *, expected_key_id: str | None = None) -> Signer:
    """The key of this site, made on first use.

    Args:
        keys_dir: folder of the key, made when missing (0700).
        expected_key_id: the key that sealed the ledger so far; None when nothing was sealed yet. Evidence
            signed by two keys is what a forger leaves behind, so a missing or another key is an error, never
            a new start.

    Raises:
        EvidenceError: the key is missing although expected, is another one, or cannot be read.
        DiskFull: no space left for a new key.
        ConfigError: the folder cannot be written.
    """
    with _one_at_a_time(keys_dir):
        private = keys_dir / PRIVATE_NAME
        if private.exists():
            signer = _read_private_key(private)
        elif expected_key_id is not None:
            raise EvidenceError(
                f"the signing key {private} is gone, but the ledger was sealed with key {expected_key_id};"
                " put the file back from a backup, or start a new data folder and keep this one for checking"
            )
        else:
            signer = Signer.generate()
            write_whole(private, signer._private_pem(), mode=0o600)
        if expected_key_id not in (None, signer.key_id):
            raise EvidenceError(
                f"{private} holds key {signer.key_id}, but the ledger was sealed with key {expected_key_id};"
                " put the right file back, or start a new data folder and keep this one for checking"
            )
        _keep_public_key(keys_dir / PUBLIC_NAME, signer.public.pem)
        return signer


def read_public_key(path: Path) -> PublicKey:
    """The Ed25519 public key in a PEM file.

    Raises:
        EvidenceError: missing, unreadable, or not such a key.
    """
    try:
        return parse_public_key(path.read_bytes())
    except OSError as error:
        raise EvidenceError(f"cannot read the public key {path}: {error.strerror}") from error
    except ValueError as error:
        raise EvidenceError(f"{path} is not an Ed25519 public key in PEM form") from error


def parse_public_key(pem: bytes) -> PublicKey:
    """The key in `pem`.

    Raises:
        ValueError: not an Ed25519 public key in PEM form.
    """
    try:
        key = serialization.load_pem_public_key(pem)
    except UnsupportedAlgorithm as error:
        raise ValueError("unsupported kind of key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004  the file has the wrong content, the call is right
    return PublicKey(key)


def _read_private_key(path: Path) -> Signer:
    way_out = "; put the file back from a backup and let only its owner read it (chmod 600)"
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise EvidenceError(f"cannot read the signing key {path}: {error.strerror}{way_out}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise EvidenceError(f"the signing key {path} is damaged or of another kind{way_out}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise EvidenceError(f"the signing key {path} is not an Ed25519 key{way_out}")
    return Signer(key)


def _keep_public_key(path: Path, pem: bytes) -> None:
    if not path.exists() or path.read_bytes() != pem:
        write_whole(path, pem)


@contextmanager
def _one_at_a_time(keys_dir: Path) -> Iterator[None]:
    """Two processes that start at once end with one key; the kernel frees the lock of one that dies."""
    with writing(keys_dir / _LOCK_NAME):
        keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (keys_dir / _LOCK_NAME).open("wb")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
