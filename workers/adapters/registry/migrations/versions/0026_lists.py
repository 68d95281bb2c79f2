"""Remarks of offices' lists, what corrected lists changed, what a city reads headings as"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.add_column('agreement', sa.Column('remark', sa.String(), nullable=True))
    op.create_table('agreement_correction',
    sa.Column('id', _key(), autoincrement=True, nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('column', sa.String(), nullable=False),
    sa.Column('old', sa.String(), nullable=False),
    sa.Column('new', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_agreement_correction_agreement_id_agreement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement_correction'))
    )
    with op.batch_alter_table('agreement_correction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_agreement_correction_agreement_id'), ['agreement_id'], unique=False)

    op.create_table('list_heading',
    sa.Column('id', _key(), autoincrement=True, nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('word', sa.String(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_list_heading')),
    sa.UniqueConstraint('city', 'word', name=op.f('uq_list_heading_city_word'))
    )


def downgrade() -> None:
    op.drop_table('list_heading')
    op.drop_table('agreement_correction')
    op.drop_column('agreement', 'remark')
