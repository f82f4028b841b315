"""A clip to a service that looks at it: what it says, and what becomes of it when it says nothing of use."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from answering_server import Answer, AnsweringServer

from sightline.delivery.analyzer import IncidentAnalyzer
from sightline.delivery.http_exchange import HttpExchange
from sightline.domain.assessment import Assessment, Verdict
from sightline.domain.delivery import Consignment
from sightline.errors import AlteredFile, DeliveryDeferred, DeliveryRefused

CLIP = bytes(range(256)) * 40
CONTEXT = {"incident_type": "loitering", "zone": "réserve", "people": 2}
SEEN = {
    "incident": True,
    "incident_type": "shoplifting",
    "risk_level": "HIGH",
    "confidence": 0.92,
    "analysis": "Two people at the shelf.\nOne hides a bottle.",
}


@pytest.fixture
def service() -> Iterator[AnsweringServer]:
    with AnsweringServer() as server:
        yield server


@pytest.fixture
def clip(tmp_path: Path) -> Consignment:
    path = tmp_path / "clip.mp4"
    path.write_bytes(CLIP)
    return Consignment(
        path=path, file_name="clip.mp4", size_bytes=len(CLIP), sha256=hashlib.sha256(CLIP).hexdigest()
    )


def look(service: AnsweringServer, clip: Consignment, **settings: Any) -> Assessment:
    analyzer = IncidentAnalyzer(service.url("/look?k=hidden"), "the-key-1", **settings)
    return analyzer.look(clip, CONTEXT, key="ev-1")


def test_an_incident_is_named_with_its_risk(service: AnsweringServer, clip: Consignment) -> None:
    service.answers = [Answer.of(SEEN)]
    assert look(service, clip).document() == {
        "verdict": "incident",
        "incident_type": "shoplifting",
        "risk_level": "HIGH",
        "confidence": 0.92,
        "analysis": "Two people at the shelf.\nOne hides a bottle.",
        "reason": None,
    }


def test_the_service_gets_the_clip_and_what_is_known(service: AnsweringServer, clip: Consignment) -> None:
    service.answers = [Answer.of(SEEN)]
    look(service, clip)
    asked = service.asked[0]
    parts = asked.parts()
    assert set(parts) == {"video", "context"}
    assert parts["video"].get_payload(decode=True) == CLIP
    assert parts["video"].get_filename() == "clip.mp4"
    assert parts["video"].get_content_type() == "video/mp4"
    context = parts["context"].get_payload(decode=True)
    assert isinstance(context, bytes)
    assert json.loads(context) == CONTEXT
    assert (asked.headers["x-api-key"], asked.headers["idempotency-key"]) == ("the-key-1", "ev-1")


def test_it_may_veto(service: AnsweringServer, clip: Consignment) -> None:
    service.answers = [Answer.of({"incident": False, "analysis": "A cleaner."})]
    word = look(service, clip)
    assert (word.verdict, word.analysis, word.risk_level) == (Verdict.NO_INCIDENT, "A cleaner.", None)


def test_a_service_that_hangs_holds_nothing_up(service: AnsweringServer, clip: Consignment) -> None:
    service.answers = [Answer(hangs=True)]
    word = look(service, clip, timeout_s=0.2)
    assert word.verdict is Verdict.UNDECIDED
    assert "not done within 0.2 s" in str(word.reason)


def test_a_service_that_is_away_holds_nothing_up(service: AnsweringServer, clip: Consignment) -> None:
    gone = AnsweringServer()
    gone._http.server_close()
    word = look(gone, clip)
    assert word.verdict is Verdict.UNDECIDED
    assert "cannot be reached" in str(word.reason)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_fails_is_no_veto(service: AnsweringServer, clip: Consignment, status: int) -> None:
    service.answers = [Answer.of({"incident": False}, status)]
    word = look(service, clip)
    assert word.verdict is Verdict.UNDECIDED
    assert str(status) in str(word.reason)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<p>it looks fine</p>", "no JSON object"),
        (b"", "no JSON object"),
        (b'{"incident": fal', "no JSON object"),
        (json.dumps([SEEN]).encode(), "no JSON object"),
        (b"{}", "'incident' is not true or false"),
        (json.dumps({**SEEN, "incident": "yes"}).encode(), "'incident' is not true or false"),
        (json.dumps({**SEEN, "confidence": 7}).encode(), "'confidence' is not a number"),
        (json.dumps({**SEEN, "risk_level": "EXTREME"}).encode(), "'risk_level' is not"),
        (b'{"success": false, "error": "no memory left", "incident": false}', "failed: no memory left"),
    ],
)
def test_nonsense_is_no_word(service: AnsweringServer, clip: Consignment, body: bytes, reason: str) -> None:
    service.answers = [Answer(body=body)]
    word = look(service, clip)
    assert word.verdict is Verdict.UNDECIDED
    assert reason in str(word.reason)
    assert word.confidence is None
    assert word.analysis is None


def test_a_wrong_key_waits_for_a_person_and_is_not_shown(service: AnsweringServer, clip: Consignment) -> None:
    service.answers = [Answer.of({"detail": "the-key-1 is unknown"}, 401)]
    with pytest.raises(DeliveryRefused, match="401") as refused:
        look(service, clip)
    assert "the-key-1" not in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_an_altered_clip_is_not_shown_to_anybody(service: AnsweringServer, clip: Consignment) -> None:
    clip.path.write_bytes(CLIP[:-1] + b"\0")
    with pytest.raises(AlteredFile):
        look(service, clip)
    assert not any(asked.body.endswith(b"--\r\n") for asked in service.asked)


def test_a_process_that_ends_has_learnt_nothing(service: AnsweringServer, clip: Consignment) -> None:
    service.answers = [Answer(hangs=True)]
    exchange = HttpExchange()
    closing = Timer(0.2, exchange.close)
    closing.start()
    with pytest.raises(DeliveryDeferred, match="stopped"):
        look(service, clip, exchange=exchange)
    closing.join()
