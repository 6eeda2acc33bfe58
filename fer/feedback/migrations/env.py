"""What Alembic runs: the steps that are missing, in the transaction that `database` began."""

from alembic import context

from fer.feedback.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
