"""Every shape in which a receiver may say how it calls a file."""

import json
from typing import Any

import pytest

from sightline.delivery.stored_name import stored_name, video_url

OWN = "segment_8.mp4"
BASE = "https://media.example/clips"


def named(body: str) -> str:
    """As an uploader reads it: the body as JSON where it is that."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    return stored_name(document, body, OWN)


@pytest.mark.parametrize(
    "field", ["filename", "file", "name", "stored_name", "saved_as", "path", "url", "data", "result"]
)
def test_every_field_of_the_contract_alone(field: str) -> None:
    assert named(json.dumps({"ok": True, field: "there.mp4"})) == "there.mp4"


def test_the_first_field_in_the_order_of_the_contract_wins() -> None:
    fields = ["filename", "file", "name", "stored_name", "saved_as", "path", "url", "data", "result"]
    answer = {field: f"{field}.mp4" for field in reversed(fields)}
    for field in fields:
        assert named(json.dumps(answer)) == f"{field}.mp4"
        del answer[field]
    assert named(json.dumps(answer)) == OWN


@pytest.mark.parametrize("outer", ["result", "data"])
@pytest.mark.parametrize("inner", ["filename", "file", "name", "path", "url"])
def test_a_wrapped_answer(outer: str, inner: str) -> None:
    assert named(json.dumps({outer: {"id": 5, inner: "there.mp4"}})) == "there.mp4"


def test_the_first_field_of_a_wrapped_answer_wins() -> None:
    fields = ["filename", "file", "name", "path", "url"]
    answer = {field: f"{field}.mp4" for field in reversed(fields)}
    for field in fields:
        assert named(json.dumps({"result": answer})) == f"{field}.mp4"
        del answer[field]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        pytest.param(
            {"filename": "", "file": "  ", "name": "there.mp4"}, "there.mp4", id="empty ones before"
        ),
        pytest.param({"filename": None, "path": "a/b.mp4"}, "a/b.mp4", id="null before"),
        pytest.param({"filename": 17, "file": True, "name": "there.mp4"}, "there.mp4", id="no texts before"),
        pytest.param(
            {"filename": ["x.mp4"], "file": {"name": "x.mp4"}}, OWN, id="wrapped where none belongs"
        ),
        pytest.param({"data": {}, "result": {"file": "there.mp4"}}, "there.mp4", id="empty object before"),
        pytest.param({"result": {"stored_name": "x.mp4"}}, OWN, id="a field that only the outside may have"),
        pytest.param({"result": {"filename": 4}}, OWN, id="a number inside"),
        pytest.param({"result": [{"filename": "x.mp4"}]}, OWN, id="a list inside"),
        pytest.param({"filename": " there.mp4\n"}, "there.mp4", id="spaces around"),
        pytest.param({"filename": "a\x00b\nc.mp4"}, "a b c.mp4", id="characters no database takes"),
        pytest.param({"filename": "\ud800there.mp4"}, "there.mp4", id="half a character"),
        pytest.param({"filename": "clé été.mp4"}, "clé été.mp4", id="accents"),
        pytest.param({}, OWN, id="empty object"),
        pytest.param([], OWN, id="empty list"),
        pytest.param(["there.mp4"], OWN, id="list"),
        pytest.param([{"filename": "x.mp4"}], OWN, id="list of objects"),
        pytest.param("there.mp4", "there.mp4", id="JSON text"),
        pytest.param("", OWN, id="empty JSON text"),
        pytest.param(17, OWN, id="number"),
        pytest.param(True, OWN, id="true"),
        pytest.param(None, OWN, id="null"),
    ],
)
def test_json(body: Any, name: str) -> None:
    assert named(json.dumps(body)) == name


@pytest.mark.parametrize(
    ("body", "name"),
    [
        pytest.param("there.mp4", "there.mp4", id="a name"),
        pytest.param("\r\n there.mp4 \r\n", "there.mp4", id="spaces around"),
        pytest.param("", OWN, id="empty"),
        pytest.param(" \n ", OWN, id="only spaces"),
        pytest.param("x" * 511, "x" * 511, id="511 characters"),
        pytest.param("x" * 512, OWN, id="512 characters"),
        pytest.param("é" * 511, "é" * 511, id="511 characters of two bytes"),
    ],
)
def test_text(body: str, name: str) -> None:
    assert named(body) == name


@pytest.mark.parametrize(
    ("document", "name", "base", "url"),
    [
        pytest.param(
            {"url": "https://a.example/v?id=1"}, "x.mp4", BASE, "https://a.example/v?id=1", id="given"
        ),
        pytest.param({"url": "/v/x.mp4"}, "x.mp4", BASE, f"{BASE}/x.mp4", id="no whole address given"),
        pytest.param({"url": "ftp://a/x.mp4"}, "x.mp4", BASE, f"{BASE}/x.mp4", id="not of the web"),
        pytest.param({"url": "javascript:alert(1)"}, "x.mp4", None, None, id="a script"),
        pytest.param({"url": "https://"}, "x.mp4", None, None, id="no host"),
        pytest.param({"url": 4}, "x.mp4", BASE, f"{BASE}/x.mp4", id="a number"),
        pytest.param(None, "x.mp4", f"{BASE}/", f"{BASE}/x.mp4", id="one slash between"),
        pytest.param(None, "/a/x.mp4", BASE, f"{BASE}/a/x.mp4", id="a path"),
        pytest.param(None, "a b?c#d.mp4", BASE, f"{BASE}/a%20b%3Fc%23d.mp4", id="quoted"),
        pytest.param({"file": "x"}, "https://a.example/x.mp4", BASE, "https://a.example/x.mp4", id="name"),
        pytest.param(["x"], "x.mp4", None, None, id="nobody said"),
    ],
)
def test_where_it_can_be_seen(document: object, name: str, base: str | None, url: str | None) -> None:
    assert video_url(document, name, base) == url
