"""The staff's desk: sessions, names, drafts of forms, notes"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql')


def upgrade() -> None:
    op.create_table('desk_session',
    sa.Column('id_hash', sa.String(), nullable=False),
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('groups', _json(), nullable=True),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('filters', _json(), nullable=False),
    sa.PrimaryKeyConstraint('id_hash', name=op.f('pk_desk_session'))
    )
    with op.batch_alter_table('desk_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_session_seen_at'), ['seen_at'], unique=False)

    op.create_table('desk_person',
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('user', name=op.f('pk_desk_person'))
    )
    op.create_table('form_draft',
    sa.Column('id', _key(), autoincrement=True, nullable=False),
    sa.Column('task_key', sa.BigInteger(), nullable=False),
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('values', _json(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_form_draft')),
    sa.UniqueConstraint('task_key', 'user', name=op.f('uq_form_draft_task_key_user'))
    )
    op.create_table('staff_note',
    sa.Column('id', _key(), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('writer', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_staff_note_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_note'))
    )
    with op.batch_alter_table('staff_note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_staff_note_case_id'), ['case_id'], unique=False)


def downgrade() -> None:
    op.drop_table('staff_note')
    op.drop_table('form_draft')
    op.drop_table('desk_person')
    op.drop_table('desk_session')
