"""Stays of a person are found by their visits: the index by visitor, which each stay had to enter, goes."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_index("ix_stay_visitor_id_at", table_name="stay")
