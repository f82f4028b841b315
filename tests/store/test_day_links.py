"""Days of a person that know the one before, told in an order that turns things round."""

from datetime import datetime, timedelta

import pytest
from store_stories import OPENING, SITE

from sightline.domain.stay import Stay
from sightline.store.database import Database
from sightline.store.recount import differences
from sightline.store.stays import add_stays

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
    ],
)
def test_links_equal_a_recount_in_whatever_order_stays_are_told(
    database: Database, order: list[datetime]
) -> None:
    for at in order:
        with database.transaction() as connection:
            add_stays(SITE, connection, "shop", [Stay(pseudo_id="a", at=at, zone="door")])
            assert differences(SITE, connection, "shop") == []
