"""The centre of a chain: takes what one camera of a shop saw in one hour, as often as that changes."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sightline.delivery.http_exchange import HttpExchange
from sightline.domain.edge import Exchange, Telling
from sightline.errors import DeliveryDeferred

ATTEMPT_S = 30.0
ANSWERED = (200, 400, 401, 403, 404, 409, 413, 415, 422)
PACKED_FROM = 1_000
"""Bytes from which a document goes as gzip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreAnswer:
    """The centre has said what it did.

    Attributes:
        version: the newest that it knows.
        timezone: of the venue there.
    """

    status: Telling
    version: int
    timezone: str
    exchange: Exchange


class HourRefused(Exception):
    """Not an error of ours: the centre will not have a document.

    Attributes:
        of_the_venue: no document of the venue would be taken: its key is wrong, or the centre does not know
            it. Otherwise it is this one only.
    """

    def __init__(self, reason: str, *, of_the_venue: bool) -> None:
        super().__init__(reason)
        self.of_the_venue = of_the_venue


class CentreClient:
    """Tells one centre.

    Args:
        url: of its web server.
        api_key: goes as X-API-Key; None: none is sent.
        clock: ours, for comparing it with theirs.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        exchange: HttpExchange | None = None,
        timeout_s: float = ATTEMPT_S,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._exchange = exchange or HttpExchange()
        self._timeout_s = timeout_s
        self._clock = clock

    def tell(self, document: Mapping[str, Any]) -> CentreAnswer:
        """One attempt. Telling the same version again is harmless.

        Args:
            document: as `pipeline.edge_document` makes it.

        Raises:
            DeliveryDeferred: the centre did not answer, or not as a centre does.
            DeliveryRefused: the address in the settings is none, or leads elsewhere.
            HourRefused: it will not have this document.
        """
        path = "/".join(str(document[name]) for name in ("venue_id", "camera_id", "hour"))
        body = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        if self._api_key:
            headers["X-API-Key"] = self._api_key
        if len(body) >= PACKED_FROM:
            body = gzip.compress(body, 5, mtime=0)
            headers["Content-Encoding"] = "gzip"
        asked_at = self._clock()
        answer = self._exchange.put_bytes(
            f"{self._url}/api/edge/hours/{path}",
            body,
            headers=headers,
            timeout_s=self._timeout_s,
            accepted=ANSWERED,
        )
        answered_at = self._clock()
        if answer.status != 200:
            raise HourRefused(
                f"the centre answered {answer.status}: {answer.excerpt()}",
                of_the_venue=answer.status in (401, 403, 404),
            )
        return _read(answer.json(), asked_at, answered_at)


def _read(said: object, asked_at: datetime, answered_at: datetime) -> CentreAnswer:
    try:
        assert isinstance(said, Mapping)
        their_time = datetime.fromisoformat(said["server_time"])
        return CentreAnswer(
            status=Telling(said["status"]),
            version=int(said["version"]),
            timezone=str(said["timezone"])[:100],
            exchange=Exchange(asked_at, answered_at, their_time.astimezone(UTC)),
        )
    except (AssertionError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DeliveryDeferred(
            "what answers at the address of the centre is no Sightline, or one of another version"
        ) from error
