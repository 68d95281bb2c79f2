"""The registry on SQLAlchemy: SQLite by default, PostgreSQL by URL; one transaction is a ``SqlUnitOfWork``."""
