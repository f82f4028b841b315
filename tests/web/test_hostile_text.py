"""Text that wants to be more: scripts, SQL, header lines, formulas, paths, through every text field.

Every string in every request that the OpenAPI document knows is replaced by each of them, one at a time.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hostile_shop import SHORT, SHOWN_TEXTS, UNSHOWN_TEXTS
from hypothesis import HealthCheck, Phase, given, seed, settings
from platform_site import PlatformSite
from seeded_site import VENUE
from seeded_site import seed as seed_site
from sqlalchemy import inspect

HOSTILE = (
    """=HYPERLINK(1){{7*7}}"><script>alert('x')</script><img src=x onerror=alert(1)>""",
    "'; DROP TABLE stay; --",
    "../../../../etc/passwd%0d%0aX-Injected: yes\r\nX-Injected: yes",
    "a\x00b",
)
FOR_THE_DATABASE = [text for text in HOSTILE if text.startswith("'") or "\x00" in text]
"""What one kind of database may take otherwise than another."""
SLOW = {
    "POST /api/cameras/{camera_id}/test",
    "POST /api/cameras/test",
    "POST /api/cameras/discover",
    "POST /api/cameras/{camera_id}/preview",
}
GROUPS = 2

Place = tuple[str, tuple[str | int, ...]]
"""A part of a request (path_parameters, query, body), and the way to a string in it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PlatformSite, dict[str, str]]]:
    given_settings: dict[str, Any] = {}
    if request.param == "postgresql":
        given_settings["database_url"] = request.getfixturevalue("postgres_url")
    made = PlatformSite.made(tmp_path_factory.mktemp("hostile"), given_settings)
    with made.answering():
        yield made, seed_site(made)
    made.close()


@pytest.mark.parametrize("group", range(GROUPS))
def test_text_stays_text(site: tuple[PlatformSite, dict[str, str]], group: int) -> None:
    made, known = site
    texts = HOSTILE if made.database.engine.dialect.name == "sqlite" else FOR_THE_DATABASE
    address = f"http://127.0.0.1:{made.port}"
    document = httpx.get(f"{address}/openapi.json", trust_env=False).json()
    assert _free_texts(document, document) == SHOWN_TEXTS | UNSHOWN_TEXTS, "see hostile_shop: is it shown?"
    schema = schemathesis.openapi.from_dict(document)
    operations = sorted((found.ok() for found in schema.get_all_operations()), key=lambda one: one.label)
    with made.database.reading() as connection:
        tables = sorted(inspect(connection).get_table_names())
    tried = 0
    with requests.Session() as session:
        session.trust_env = False
        for operation in operations[group::GROUPS]:
            if operation.label in SLOW or operation.method.upper() == "DELETE":
                continue
            case = _one_case(operation)
            for part in (case.path_parameters, case.query):
                for name in set(part or {}) & known.keys():
                    part[name] = known[name]
            for place in list(_strings(case)):
                for text in texts:
                    before = _put(case, place, text)
                    answer = case.call(base_url=address, session=session, timeout=30)
                    _judge(operation.label, place, text, answer)
                    _put(case, place, before)
                    tried += 1
    assert tried > 30 * len(texts)
    with made.database.reading() as connection:
        assert sorted(inspect(connection).get_table_names()) == tables
    for path in ("/venues", f"/analytics/{VENUE}", "/api/cameras", "/api/users", "/api/map/venues"):
        answer = made.ask("GET", path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"


def _judge(label: str, place: Place, text: str, answer: Any) -> None:
    said = f"{label} {place} {text!r}: {answer.status_code}"
    assert answer.status_code < 500, said
    assert "x-injected" not in {name.lower() for name in answer.headers}, said
    kind = (answer.headers.get("content-type") or [""])[0]
    if "html" in kind:
        assert text not in answer.content.decode(errors="replace") or "<" not in text, said
        assert "script-src 'unsafe-inline'" not in str(answer.headers), said
    assert (answer.headers.get("x-content-type-options") or [""])[0] == "nosniff", said


def _one_case(operation: Any) -> Any:
    """A request of this operation that is as it should be."""
    drawn = []

    @seed(1)
    @settings(
        max_examples=1,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
    def draw(case: Any) -> None:
        drawn.append(case)

    draw()
    case = drawn[0]
    example = _example_body(operation)
    if example is not None:
        case.body = example
    return case


def _example_body(operation: Any) -> Any:
    """The body that the documentation shows, so that all fields are there."""
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    shown = content.get("application/json", {})
    examples = shown.get("examples") or {}
    if "example" in shown:
        return json.loads(json.dumps(shown["example"]))
    return json.loads(json.dumps(next((one["value"] for one in examples.values()), None)))


def _strings(case: Any) -> Iterator[Place]:
    for part in ("path_parameters", "query", "body"):
        held = getattr(case, part)
        if isinstance(held, dict | list):
            for way in _ways(held):
                yield part, way


def _ways(held: Any) -> Iterator[tuple[str | int, ...]]:
    items = held.items() if isinstance(held, dict) else enumerate(held)
    for name, value in items:
        if isinstance(value, str):
            yield (name,)
        elif isinstance(value, dict | list):
            for rest in _ways(value):
                yield (name, *rest)


def _put(case: Any, place: Place, text: str) -> str:
    """Replace one string; what was there before."""
    held = getattr(case, place[0])
    for step in place[1][:-1]:
        held = held[step]
    before: str = held[place[1][-1]]
    held[place[1][-1]] = text
    return before


def _free_texts(document: dict[str, Any], held: Any, name: str = "", within: bool = False) -> set[str]:
    """Names of what bodies of requests may hold that takes a trap."""
    if isinstance(held, list):
        return set().union(*(_free_texts(document, one, name, within) for one in held))
    if not isinstance(held, dict):
        return set()
    if "$ref" in held:
        target = document["components"]["schemas"][held["$ref"].rsplit("/", 1)[1]]
        return _free_texts(document, target, name, within) if within else set()
    if within and held.get("type") == "string":
        takes = not held.keys() & {"enum", "const", "format"} and held.get("maxLength", 99) > len(SHORT)
        return {name} if takes and re.search(held.get("pattern", ""), SHORT) else set()
    found: set[str] = set()
    for key, one in held.items():
        if key == "properties" and within:
            found |= set().union(*(_free_texts(document, it, called, True) for called, it in one.items()))
        elif key not in ("responses", "components", "examples", "example"):
            found |= _free_texts(document, one, name, within or key == "requestBody")
    return found
