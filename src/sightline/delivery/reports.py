"""Incident and footfall reports: JSON documents to a server that files them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sightline.delivery.http_exchange import HttpExchange
from sightline.delivery.http_upload import key_headers, require_success
from sightline.delivery.stored_name import plain_text

REPORT_S = 30.0
"""For one attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer:
    """The report was taken.

    Attributes:
        incident_id: under which the server files it; None when it does not say.
        facts: JSON values worth keeping, without secrets.
    """

    incident_id: str | None
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


class ReportSender:
    """Sends reports to one address, complete as it is in the settings.

    Args:
        api_key: goes as X-API-Key; empty: none is sent.
        timeout_s: for one attempt.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        timeout_s: float = REPORT_S,
        exchange: HttpExchange | None = None,
    ) -> None:
        self._url = url
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._exchange = exchange or HttpExchange()

    def send(self, document: Mapping[str, Any], *, key: str) -> ReportAnswer:
        """One attempt. The same key again is the same report to a server that heeds it.

        Raises:
            DeliveryDeferred: no success this time, or an answer of 200 that says so.
            DeliveryRefused: the server does not want it.
        """
        headers = key_headers(self._api_key, key)
        answer = self._exchange.post_json(self._url, document, headers=headers, timeout_s=self._timeout_s)
        require_success(answer, "the report")
        return ReportAnswer(
            incident_id=incident_id_in(answer.json()),
            facts=MappingProxyType({"http_status": answer.status}),
        )


def incident_id_in(document: object) -> str | None:
    """The server's own id: `incident_id`, else `id`, of the answer or of the object it wraps."""
    if not isinstance(document, Mapping):
        return None
    wrapped = [document.get(name) for name in ("incident", "data", "result")]
    for one in (document, *wrapped):
        if not isinstance(one, Mapping):
            continue
        for name in ("incident_id", "id"):
            value = one.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
            if text := plain_text(value):
                return text
    return None
