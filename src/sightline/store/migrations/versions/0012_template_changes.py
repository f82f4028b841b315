"""What has changed of the templates of a venue is found without reading them all."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_index(
        "ix_face_template_changes",
        "face_template",
        ["venue_id", "model", "dims", "updated_at", "pseudo_id"],
        unique=False,
    )
