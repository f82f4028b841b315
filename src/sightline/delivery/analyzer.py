"""The clip of an incident to an outside service that looks at it: a person's own vision-language model."""

import json
from collections.abc import Mapping
from typing import Any

from sightline.delivery.http_exchange import HttpExchange
from sightline.delivery.http_upload import key_headers
from sightline.domain.assessment import Assessment, assessment_in, undecided
from sightline.domain.delivery import Consignment
from sightline.errors import DeliveryDeferred


class IncidentAnalyzer:
    """Asks once. One that does not answer holds nothing up: what is no clear answer is `undecided`."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        timeout_s: float = 30.0,
        exchange: HttpExchange | None = None,
    ) -> None:
        """
        Args:
            api_key: goes as X-API-Key; empty: none is sent.
            timeout_s: for sending the clip, looking and answering, in all.
        """
        self._url = url
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._exchange = exchange or HttpExchange()

    def look(self, consignment: Consignment, context: Mapping[str, Any], *, key: str) -> Assessment:
        """Its word on one clip, sent as the part `video` with the JSON text `context`.

        No answer in time, 408, 429, 5xx and an answer that makes no sense are `undecided`, with the reason.

        Raises:
            AlteredFile: the clip is not as it was sealed.
            DeliveryRefused: another 4xx, as for a wrong key: a person has to look.
            DeliveryDeferred: the exchange was closed while we waited: nothing was learnt, ask again.
        """
        try:
            answer = self._exchange.post_file(
                self._url,
                consignment,
                field="video",
                fields={"context": json.dumps(context, ensure_ascii=False, allow_nan=False)},
                headers=key_headers(self._api_key, key),
                timeout_s=self._timeout_s,
            )
        except DeliveryDeferred as error:
            if self._exchange.is_closed:
                raise
            return undecided(str(error))
        failure = answer.failure()
        if failure is not None:
            return undecided(f"the analyser says that it failed: {failure}")
        said = answer.json()
        if isinstance(said, Mapping):  # its words are kept and mailed; they may repeat our key
            said = {name: answer.masked(one) if isinstance(one, str) else one for name, one in said.items()}
        return assessment_in(said)
