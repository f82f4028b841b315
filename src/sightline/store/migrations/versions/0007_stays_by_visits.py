"""Stays of a person are found by their visits."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
