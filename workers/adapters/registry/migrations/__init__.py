"""Alembic migrations. A new one: ``alembic -c workers/adapters/registry/migrations/alembic.ini -x url=… revision``."""
