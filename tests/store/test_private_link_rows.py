"""Rows of links, views, hosted videos and keys: what a scope may see, and what the database refuses."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from store_stories import OPENING, SITE

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import api_keys, hosted_videos, link_views, private_links
from sightline.store.api_keys import StoredApiKey
from sightline.store.database import Database
from sightline.store.hosted_videos import StoredHostedVideo
from sightline.store.private_links import StoredLink

SHOP, OTHER = Scope.of("shop"), Scope.of("other")
HOUR = timedelta(hours=1)


def video(venue: str = "shop") -> StoredHostedVideo:
    return StoredHostedVideo(
        id=str(uuid4()),
        venue_id=venue,
        file_name="incident.mp4",
        sha256="ab" * 32,
        size_bytes=5,
        facts={"source": "test"},
        received_at=OPENING,
    )


def link_to(shown: StoredHostedVideo, **changed: object) -> StoredLink:
    made = StoredLink(
        id=str(uuid4()),
        venue_id=shown.venue_id,
        evidence_id=None,
        part=0,
        hosted_video_id=shown.id,
        purpose=None,
        created_at=OPENING,
        created_by="test",
        expires_at=OPENING + 2 * HOUR,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def stored(database: Database, *, venue: str = "shop", **changed: object) -> StoredLink:
    """A link to a new hosted video, both stored."""
    shown = video(venue)
    link = link_to(shown, **changed)
    with database.transaction() as connection:
        hosted_videos.add_hosted_video(SITE, connection, shown)
        private_links.add_link(SITE, connection, link)
    return link


def test_a_link_comes_back_as_it_was_stored_and_only_in_its_scope(database: Database) -> None:
    link = stored(database, purpose="alert:1")
    with database.reading() as connection:
        assert private_links.get_link(SHOP, connection, link.id) == link
        assert private_links.link_for(SHOP, connection, "alert:1") == link
        assert private_links.list_links(SHOP, connection) == [link]
        assert private_links.get_link(OTHER, connection, link.id) is None
        assert private_links.link_for(OTHER, connection, "alert:1") is None
        assert private_links.list_links(OTHER, connection) == []


def test_nobody_writes_in_another_venue(database: Database) -> None:
    link = stored(database)
    writes = [
        lambda c: private_links.add_link(OTHER, c, replace(link, id="x")),
        lambda c: private_links.set_expiry(OTHER, c, link, OPENING),
        lambda c: private_links.revoke_link(OTHER, c, link, OPENING),
        lambda c: private_links.give_up_purpose(OTHER, c, link),
        lambda c: link_views.count_view(OTHER, c, link, OPENING),
        lambda c: hosted_videos.add_hosted_video(OTHER, c, video()),
        lambda c: api_keys.add_api_key(OTHER, c, key("a"), key_sha256="a" * 64),
    ]
    for write in writes:
        with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
            write(connection)


def test_a_purpose_has_one_link(database: Database) -> None:
    first = stored(database, purpose="alert:1")
    with pytest.raises(StoreError):
        stored(database, purpose="alert:1")
    with database.transaction() as connection:
        private_links.give_up_purpose(SITE, connection, first)
    second = stored(database, purpose="alert:1")
    with database.reading() as connection:
        assert private_links.link_for(SITE, connection, "alert:1") == second


@pytest.mark.parametrize("shows", [{"hosted_video_id": None}, {"evidence_id": "e-1"}], ids=["nothing", "two"])
def test_a_link_shows_one_thing(database: Database, shows: dict[str, object]) -> None:
    with pytest.raises(StoreError):
        stored(database, **shows)


def test_a_link_is_alive_until_it_expires_or_is_revoked(database: Database) -> None:
    link = stored(database)
    assert link.state(OPENING) == "alive"
    assert link.state(link.expires_at - timedelta(microseconds=1)) == "alive"
    assert link.state(link.expires_at) == "expired"
    with database.transaction() as connection:
        assert private_links.revoke_link(SITE, connection, link, OPENING) is True
        assert private_links.revoke_link(SITE, connection, link, OPENING + HOUR) is False
        again = private_links.get_link(SITE, connection, link.id)
    assert again is not None
    assert again.revoked_at == OPENING
    assert again.state(OPENING + 9 * HOUR) == "revoked"


def test_views_add_up_by_the_hour(database: Database) -> None:
    link = stored(database)
    with database.transaction() as connection:
        for minutes in (0, 30, 59, 60, 200):
            link_views.count_view(SITE, connection, link, OPENING + timedelta(minutes=minutes))
        hours = link_views.views_to_enter(SITE, connection, OPENING + 2 * HOUR)
        assert [(one.hour_at, one.views) for one in hours] == [(OPENING, 3), (OPENING + HOUR, 1)]
        assert hours[0].link == link
        link_views.mark_entered(SITE, connection, hours[:1], OPENING + 2 * HOUR)
        left = link_views.views_to_enter(SITE, connection, OPENING + 9 * HOUR)
        assert [one.hour_at for one in left] == [OPENING + HOUR, OPENING + 3 * HOUR]
        total = link_views.view_totals(SITE, connection, [link.id])[link.id]
        assert (total.views, total.last_at) == (5, OPENING + timedelta(minutes=200))
        assert link_views.views_to_enter(OTHER, connection, OPENING + 9 * HOUR) == []
        assert link_views.view_totals(OTHER, connection, [link.id]) == {}
        assert link_views.has_views(SITE, connection, link, OPENING + timedelta(minutes=5))
        assert not link_views.has_views(SITE, connection, link, OPENING + timedelta(minutes=125))


def test_videos_that_nobody_can_see_are_those_without_a_link_that_is_alive(database: Database) -> None:
    alive = stored(database)
    expired = stored(database, expires_at=OPENING)
    revoked = stored(database, revoked_at=OPENING)
    with database.transaction() as connection:
        lonely = video()
        hosted_videos.add_hosted_video(SITE, connection, lonely)
        private_links.add_link(
            SITE, connection, replace(alive, id="x", hosted_video_id=expired.hosted_video_id)
        )
        found = hosted_videos.hosted_videos_without_link(SITE, connection, OPENING)
        assert {one.id for one in found} == {revoked.hosted_video_id, lonely.id}
        assert hosted_videos.hosted_videos_without_link(OTHER, connection, OPENING) == []
        assert hosted_videos.mark_hosted_video_deleted(OTHER, connection, lonely.id, OPENING) is False
        assert hosted_videos.mark_hosted_video_deleted(SITE, connection, lonely.id, OPENING) is True
        assert hosted_videos.mark_hosted_video_deleted(SITE, connection, lonely.id, OPENING) is False
        found = hosted_videos.hosted_videos_without_link(SITE, connection, OPENING)
        assert [one.id for one in found] == [revoked.hosted_video_id]
        gone = hosted_videos.get_hosted_video(SITE, connection, lonely.id)
        assert gone == replace(lonely, deleted_at=OPENING)


def key(name: str, venue: str | None = "shop") -> StoredApiKey:
    return StoredApiKey(id=name, venue_id=venue, name=name, created_at=OPENING)


def test_a_key_is_known_by_its_hash_in_its_scope_until_it_is_closed(database: Database) -> None:
    with database.transaction() as connection:
        api_keys.add_api_key(SITE, connection, key("a"), key_sha256="a" * 64)
        api_keys.add_api_key(SITE, connection, key("b", "other"), key_sha256="b" * 64)
        api_keys.add_api_key(SITE, connection, key("all", None), key_sha256="c" * 64)
        assert api_keys.api_key_with_hash(SITE, connection, "a" * 64) == key("a")
        assert api_keys.api_key_with_hash(SITE, connection, "d" * 64) is None
        assert api_keys.list_api_keys(SHOP, connection) == [key("a")]
        assert api_keys.list_api_keys(SITE, connection, venue_id="other") == [key("b", "other")]
        assert api_keys.revoke_api_key(OTHER, connection, "a", OPENING) is False
        assert api_keys.revoke_api_key(SHOP, connection, "all", OPENING) is False
        assert api_keys.revoke_api_key(SHOP, connection, "a", OPENING) is True
        assert api_keys.revoke_api_key(SHOP, connection, "a", OPENING) is False
        assert api_keys.api_key_with_hash(SITE, connection, "a" * 64) == replace(key("a"), revoked_at=OPENING)


def test_only_the_site_makes_a_key_for_all_venues(database: Database) -> None:
    with pytest.raises(StoreError, match="by the site only"), database.transaction() as connection:
        api_keys.add_api_key(SHOP, connection, key("all", None), key_sha256="c" * 64)
