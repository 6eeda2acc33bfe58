"""The keys of the HTTP API."""

import sqlalchemy as sa
from alembic import op

revision = "v5_api_keys"
down_revision = "v4_deleted"


def upgrade() -> None:
    """Make the table of keys; of those that are not revoked, no two have the same name."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True)),
    )
    valid = sa.text("revoked IS NULL")
    op.create_index(
        "api_keys_valid_name", "api_keys", ["name"], unique=True,
        sqlite_where=valid, postgresql_where=valid,
    )  # fmt: skip
