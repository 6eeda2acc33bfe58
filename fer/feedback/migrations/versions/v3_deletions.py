"""Which deletion was the last, so that every machine removes what it keeps beside the database."""

import sqlalchemy as sa
from alembic import op

revision = "v3_deletions"
down_revision = "v2_promotions"


def upgrade() -> None:
    """Add the last deletion to the state."""
    op.add_column("state", sa.Column("deletion", sa.String, nullable=False, server_default=""))
    op.execute("UPDATE state SET deletion = unwiped")
