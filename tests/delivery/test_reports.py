"""Incident and footfall reports to a server that files them, and may call them otherwise."""

from collections.abc import Iterator

import pytest

from sightline.delivery.reports import ReportSender
from sightline.errors import DeliveryDeferred, DeliveryRefused
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault, one_after_another

INCIDENT = {
    "branch_id": "b-1", "incident_type": "unattended_customer", "status": "Open", "image": "there.mp4",
    "percentage": 87, "vehicle_template": "", "unattended_customer": 1,
    "unattended_customer_details": [{"customer_id": 3, "bounding_box": [1, 2, 3, 4]}],
}  # fmt: skip
API_KEY = "k-0123456789-secret"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(api_key=API_KEY) as server:
        yield server


def sender(receiver: Receiver, timeout_s: float = 5.0) -> ReportSender:
    return ReportSender(receiver.incident_url, API_KEY, timeout_s=timeout_s)


def test_a_report_arrives_as_it_is(receiver: Receiver) -> None:
    said = sender(receiver).send(INCIDENT, key="event-1")
    (arrival,) = receiver.arrivals
    assert arrival.document == INCIDENT
    assert (arrival.path, arrival.key) == ("/incident", "event-1")
    assert said.incident_id == "server-1"
    assert said.facts["http_status"] == 200


def test_nothing_is_appended_to_the_address(receiver: Receiver) -> None:
    url = f"{receiver.base_url}/api/v2/report/?branch=4"
    ReportSender(url, API_KEY).send(INCIDENT, key="event-1")
    assert receiver.asked[0].path == "/api/v2/report/?branch=4"


@pytest.mark.parametrize(
    ("answer", "incident_id"),
    [
        pytest.param({"incident_id": "inc-9", "id": "row-1"}, "inc-9", id="incident_id before id"),
        pytest.param({"id": "inc-9"}, "inc-9", id="id"),
        pytest.param({"id": 4711}, "4711", id="number"),
        pytest.param({"incident_id": "", "id": 0}, "0", id="empty before"),
        pytest.param({"success": True, "incident": {"id": 5}}, "5", id="incident"),
        pytest.param({"data": {"incident_id": "inc-9"}}, "inc-9", id="data"),
        pytest.param({"result": {"id": "inc-9"}}, "inc-9", id="result"),
        pytest.param({"data": {"x": 1}, "result": {"id": "inc-9"}}, "inc-9", id="the first that holds one"),
        pytest.param({"id": "out", "incident": {"id": "in"}}, "out", id="outside before inside"),
        pytest.param({"id": True, "incident": "inc-9", "data": ["x"]}, None, id="other types"),
        pytest.param({"incident_id": "a\x00b"}, "a b", id="characters no database takes"),
        pytest.param({"success": True}, None, id="none"),
        pytest.param(["inc-9"], None, id="list"),
        pytest.param("OK", None, id="text"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_servers_own_id(receiver: Receiver, answer: object, incident_id: str | None) -> None:
    receiver.report = lambda _number: answer
    assert sender(receiver).send(INCIDENT, key="event-1").incident_id == incident_id


def test_success_false_is_no_success(receiver: Receiver) -> None:
    receiver.plan = one_after_another(Fault.SUCCESS_FALSE)
    with pytest.raises(DeliveryDeferred, match="quota is used up"):
        sender(receiver).send(INCIDENT, key="event-1")
    assert sender(receiver).send(INCIDENT, key="event-1").incident_id == "server-1"


def test_success_false_with_a_4xx_waits_for_a_person(receiver: Receiver) -> None:
    refusing = ReportSender(receiver.incident_url, f"another-{API_KEY}")
    with pytest.raises(DeliveryRefused, match="403") as refused:
        refusing.send(INCIDENT, key="event-1")
    assert API_KEY not in f"{refused.value}{refusing!r}"


@pytest.mark.parametrize(
    "fault",
    [Fault.ERROR_500, Fault.TOO_MANY, Fault.RESET, Fault.TRUNCATED, Fault.STORED_THEN_RESET, Fault.NO_ANSWER],
)
def test_what_is_tried_again_is_filed_once(receiver: Receiver, fault: Fault) -> None:
    receiver.plan = one_after_another(fault)
    with pytest.raises(DeliveryDeferred):
        sender(receiver, 0.3 if fault is Fault.NO_ANSWER else 5).send(INCIDENT, key="event-1")
    assert sender(receiver).send(INCIDENT, key="event-1").incident_id == "server-1"
    assert [arrival.document for arrival in receiver.arrivals] == [INCIDENT]


def test_what_was_told_at_the_end_is_another_report(receiver: Receiver) -> None:
    ours = sender(receiver)
    assert ours.send(INCIDENT, key="event-1").incident_id == "server-1"
    assert ours.send(INCIDENT, key="event-1:final").incident_id == "server-2"
