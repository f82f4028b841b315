"""Requests by a deadline, and what is made of answers, silence and broken connections."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mail_servers import CertificateAuthority
from raw_answers import RawAnswers, answer
from sealed_files import sealed_file

from sightline.delivery.http_exchange import HttpAnswer, HttpExchange
from sightline.errors import AlteredFile, DeliveryDeferred, DeliveryError, DeliveryRefused
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault

SECRET = "k-0123456789-secret"


@pytest.fixture
def exchange() -> Iterator[HttpExchange]:
    with HttpExchange(connect_timeout_s=2) as ours:
        yield ours


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


def post(exchange: HttpExchange, url: str, timeout_s: float = 3.0, **headers: str) -> HttpAnswer:
    return exchange.post_json(url, {"a": 1}, headers=headers, timeout_s=timeout_s)


def test_a_document_arrives_as_it_is(exchange: HttpExchange) -> None:
    document = {"name": "été", "list": [1, None, 2.5]}
    with Receiver() as receiver:
        said = exchange.post_json(
            receiver.incident_url, document, headers={"Idempotency-Key": "one"}, timeout_s=3
        )
        assert receiver.arrivals[0].document == document
        assert receiver.arrivals[0].key == "one"
    assert (said.status, said.json()) == (200, {"success": True, "incident_id": "server-1"})
    assert said.headers["content-type"] == "application/json"


def test_signed_bytes_are_sent_as_they_are(exchange: HttpExchange) -> None:
    with RawAnswers([answer()]) as server:
        exchange.post_json(server.url, b'{ "a":1}', headers={"Content-Type": "text/x"}, timeout_s=3)
        (head,) = server.requests
    assert head.endswith('\r\n\r\n{ "a":1}')
    assert "content-type: text/x" in head.lower()


def test_fields_and_another_name_go_with_a_file(exchange: HttpExchange, tmp_path: Path) -> None:
    fields = {"metadata": json.dumps({"analysis": "deux\r\nlignes é"}), "access_type": "private"}
    with Receiver() as receiver:
        exchange.post_file(
            receiver.upload_url, sealed_file(tmp_path), field="video", fields=fields,
            file_name="incident_1.mp4", headers={}, timeout_s=3,
        )  # fmt: skip
        (arrival,) = receiver.arrivals
    assert arrival.name == "incident_1.mp4"
    assert dict(arrival.fields) == fields


def test_ask_takes_parameters_beside_those_of_the_address(exchange: HttpExchange) -> None:
    with RawAnswers([answer(b'{"valid": true}')]) as server:
        said = exchange.ask("GET", f"{server.url}?a=1", params={"token": "x y&z"}, timeout_s=3)
        (head,) = server.requests
    assert head.startswith("GET /in?a=1&token=x+y%26z HTTP/1.1")
    assert said.json() == {"valid": True}


def test_delete_and_nothing_in_return(exchange: HttpExchange) -> None:
    with RawAnswers([b"HTTP/1.1 204 No Content\r\n\r\n"]) as server:
        assert exchange.ask("DELETE", server.url, timeout_s=3).status == 204
        assert server.requests[0].startswith("DELETE /in ")


def test_every_request_has_a_connection_of_its_own(exchange: HttpExchange) -> None:
    """One kept open may be dead, and the attempt would be lost in finding out."""
    with RawAnswers([answer(b"{}")]) as server:
        for _ in range(3):
            post(exchange, server.url)
        assert server.connections == 3


def test_proxies_of_the_environment_are_not_used(
    exchange: HttpExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with RawAnswers([answer(b"{}")]) as server:
        assert post(exchange, server.url).status == 200


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"HTTP/1.1 200 OK\r\nX: ", *[b"z"] * 500], id="headers, a byte at a time"),
        pytest.param([answer(b"x" * 500)[:-500], *[b"x"] * 500], id="body, a byte at a time"),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n"] * 500, id="always about to answer"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 500], id="chunks"
        ),
    ],
)
def test_a_server_that_trickles_is_left_at_the_deadline(exchange: HttpExchange, pieces: list[bytes]) -> None:
    with RawAnswers(pieces, pause_s=0.02) as server:
        began = time.monotonic()
        with pytest.raises(DeliveryDeferred, match=r"0\.4 s"):
            post(exchange, server.url, timeout_s=0.4)
        assert 0.35 < time.monotonic() - began < 2.5


def test_a_server_that_reads_slowly_is_left_at_the_deadline(exchange: HttpExchange, tmp_path: Path) -> None:
    clip = sealed_file(tmp_path, 12_000_000)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def sip() -> None:
            connection, _ = listener.accept()
            with connection:
                while not ended.wait(0.02):
                    connection.recv(40_000)

        sipping = threading.Thread(target=sip)
        sipping.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        began = time.monotonic()
        try:
            with pytest.raises(DeliveryDeferred, match=r"0\.4 s"):
                exchange.post_file(url, clip, field="f", headers={}, timeout_s=0.4)
            assert time.monotonic() - began < 2.5
        finally:
            ended.set()
            sipping.join()


def test_a_host_that_takes_no_connection_is_left_after_the_connect_time_out() -> None:
    """A full backlog drops what knocks, as a firewall does."""
    with socket.socket() as listener, HttpExchange(connect_timeout_s=0.2) as impatient:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        with socket.create_connection(address, timeout=1):
            began = time.monotonic()
            with pytest.raises(DeliveryDeferred, match=f":{address[1]} cannot be reached"):
                post(impatient, f"http://127.0.0.1:{address[1]}/", timeout_s=5)
            assert time.monotonic() - began < 2.5


def test_an_unknown_name(exchange: HttpExchange) -> None:
    with pytest.raises(DeliveryDeferred, match=r"receiver\.invalid:80 cannot be reached"):
        post(exchange, "http://receiver.invalid/in?token=secret-token")


def test_a_name_that_no_host_can_have(exchange: HttpExchange) -> None:
    with pytest.raises(DeliveryDeferred, match="no host can have that name"):
        post(exchange, f"http://{'x' * 70}.example/")


def test_the_second_address_of_a_name_is_tried(
    exchange: HttpExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawAnswers([answer(b"{}")]) as server:
        here = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", server.port))
        nobody = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [nobody, here])
        assert post(exchange, server.url).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "",
        "receiver.example/in",
        "ftp://a/b",
        "http://",
        "https:///x",
        "http://a:pass@b:99999999/",
        "http://\x00",
    ],
)
def test_an_address_that_is_none_waits_for_a_person(exchange: HttpExchange, url: str) -> None:
    with pytest.raises(DeliveryRefused, match="no web address") as refused:
        post(exchange, url)
    assert "pass" not in str(refused.value)


def test_user_and_password_of_the_address_are_sent(exchange: HttpExchange) -> None:
    with RawAnswers([answer(b"{}")]) as server:
        post(exchange, f"http://us%40er:p%3Aw@127.0.0.1:{server.port}/")
        head = server.requests[0]
    assert "authorization: basic dXNAZXI6cDp3" in head.replace("Authorization: Basic", "authorization: basic")
    assert f"\r\nhost: 127.0.0.1:{server.port}\r\n" in head.replace("Host:", "host:")


def test_tls_with_a_certificate_of_our_own(authority: CertificateAuthority, tmp_path: Path) -> None:
    clip = sealed_file(tmp_path)
    tls = authority.server_context("127.0.0.1")
    with Receiver(tls=tls) as receiver, HttpExchange(ca_file=authority.ca_file) as trusting:
        trusting.post_file(receiver.upload_url, clip, field="file", headers={}, timeout_s=5)
        assert receiver.arrivals[0].sha256 == clip.sha256
        there = f"{receiver.files_url}/{receiver.arrivals[0].stored_name}"
        assert trusting.sha256_of(there, size_bytes=clip.size_bytes, timeout_s=5) == clip.sha256


@pytest.mark.parametrize("trusted", [False, True], ids=["unknown authority", "another name"])
def test_tls_that_does_not_hold_sends_nothing(
    authority: CertificateAuthority, exchange: HttpExchange, trusted: bool
) -> None:
    tls = authority.server_context("127.0.0.1" if not trusted else "elsewhere.example")
    with Receiver(tls=tls) as receiver, HttpExchange(ca_file=authority.ca_file) as trusting:
        with pytest.raises(DeliveryDeferred, match=rf"no safe connection to .*:{receiver.port}: .*ca_file"):
            post(trusting if trusted else exchange, receiver.incident_url)
        assert receiver.asked == []


def test_no_tls_where_https_is_asked_for(exchange: HttpExchange) -> None:
    with Receiver() as receiver, pytest.raises(DeliveryDeferred, match="no safe connection"):
        post(exchange, receiver.incident_url.replace("http:", "https:"))


def test_a_handshake_that_nobody_answers_is_left_after_the_connect_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, HttpExchange(connect_timeout_s=0.2) as impatient:
        began = time.monotonic()
        with pytest.raises(DeliveryDeferred, match="cannot be reached"):
            post(impatient, f"https://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=5)
        assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("content", [None, b"not a certificate"], ids=["missing", "no certificate"])
def test_a_ca_file_that_is_none_waits_for_a_person(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "own.pem"
    if content is not None:
        path.write_bytes(content)
    with HttpExchange(ca_file=path) as ours, pytest.raises(DeliveryRefused, match=r"own\.pem.*ca_file"):
        post(ours, "https://127.0.0.1:1/")


def test_a_file_that_may_not_be_read_waits_for_a_person(exchange: HttpExchange, tmp_path: Path) -> None:
    clip = sealed_file(tmp_path)
    clip.path.unlink()
    clip.path.mkdir()
    with pytest.raises(DeliveryRefused, match="may not be read") as refused:
        exchange.post_file("http://127.0.0.1:1/", clip, field="f", headers={}, timeout_s=1)
    assert not isinstance(refused.value, AlteredFile)


def test_closing_ends_what_is_under_way() -> None:
    """Else a worker that is to stop waits for an upload that has ten minutes left."""
    exchange = HttpExchange()
    ended: list[DeliveryError] = []

    def send() -> None:
        try:
            post(exchange, receiver.incident_url, timeout_s=30)
        except DeliveryDeferred as error:
            ended.append(error)

    with Receiver(plan=lambda _number, _path, _key: Fault.NO_ANSWER) as receiver:
        sending = threading.Thread(target=send)
        sending.start()
        while not receiver.asked:
            time.sleep(0.01)
        exchange.close()
        sending.join(timeout=2)
        assert not sending.is_alive()
        assert "was stopped" in str(ended[0])
        with pytest.raises(DeliveryDeferred, match="was stopped"):
            post(exchange, receiver.incident_url)
        assert len(receiver.asked) == 1


def test_many_threads_share_one_exchange(exchange: HttpExchange) -> None:
    with Receiver() as receiver:
        answers: list[object] = []

        def send(number: int) -> None:
            said = exchange.post_json(
                receiver.incident_url, {"n": number}, headers={"Idempotency-Key": str(number)}, timeout_s=10
            )
            answers.append(said.json()["incident_id"])

        threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(arrival.document["n"] for arrival in receiver.arrivals) == list(range(20))
    assert len(set(answers)) == 20
