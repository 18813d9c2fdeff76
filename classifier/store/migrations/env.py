"""How Alembic runs the migrations: on the connection it is given, in that connection's transaction."""

from alembic import context

from classifier.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=connection.dialect.name == "sqlite")
context.run_migrations()
