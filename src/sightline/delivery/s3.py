"""Clips into a bucket of S3, or of any server that speaks S3 (MinIO, Ceph, R2, B2 ...).

A small file is one request, a larger one parts of `PART_BYTES`: so the ETag that the far end computes can be
computed here too. It appears under its name whole or not at all. The library tells nobody the id of an upload
it has begun, so one that is cut off begins again; only parts are tried again within it. What a killed upload
leaves behind is invisible parts: a rule of the bucket that ends incomplete uploads removes them.

Every request is signed over the SHA-256 of its body, which the far end checks as it takes it. The checksum
headers of S3 would say the same once more, and some servers refuse them, so they are not sent.
"""

import hashlib
import re
from contextlib import nullcontext
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from sightline.delivery.http_form import altered
from sightline.delivery.s3_errors import NotAllowed, NotThere, translated
from sightline.domain.delivery import Consignment, Proof, Receipt
from sightline.errors import (
    AlteredFile,
    ConfigError,
    CopyDiffers,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
)

if TYPE_CHECKING:
    from obstore import GetResult, PutResult
    from obstore.store import S3Config, S3Credential, S3CredentialProvider, S3Store

PART_BYTES = 5 << 20
_PIECE_BYTES = 1 << 18
"""Read at once; a part is a whole number of them."""
_PARTS_AT_ONCE = 1
"""A second one on its way costs 16 MiB and saves only the wait for an answer between two parts."""
REQUEST_S = 60 + 10 * (PART_BYTES >> 20) * _PARTS_AT_ONCE
"""As long as a part may take on a thin line that carries `_PARTS_AT_ONCE` of them."""

_MD5_TAG = re.compile(r"[0-9a-f]{32}(-\d+)?")


class _Prints(NamedTuple):
    """What is known of a file before it leaves; `tag` is the ETag it gets from a server that uses MD5."""

    size_bytes: int
    sha256: str
    tag: str


class S3Uploader:
    """Puts files into one bucket. One may be used by several threads."""

    def __init__(
        self,
        bucket: str,
        *,
        endpoint: str | None,
        access_key_id: str | None,
        secret_access_key: str | None,
        region: str,
        public_base_url: str | None,
        prefix: str = "",
        request_s: float = REQUEST_S,
    ) -> None:
        """Open no connection yet.

        Args:
            endpoint: address of the server; None: Amazon's, or that of `AWS_ENDPOINT_URL`. Encrypted, unless
                it says `http://` itself.
            access_key_id, secret_access_key: both, or neither: then the `AWS_*` variables count, or the role
                of the machine.
            public_base_url: where the objects can be seen, if anywhere.
            prefix: put before each name as it is, with its `/` if it is to be a folder.
            request_s: after so many seconds without an answer one request is given up.

        Raises:
            ConfigError: a value that cannot be right, or the optional package is not installed.
        """
        self._bucket = _checked("bucket", bucket, r"[A-Za-z0-9][A-Za-z0-9._-]+")
        self._endpoint = endpoint and _endpoint(endpoint)
        self._prefix = prefix
        self._public_base_url = public_base_url and public_base_url.rstrip("/")
        self._where = f"bucket {bucket!r} at {self._endpoint or 'Amazon S3'}"
        self._large = Lock()  # one at a time: several at once take no less time, and 24 MiB each
        self._store = self._opened(
            _checked("region", region, r"[A-Za-z0-9-]+"),
            _fixed_keys(access_key_id, secret_access_key),
            timedelta(seconds=request_s),
        )

    def __repr__(self) -> str:
        return f"S3Uploader({self._where})"

    def send(self, consignment: Consignment, *, key: str) -> Receipt:
        """Put one file into the bucket, or find that it is there already.

        Args:
            key: of the delivery; noted with the object, for whoever looks at the bucket.

        Raises:
            AlteredFile: the file is not as sealed any more; nothing left the site.
            CopyDiffers: what lies in the bucket now is not what was sent.
            DeliveryDeferred: no answer, throttled, or a fault of the server.
            DeliveryRefused: no such bucket, wrong keys, not allowed, or a setting is wrong.
        """
        prints = _prints_of(consignment)
        name = self._prefix + consignment.file_name
        proof = self._lies_there(name, prints)
        found = proof is not None
        if proof is None:
            answer = self._put(name, consignment, prints, key)
            proof = self._compared(name, prints, answer["e_tag"])
        return Receipt(
            stored_name=name,
            url=self._url(name),
            proof=proof,
            facts={"bucket": self._bucket, "found": found},
        )

    def _opened(self, region: str, keys: "S3CredentialProvider | None", request: timedelta) -> "S3Store":
        try:
            from obstore.store import S3Store
        except ImportError as error:
            raise ConfigError("delivery to s3 needs: pip install 'sightline[s3]'") from error
        config: S3Config = {"region": region, "unsigned_payload": False}
        if self._endpoint:  # twice, or the environment's AWS_ENDPOINT_URL_S3 would win
            config |= {"endpoint": self._endpoint, "aws_endpoint_url_s3": self._endpoint}
        if keys:
            config["skip_signature"] = False
        try:
            with translated(self._where):
                return S3Store(
                    self._bucket,
                    config=config,
                    client_options={
                        "allow_http": (self._endpoint or "").startswith("http://"),
                        "connect_timeout": min(request, timedelta(seconds=10)),
                        "timeout": request,
                    },
                    # Two more tries for what fails at once; the outbox has the longer breath.
                    retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=30)},
                    credential_provider=keys,
                )
        except DeliveryError as error:
            raise ConfigError(str(error)) from None

    def _lies_there(self, name: str, prints: _Prints) -> Proof | None:
        """How the object under `name` is known to be this file; None: it is not, or cannot be looked at."""
        try:
            there = self._head(name)
            if there.meta["size"] != prints.size_bytes:
                return None
            tag = there.meta["e_tag"]
            if _bare(tag) != prints.tag and there.attributes.get("sha256") != prints.sha256:
                return None
            proof = self._compared(name, prints, tag)
        except (NotThere, NotAllowed, CopyDiffers):
            return None
        return None if proof is Proof.NONE else proof

    def _compared(self, name: str, prints: _Prints, tag: str | None) -> Proof:
        """Compare the copy by its ETag; one that is no MD5, by its length; one that may be, byte by byte.

        The ETag of an object encrypted with a key of KMS looks like an MD5 and is none.
        """
        if _bare(tag) == prints.tag:
            return Proof.MD5
        try:
            if _MD5_TAG.fullmatch(_bare(tag)):
                return self._compared_bytes(name, prints)
            return self._compared_length(name, prints)
        except NotAllowed:
            return Proof.NONE
        except NotThere:
            raise CopyDiffers(f"{self._where} took {name!r} and does not have it") from None

    def _compared_length(self, name: str, prints: _Prints) -> Proof:
        length = self._head(name).meta["size"]
        if length != prints.size_bytes:
            raise CopyDiffers(
                f"{self._where} holds {length:,} bytes as {name!r}; {prints.size_bytes:,} were sent"
            )
        return Proof.LENGTH

    def _compared_bytes(self, name: str, prints: _Prints) -> Proof:
        from obstore import get

        digest = hashlib.sha256()
        with translated(self._where):
            for piece in get(self._store, name).stream(min_chunk_size=1 << 20):
                digest.update(piece)
        if digest.hexdigest() != prints.sha256:
            raise CopyDiffers(f"{self._where} holds other bytes as {name!r} than were sent")
        return Proof.SHA256

    def _head(self, name: str) -> "GetResult":
        """Size, ETag and notes of an object."""
        from obstore import get

        with translated(self._where):
            return get(self._store, name, options={"head": True})

    def _put(self, name: str, consignment: Consignment, prints: _Prints, key: str) -> "PutResult":
        from obstore import put

        in_parts = prints.size_bytes > PART_BYTES
        with self._large if in_parts else nullcontext(), translated(self._where):
            return put(
                self._store,
                name,
                consignment.path,
                attributes={
                    "Content-Type": consignment.media_type,
                    "sha256": prints.sha256,
                    "idempotency-key": quote(key, safe=":"),
                },
                use_multipart=in_parts,
                chunk_size=PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )

    def _url(self, name: str) -> str:
        if self._public_base_url:
            return f"{self._public_base_url}/{quote(name)}"
        return f"s3://{self._bucket}/{name}"


def _prints_of(consignment: Consignment) -> _Prints:
    """Read the file once, and see that it is as sealed.

    Raises:
        AlteredFile: it is not, or it is gone.
        DeliveryRefused: it may not be read.
        DeliveryDeferred: it cannot be read just now.
    """
    whole, parts, size = hashlib.sha256(), [], 0
    try:
        with consignment.path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                whole.update(piece)
                if size % PART_BYTES == 0:
                    parts.append(hashlib.md5(usedforsecurity=False))
                parts[-1].update(piece)
                size += len(piece)
    except FileNotFoundError as error:
        raise AlteredFile(f"{consignment.path.name} is gone; it was sealed and has not left") from error
    except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise DeliveryRefused(
            f"{consignment.path.name} may not be read; let the user Sightline runs as read it"
        ) from error
    except OSError as error:
        raise DeliveryDeferred(
            f"{consignment.path.name} cannot be read just now: {error.strerror}"
        ) from error
    if whole.hexdigest() != consignment.sha256:
        raise altered(consignment)
    return _Prints(size, consignment.sha256, _tag(parts))


def _tag(parts: "list[hashlib._Hash]") -> str:
    """The ETag of an object sent in these parts: of several, the MD5 of their MD5s and how many they are."""
    if len(parts) < 2:
        return (parts or [hashlib.md5(usedforsecurity=False)])[0].hexdigest()
    joined = hashlib.md5(b"".join(part.digest() for part in parts), usedforsecurity=False)
    return f"{joined.hexdigest()}-{len(parts)}"


def _bare(tag: str | None) -> str:
    return (tag or "").strip('"').lower()


def _checked(what: str, value: str, pattern: str) -> str:
    """`value`, if it may go into a request; the library panics over some that may not."""
    if not re.fullmatch(pattern, value):
        raise ConfigError(f"{value!r} is no {what} of s3")
    return value


def _endpoint(address: str) -> str:
    if not re.fullmatch(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?[A-Za-z0-9._/-]*", address):
        raise ConfigError("the endpoint of s3 is no plain address such as https://s3.example.org")
    return address.rstrip("/")


def _fixed_keys(key_id: str | None, secret: str | None) -> "S3CredentialProvider | None":
    """These two keys and no AWS_SESSION_TOKEN of others, which the library would send beside plain keys."""
    if not key_id and not secret:
        return None
    if not key_id or not secret:
        raise ConfigError("s3 needs both 'access_key_id' and 'secret_access_key', or neither")
    if not re.fullmatch(r"[!-~]+", key_id) or not re.fullmatch(r"[!-~]+", secret):
        raise ConfigError("a key of s3 holds a space, a line break or a letter that none has")

    def keys() -> "S3Credential":
        return {"access_key_id": key_id, "secret_access_key": secret, "token": None, "expires_at": None}

    return keys
