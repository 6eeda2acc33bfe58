"""Models that took the place of the one in use."""

import sqlalchemy as sa
from alembic import op

revision = "v2_promotions"
down_revision = "v1_corrections"


def upgrade() -> None:
    """Make the table of promotions."""
    op.create_table(
        "promotions",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("when", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("model_before", sa.String, nullable=False),
        sa.Column("model_after", sa.String, nullable=False),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.Column("undone", sa.DateTime(timezone=True)),
    )
