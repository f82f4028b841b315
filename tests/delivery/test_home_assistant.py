"""What Home Assistant reads, checked by what its own source asks for."""

import json
import re
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sightline.delivery.home_assistant import EVENT_TYPES, Place, config_topics, entities, node_id, topic
from sightline.domain.event import EventKind

PLACE = Place("lyon", "Lyon Part-Dieu", "till", "Till 1")
ODD = Place("à/b", "", "c+#", "")
DISCOVERY_TOPIC = re.compile(
    r"home/assistant/(?P<component>\w+)/(?:(?P<node_id>[a-zA-Z0-9_-]+)/)?(?P<object_id>[a-zA-Z0-9_-]+)/config"
)


def told(place: Place = PLACE) -> dict[str, dict[str, Any]]:
    return entities(place, prefix="sightline", discovery_prefix="home/assistant")


def document(component: str, entity: str) -> dict[str, Any]:
    return next(told()[at] for at in told() if f"/{component}/" in at and at.endswith(f"/{entity}/config"))


def rendered(template: str, payload: str) -> str:
    """As Home Assistant does it: a sandbox, `value_json` from the payload, `to_json` a filter."""
    environment = ImmutableSandboxedEnvironment()
    environment.filters["to_json"] = json.dumps
    return environment.from_string(template).render(value=payload, value_json=json.loads(payload))


def test_the_kinds_are_those_of_the_events() -> None:
    assert set(EVENT_TYPES) == set(EventKind)


@pytest.mark.parametrize("place", [PLACE, ODD])
def test_topics_are_of_the_form_that_is_read(place: Place) -> None:
    components = {DISCOVERY_TOPIC.fullmatch(at)["component"] for at in told(place)}  # type: ignore[index]
    assert components == {"event", "binary_sensor"}


@pytest.mark.parametrize("place", [PLACE, ODD])
def test_one_device_per_camera_and_one_id_per_entity(place: Place) -> None:
    documents = list(told(place).values())
    assert len({tuple(it["device"]["identifiers"]) for it in documents}) == 1
    assert len({it["unique_id"] for it in documents}) == len(documents) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", it["unique_id"]) for it in documents)


def test_the_device_is_called_as_people_call_the_camera() -> None:
    assert {it["device"]["name"] for it in told().values()} == {"Lyon Part-Dieu Till 1"}
    assert {it["device"]["name"] for it in told(PLACE._replace(camera_name="")).values()} == {
        "Lyon Part-Dieu till"
    }


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_becomes_an_object_with_its_type(kind: str) -> None:
    entity = document("event", "event")
    text = json.dumps({"event_id": "e1", "kind": kind, "note": 'a "quote" & <é>', "score": None})
    said = json.loads(rendered(entity["value_template"], text))
    assert said.pop("event_type") in entity["event_types"]
    assert said == json.loads(text)
    assert entity["state_topic"] == "sightline/lyon/till/event"


@pytest.mark.parametrize(
    ("ongoing", "state"), [(True, "ON"), (2, "ON"), (1, "ON"), (False, "OFF"), (0, "OFF"), (None, "OFF")]
)
def test_unattended_is_on_while_somebody_waits(ongoing: object, state: str) -> None:
    entity = document("binary_sensor", "unattended")
    assert rendered(entity["value_template"], json.dumps({"ongoing": ongoing})) == state
    assert rendered(entity["value_template"], "{}") == "OFF"
    assert rendered(entity["value_template"], '{"type": "event.ongoing"}') == "ON"
    assert rendered(entity["value_template"], '{"type": "event.finished"}') == "OFF"
    assert rendered(entity["value_template"], '{"type": "event.ongoing", "ongoing": 0}') == "OFF"
    assert entity["state_topic"] == "sightline/lyon/till/unattended"


def test_the_connection_stays_readable_when_it_is_lost() -> None:
    connection = document("binary_sensor", "connection")
    assert connection["state_topic"] == "sightline/status"
    assert "availability_topic" not in connection
    assert document("event", "event")["availability_topic"] == "sightline/status"


def test_what_is_withdrawn_is_what_was_announced() -> None:
    found = config_topics("lyon", "till", prefix="sightline", discovery_prefix="home/assistant")
    assert found == list(told())


def test_ids_that_look_alike_stay_apart() -> None:
    ids = [("a_b", "c"), ("a", "b_c"), ("a/b", "c"), ("a+b", "c"), ("a b", "c"), ("", "a_b_c")]
    assert len({node_id("sightline", venue, camera) for venue, camera in ids}) == len(ids)
    assert len({topic(venue, camera, "event") for venue, camera in ids}) == len(ids)
    assert node_id("one", "a", "b") != node_id("two", "a", "b")


@pytest.mark.parametrize("odd", ["a/b", "a+b", "a#b", "a\0b", "$SYS", "%", "é", ""])
def test_an_id_is_one_level_without_wild_cards(odd: str) -> None:
    made = topic(odd, "till", "event")
    assert made.count("/") == 2
    assert not set(made) & set("+#\0$")


def test_usual_ids_are_left_as_they_are() -> None:
    assert topic("lyon-2", "till_1", "unattended") == "lyon-2/till_1/unattended"
