"""Cameras that answer the question to all, and answers that nobody should fall for."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sightline.video.discovery import FoundCamera, discover, read_answer

ASKED = "urn:uuid:11111111-2222-3333-4444-555555555555"
SCOPES = (
    "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Till%20camera"
    " onvif://www.onvif.org/hardware/XY-2000 onvif://www.onvif.org/location/country/germany"
    " onvif://www.onvif.org/location/city/berlin"
)


def answer(
    relates_to: str = ASKED,
    identity: str = "urn:uuid:aaaa",
    xaddrs: str = "http://192.168.1.20/onvif/device_service",
    scopes: str = SCOPES,
    before: str = "",
) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        f"<s:Header><a:RelatesTo>{relates_to}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<a:EndpointReference><a:Address>{identity}</a:Address></a:EndpointReference>"
        f"<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddrs}</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    ).encode()


def read(datagram: bytes) -> list[FoundCamera]:
    return [camera for _, camera in read_answer(datagram, sender="192.168.1.20", message_id=ASKED)]


@contextmanager
def network(answers: Callable[[str], list[bytes]]) -> Iterator[int]:
    """Answers each question with `answers(its message id)`; gives the port it listens at."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                question, sender = channel.recvfrom(65_535)
                if question == b"end":
                    return
                found = re.search(rb"MessageID>(.*?)<", question)
                for one in answers(found[1].decode() if found else ""):
                    channel.sendto(one, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield channel.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"end", channel.getsockname())
            thread.join()


def test_each_camera_is_found_once_amid_rubbish() -> None:
    def answers(message_id: str) -> list[bytes]:
        second = answer(message_id, "urn:uuid:bbbb", "https://192.168.1.3/onvif http://[fe80::1]/onvif", "")
        return [b"\xff\xfe rubbish", answer(message_id), second, b"<a>", answer(message_id), answer()]

    with network(answers) as port:
        found = discover(0.8, address="127.0.0.1", port=port)
    assert [(camera.address, camera.name) for camera in found] == [
        ("192.168.1.3", ""),
        ("192.168.1.20", "Till camera"),
    ]
    assert found[1].hardware == "XY-2000"
    assert found[1].location == "germany, berlin"
    assert found[0].xaddrs == ("https://192.168.1.3/onvif", "http://[fe80::1]/onvif")


def test_silence_is_an_empty_list_in_time() -> None:
    with network(lambda _: []) as port:
        asked_at = time.monotonic()
        assert discover(0.3, address="127.0.0.1", port=port) == []
        assert time.monotonic() - asked_at == pytest.approx(0.3, abs=0.2)


def test_nobody_there_is_an_empty_list() -> None:
    assert discover(0.2, address="127.0.0.1", port=9) == []


def test_a_good_answer_is_read() -> None:
    assert [camera.address for camera in read(answer())] == ["192.168.1.20"]


@pytest.mark.parametrize(
    "datagram",
    [
        answer(before='<!DOCTYPE a [<!ENTITY b "c">]>'),
        answer(before="<! doctype a>"),
        answer().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        answer("urn:uuid:99999999-2222-3333-4444-555555555555"),
        answer()[:-20],
        b"",
        b"\0" * 500,
        b"<a>" * 20_000,
        b"<s:Envelope/>",
    ],
    ids=["entity", "doctype", "utf-16", "another question", "cut", "empty", "zeros", "deep", "prefix"],
)
def test_an_answer_to_beware_of_is_ignored(datagram: bytes) -> None:
    assert read(datagram) == []


def test_only_web_addresses_without_a_login_are_taken() -> None:
    given = "file:///etc/passwd javascript:alert(1) http://a:b@192.168.1.9/ http:// http://[ http://192.168.1.20/ok"
    assert read(answer(xaddrs=given))[0].xaddrs == ("http://192.168.1.20/ok",)


def test_a_name_cannot_steer_the_terminal() -> None:
    name = read(answer(scopes="onvif://www.onvif.org/name/%1B%5B2Jgone%0A" + "x" * 500))[0].name
    assert name.startswith("[2Jgone")
    assert name.isprintable()
    assert len(name) <= 100
