"""Whatever is asked, the answer is one that the documentation names, in the shape that it names.

Requests are made of the OpenAPI document itself, good and bad ones; to think of one takes longer than to
answer it, so each goes to a site on either kind of database. Half of them carry ids of what is there, so that
they get further than "there is no such thing".
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from platform_site import PlatformSite
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from seeded_site import seed

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 3
GROUPS = 3
SLOW = {
    "POST /api/cameras/{camera_id}/test",
    "POST /api/cameras/test",
    "POST /api/cameras/discover",
    "POST /api/cameras/{camera_id}/preview",
}
"""Waits for a camera that is not there, for whoever is on the network, or for a process over footage."""

Known = dict[str, str]


Asked = tuple[str, Known, requests.Session]
"""Address of a site, and what is there."""


@pytest.fixture
def sites(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Asked]]:
    """One on SQLite and, where there is a server, one on PostgreSQL."""
    with ExitStack() as answering:
        made = [answering.enter_context(_seeded(tmp_path / "sqlite", {}))]
        with suppress(pytest.skip.Exception):
            on_postgresql = {"database_url": request.getfixturevalue("postgres_url")}
            made.append(answering.enter_context(_seeded(tmp_path / "postgresql", on_postgresql)))
        yield made


@contextmanager
def _seeded(folder: Path, given_settings: Mapping[str, Any]) -> Iterator[Asked]:
    """A site that answers, with one of everything; what a test takes away is there again for the next."""
    site = PlatformSite.made(folder, given_settings)
    with site.answering(), requests.Session() as session:
        session.trust_env = False
        yield f"http://127.0.0.1:{site.port}", seed(site), session
    site.close()


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_answer_is_documented_and_none_is_a_server_error(sites: list[Asked], group: int) -> None:
    document = httpx.get(f"{sites[0][0]}/openapi.json", trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = sorted((found.ok() for found in schema.get_all_operations()), key=lambda one: one.label)
    assert len(operations) > 60
    wrong: dict[str, str] = {}
    for operation in sorted(operations[group::GROUPS], key=_takes_away):
        if operation.label in SLOW:
            continue
        try:
            _ask_all_sorts(operation, sites)
        except (Failure, FailureGroup, AssertionError) as failure:
            wrong[operation.label] = _told(failure)
    assert wrong == {}


def _takes_away(operation: Any) -> tuple[bool, bool]:
    """Deletions come last, that of the venue after all others."""
    return operation.method.upper() == "DELETE", operation.path == "/venues/{venue_id}"


def _ask_all_sorts(operation: Any, sites: list[Asked]) -> None:
    """Requests of one operation, good and bad; derandomized, so that a failure comes again."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
        case = data.draw(operation.as_strategy(generation_mode=data.draw(st.sampled_from(modes))))
        of_what_is_there = data.draw(st.booleans())
        for address, known, session in sites:
            if of_what_is_there:
                for given_part in (case.path_parameters, case.query):
                    for name in set(given_part or {}) & known.keys():
                        given_part[name] = known[name]
            case.call_and_validate(base_url=address, session=session, checks=CHECKS, timeout=30)

    ask()


def _told(failure: BaseException) -> str:
    inner = getattr(failure, "exceptions", None)
    return "; ".join(map(str, inner)) if inner else str(failure)
