"""What leaves the site: outbox, private links, hosted videos, keys; events told while they last."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WAITING = sa.text("state = 'waiting'")
NOT_ENTERED = sa.text("entered_at IS NULL")
UNSEALED = sa.text("position IS NULL")
NOT_DELETED = sa.text("state <> 'deleted'")


def upgrade() -> None:
    _extend_events_and_evidence()
    _make_outbox()
    _make_links()
    _make_keys()


def _extend_events_and_evidence() -> None:
    # Columns without checks of their own: SQLite would have to copy the table, which others refer to.
    op.add_column("event", sa.Column("ongoing", sa.Boolean(), server_default=sa.false(), nullable=False))
    for column in (
        sa.Column("stage", sa.Text(), server_default=sa.text("'final'"), nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("moved_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
    ):
        op.add_column("evidence", column)
    op.drop_index("uq_evidence_of_event", table_name="evidence")
    op.create_index(
        "uq_evidence_of_event",
        "evidence",
        ["event_id", "stage"],
        unique=True,
        sqlite_where=NOT_DELETED,
        postgresql_where=NOT_DELETED,
    )
    op.create_index(
        "ix_ledger_entry_unsealed",
        "ledger_entry",
        ["venue_id"],
        unique=False,
        sqlite_where=UNSEALED,
        postgresql_where=UNSEALED,
    )
    op.create_table(
        "released_copy",
        sa.Column("evidence_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("derived_from", sa.String(length=64), nullable=False),
        sa.Column("masks", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name="fk_released_copy_evidence_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evidence_id", "part", name="pk_released_copy"),
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("patient_until", sa.BigInteger(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("evidence_id", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'dead', 'cancelled')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_outbox_venue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("key", "channel", "destination", name="uq_outbox_key_channel_destination"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["channel", "destination", "due_at"],
        unique=False,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_outbox_chain_step", "outbox", ["chain", "step"], unique=False)
    op.create_index("ix_outbox_event_id", "outbox", ["event_id"], unique=False)
    op.create_index(
        "ix_outbox_venue_id_state_created_at", "outbox", ["venue_id", "state", "created_at"], unique=False
    )


def _make_links() -> None:
    op.create_table(
        "hosted_video",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_hosted_video_venue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hosted_video"),
    )
    op.create_index(
        "ix_hosted_video_venue_id_received_at", "hosted_video", ["venue_id", "received_at"], unique=False
    )
    op.create_table(
        "private_link",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("evidence_id", sa.Text(), nullable=True),
        sa.Column("part", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hosted_video_id", sa.String(length=36), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(evidence_id IS NULL) <> (hosted_video_id IS NULL)",
            name=op.f("ck_private_link_shows_one_thing"),
        ),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_private_link_venue_id"),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name="fk_private_link_evidence_id"),
        sa.ForeignKeyConstraint(
            ["hosted_video_id"], ["hosted_video.id"], name="fk_private_link_hosted_video_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_private_link"),
        sa.UniqueConstraint("purpose", name="uq_private_link_purpose"),
    )
    for columns in (["evidence_id"], ["hosted_video_id"], ["venue_id", "created_at"]):
        op.create_index(f"ix_private_link_{'_'.join(columns)}", "private_link", columns, unique=False)
    op.create_table(
        "link_view",
        sa.Column("link_id", sa.String(length=36), nullable=False),
        sa.Column("hour_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id"], ["private_link.id"], name="fk_link_view_link_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_id", "hour_at", name="pk_link_view"),
    )
    op.create_index(
        "ix_link_view_to_enter",
        "link_view",
        ["hour_at"],
        unique=False,
        sqlite_where=NOT_ENTERED,
        postgresql_where=NOT_ENTERED,
    )


def _make_keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("venue_id", sa.String(length=50), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name="fk_api_key_venue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("key_sha256", name="uq_api_key_key_sha256"),
    )
