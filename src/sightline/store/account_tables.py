"""The tables of people who sign in, and of what was done with the site."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table, Text, false

from sightline.store.columns import JsonText, UtcMicroseconds
from sightline.store.table_words import metadata
from sightline.store.visitor_tables import RowId

account = Table(
    "account",
    metadata,
    Column("id", String(32), primary_key=True),
    # As typed at sign-in, in lower case.
    Column("name", String(100), nullable=False, unique=True),
    Column("role", Text, nullable=False),
    # Argon2id, with its parameters and salt.
    Column("password_hash", Text, nullable=False),
    # Set by somebody else: to be changed at the next sign-in.
    Column("must_change", Boolean, nullable=False, server_default=false()),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("password_changed_at", UtcMicroseconds, nullable=False),
    Column("disabled_at", UtcMicroseconds),
    CheckConstraint("role IN ('administrator', 'manager', 'viewer')", name="role"),
)

account_venue = Table(
    "account_venue",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("venue_id", ForeignKey("venue.id", ondelete="CASCADE"), primary_key=True),
)

sign_in = Table(
    "sign_in",
    metadata,
    # SHA-256 of the 256 random bits in the cookie.
    Column("token_sha256", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcMicroseconds, nullable=False),
    Column("last_seen_at", UtcMicroseconds, nullable=False),
    Column("expires_at", UtcMicroseconds, nullable=False),
)

# Who signed in, who changed what. Ids and names only: never a password, key or address of a camera.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("at", UtcMicroseconds, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    # NULL: of the whole site.
    Column("venue_id", String(50)),
    Column("subject", Text, nullable=False),
    Column("facts", JsonText, nullable=False),
    Column("address", Text),
    Index(None, "at"),
    Index(None, "venue_id", "at"),
    sqlite_autoincrement=True,
)
