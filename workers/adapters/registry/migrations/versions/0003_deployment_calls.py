"""deployment calls"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('deployed_definition', schema=None) as batch_op:
        batch_op.add_column(sa.Column('deployment_key', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('nonce', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('deployed_definition', schema=None) as batch_op:
        batch_op.drop_column('nonce')
        batch_op.drop_column('deployment_key')
