"""Where Alembic starts. The connection, its transaction already begun, comes from `store/database.py`."""

from alembic import context

from sightline.store.table_words import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
