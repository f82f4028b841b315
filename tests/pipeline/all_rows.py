"""Every row of every table, as the database holds it, past the queries of ours."""

from typing import Any

from sqlalchemy import text

from sightline.store.all_tables import ALL_TABLES
from sightline.store.database import Database


def all_rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """By table; rows in an order that depends on what is in them only."""
    found = {}
    with database.reading() as connection:
        for table in ALL_TABLES:
            names = [column.name for column in table.columns]
            query = "SELECT {} FROM {}".format(", ".join(f'"{name}"' for name in names), f'"{table.name}"')
            rows = [
                {
                    name: bytes(value) if isinstance(value, memoryview) else value
                    for name, value in row._mapping.items()
                }
                for row in connection.execute(text(query))
            ]
            found[table.name] = sorted(rows, key=lambda row: repr(list(row.values())))
    return found
