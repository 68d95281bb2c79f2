"""Who did it: the completions of user tasks, and the history entries that they stand behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('act',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=True),
    sa.Column('engine_id', sa.String(), nullable=False),
    sa.Column('process_id', sa.String(), nullable=False),
    sa.Column('process_instance_key', sa.BigInteger(), nullable=False),
    sa.Column('element_id', sa.String(), nullable=False),
    sa.Column('element_instance_key', sa.BigInteger(), nullable=False),
    sa.Column('loop', sa.Integer(), nullable=True),
    sa.Column('task_name', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Enum('pending', 'found', 'unassigned', 'unknown', name='actstatus', native_enum=False, length=32), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('person_name', sa.String(), nullable=False),
    sa.Column('task_key', sa.BigInteger(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_act_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_act'))
    )
    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_act_process_instance_key'), ['process_instance_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_act_look_at'), ['look_at'], unique=False)
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.add_column(sa.Column('act_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_history_act_id_act'), 'act', ['act_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('history', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_history_act_id_act'), type_='foreignkey')
        batch_op.drop_column('act_id')
    op.drop_table('act')
