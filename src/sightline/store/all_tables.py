"""All tables at once, for what concerns the database as a whole."""

from sightline.store import (
    account_tables,
    cluster_tables,
    delivery_tables,
    edge_tables,
    identity_tables,
    job_tables,
    review_tables,
    tables,
    visitor_tables,
)
from sightline.store.table_words import metadata

ALL_TABLES = tuple(metadata.sorted_tables)
"""In an order in which each refers to earlier ones only."""

__all__ = [
    "ALL_TABLES",
    "account_tables",
    "cluster_tables",
    "delivery_tables",
    "edge_tables",
    "identity_tables",
    "job_tables",
    "metadata",
    "review_tables",
    "tables",
    "visitor_tables",
]
