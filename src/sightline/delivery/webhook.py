"""Messages that whoever receives them can check: the Standard Webhooks specification, version 1.

Source: standard-webhooks/standard-webhooks, `webhook-id`, `webhook-timestamp`, `webhook-signature`.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from sightline.delivery.http_exchange import HttpExchange
from sightline.errors import DeliveryRefused

PREFIX = "whsec_"
_GONE = 410
_ACCEPTED = frozenset({*range(200, 300), _GONE})


class WebhookSender:
    """POSTs documents to one receiver, signed when there is a secret. Neither secret nor address is shown."""

    def __init__(
        self,
        url: str,
        secret: str | None,
        *,
        timeout_s: float = 15.0,
        exchange: HttpExchange | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            secret: `whsec_` and base64, as most receivers show it; any other text is taken as it is.
            clock: seconds since 1970; receivers usually refuse what differs from theirs by over 5 minutes.
        """
        self._url = url
        self._secret = secret
        self._timeout_s = timeout_s
        self._exchange = exchange or HttpExchange()
        self._clock = clock

    def send(self, document: Mapping[str, Any], *, key: str) -> None:
        """Deliver one message. Called again for the same `key` it is the same message, signed anew.

        Args:
            document: JSON values.
            key: by which the receiver knows a message it has had already; sent as `webhook-id`.

        Raises:
            DeliveryDeferred: no answer, 408, 429 or 5xx.
            DeliveryRefused: any other answer than 2xx; 410 when the receiver wants no more; a secret that
                cannot be one.
        """
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        headers = {"Content-Type": "application/json", **self._headers(key, body)}
        answer = self._exchange.post_json(
            self._url, body, headers=headers, timeout_s=self._timeout_s, accepted=_ACCEPTED
        )
        if answer.status == _GONE:
            raise DeliveryRefused(
                "the receiver of the webhook wants no more messages (410 Gone); take it out of"
                " delivery.webhooks"
            )

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        at = int(self._clock())
        headers = {"webhook-id": key, "webhook-timestamp": str(at)}
        if self._secret is not None:
            headers["webhook-signature"] = signature(signing_key(self._secret), key, at, body)
        return headers


def signing_key(secret: str) -> bytes:
    """The bytes to sign with.

    Raises:
        DeliveryRefused: nothing is left of the secret, or what follows `whsec_` is no base64.
    """
    text = secret.strip()
    key = text.encode()
    if text.startswith(PREFIX):
        coded = text.removeprefix(PREFIX).rstrip("=")
        try:
            key = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise DeliveryRefused(
                f"the secret of a webhook starts with {PREFIX}, but what follows is no base64"
            ) from None
    if not key:
        raise DeliveryRefused("the secret of a webhook is empty; leave it out to send unsigned messages")
    return key


def signature(key: bytes, message_id: str, at: int, body: bytes) -> str:
    """`v1,` and base64 of HMAC-SHA256 over id, seconds since 1970 and body, joined by full stops."""
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
