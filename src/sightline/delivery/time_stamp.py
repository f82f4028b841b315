"""Time stamps of RFC 3161: an authority's signed word that a document existed at a certain time.

It is given the hash of the document only. `openssl ts -verify -data DOCUMENT -in STAMP -CAfile CA` reads the
same files.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from sightline.delivery.http_exchange import HttpExchange
from sightline.errors import ConfigError, DeliveryRefused

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

TIMEOUT_S = 30.0
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_GRANTED = (0, 1)


class StampRejected(ValueError):
    """A time stamp that proves nothing of this document; the message says why."""


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """What an authority states: at `at`, aware, it was shown a document of this SHA-256, hex."""

    at: datetime
    sha256: str


class TimeStampAuthority:
    """A server that stamps hashes over HTTP. Its address may hold a key and is never shown whole."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        """
        Raises:
            ConfigError: rfc3161-client is not installed.
        """
        _require_library()
        self._url = url
        self._timeout_s = timeout_s

    def stamp(self, document: bytes) -> bytes:
        """Ask for a stamp of the SHA-256 of `document`.

        Returns:
            the answer as it came (DER), which fits the document and our question.

        Raises:
            DeliveryDeferred: as every HTTP exchange.
            DeliveryRefused: likewise; or the answer is no stamp, or one of something else.
        """
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        question = TimestampRequestBuilder().data(document).hash_algorithm(HashAlgorithm.SHA256).build()
        with HttpExchange() as exchange:
            answer = exchange.post_json(
                self._url,
                question.as_bytes(),
                headers={"Content-Type": "application/timestamp-query"},
                timeout_s=self._timeout_s,
                accepted=(200,),
            )
        try:
            stamped = _granted(answer.body)
            _read(stamped, document)
        except StampRejected as error:
            raise DeliveryRefused(f"the time-stamp authority gave no stamp of use: {error}") from error
        if stamped.tst_info.nonce != question.nonce:
            raise DeliveryRefused("the time-stamp authority answered another question than ours")
        return answer.body


def read_stamp(stamp: bytes, document: bytes) -> TimeStamp:
    """What `stamp` says of `document`. Who signed it is not looked at.

    Raises:
        StampRejected: no time stamp, or one of another document.
        ConfigError: rfc3161-client is not installed.
    """
    _require_library()
    return _read(_granted(stamp), document)


def check_stamp(stamp: bytes, document: bytes, authority: Path) -> TimeStamp:
    """The same, and signed by an authority that the certificates in `authority` (PEM) vouch for.

    Raises: as `read_stamp`, and
        StampRejected: signed by somebody else.
        ConfigError: `authority` holds no certificates.
    """
    from_stamp = read_stamp(stamp, document)
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        trusted = x509.load_pem_x509_certificates(authority.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{authority} holds no certificates in PEM form; correct --tsa-ca") from error
    try:
        VerifierBuilder(roots=trusted).build().verify_message(_granted(stamp), document)
    except (VerificationError, ValueError) as error:
        raise StampRejected(f"is not signed by an authority in {authority.name} ({error})") from error
    return from_stamp


def _granted(stamp: bytes) -> "TimeStampResponse":
    from rfc3161_client import decode_timestamp_response

    try:
        read = decode_timestamp_response(stamp)
        status = read.status
        if status in _GRANTED:
            read.tst_info.message_imprint  # noqa: B018  read now, so that a damaged one is found here
    except ValueError as error:
        raise StampRejected("is not a time stamp that can be read") from error
    if status not in _GRANTED:
        raise StampRejected(f"is a refusal (status {status})")
    return read


def _read(stamp: "TimeStampResponse", document: bytes) -> TimeStamp:
    imprint = stamp.tst_info.message_imprint
    digest = hashlib.sha256(document)
    if imprint.hash_algorithm != _SHA256 or imprint.message != digest.digest():
        raise StampRejected("is of another document")
    return TimeStamp(at=stamp.tst_info.gen_time, sha256=digest.hexdigest())


def _require_library() -> None:
    try:
        import rfc3161_client  # noqa: F401
    except ImportError as error:
        raise ConfigError("time stamps need: pip install 'sightline[timestamp]'") from error
