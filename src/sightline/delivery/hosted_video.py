"""Videos to a host that shows them by private links: the client of the hosted-video protocol."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from sightline.delivery.http_answer import HttpAnswer
from sightline.delivery.http_exchange import HttpExchange
from sightline.delivery.http_upload import upload_timeout_s
from sightline.delivery.stored_name import plain_text
from sightline.domain.delivery import Consignment, Proof
from sightline.errors import CopyDiffers, DeliveryDeferred, DeliveryRefused

ASK_TIMEOUT_S = 30.0
_WRONG_KEY = (401, 403)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedLink:
    """The host has the video, and this is where it shows it.

    Attributes:
        video_id: as the host calls it, for everything that is asked of it later.
        private_link: whoever has it sees the video.
        expiration_time: when the link ends, UTC.
        proof: how the host's copy was compared with ours.
    """

    video_id: str
    private_link: str = field(repr=False)
    expiration_time: datetime
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """What a host says of one of its links; None where it does not say."""

    valid: bool
    expiration_time: datetime | None
    remaining_hours: float | None


class HostedVideoClient:
    """Speaks to one host.

    Every method raises `DeliveryDeferred` where trying again may help and `DeliveryRefused` where a person
    has to look: a key that is not taken, metadata that is not liked, an id that is unknown.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        *,
        exchange: HttpExchange | None = None,
        timeout_s: Callable[[int], float] = upload_timeout_s,
        ask_timeout_s: float = ASK_TIMEOUT_S,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open no connection yet.

        Args:
            base_url: what comes before `/api/v1/videos`.
            api_key: goes as Bearer; empty: none is sent.
            timeout_s: for one upload, by the size of the file in bytes.
            ask_timeout_s: for anything else.
        """
        self._videos = f"{base_url.rstrip('/')}/api/v1/videos"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._exchange = exchange or HttpExchange()
        self._timeout_s = timeout_s
        self._ask_timeout_s = ask_timeout_s
        self._clock = clock

    def __repr__(self) -> str:
        return f"HostedVideoClient({_host(self._videos)})"

    def upload(
        self,
        consignment: Consignment,
        *,
        video_id: str,
        metadata: Mapping[str, Any],
        expiration_hours: int,
    ) -> HostedLink:
        """Send a video. The same one under the same id again gives its link again.

        Args:
            video_id: a uuid4, the same for every attempt.
            metadata: of `hosted_metadata`.
            expiration_hours: how long the link is to live.

        Raises:
            CopyDiffers: what arrived is not what was sent.
            AlteredFile: the file is not as it was sealed, and did not leave.
        """
        answer = self._exchange.post_file(
            f"{self._videos}/upload",
            consignment,
            field="video",
            file_name=f"incident_{video_id}.mp4",
            fields={
                "metadata": json.dumps(dict(metadata), allow_nan=False),
                "expiration_hours": str(expiration_hours),
                "access_type": "private",
            },
            headers={**self._headers, "X-Video-ID": video_id},
            timeout_s=self._timeout_s(consignment.size_bytes),
            accepted=(200, 201, 409, 422, *_WRONG_KEY),
        )
        self._demand_key(answer)
        if answer.status == 422:
            raise CopyDiffers(
                f"{_host(self._videos)} did not get {consignment.path.name} as it was sent{_said(answer)}"
            )
        document = _document(answer)
        if answer.status == 409:
            self._demand_same(answer, document, consignment)
        else:
            _demand_success(answer, "the video")
        return HostedLink(
            video_id=plain_text(document.get("video_id")) or video_id,
            private_link=self._link_in(document),
            expiration_time=_time(document.get("expiration_time"))
            or self._clock() + timedelta(hours=expiration_hours),
            proof=self._compared(document, consignment),
        )

    def verify(self, private_link: str, *, video_id: str | None = None) -> LinkState:
        """Ask the host whether one of its links still opens.

        Args:
            video_id: as the host calls it; None: it is what the link ends in.
        """
        path, token = _path_and_token(private_link)
        # The protocol names no parameters. Each host takes of these what it knows.
        params = {"video_id": video_id or path.rpartition("/")[2], "token": token, "link": private_link}
        answer = self._exchange.ask(
            "GET",
            f"{self._videos}/link/verify",
            headers=self._headers,
            params=params,
            timeout_s=self._ask_timeout_s,
            accepted=(200, 410, *_WRONG_KEY),
        )
        self._demand_key(answer)
        document = _document(answer)
        valid = document.get("valid") if answer.status == 200 else False
        if not isinstance(valid, bool):
            raise DeliveryDeferred(f"{_host(self._videos)} did not say whether the link is valid")
        until = _time(document.get("expiration_time"))
        return LinkState(
            valid=valid, expiration_time=until, remaining_hours=self._hours_left(document, until)
        )

    def extend(self, video_id: str, additional_hours: int) -> datetime:
        """Let the link of a video live longer; when it ends now.

        Asked twice, for want of an answer, the host may extend it twice.
        """
        answer = self._exchange.post_json(
            f"{self._videos}/link/extend",
            {"video_id": video_id, "additional_hours": additional_hours},
            headers=self._headers,
            timeout_s=self._ask_timeout_s,
            accepted=(200, 201, *_WRONG_KEY),
        )
        self._demand_key(answer)
        _demand_success(answer, "the extension")
        until = _time(_document(answer).get("new_expiration"))
        if until is None:
            raise DeliveryRefused(f"{_host(self._videos)} did not say until when the link lives now")
        return until

    def delete(self, video_id: str) -> bool:
        """Erase a video at the host; False: the host does not know it, so nothing was erased."""
        answer = self._exchange.ask(
            "DELETE",
            f"{self._videos}/upload/{quote(video_id, safe='')}",
            headers=self._headers,
            timeout_s=self._ask_timeout_s,
            accepted=(200, 204, 404, *_WRONG_KEY),
        )
        self._demand_key(answer)
        if answer.status == 404:
            return False
        _demand_success(answer, "the erasure")
        return True

    def _demand_key(self, answer: HttpAnswer) -> None:
        host = _host(self._videos)
        if answer.status == 401:
            raise DeliveryRefused(f"{host} wants a key: set 'delivery.hosted.api_key'{_said(answer)}")
        if answer.status == 403:
            raise DeliveryRefused(
                f"{host} does not take the key of 'delivery.hosted', or not for this{_said(answer)}"
            )

    def _demand_same(self, answer: HttpAnswer, document: Mapping[str, Any], consignment: Consignment) -> None:
        """Let a 409 pass that says that the very same video is there already."""
        host = _host(self._videos)
        if _hash_in(document) != consignment.sha256:
            raise DeliveryRefused(f"{host} does not take a video under this id any more{_said(answer)}")
        if not document.get("private_link"):
            raise DeliveryDeferred(f"{host} has the video already but gave no link{_said(answer)}")

    def _link_in(self, document: Mapping[str, Any]) -> str:
        link = document.get("private_link")
        if isinstance(link, str) and re.fullmatch(r"https?://[^\s/]\S*", link.strip(), re.IGNORECASE):
            return link.strip()
        raise DeliveryDeferred(f"{_host(self._videos)} took the video but answered without a link to it")

    def _compared(self, document: Mapping[str, Any], consignment: Consignment) -> Proof:
        stated = _hash_in(document)
        if not stated:
            return Proof.NONE
        if stated != consignment.sha256:
            raise CopyDiffers(
                f"{_host(self._videos)} has other bytes than {consignment.path.name} was sent with"
            )
        return Proof.SHA256

    def _hours_left(self, document: Mapping[str, Any], until: datetime | None) -> float | None:
        stated = document.get("remaining_hours")
        if isinstance(stated, int | float) and not isinstance(stated, bool):
            return float(stated)
        return None if until is None else max(0.0, (until - self._clock()) / timedelta(hours=1))


def hosted_metadata(
    *,
    video_id: str,
    upload_timestamp: datetime,
    expiration_time: datetime,
    source: str,
    type: str,  # noqa: A002  the protocol's name
    incident_type: str | None,
    risk_level: str | None,
    confidence: float | None,
    frame_count: int | None,
    analysis: str | Mapping[str, Any] | None,
    file_hash: str,
) -> dict[str, Any]:
    """What goes with a video. Times are aware; `confidence` is from 0 to 1; None is what is not known."""
    return {
        "video_id": video_id,
        "upload_timestamp": upload_timestamp.isoformat(),
        "expiration_time": expiration_time.isoformat(),
        "source": source,
        "type": type,
        "incident_type": incident_type,
        "risk_level": risk_level,
        "confidence": confidence,
        "frame_count": frame_count,
        "analysis": analysis if analysis is None or isinstance(analysis, str) else dict(analysis),
        "file_hash": file_hash,
    }


def _document(answer: HttpAnswer) -> Mapping[str, Any]:
    document = answer.json()
    return document if isinstance(document, Mapping) else {}


def _hash_in(document: Mapping[str, Any]) -> str:
    """The SHA-256 that an answer states, or whatever it states in its place; "" for nothing."""
    stated = document.get("file_hash")
    return "" if stated is None else str(stated).strip().lower().removeprefix("sha256:")


def _time(value: object) -> datetime | None:
    """A time of the protocol in UTC, which is also the zone of one that names none; None for no time."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _path_and_token(link: str) -> tuple[str, str]:
    try:
        parts = urlsplit(link)
    except ValueError:
        raise DeliveryRefused("the private link to ask about is no address") from None
    return parts.path, parse_qs(parts.query).get("token", [""])[0]


def _host(address: str) -> str:
    try:
        return httpx.URL(address).netloc.decode("ascii") or "the video host"
    except httpx.InvalidURL:
        return "the video host"


def _said(answer: HttpAnswer) -> str:
    """What the host says of a failure, in brackets, without the private link that may be in it."""
    said = re.sub(r"\S*(://|token)\S*", "***", answer.excerpt())
    return f" ({said})" if said else ""


def _demand_success(answer: HttpAnswer, what: str) -> None:
    if answer.failure() is not None:
        raise DeliveryDeferred(f"{what} was answered {answer.status}, but not done{_said(answer)}")
