"""Corrections and their reviews."""

import sqlalchemy as sa
from alembic import op

revision = "v1_corrections"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "corrections",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("contributor", sa.String, nullable=False, index=True),
        sa.Column("consent", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("model_sha256", sa.String, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("probabilities", sa.JSON, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("detector", sa.String, nullable=False),
        sa.Column("side_px", sa.Float),
        sa.Column("sharpness", sa.Float),
        sa.Column("unreliable_because", sa.String, nullable=False),
        sa.Column("face", sa.String, nullable=False, index=True),
        sa.Column("status", sa.String, nullable=False, index=True),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("held_out", sa.Boolean),
        sa.Column("crop", sa.LargeBinary, nullable=False),
        sa.Column("larger_crop", sa.LargeBinary),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "correction",
            sa.String,
            sa.ForeignKey("corrections.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("reviewer", sa.String, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("when", sa.DateTime(timezone=True), nullable=False),
    )
    state = op.create_table(
        "state",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("unwiped", sa.String, nullable=False),
    )
    op.bulk_insert(state, [{"id": 1, "version": "0", "unwiped": ""}])
