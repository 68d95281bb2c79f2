"""A procedure that was begun by mistake and cancelled does not stand in the way of another

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

_NAME = 'uq_case_agreement_id_kind_period'
_COLUMNS = ['agreement_id', 'kind', 'period']
_NOT_CANCELLED = sa.text("outcome IS NULL OR outcome != 'cancelled'")


def upgrade() -> None:
    with op.batch_alter_table('case', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(_NAME), type_='unique')
    op.create_index(
        _NAME, 'case', _COLUMNS, unique=True, sqlite_where=_NOT_CANCELLED, postgresql_where=_NOT_CANCELLED
    )


def downgrade() -> None:
    # Fails where a cancelled procedure and another of its period are there: neither may be dropped in silence.
    op.drop_index(_NAME, table_name='case')
    with op.batch_alter_table('case', schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f(_NAME), _COLUMNS)
