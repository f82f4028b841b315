"""The ledger's rows: appended with what they tell, sealed once and in order."""

from dataclasses import replace

import pytest
from store_stories import SITE, at

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.ledger import LedgerEntry, LedgerSeal


def tell(database: Database, count: int = 1, venue: str = "shop") -> list[LedgerEntry]:
    with database.transaction() as connection:
        return [
            ledger.add_entry(
                SITE,
                connection,
                venue_id=venue,
                at=at(number),
                action="sealed",
                subject_kind="evidence",
                subject_id=f"e{number}",
                actor="sightline analyze",
                facts={"size": number, "name": "Käse"},
            )
            for number in range(count)
        ]


def batch(entries: list[LedgerEntry], first: int) -> tuple[list[LedgerEntry], LedgerSeal]:
    placed = [
        replace(entry, position=first + number, previous_hash="00" * 32, entry_hash=f"{first + number:064x}")
        for number, entry in enumerate(entries)
    ]
    seal = LedgerSeal(
        venue_id="shop",
        position=first + len(entries) - 1,
        entry_count=len(entries),
        head_hash=str(placed[-1].entry_hash),
        signed_at=at(100),
        key_id="key",
        signature="sig",
    )
    return placed, seal


def test_entries_wait_in_order_until_they_are_sealed(database: Database) -> None:
    told = tell(database, 3)
    tell(database, 1, venue="other")
    with database.transaction() as connection:
        assert ledger.unsealed_entries(SITE, connection, "shop") == told
        assert ledger.chain(SITE, connection, "shop") == []
        placed, seal = batch(told, 1)
        ledger.write_seal(SITE, connection, placed, seal)
        assert ledger.unsealed_entries(SITE, connection, "shop") == []
        assert ledger.chain(SITE, connection, "shop") == placed
        assert ledger.last_seal(SITE, connection, "shop") == seal
        assert len(ledger.unsealed_entries(SITE, connection, "other")) == 1


def test_next_batch_continues_the_chain(database: Database) -> None:
    for first in (1, 3):
        placed, seal = batch(tell(database, 2), first)
        with database.transaction() as connection:
            ledger.write_seal(SITE, connection, placed, seal)
    with database.reading() as connection:
        assert [entry.position for entry in ledger.chain(SITE, connection, "shop")] == [1, 2, 3, 4]
        assert [seal.position for seal in ledger.seals(SITE, connection, "shop")] == [2, 4]


@pytest.mark.parametrize(
    ("first", "changes", "complaint"),
    [
        pytest.param(2, {}, "must continue at position 1", id="a gap"),
        pytest.param(1, {"entry_count": 3}, "does not fit its batch", id="a wrong count"),
        pytest.param(1, {"position": 5}, "does not fit its batch", id="a wrong end"),
    ],
)
def test_batch_that_does_not_fit_is_refused_whole(
    database: Database, first: int, changes: dict[str, int], complaint: str
) -> None:
    placed, seal = batch(tell(database, 2), first)
    with pytest.raises(StoreError, match=complaint), database.transaction() as connection:
        ledger.write_seal(SITE, connection, placed, replace(seal, **changes))
    with database.reading() as connection:
        assert len(ledger.unsealed_entries(SITE, connection, "shop")) == 2


def test_sealed_entry_is_never_written_again(database: Database) -> None:
    told = tell(database, 1)
    with database.transaction() as connection:
        ledger.write_seal(SITE, connection, *batch(told, 1))
        before = ledger.chain(SITE, connection, "shop")
    with pytest.raises(StoreError, match="sealed already"), database.transaction() as connection:
        ledger.write_seal(SITE, connection, *batch(told, 2))
    with database.reading() as connection:
        assert ledger.chain(SITE, connection, "shop") == before


def test_other_venues_see_and_seal_nothing(database: Database) -> None:
    told = tell(database, 1)
    with database.reading() as connection:
        assert ledger.unsealed_entries(Scope.of("other"), connection, "shop") == []
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        ledger.write_seal(Scope.of("other"), connection, *batch(told, 1))
