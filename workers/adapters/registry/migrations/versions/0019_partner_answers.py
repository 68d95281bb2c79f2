"""Partners' links and the answers that came by them"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql')


def upgrade() -> None:
    op.create_table('partner_link',
    sa.Column('id', _key(), autoincrement=True, nullable=False),
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('element_id', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('form_id', sa.String(), nullable=False),
    sa.Column('form', _json(), nullable=False),
    sa.Column('recipient_name', sa.String(), nullable=False),
    sa.Column('recipient', sa.String(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('draft', _json(), nullable=True),
    sa.Column('end', sa.Enum('answered', 'office', name='linkend', native_enum=False, length=32), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_partner_link_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner_link')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_partner_link_token_hash'))
    )
    with op.batch_alter_table('partner_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_partner_link_case_id_element_id'), ['case_id', 'element_id'], unique=False)

    op.create_table('partner_answer',
    sa.Column('id', _key(), autoincrement=True, nullable=False),
    sa.Column('link_id', _key(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('element_id', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('values', _json(), nullable=False),
    sa.Column('said', _json(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('accepted', 'delivered', 'late', name='answerstate', native_enum=False, length=32), nullable=False),
    sa.Column('task_key', sa.BigInteger(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_partner_answer_case_id_case')),
    sa.ForeignKeyConstraint(['link_id'], ['partner_link.id'], name=op.f('fk_partner_answer_link_id_partner_link')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner_answer')),
    sa.UniqueConstraint('case_id', 'element_id', 'round', name=op.f('uq_partner_answer_case_id_element_id_round'))
    )


def downgrade() -> None:
    op.drop_table('partner_answer')
    op.drop_table('partner_link')
