"""Files that partners attach to answers, until they are files of the case"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('partner_file',
    sa.Column('id', _key(), autoincrement=True, nullable=False),
    sa.Column('link_id', _key(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['link_id'], ['partner_link.id'], name=op.f('fk_partner_file_link_id_partner_link')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner_file'))
    )
    with op.batch_alter_table('partner_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_partner_file_link_id'), ['link_id'], unique=False)


def downgrade() -> None:
    op.drop_table('partner_file')
