"""What is told to a centre, and what may come back from whatever answers at its address."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from answering_server import Answer, AnsweringServer

from sightline.delivery.centre import CentreClient, HourRefused
from sightline.domain.edge import Telling
from sightline.errors import DeliveryDeferred, DeliveryRefused

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = "k-0123456789-secret"
DOCUMENT = {"venue_id": "shop", "camera_id": "till", "hour": "2026-03-02T08Z", "version": 3, "stays": []}
SAID = {
    "status": "stored",
    "version": 3,
    "server_time": "2026-03-02T10:00:07+01:00",
    "timezone": "Europe/Paris",
}


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    with AnsweringServer() as started:
        yield started


def client(server: AnsweringServer) -> CentreClient:
    moments = iter([NOW, NOW + timedelta(seconds=2)])
    return CentreClient(server.url("/there/"), KEY, timeout_s=5, clock=lambda: next(moments))


def test_a_document_goes_to_its_address_with_the_key_and_the_clocks_are_compared(
    server: AnsweringServer,
) -> None:
    server.answers = [Answer.of(SAID)]
    answer = client(server).tell(DOCUMENT)
    (asked,) = server.asked
    assert asked.path == "/there/api/edge/hours/shop/till/2026-03-02T08Z"
    assert asked.headers["x-api-key"] == KEY
    assert json.loads(asked.body) == DOCUMENT
    assert (answer.status, answer.version, answer.timezone) == (Telling.STORED, 3, "Europe/Paris")
    # Nine o'clock and seven seconds, when it was nine and one second here.
    assert answer.exchange.skew == timedelta(seconds=6)
    assert answer.exchange.uncertainty == timedelta(seconds=1)


def test_what_is_long_goes_as_gzip(server: AnsweringServer) -> None:
    server.answers = [Answer.of(SAID)]
    told = DOCUMENT | {"stays": [{"zone": "door"}] * 200}
    client(server).tell(told)
    (asked,) = server.asked
    assert asked.headers["content-encoding"] == "gzip"
    assert len(asked.body) < 200
    assert json.loads(gzip.decompress(asked.body)) == told


@pytest.mark.parametrize(
    ("status", "of_the_venue"),
    [(401, True), (403, True), (404, True), (400, False), (409, False), (413, False), (422, False)],
)
def test_who_is_refused_is_told_for_what(server: AnsweringServer, status: int, of_the_venue: bool) -> None:
    server.answers = [Answer.of({"detail": f"not with {KEY}"}, status)]
    with pytest.raises(HourRefused, match=f"answered {status}") as refused:
        client(server).tell(DOCUMENT)
    assert refused.value.of_the_venue is of_the_venue
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(503),
        Answer(200, b"<html>"),
        Answer(200, b"[]"),
        Answer.of({}),
        Answer.of(SAID | {"status": "ok"}),
        Answer.of(SAID | {"version": "x"}),
        Answer.of(SAID | {"server_time": 7}),
        Answer.of(SAID | {"server_time": "0001-01-01T00:00:00+14:00"}),
        Answer.of({"success": True}),
    ],
)
def test_what_is_no_answer_of_a_centre_is_tried_again(server: AnsweringServer, answer: Answer) -> None:
    server.answers = [answer]
    with pytest.raises(DeliveryDeferred):
        client(server).tell(DOCUMENT)


def test_a_centre_that_has_too_much_to_do_says_for_how_long(server: AnsweringServer) -> None:
    server.answers = [Answer(429, headers={"Retry-After": "17"})]
    with pytest.raises(DeliveryDeferred) as deferred:
        client(server).tell(DOCUMENT)
    assert deferred.value.retry_after_s == 17


def test_a_redirect_is_not_followed(server: AnsweringServer) -> None:
    server.answers = [Answer(307, headers={"Location": "https://elsewhere.example.org/"})]
    with pytest.raises(DeliveryRefused, match="elsewhere"):
        client(server).tell(DOCUMENT)


def test_without_a_key_none_is_sent(server: AnsweringServer) -> None:
    server.answers = [Answer.of(SAID)]
    told: dict[str, Any] = DOCUMENT
    CentreClient(server.url(""), None).tell(told)
    assert "x-api-key" not in server.asked[0].headers
