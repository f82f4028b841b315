"""Private links over HTTP: made once, told once, prolonged, taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clip_platform import OTHER, SITE, ClipPlatform
from evidence_site import VENUE
from sqlalchemy import insert, select, update

from sightline.store import private_links
from sightline.store.tables import evidence

FACTS = {
    "link_id", "venue_id", "evidence_id", "part", "video_id", "state", "created_at", "made_by", "expires_at",
    "revoked_at", "views",
}  # fmt: skip


def made(site: ClipPlatform, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = site.ask("POST", f"/api/evidence/{site.evidence().id}/links", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def opened(site: ClipPlatform, address: str) -> int:
    """How the address answers on the port that serves now."""
    path = address.partition("/video/")[2]
    return site.ask("GET", f"/video/{path}").status_code


def expire(site: ClipPlatform, link_id: str) -> None:
    with site.database.transaction() as connection:
        link = private_links.get_link(SITE, connection, link_id)
        assert link is not None
        private_links.set_expiry(SITE, connection, link, datetime.now(UTC) - timedelta(seconds=1))


def test_the_address_of_a_link_is_told_once_and_shows_the_clip(clips: ClipPlatform) -> None:
    link = made(clips, {"hours": 5})
    assert (link["life_hours"], link["reach"]) == (5, "local")
    left = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=4.9) < left < timedelta(hours=5)
    path = link["private_link"].partition("/video/")[2]
    assert clips.ask("GET", f"/video/{path}").content == clips.clip().read_bytes()
    facts = clips.ask("GET", f"/api/links/{link['link_id']}")
    assert set(facts.json()) == FACTS
    token = path.partition("token=")[2]
    assert token
    assert token not in facts.text
    listed = clips.ask("GET", f"/api/evidence/{clips.evidence().id}/links")
    assert token not in listed.text
    assert [one["link_id"] for one in listed.json()] == [link["link_id"]]
    assert facts.json()["views"] == 1
    assert (facts.json()["state"], facts.json()["made_by"]) == ("alive", "this machine")


def test_without_hours_and_without_a_body_a_link_lives_as_long_as_the_site_is_set(
    clips: ClipPlatform,
) -> None:
    assert made(clips)["life_hours"] == 48
    assert made(clips, {})["life_hours"] == 48


def test_a_link_is_prolonged_by_hours_and_an_expired_one_lives_again(clips: ClipPlatform) -> None:
    link = made(clips, {"hours": 1})
    longer = clips.ask("PATCH", f"/api/links/{link['link_id']}", json={"hours": 2}).json()
    gained = datetime.fromisoformat(longer["expires_at"]) - datetime.fromisoformat(link["expires_at"])
    assert gained == timedelta(hours=2)
    expire(clips, link["link_id"])
    assert opened(clips, link["private_link"]) == 410
    assert clips.get(f"/api/links/{link['link_id']}")["state"] == "expired"
    again = clips.ask("PATCH", f"/api/links/{link['link_id']}", json={"hours": 1}).json()
    assert again["state"] == "alive"
    assert opened(clips, link["private_link"]) == 200


def test_a_link_that_was_taken_back_stays_so(clips: ClipPlatform) -> None:
    link = made(clips)
    for _ in range(2):
        revoked = clips.ask("DELETE", f"/api/links/{link['link_id']}")
        assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert opened(clips, link["private_link"]) == 403
    assert clips.ask("PATCH", f"/api/links/{link['link_id']}", json={"hours": 1}).status_code == 409
    assert len(clips.entries("link_revoked")) == 1


def test_what_was_done_with_a_link_stands_in_the_ledger_with_who_did_it(clips: ClipPlatform) -> None:
    key = clips.key()
    link = clips.ask("POST", f"/api/evidence/{clips.evidence().id}/links", json={}, headers=key).json()
    clips.ask("PATCH", f"/api/links/{link['link_id']}", json={"hours": 1}, headers=key)
    clips.ask("DELETE", f"/api/links/{link['link_id']}", headers=key)
    for action in ("link_created", "link_extended", "link_revoked"):
        (entry,) = clips.entries(action)
        assert entry.actor.startswith("key:")
        assert entry.facts["link_id"] == link["link_id"]


@pytest.mark.parametrize("hours", [0, -1, 8_761, 10**30, 1.5, "many", True])
def test_hours_that_make_no_sense_are_refused(standing: ClipPlatform, hours: object) -> None:
    path = f"/api/evidence/{standing.evidence().id}/links"
    assert standing.ask("POST", path, json={"hours": hours}).status_code in (
        {201} if hours is True else {422}
    )


def test_a_link_lives_a_year_from_now_at_most(clips: ClipPlatform) -> None:
    link = made(clips, {"hours": 8_760})
    answer = clips.ask("PATCH", f"/api/links/{link['link_id']}", json={"hours": 1})
    assert answer.status_code == 400
    assert "year" in answer.json()["detail"]


def test_a_part_that_is_not_there_has_no_link(clips: ClipPlatform) -> None:
    path = f"/api/evidence/{clips.evidence().id}/links"
    assert clips.ask("POST", path, json={"part": 3}).status_code == 404
    assert clips.ask("POST", path, json={"part": 10**20}).status_code == 422


def test_a_venue_reaches_its_own_links_only(clips: ClipPlatform) -> None:
    link, other = made(clips), clips.key(OTHER)
    path = f"/api/links/{link['link_id']}"
    assert clips.ask("GET", path, headers=other).status_code == 403
    assert clips.ask("PATCH", path, headers=other, json={"hours": 1}).status_code == 403
    assert clips.ask("DELETE", path, headers=other).status_code == 403
    assert clips.get(path)["state"] == "alive"
    assert (
        clips.ask("GET", "/api/links/00000000-0000-0000-0000-000000000000", headers=other).status_code == 404
    )
    assert clips.ask("GET", "/api/links/a%00b").status_code == 422
    assert clips.get(path)["venue_id"] == VENUE


def test_a_link_that_was_made_while_an_event_lasted_can_be_taken_back_from_its_page(
    clips: ClipPlatform,
) -> None:
    link = made(clips)
    while_it_lasted = clips.evidence()
    with clips.database.transaction() as connection:
        connection.execute(
            update(evidence).where(evidence.c.id == while_it_lasted.id).values(stage="provisional")
        )
        row = connection.execute(select(evidence).where(evidence.c.id == while_it_lasted.id)).one()
        final = {**row._mapping, "id": "f" * 32, "stage": "final", "state": "wanted"}
        connection.execute(insert(evidence).values(final))

    page = clips.ask("GET", f"/review/{while_it_lasted.event_id}").text

    assert f'data-revoke="{link["link_id"]}"' in page
