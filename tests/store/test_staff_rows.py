"""Enrolled staff as rows: one by name, of one venue, gone with it."""

import pytest
from store_stories import SITE, at

from sightline.domain.scope import Scope
from sightline.errors import OutOfScope
from sightline.store import enrolled_staff as staff
from sightline.store.database import Database
from sightline.store.enrolled_staff import SealedStaff
from sightline.store.venue_removal import remove_venue

SHOP, OTHER = Scope.of("shop"), Scope.of("other")


def sealed(name: str, *, model: str = "net", content: bytes = b"\0\xff'x") -> SealedStaff:
    return SealedStaff(
        name=name, model=model, dims=512, sealed=content, key_id="k1", crops=6, enrolled_at=at(5)
    )


def test_kept_replaced_removed_and_gone_with_the_venue(database: Database) -> None:
    again = sealed("Ana", model="newer net", content=bytes(range(256)))
    with database.transaction() as connection:
        for one in (sealed("Bo"), sealed("Ana"), again):
            staff.put_staff(SHOP, connection, "shop", one)
        staff.put_staff(OTHER, connection, "other", sealed("Ana"))
    with database.reading() as connection:
        assert staff.staff_of_venue(SHOP, connection, "shop") == [again, sealed("Bo")]
        assert staff.staff_of_venue(OTHER, connection, "shop") == []
        assert staff.venues_with_staff(SITE, connection) == ["other", "shop"]
        assert staff.venues_with_staff(SHOP, connection) == ["shop"]
    with database.transaction() as connection:
        assert staff.remove_staff(SHOP, connection, "shop", "Ana") == 1
        assert staff.remove_staff(SHOP, connection, "shop", "Ana") == 0
        assert [one.name for one in staff.staff_of_venue(SHOP, connection, "shop")] == ["Bo"]
        for call in (
            lambda: staff.put_staff(OTHER, connection, "shop", sealed("Eve")),
            lambda: staff.remove_staff(OTHER, connection, "shop", "Bo"),
        ):
            with pytest.raises(OutOfScope):
                call()
        assert remove_venue(SHOP, connection, "shop")["enrolled_staff"] == 1
        assert staff.venues_with_staff(SITE, connection) == ["other"]
