"""Sealed faces: one by visitor and model, of lasting visitors only, never under two keys."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection
from store_stories import SITE, at

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import OutOfScope, StoreError
from sightline.store import face_templates as faces
from sightline.store.database import Database
from sightline.store.face_templates import SealedTemplate
from sightline.store.stays import add_stays, erase_visitor, replace_stays

SHOP, OTHER = Scope.of("shop"), Scope.of("other")


def template(who: str, *, model: str = "net", key: str = "k1", sealed: bytes = b"\0\xff'x") -> SealedTemplate:
    return SealedTemplate(
        pseudo_id=who, model=model, dims=512, sealed=sealed, key_id=key, faces=3, updated_at=at(5)
    )


def came(
    connection: Connection, who: str, when: datetime, *, venue: str = "shop", known: bool = True
) -> None:
    stay = Stay(pseudo_id=who, at=when, zone="till", dwell=timedelta(seconds=60), lasting=known)
    add_stays(SITE, connection, venue, [stay])


@pytest.fixture
def peopled(database: Database) -> Database:
    """Ann and Bob are known at the shop, Eve at the other one, Tom for one track only."""
    with database.transaction() as connection:
        came(connection, "ann", at(0))
        came(connection, "bob", at(3600))
        came(connection, "tom", at(0), known=False)
        came(connection, "eve", at(0), venue="other")
    return database


def test_what_is_put_is_found_again_by_its_venue(peopled: Database) -> None:
    rows = [template("ann"), template("ann", model="second net"), template("bob", sealed=bytes(range(256)))]
    with peopled.transaction() as connection:
        faces.put_templates(SHOP, connection, "shop", rows)
        faces.put_templates(OTHER, connection, "other", [template("eve")])
    with peopled.reading() as connection:
        assert faces.templates_of_venue(SHOP, connection, "shop") == rows
        assert faces.templates_of_venue(SHOP, connection, "shop", model="second net") == rows[1:2]
        assert faces.templates_of_venue(OTHER, connection, "shop") == []
        assert faces.count_templates(SITE, connection) == {"shop": 3, "other": 1}
        assert faces.count_templates(OTHER, connection) == {"other": 1}
        some = faces.templates_of_venue(SHOP, connection, "shop", pseudo_ids=["ann", "tom", "eve"])
        assert some == rows[:2]
        assert faces.templates_of_venue(SHOP, connection, "shop", dims=128) == []
        assert faces.owners(SHOP, connection, "shop", "net", 512) == {"ann", "bob"}
        assert faces.owners(OTHER, connection, "shop", "net", 512) == set()
        assert faces.key_ids(SITE, connection) == ["k1"]


def test_a_newer_one_takes_the_place_of_the_older(peopled: Database) -> None:
    with peopled.transaction() as connection:
        faces.put_templates(SHOP, connection, "shop", [template("ann")])
        faces.put_templates(SHOP, connection, "shop", [template("ann", sealed=b"newer")])
    with peopled.reading() as connection:
        assert [one.sealed for one in faces.templates_of_venue(SHOP, connection, "shop")] == [b"newer"]


def test_whoever_has_seen_all_changes_up_to_one_finds_those_after_it_whatever_clocks_say(
    peopled: Database,
) -> None:
    """The clock of the second writer is half an hour behind that of the first."""
    kind = ("net", 512)
    with peopled.transaction() as connection:
        assert faces.newest_kind(SHOP, connection, "shop") is None
        assert faces.newest_change(SHOP, connection, "shop", *kind) is None
        faces.put_templates(SHOP, connection, "shop", [template("ann"), template("bob", model="b")])
        seen = faces.newest_change(SHOP, connection, "shop", *kind)
        assert seen == at(5)
        late = replace(template("bob"), updated_at=at(-1800))
        faces.put_templates(SHOP, connection, "shop", [late])
        (found,) = faces.templates_of_venue(SHOP, connection, "shop", model="net", changed_after=seen)
        assert (found.pseudo_id, found.updated_at) == ("bob", at(5) + timedelta(microseconds=1))
        assert faces.newest_change(SHOP, connection, "shop", *kind) == found.updated_at
        assert faces.newest_change(OTHER, connection, "shop", *kind) is None
        assert faces.newest_kind(SHOP, connection, "shop") == kind
        assert faces.newest_kind(OTHER, connection, "shop") is None


def test_one_under_another_key_is_not_overwritten(peopled: Database) -> None:
    with peopled.transaction() as connection:
        faces.put_templates(SHOP, connection, "shop", [template("ann")])
    with pytest.raises(StoreError, match="another key than k2"), peopled.transaction() as connection:
        faces.put_templates(SHOP, connection, "shop", [template("bob"), template("ann", key="k2")])
    with peopled.reading() as connection:
        assert faces.templates_of_venue(SHOP, connection, "shop") == [template("ann")]


@pytest.mark.parametrize("who", ["tom", "eve", "nobody"])
def test_nobody_else_than_a_lasting_visitor_of_the_venue_gets_one(peopled: Database, who: str) -> None:
    with pytest.raises(StoreError, match="not kept"), peopled.transaction() as connection:
        faces.put_templates(SITE, connection, "shop", [template("ann"), template(who)])
    with peopled.reading() as connection:
        assert faces.count_templates(SITE, connection) == {}


def test_another_venue_is_refused(peopled: Database) -> None:
    with peopled.transaction() as connection:
        for call in (
            lambda: faces.put_templates(OTHER, connection, "shop", [template("ann")]),
            lambda: faces.forget_templates(OTHER, connection, "shop", "ann"),
            lambda: faces.replace_sealed(OTHER, connection, "shop", []),
        ):
            with pytest.raises(OutOfScope):
                call()


def test_forgetting_takes_all_models_of_one_visitor(peopled: Database) -> None:
    with peopled.transaction() as connection:
        rows = [template("ann"), template("ann", model="b"), template("bob")]
        faces.put_templates(SHOP, connection, "shop", rows)
        assert faces.forget_templates(SHOP, connection, "shop", "ann") == 2
        assert faces.forget_templates(SHOP, connection, "shop", "ann") == 0
        assert [one.pseudo_id for one in faces.templates_of_venue(SHOP, connection, "shop")] == ["bob"]


def test_who_was_not_seen_since_and_who_is_gone_lose_theirs(peopled: Database) -> None:
    with peopled.transaction() as connection:
        came(connection, "gone", at(9000))
        rows = [template(who) for who in ("ann", "bob", "gone")]
        faces.put_templates(SHOP, connection, "shop", rows)
        faces.put_templates(OTHER, connection, "other", [template("eve")])
        erase_visitor(SHOP, connection, "shop", "gone")
        # Ann and Eve left after 60 s: the very moment counts as seen.
        assert faces.forget_templates_unseen(SHOP, connection, since=at(60)) == 1
        assert [one.pseudo_id for one in faces.templates_of_venue(SHOP, connection, "shop")] == ["ann", "bob"]
        assert faces.forget_templates_unseen(SHOP, connection, since=at(61)) == 1
        assert faces.count_templates(SITE, connection) == {"shop": 1, "other": 1}
        assert faces.forget_templates_unseen(SITE, connection, since=at(61)) == 1
        assert faces.count_templates(SITE, connection) == {"shop": 1}


def test_a_run_that_is_told_again_leaves_the_template_to_the_same_visitor(database: Database) -> None:
    """The visitor's row is made anew by it; the template belongs to the pseudonym."""
    stay = Stay(
        pseudo_id="ann", at=at(0), zone="till", event_id="1", run_id="box:1", dwell=timedelta(minutes=1)
    )
    again = Stay(
        pseudo_id="ann", at=at(1), zone="door", event_id="2", run_id="box:1", dwell=timedelta(minutes=1)
    )
    with database.transaction() as connection:
        replace_stays(SHOP, connection, "shop", "box:1", [stay])
        faces.put_templates(SHOP, connection, "shop", [template("ann")])
        replace_stays(SHOP, connection, "shop", "box:1", [again])
        faces.put_templates(SHOP, connection, "shop", [template("ann", sealed=b"2")])
        assert faces.forget_templates_unseen(SHOP, connection, since=at(61)) == 0


def test_sealed_again_it_is_the_same_one(peopled: Database) -> None:
    with peopled.transaction() as connection:
        faces.put_templates(SHOP, connection, "shop", [template("ann"), template("bob")])
        again = template("ann", key="k2", sealed=b"again")
        faces.replace_sealed(SHOP, connection, "shop", [again])
        assert faces.templates_of_venue(SHOP, connection, "shop") == [again, template("bob")]
        assert faces.key_ids(SITE, connection) == ["k1", "k2"]
    with pytest.raises(StoreError, match="is gone"), peopled.transaction() as connection:
        faces.replace_sealed(SHOP, connection, "shop", [template("nobody")])
