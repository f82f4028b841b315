"""Days of a person that know the one before, told in an order that turns things round."""

from datetime import datetime, timedelta

import pytest
from store_stories import OPENING, SITE

from sightline.domain.stay import Stay
from sightline.store.database import Database
from sightline.store.recount import differences
from sightline.store.stays import add_stays, erase_visitor

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([OPENING, OPENING + HOUR, OPENING + HOUR / 2], id="a return that was none after all"),
        pytest.param([OPENING + 9 * DAY, OPENING, OPENING + 4 * DAY], id="late ones"),
        pytest.param([OPENING, OPENING + HOUR, OPENING + DAY, OPENING + HOUR / 2], id="late, and no return"),
        pytest.param([OPENING + DAY, OPENING - DAY, OPENING - 2 * DAY], id="the first one moves"),
        pytest.param([OPENING + DAY * n for n in range(4)], id="as it happened"),
        pytest.param([OPENING + DAY * n for n in (3, 1, 2, 0, 5, 4)], id="between others"),
    ],
)
def test_links_equal_a_recount_in_whatever_order_stays_are_told(
    database: Database, order: list[datetime]
) -> None:
    for at in order:
        with database.transaction() as connection:
            add_stays(SITE, connection, "shop", [Stay(pseudo_id="a", at=at, zone="door")])
            assert differences(SITE, connection, "shop") == []


@pytest.mark.parametrize("late", [-3, -1, 0, 1, 2, 3, 5])
def test_a_visit_over_several_days_has_those_on_which_a_stay_of_it_begins(
    database: Database, late: int
) -> None:
    """Some of its days hold a stay and no visit, some hold nothing."""
    stays = [
        Stay(pseudo_id="a", at=OPENING, dwell=4 * DAY, zone="door"),
        Stay(pseudo_id="a", at=OPENING + 2 * DAY, zone="shelf"),
        Stay(pseudo_id="a", at=OPENING + 9 * DAY, zone="door"),
        Stay(pseudo_id="a", at=OPENING + late * DAY + HOUR, zone="till", is_repeat=late % 2 == 0),
        Stay(pseudo_id="b", at=OPENING + DAY, zone="door"),
    ]
    for told in [stays[:3], stays[3:]]:
        with database.transaction() as connection:
            add_stays(SITE, connection, "shop", told)
            assert differences(SITE, connection, "shop") == []
    with database.transaction() as connection:
        assert erase_visitor(SITE, connection, "shop", "a")
        assert differences(SITE, connection, "shop") == []
