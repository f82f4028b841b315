"""Where Alembic starts. The connection, its transaction already begun, comes from `store/schema.py`."""

from alembic import context
from sqlalchemy import text

from sightline.store.table_words import metadata

NOT_BY_CODE_POINT = """
    SELECT table_name, column_name, data_type, character_maximum_length AS longest
    FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name <> 'alembic_version'
        AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'
    ORDER BY table_name, column_name
"""


def _sort_by_code_point() -> None:
    """Let text compare on PostgreSQL as it does on SQLite, whatever language the database was made for."""
    changes: dict[str, list[str]] = {}
    for table, column, kind, longest in connection.execute(text(NOT_BY_CODE_POINT)):
        if longest is not None:
            kind = f"{kind}({longest})"
        changes.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE {kind} COLLATE "C"')
    for table, columns in changes.items():
        connection.execute(text(f'ALTER TABLE "{table}" {", ".join(columns)}'))


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
context.run_migrations()
if connection.dialect.name == "postgresql":
    _sort_by_code_point()
