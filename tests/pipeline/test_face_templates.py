"""Faces on their way into the database and out of it: sealed, opened, sealed anew, and gone in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from sightline.config.identity_key import IdentityKey
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.domain.templates import Template, TemplateIndex
from sightline.errors import ConfigError, StoreError
from sightline.pipeline.face_templates import FaceTemplates, TemplateRetention, demand_key
from sightline.store import face_templates
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue
from sightline.store.visitors import get_visitor, list_known

SITE, SHOP = Scope.site(), Scope.of("shop")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = IdentityKey.parse("11" * 31 + "12", named="test")
NEW = IdentityKey.parse("22" * 31 + "23", named="test")


def face(seed: int, *, faces: int = 1) -> Template:
    chance = np.random.default_rng(seed)
    template = Template.begin("net", chance.normal(size=512).astype(np.float32))
    for _ in range(faces - 1):
        template = template.with_face("net", chance.normal(size=512).astype(np.float32))
    return template


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Ann was there at noon, Bob ten days later."""
    url = sqlite_url(tmp_path / "s.db")
    if request.param == "postgres":
        url = str(request.getfixturevalue("postgres_url"))
    with open_database(url) as database:
        with database.transaction() as connection:
            ensure_venue(SITE, connection, "shop")
            add_stays(SHOP, connection, "shop", [stay("ann", NOON), stay("bob", NOON + timedelta(days=10))])
            known = {"ann": face(1, faces=3), "bob": face(2)}
            FaceTemplates(KEY).put_in(SHOP, connection, "shop", known, at=NOON)
        yield database


def stay(who: str, at: datetime) -> Stay:
    return Stay(pseudo_id=who, at=at, zone="till", dwell=timedelta(minutes=5))


def read(database: Database, key: IdentityKey = KEY) -> dict[str, Template]:
    with database.reading() as connection:
        return dict(FaceTemplates(key).read_in(SHOP, connection, "shop", model="net"))


def rows(database: Database) -> list[Any]:
    with database.reading() as connection:
        return face_templates.templates_of_venue(SITE, connection, "shop")


def test_a_face_comes_back_bit_by_bit_and_lies_there_sealed(database: Database) -> None:
    found = read(database)
    assert found.keys() == {"ann", "bob"}
    assert np.array_equal(found["ann"].mean, face(1, faces=3).mean)
    assert (found["ann"].model, found["ann"].faces, found["bob"].faces) == ("net", 3, 1)
    for one in rows(database):
        plain = found[one.pseudo_id].mean.tobytes()
        assert not any(plain[at : at + 8] in one.sealed for at in range(0, len(plain), 8))
    index = TemplateIndex("net", 512)
    index.put_all(list(found.items()))
    (match,) = index.best("net", face(2).direction[None], threshold=0.68)
    assert match is not None
    assert match.owner == "bob"


def test_with_another_key_nothing_is_read_or_overwritten(database: Database) -> None:
    before = rows(database)
    with pytest.raises(ConfigError, match=KEY.key_id) as refused:
        read(database, NEW)
    assert NEW.key_id in str(refused.value)
    with pytest.raises(StoreError, match="not overwritten"), database.transaction() as connection:
        FaceTemplates(NEW).put_in(SHOP, connection, "shop", {"ann": face(3)}, at=NOON)
    assert rows(database) == before
    demand_key(KEY, {KEY.key_id})
    with pytest.raises(ConfigError, match=KEY.key_id):
        demand_key(NEW, {KEY.key_id, NEW.key_id})


def test_a_row_that_was_moved_to_another_visitor_does_not_open(database: Database) -> None:
    with database.transaction() as connection:
        swap = "UPDATE face_template SET pseudo_id = CASE pseudo_id WHEN 'ann' THEN 'x' ELSE 'ann' END"
        connection.execute(text(swap))
    with pytest.raises(ConfigError, match="does not open"):
        read(database)


def test_all_are_sealed_anew_under_a_new_key(database: Database) -> None:
    before, sealed = read(database), {one.sealed for one in rows(database)}
    assert FaceTemplates(KEY).seal_again(database, NEW) == 2
    assert FaceTemplates(KEY).seal_again(database, NEW) == 0
    after = read(database, NEW)
    assert {name: one.mean.tobytes() for name, one in after.items()} == {
        name: one.mean.tobytes() for name, one in before.items()
    }
    assert not sealed & {one.sealed for one in rows(database)}
    with database.reading() as connection:
        assert face_templates.key_ids(SITE, connection) == [NEW.key_id]
    third = IdentityKey.parse("33" * 31 + "34", named="test")
    with pytest.raises(ConfigError, match=NEW.key_id):
        FaceTemplates(KEY).seal_again(database, third)
    assert after.keys() == read(database, NEW).keys()


def test_a_template_goes_when_its_time_is_over_and_nothing_else(database: Database) -> None:
    clock = [NOON]
    retention = TemplateRetention(database, keep=timedelta(days=30), clock=lambda: clock[0])
    left = NOON + timedelta(minutes=5)

    clock[0] = left + timedelta(days=30)
    assert retention.run() == 0
    with database.reading() as connection:
        before = list_known(SITE, connection, "shop", sort_by="last_seen", limit=10, offset=0)
    clock[0] = left + timedelta(days=30, microseconds=1)
    assert retention.run() == 1

    assert [one.pseudo_id for one in rows(database)] == ["bob"]
    with database.reading() as connection:
        assert list_known(SITE, connection, "shop", sort_by="last_seen", limit=10, offset=0) == before
        ann = get_visitor(SITE, connection, "shop", "ann")
    assert ann is not None
    assert (ann.lasting, ann.visits) == (True, 1)
    clock[0] = left + timedelta(days=41)
    assert retention.run() == 1
    assert retention.run() == 0


def test_another_visit_begins_the_time_anew(database: Database) -> None:
    with database.transaction() as connection:
        add_stays(SHOP, connection, "shop", [stay("ann", NOON + timedelta(days=29))])
    clock = lambda: NOON + timedelta(days=45)  # noqa: E731
    assert TemplateRetention(database, keep=timedelta(days=30), clock=clock).run() == 1
    assert [one.pseudo_id for one in rows(database)] == ["ann"]
