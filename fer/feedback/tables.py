"""The tables of the database, as the newest migration leaves them."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    text,
)

METADATA = MetaData()


class UTCDateTime(TypeDecorator[datetime]):
    """A time with its zone; SQLite, which has none, keeps UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database: UTC."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Out of the database: UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


CORRECTIONS = Table(
    "corrections",
    METADATA,
    Column("id", String, primary_key=True),
    Column("created", UTCDateTime, nullable=False, index=True),
    Column("contributor", String, nullable=False, index=True),
    Column("consent", String, nullable=False),
    Column("source", String, nullable=False),
    Column("model", String, nullable=False),
    Column("model_sha256", String, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("probabilities", JSON, nullable=False),
    Column("verdict", String, nullable=False),
    Column("detector", String, nullable=False),
    Column("side_px", Float),
    Column("sharpness", Float),
    Column("unreliable_because", String, nullable=False),
    Column("face", String, nullable=False, index=True),
    Column("status", String, nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("held_out", Boolean),
    Column("crop", LargeBinary, nullable=False),
    Column("larger_crop", LargeBinary),
)

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column(
        "correction",
        ForeignKey("corrections.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("reviewer", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("label", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("when", UTCDateTime, nullable=False),
)

DELETED = Table("deleted", METADATA, Column("id_hash", String, primary_key=True))
"""The hash of the id of every correction that was deleted."""

PROMOTIONS = Table(
    "promotions",
    METADATA,
    Column("id", String, primary_key=True),
    Column("when", UTCDateTime, nullable=False),
    Column("by", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("model_before", String, nullable=False),
    Column("model_after", String, nullable=False),
    Column("figures", JSON, nullable=False),
    Column("undone", UTCDateTime),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("hash", String, nullable=False),
    Column("created", UTCDateTime, nullable=False),
    Column("created_by", String, nullable=False),
    Column("revoked", UTCDateTime),
)
"""Keys of the HTTP API: an id is the part of a key that is readable, a hash is of all of it."""

Index(
    "api_keys_valid_name",
    API_KEYS.c.name,
    unique=True,
    sqlite_where=text("revoked IS NULL"),
    postgresql_where=text("revoked IS NULL"),
)

STATE = Table(
    "state",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version", String, nullable=False),
    Column("unwiped", String, nullable=False),
    Column("deletion", String, nullable=False),
)
"""One row. `version` changes with every write. `deletion` names the last one; so does `unwiped`
until nothing of it is left in the database's files, and is "" from then on."""
