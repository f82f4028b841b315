"""Clips to any server that takes a file by HTTP and answers with the name it gave it."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, TypeVar

import httpx

from sightline.delivery.http_answer import HttpAnswer
from sightline.delivery.http_exchange import HttpExchange, is_page
from sightline.delivery.stored_name import stored_name, video_url
from sightline.domain.delivery import Consignment, Proof, Receipt
from sightline.errors import CopyDiffers, DeliveryDeferred, DeliveryError, DeliveryRefused

_SHA256_FIELDS = ("sha256", "file_hash", "hash", "checksum")
_LENGTH_FIELDS = ("size", "size_bytes", "length", "bytes", "file_size")
_HEAD_TIMEOUT_S = 15.0
Word = TypeVar("Word", str, int)


def upload_timeout_s(size_bytes: int) -> float:
    """A minute, and ten seconds more for each megabyte."""
    return 60 + 10 * size_bytes / 1_000_000


class HttpUploader:
    """Sends files to one address, and compares what arrived with what was sent.

    Args:
        url: complete; nothing is appended.
        api_key: goes as X-API-Key; empty: none is sent.
        public_base_url: under which stored files can be seen; None when the answer says it, or nobody.
        timeout_s: for one attempt, by the size of the file in bytes.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        public_base_url: str | None,
        *,
        timeout_s: Callable[[int], float] = upload_timeout_s,
        exchange: HttpExchange | None = None,
    ) -> None:
        self._url = url
        self._api_key = api_key
        self._public_base_url = public_base_url
        self._timeout_s = timeout_s
        self._exchange = exchange or HttpExchange()

    def send(self, consignment: Consignment, *, key: str) -> Receipt:
        """One attempt. The same key again is the same delivery to a receiver that heeds it.

        Raises:
            DeliveryDeferred: no success this time, or an answer of 200 that says so.
            CopyDiffers: the receiver has something else than was sent.
            DeliveryRefused: the receiver does not want it.
            AlteredFile: the file is not as it was sealed, and did not leave.
        """
        own_name = PurePosixPath(consignment.file_name).name
        answer = self._exchange.post_file(
            self._url,
            consignment,
            field="file",
            file_name=own_name,
            headers=key_headers(self._api_key, key),
            timeout_s=self._timeout_s(consignment.size_bytes),
        )
        require_success(answer, "the upload")
        document = answer.json()
        name = stored_name(document, answer.text(), own_name)
        address = video_url(document, name, self._public_base_url)
        proof, how = self._compare(consignment, document, address)
        facts = {"http_status": answer.status, "compared": how}
        return Receipt(stored_name=name, url=address, proof=proof, facts=MappingProxyType(facts))

    def _compare(self, consignment: Consignment, document: object, address: str | None) -> tuple[Proof, str]:
        """How the copy was compared, in words too; raises CopyDiffers."""
        proof = proof_in(document, consignment)
        if proof is not Proof.NONE:
            return proof, "answer"
        if address is None:
            return Proof.NONE, "nothing to compare with"
        if not self._is_of_receiver(address):
            return Proof.NONE, "the address is on another host"
        try:
            return self._look(consignment, address)
        except CopyDiffers:
            raise
        except DeliveryError as error:  # the file was delivered all the same
            return Proof.NONE, str(error)

    def _look(self, consignment: Consignment, address: str) -> tuple[Proof, str]:
        """Compare by HEAD, else GET."""
        length = self._length_at(address)
        if length is not None:
            if length != consignment.size_bytes:
                raise _differs(consignment, f"{length} bytes lie there")
            return Proof.LENGTH, "HEAD"
        timeout_s = self._timeout_s(consignment.size_bytes)
        found = self._exchange.sha256_of(address, size_bytes=consignment.size_bytes, timeout_s=timeout_s)
        if found != consignment.sha256:
            raise _differs(consignment, "other bytes lie there")
        return Proof.SHA256, "GET"

    def _length_at(self, address: str) -> int | None:
        """Content-Length of HEAD; None where the server answers no HEAD, or names no length of a file."""
        try:
            answer = self._exchange.ask("HEAD", address, timeout_s=_HEAD_TIMEOUT_S, accepted=(200,))
        except DeliveryRefused:
            return None
        length = answer.headers.get("Content-Length", "")
        encoding = answer.headers.get("Content-Encoding", "identity").lower()
        if is_page(answer.headers) or encoding != "identity" or not length.isdecimal():
            return None
        return int(length)

    def _is_of_receiver(self, address: str) -> bool:
        """Whether `address` is on a host the settings name: an answer must not send us elsewhere."""
        known = {_host(self._url), _host(self._public_base_url or "")} - {None}
        return _host(address) in known


def key_headers(api_key: str | None, key: str) -> Mapping[str, str]:
    """Who sends, and which delivery it is."""
    return {"Idempotency-Key": key, **({"X-API-Key": api_key} if api_key else {})}


def require_success(answer: HttpAnswer, what: str) -> None:
    """Raises DeliveryDeferred when a 200 says in its JSON that it is none."""
    failure = answer.failure()
    if failure is not None:
        raise DeliveryDeferred(f"{what} was answered {answer.status}, but not taken: {failure}")


def proof_in(document: object, consignment: Consignment) -> Proof:
    """What an answer says of the copy: a hash, else a length; in it, or in its `data` or `result`.

    Raises:
        CopyDiffers: it is not that of the file.
    """
    if not isinstance(document, Mapping):
        return Proof.NONE
    wrapped = [document[name] for name in ("data", "result") if isinstance(document.get(name), Mapping)]
    stated = [document, *wrapped]
    if (sha256 := _first(stated, _SHA256_FIELDS, _sha256)) is not None:
        proof, same = Proof.SHA256, sha256 == consignment.sha256
    elif (md5 := _first(stated, ("md5",), _md5)) is not None:
        proof, same = Proof.MD5, md5 == _md5_of(consignment)
    elif (size := _first(stated, _LENGTH_FIELDS, _length)) is not None:
        proof, same = Proof.LENGTH, size == consignment.size_bytes
    else:
        return Proof.NONE
    if not same:
        raise _differs(consignment, f"the receiver names another {proof.value}")
    return proof


def _first(
    stated: Sequence[Mapping[str, Any]], fields: Sequence[str], read: Callable[[object], Word | None]
) -> Word | None:
    """The first of `fields` that `read` makes sense of."""
    for one in stated:
        for name in fields:
            if (found := read(one.get(name))) is not None:
                return found
    return None


def _differs(consignment: Consignment, how: str) -> CopyDiffers:
    return CopyDiffers(
        f"the copy of {consignment.path.name} ({consignment.size_bytes} bytes) at the receiver"
        f" is not what was sent: {how}"
    )


def _sha256(value: object) -> str | None:
    text = value.strip().lower().removeprefix("sha256:") if isinstance(value, str) else ""
    return text if re.fullmatch(r"[0-9a-f]{64}", text) else None


def _md5(value: object) -> str | None:
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if re.fullmatch(r"[0-9a-f]{32}", text) else None


def _md5_of(consignment: Consignment) -> str:
    """Of the file as it is now; one altered since it was sent differs, and does not leave again."""
    try:
        with consignment.path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DeliveryDeferred(
            f"{consignment.path.name} was sent but cannot be read again to compare it: {error.strerror}"
        ) from error


def _length(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        return int(value.strip()[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _host(address: str) -> str | None:
    try:
        return httpx.URL(address).host or None
    except httpx.InvalidURL:
        return None
