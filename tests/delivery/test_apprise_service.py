"""Words through the apprise library to a real web server."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest
from answering_server import Answer, AnsweringServer

from sightline.delivery.apprise_service import AppriseSender
from sightline.errors import ConfigError, DeliveryDeferred, DeliveryRefused

# The library loads all its plugins at the first address, and one of them looks for a module that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def service() -> Iterator[AnsweringServer]:
    with AnsweringServer() as server:
        yield server


@pytest.fixture
def other() -> Iterator[AnsweringServer]:
    with AnsweringServer() as server:
        yield server


def address(service: AnsweringServer, path: str = "/T0psecret") -> str:
    return f"json://shop:passw0rd@127.0.0.1:{service.port}{path}"


def test_words_arrive_as_they_are(service: AnsweringServer) -> None:
    AppriseSender([address(service)]).send("Client seul", "Caisse 1 – depuis 60 s\n<b>&</b> :smile: \\n")
    asked = service.asked[0]
    said = json.loads(asked.body)
    assert (said["title"], said["message"]) == (
        "Client seul",
        "Caisse 1 – depuis 60 s\n<b>&</b> :smile: \\n",
    )
    assert asked.path == "/T0psecret"


def test_a_service_that_fails_is_named_by_its_kind_only(
    service: AnsweringServer, other: AnsweringServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    service.answers = [Answer(500)]
    sender = AppriseSender([address(service), address(other, "/second")])
    with pytest.raises(DeliveryDeferred) as deferred:
        sender.send("title", "body")
    assert str(deferred.value) == "not taken by: json"
    assert len(other.asked) == 1, "the others are told all the same"
    shown = str(deferred.value) + caplog.text + repr(sender)
    assert "passw0rd" not in shown
    assert "T0psecret" not in shown


def test_a_service_that_is_away_is_tried_again(service: AnsweringServer) -> None:
    gone = AnsweringServer()
    gone._http.server_close()
    with pytest.raises(DeliveryDeferred, match="not taken by: json"):
        AppriseSender([address(gone)]).send("title", "body")


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        ("nosuch://T0psecret", "nosuch"),
        ("T0psecret", "unknown"),
        ("", "unknown"),
        ("slack://T0psecret", "slack"),
    ],
)
def test_an_address_that_is_none_waits_for_a_person(
    service: AnsweringServer, bad: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(DeliveryRefused, match=f"of the kind '{kind}'") as refused:
        AppriseSender([address(service), bad]).send("title", "body")
    assert "T0psecret" not in str(refused.value) + caplog.text
    assert not service.asked, "nobody is told twice when it is put right"


def test_several_addresses_in_one_are_told_of(service: AnsweringServer, other: AnsweringServer) -> None:
    with pytest.raises(DeliveryRefused):
        AppriseSender([f"{address(service)}, {address(other)}"]).send("title", "body")


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r"needs: pip install 'sightline\[apprise\]'"):
        AppriseSender(["json://127.0.0.1"])
