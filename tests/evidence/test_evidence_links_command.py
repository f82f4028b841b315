"""`sightline evidence link|extend|revoke|links` as a person types it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from evidence_site import SmallSite
from typer.testing import CliRunner, Result

from sightline.cli.main import app
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError
from sightline.evidence.link_key import open_link_key
from sightline.store.evidence import list_evidence

Typed = Callable[..., Result]


@pytest.fixture
def typed(sealed_site: SmallSite) -> Typed:
    def command(*words: str) -> Result:
        return CliRunner().invoke(app, ["evidence", *words, "--data-dir", str(sealed_site.data_dir)])

    return command


@pytest.fixture
def evidence_id(sealed_site: SmallSite) -> str:
    with sealed_site.database.reading() as connection:
        return list_evidence(Scope.site(), connection, state="sealed")[0].id


def made(typed: Typed, *words: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(typed("link", *words, "--json").stdout)
    return document


def states(typed: Typed, *words: str) -> list[str]:
    return [one["state"] for one in json.loads(typed("links", *words, "--json").stdout)["links"]]


def test_a_link_is_printed_alone_on_standard_output_with_its_expiry_beside(
    typed: Typed, evidence_id: str, sealed_site: SmallSite
) -> None:
    told = typed("link", evidence_id, "--hours", "3")
    (address,) = told.stdout.splitlines()
    link_id, _, token = address.removeprefix("http://127.0.0.1:8000/video/").partition("?token=")
    assert open_link_key(sealed_site.data_dir / "keys").opens(link_id, token)
    assert link_id in told.stderr
    assert "in 3 h" in told.stderr
    assert "this machine only" in told.stderr
    assert token not in told.stderr


def test_a_link_as_json(typed: Typed, evidence_id: str) -> None:
    document = made(typed, evidence_id)
    assert set(document) == {"link_id", "private_link", "expires_at", "life_hours", "reach"}
    assert (document["life_hours"], document["reach"]) == (48, "local")
    left = datetime.fromisoformat(document["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=47, minutes=58) < left <= timedelta(hours=48)


def test_the_address_is_that_of_the_settings(
    typed: Typed, evidence_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_SERVER__PUBLIC_URL", "https://videos.example")
    monkeypatch.setenv("SIGHTLINE_DELIVERY__LINKS__EXPIRATION_HOURS", "5")
    document = made(typed, evidence_id)
    assert document["private_link"].startswith("https://videos.example/video/")
    assert (document["life_hours"], document["reach"]) == (5, "private")


def test_links_are_extended_revoked_and_listed(typed: Typed, evidence_id: str) -> None:
    first, second = made(typed, evidence_id), made(typed, evidence_id)
    longer = json.loads(typed("extend", first["link_id"], "--hours", "24", "--json").stdout)
    assert longer["private_link"] == first["private_link"]
    assert datetime.fromisoformat(longer["expires_at"]) - datetime.fromisoformat(
        first["expires_at"]
    ) == timedelta(hours=24)
    assert states(typed) == ["alive", "alive"]
    assert typed("revoke", second["link_id"]).exit_code == 0
    assert states(typed, evidence_id) == ["revoked", "alive"]
    assert "1 link of" in typed("revoke", evidence_id).stderr
    assert states(typed) == ["revoked", "revoked"]
    table = typed("links").stdout
    assert first["link_id"][:8] in table
    assert first["private_link"].partition("token=")[2] not in table


def test_revoking_all_makes_a_new_key(typed: Typed, evidence_id: str, sealed_site: SmallSite) -> None:
    document = made(typed, evidence_id)
    link_id, token = document["link_id"], document["private_link"].partition("?token=")[2]
    key = open_link_key(sealed_site.data_dir / "keys")
    assert key.opens(link_id, token)
    assert typed("revoke", "--all").exit_code == 0
    assert not key.opens(link_id, token)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        pytest.param(("link", "nowhere"), EvidenceError, id="unknown evidence"),
        pytest.param(("links", "nowhere"), EvidenceError, id="links of unknown evidence"),
        pytest.param(("extend", "nowhere", "--hours", "1"), EvidenceError, id="unknown link"),
        pytest.param(("revoke", "nowhere"), EvidenceError, id="nothing to revoke"),
        pytest.param(("revoke",), ConfigError, id="which"),
        pytest.param(("revoke", "x", "--all"), ConfigError, id="one or all"),
    ],
)
def test_what_cannot_be_done_is_told(typed: Typed, words: tuple[str, ...], error: type[Exception]) -> None:
    assert isinstance(typed(*words).exception, error)


def test_a_life_of_more_than_a_year_is_bad_usage(typed: Typed, evidence_id: str) -> None:
    assert isinstance(typed("link", evidence_id, "--hours", "9000").exception, ConfigError)
    assert states(typed) == []
