"""What found the faces that are blurred in a released copy."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("released_copy", sa.Column("blurred_by", sa.Text(), nullable=True))
