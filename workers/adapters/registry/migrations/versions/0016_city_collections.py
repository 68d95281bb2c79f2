"""One yearly procedure of a city and fiscal year, where a city has one for all its agreements"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

_NAME = 'uq_case_city_period_annual'
_OF_A_CITY = sa.text("agreement_id IS NULL AND kind = 'annual' AND (outcome IS NULL OR outcome != 'cancelled')")


def upgrade() -> None:
    op.create_index(_NAME, 'case', ['city', 'period'], unique=True, sqlite_where=_OF_A_CITY, postgresql_where=_OF_A_CITY)


def downgrade() -> None:
    op.drop_index(_NAME, table_name='case')
