"""What a shop's box has still to tell its centre, and what the centre has of it."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
