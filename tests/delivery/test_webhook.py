"""Signed messages, checked by the library that receivers use."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from answering_server import Answer, AnsweringServer, Asked
from standardwebhooks import Webhook, WebhookVerificationError

from sightline.delivery.webhook import WebhookSender, signature, signing_key
from sightline.errors import DeliveryDeferred, DeliveryRefused

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four..").decode()
DOCUMENT = {"kind": "unattended", "venue": "Lyon Part-Dieu – café", "duration_s": 61.5, "confirmed_at": None}


@pytest.fixture
def receiver() -> Iterator[AnsweringServer]:
    with AnsweringServer() as server:
        yield server


def read(asked: Asked, secret: str | bytes = SECRET) -> Any:
    return Webhook(secret).verify(asked.body, asked.headers)


def test_the_receiver_can_check_who_sent_it(receiver: AnsweringServer) -> None:
    WebhookSender(receiver.url("/hook"), SECRET).send(DOCUMENT, key="ev-1:final")
    asked = receiver.asked[0]
    assert read(asked) == DOCUMENT
    assert asked.headers["webhook-id"] == "ev-1:final"
    assert asked.headers["content-type"] == "application/json"
    assert asked.path == "/hook"


@pytest.mark.parametrize("part", ["body", "webhook-id", "webhook-timestamp"])
def test_what_was_altered_on_the_way_is_found_out(receiver: AnsweringServer, part: str) -> None:
    WebhookSender(receiver.url(), SECRET).send(DOCUMENT, key="ev-1")
    asked = receiver.asked[0]
    body = asked.body.replace(b"61.5", b"61.6") if part == "body" else asked.body
    later = {"webhook-id": "ev-2", "webhook-timestamp": str(int(asked.headers["webhook-timestamp"]) + 1)}
    headers = asked.headers | ({part: later[part]} if part in later else {})
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        read(Asked(asked.path, headers, body))


def test_an_old_message_cannot_be_played_again(receiver: AnsweringServer) -> None:
    sender = WebhookSender(receiver.url(), SECRET, clock=lambda: time.time() - 301)
    sender.send(DOCUMENT, key="ev-1")
    with pytest.raises(WebhookVerificationError, match="too old"):
        read(receiver.asked[0])


def test_each_attempt_is_signed_anew_under_the_same_id(receiver: AnsweringServer) -> None:
    moments = iter([time.time() - 3_600, time.time()])
    receiver.answers = [Answer(503), Answer(204, b"")]
    sender = WebhookSender(receiver.url(), SECRET, clock=lambda: next(moments))
    with pytest.raises(DeliveryDeferred, match="503"):
        sender.send(DOCUMENT, key="ev-1")
    sender.send(DOCUMENT, key="ev-1")
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "ev-1"
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert read(second) == DOCUMENT


@pytest.mark.parametrize("secret", [SECRET, SECRET.rstrip("="), f" {SECRET}\n"])
def test_a_secret_is_read_as_receivers_show_it(receiver: AnsweringServer, secret: str) -> None:
    WebhookSender(receiver.url(), secret).send(DOCUMENT, key="ev-1")
    assert read(receiver.asked[0]) == DOCUMENT


def test_any_other_text_is_a_secret_as_it_is(receiver: AnsweringServer) -> None:
    WebhookSender(receiver.url(), "mot de passe é").send(DOCUMENT, key="ev-1")
    assert read(receiver.asked[0], "mot de passe é".encode()) == DOCUMENT


def test_the_signature_is_that_of_the_specification() -> None:
    # The example that the specification's own libraries are tested with.
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_a_secret_it_is_not_signed(receiver: AnsweringServer) -> None:
    WebhookSender(receiver.url(), None).send(DOCUMENT, key="ev-1")
    assert "webhook-signature" not in receiver.asked[0].headers
    assert json.loads(receiver.asked[0].body) == DOCUMENT


@pytest.mark.parametrize("secret", ["whsec_not base64!", "", "whsec_", "  "])
def test_a_secret_that_is_none_waits_for_a_person(receiver: AnsweringServer, secret: str) -> None:
    sender = WebhookSender(receiver.url(), secret)
    with pytest.raises(DeliveryRefused, match="the secret of a webhook") as refused:
        sender.send(DOCUMENT, key="ev-1")
    assert "not base64!" not in str(refused.value)
    assert not receiver.asked


def test_a_receiver_that_wants_no_more_is_told_of(receiver: AnsweringServer) -> None:
    receiver.answers = [Answer(410)]
    with pytest.raises(DeliveryRefused, match="wants no more messages"):
        WebhookSender(receiver.url(), SECRET).send(DOCUMENT, key="ev-1")


@pytest.mark.parametrize(("status", "error"), [(400, DeliveryRefused), (429, DeliveryDeferred)])
def test_other_answers_are_refusals_or_tried_again(
    receiver: AnsweringServer, status: int, error: type[Exception]
) -> None:
    receiver.answers = [Answer(status, headers={"Retry-After": "7"})]
    with pytest.raises(error, match=str(status)) as raised:
        WebhookSender(receiver.url("/hooks/T0PSECRETT0PSECRET?token=hidden"), SECRET).send(DOCUMENT, key="1")
    assert getattr(raised.value, "retry_after_s", 7) == 7
    assert "SECRET" not in str(raised.value)
    assert "hidden" not in str(raised.value)


def test_a_receiver_that_hangs_is_left_in_time(receiver: AnsweringServer) -> None:
    receiver.answers = [Answer(hangs=True)]
    with pytest.raises(DeliveryDeferred, match=r"0\.2 s"):
        WebhookSender(receiver.url(), SECRET, timeout_s=0.2).send(DOCUMENT, key="ev-1")


def test_the_secret_is_not_shown() -> None:
    sender = WebhookSender("http://127.0.0.1/hook", "whsec_dGhlIHNlY3JldA==")
    assert "whsec" not in repr(sender)
