"""What is made of answers: taken, tried again, or waiting for a person; and what is never shown of them."""

import gzip
import itertools
import json
import logging
from collections.abc import Iterator

import pytest
from raw_answers import RawAnswers, answer

from sightline.delivery.http_exchange import HttpAnswer, HttpExchange
from sightline.errors import DeliveryDeferred, DeliveryRefused

SECRET = "k-0123456789-secret"


@pytest.fixture
def exchange() -> Iterator[HttpExchange]:
    with HttpExchange(connect_timeout_s=2) as ours:
        yield ours


def post(exchange: HttpExchange, url: str, **headers: str) -> HttpAnswer:
    return exchange.post_json(url, {"a": 1}, headers=headers, timeout_s=3)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param(b"", "hung up", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", "broke off|hung up", id="half a head"),
        pytest.param(answer(b"x" * 50)[:-20], "broke off", id="half a body"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "broke off|hung up", id="no HTTP"),
        pytest.param(answer(b"", "Content-Length: 7"), "broke off|hung up", id="two lengths"),
    ],
)
def test_what_is_no_answer_is_tried_again(exchange: HttpExchange, raw: bytes, words: str) -> None:
    with RawAnswers([raw]) as server, pytest.raises(DeliveryDeferred, match=words):
        post(exchange, server.url)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507, 599])
def test_statuses_that_are_tried_again(exchange: HttpExchange, status: int) -> None:
    raw = answer(b'{"detail": "wait"}', status=f"{status} -")
    with RawAnswers([raw]) as server, pytest.raises(DeliveryDeferred, match=f"{status}.*: wait"):
        post(exchange, server.url)


@pytest.mark.parametrize(
    "status", [203, 206, 300, 304, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 451]
)
def test_statuses_that_wait_for_a_person(exchange: HttpExchange, status: int) -> None:
    raw = f"HTTP/1.1 {status} -\r\nConnection: close\r\n\r\n".encode()
    with RawAnswers([raw]) as server, pytest.raises(DeliveryRefused, match=f"{status}"):
        post(exchange, server.url)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param(["Retry-After: 120"], 120, id="seconds"),
        pytest.param(["Retry-After: 0"], 0, id="at once"),
        pytest.param(
            ["Date: Wed, 21 Oct 2015 07:28:00 GMT", "Retry-After: Wed, 21 Oct 2015 07:30:00 GMT"],
            120,
            id="a date, by the server's own clock",
        ),
        pytest.param(["Retry-After: Wed, 21 Oct 2015 07:30:00 GMT"], 0, id="a date that is over"),
        pytest.param(["Retry-After: soon"], None, id="nonsense"),
        pytest.param(["Retry-After: -5"], None, id="the past"),
        pytest.param([], None, id="none"),
    ],
)
def test_how_long_a_server_asks_to_wait(
    exchange: HttpExchange, headers: list[str], seconds: float | None
) -> None:
    raw = answer(b"", *headers, status="503 Busy")
    with RawAnswers([raw]) as server, pytest.raises(DeliveryDeferred) as deferred:
        post(exchange, server.url)
    assert deferred.value.retry_after_s == seconds


def test_a_redirect_is_not_followed(exchange: HttpExchange) -> None:
    with RawAnswers([answer(b"{}")]) as other:
        raw = answer(b"", f"Location: http://user:pw@127.0.0.1:{other.port}/x?t=tok-1", status="302 Found")
        with RawAnswers([raw]) as server:
            for ask in (
                lambda: post(exchange, server.url),
                lambda: exchange.ask("GET", server.url, timeout_s=3),
            ):
                with pytest.raises(DeliveryRefused, match=f"points to 127.0.0.1:{other.port}") as refused:
                    ask()
                assert "pw" not in str(refused.value)
                assert "tok-1" not in str(refused.value)
        assert other.connections == 0


def test_an_answer_without_end_is_read_to_a_mebibyte(exchange: HttpExchange) -> None:
    endless = itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(b"x" * 65_536))
    with RawAnswers(endless, pause_s=0.001) as server:
        said = post(exchange, server.url)
    assert len(said.body) == 1 << 20
    assert said.json() is None


def test_an_answer_compressed_unasked(exchange: HttpExchange) -> None:
    raw = answer(gzip.compress(b'{"filename": "there.mp4"}'), "Content-Encoding: gzip")
    with RawAnswers([raw]) as server:
        assert post(exchange, server.url).json() == {"filename": "there.mp4"}
        assert "accept-encoding: identity" in server.requests[0].lower()


def test_a_compressed_answer_that_grows_is_cut(exchange: HttpExchange) -> None:
    raw = answer(gzip.compress(b"x" * 50_000_000), "Content-Encoding: gzip")
    with RawAnswers([raw]) as server:
        assert len(post(exchange, server.url).body) == 1 << 20


@pytest.mark.parametrize(
    ("body", "document"),
    [
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="byte order mark"),
        pytest.param(b"[" * 200_000, None, id="deep"),
        pytest.param(b'{"a": ', None, id="cut"),
        pytest.param(b"\xff\xfe\xfd", None, id="no text"),
    ],
)
def test_json_or_none(body: bytes, document: object) -> None:
    assert HttpAnswer(status=200, headers={}, body=body).json() == document


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        pytest.param({"success": False, "message": "no room"}, "no room", id="success false"),
        pytest.param({"success": "false", "error": {"message": "no room"}}, "no room", id="as text, wrapped"),
        pytest.param({"ok": False}, "no reason given", id="ok false"),
        pytest.param({"ok": 0, "error": "x"}, "x", id="ok 0"),
        pytest.param({"status": "error", "detail": "no room"}, "no room", id="status error"),
        pytest.param({"status": "Failed"}, "no reason given", id="status failed"),
        pytest.param({"success": True, "status": "ok"}, None, id="success"),
        pytest.param({"status": "Open"}, None, id="status of an incident"),
        pytest.param({"success": None}, None, id="nothing said"),
        pytest.param(["error"], None, id="list"),
        pytest.param(False, None, id="false alone"),
    ],
)
def test_a_success_that_is_none(body: object, failure: str | None) -> None:
    said = HttpAnswer(status=200, headers={}, body=json.dumps(body).encode())
    assert said.failure() == failure


def test_what_a_server_says_is_cleaned_for_a_message(exchange: HttpExchange) -> None:
    page = "<html><style>p {x}</style><body><h1>Non\x1b[31m</h1>\r\n<script>evil()</script>" + "refusé " * 99
    raw = answer(page.encode(), status="400 Bad")
    with RawAnswers([raw]) as server, pytest.raises(DeliveryRefused) as refused:
        post(exchange, server.url)
    message = str(refused.value)
    assert "Non [31m refusé refusé" in message
    assert "evil" not in message
    assert "{x}" not in message
    assert message.isprintable()
    assert len(message) < 280


def echoes(*secrets: str) -> bytes:
    return answer(" ".join(f"<{secret}> ({secret})" for secret in secrets).encode(), status="403 No")


def test_a_secret_that_the_server_repeats_is_not_shown(
    exchange: HttpExchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path, query, password = "T0AB12CD34EF56GH78", "q-token-123", "pa55word-here"
    with RawAnswers([echoes(SECRET, path, query, password)]) as server:
        url = f"http://user:{password}@127.0.0.1:{server.port}/hook/{path}?sig={query}"
        headers = {"X-API-Key": SECRET, "Authorization": f"Bearer {SECRET}2"}
        with pytest.raises(DeliveryRefused) as refused:
            exchange.post_json(url, {}, headers=headers, timeout_s=3)
        with pytest.raises(DeliveryRefused):
            exchange.ask("GET", url, params={"key": SECRET}, timeout_s=3)
    for secret in (SECRET, path, query, password):
        assert secret not in f"{refused.value}{refused.value.__cause__!r}"
    assert caplog.records  # httpcore's, which are shown when somebody looks for a fault
    for secret in (SECRET, path, query, password):
        assert secret not in caplog.text


def test_an_answer_does_not_show_itself(exchange: HttpExchange) -> None:
    raw = answer(b'{"private_link": "https://a/video/1?token=abc"}', "Set-Cookie: s=t0k")
    with RawAnswers([raw]) as server:
        shown = repr(post(exchange, server.url, **{"X-API-Key": SECRET}))
    assert "token" not in shown
    assert "t0k" not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("key", [f"{SECRET}\nX-Admin: 1", f"clé-{SECRET}", f"{SECRET}\x00", "a\r\n\r\nb"])
def test_a_key_with_characters_no_header_takes_waits_for_a_person_unseen(
    exchange: HttpExchange, key: str
) -> None:
    with RawAnswers([answer(b"{}")]) as server:
        with pytest.raises(DeliveryRefused, match="look at the key") as refused:
            post(exchange, server.url, **{"X-API-Key": key})
        assert server.requests == []
    assert refused.value.__cause__ is None
    assert SECRET not in str(refused.value)
