"""Runs the migrations on the database that ``hotline.base.migrate`` names."""

from alembic import context
from sqlalchemy import create_engine, pool

from hotline.tables import metadata

engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()
