"""Several departments may be in charge of a proposed project"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default is for the rows that are there: one department had each of them. New rows say it themselves.
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.add_column(sa.Column('joint_departments', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql'), nullable=False, server_default='[]'))
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.alter_column('joint_departments', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.drop_column('joint_departments')
