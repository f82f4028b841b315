"""What all tables share: how constraints are named, and the pieces that recur."""

from sqlalchemy import ForeignKeyConstraint, Index, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ALERT_IS_OPEN = "cleared_at IS NULL"
IS_WAITING = "state = 'waiting'"


def of_camera() -> ForeignKeyConstraint:
    """The reference of a row to its camera."""
    return ForeignKeyConstraint(["venue_id", "camera_id"], ["camera.venue_id", "camera.id"])


def index_where(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows that fulfil `condition` only."""
    where = text(condition)
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
