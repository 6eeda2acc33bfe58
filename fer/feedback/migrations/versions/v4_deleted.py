"""The hashes of deleted ids, so that a correction that is sent again late does not come back."""

import sqlalchemy as sa
from alembic import op

revision = "v4_deleted"
down_revision = "v3_deletions"


def upgrade() -> None:
    """Make the table of deleted ids."""
    op.create_table("deleted", sa.Column("id_hash", sa.String, primary_key=True))
