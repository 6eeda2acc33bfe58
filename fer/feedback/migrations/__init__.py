"""How the database became what it is, one step each in `versions`; Alembic runs them."""
