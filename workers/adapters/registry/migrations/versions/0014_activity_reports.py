"""What was answered of a project for each fiscal year, so that one that runs over years stays one project"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('activity_report',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('activity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('planned', 'running', 'done', 'cancelled', name='activitystatus', native_enum=False, length=32), nullable=False),
    sa.Column('result', sa.String(), nullable=False),
    sa.Column('partner_result', sa.String(), nullable=False),
    sa.Column('evaluation', sa.String(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_activity_report_activity_id_activity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity_report')),
    sa.UniqueConstraint('activity_id', 'fiscal_year', name=op.f('uq_activity_report_activity_id_fiscal_year'))
    )
    # What was reported until now was reported for the year of the project.
    op.execute(
        "INSERT INTO activity_report (activity_id, fiscal_year, status, result, partner_result, evaluation, reported_at) "
        "SELECT id, fiscal_year, status, result, '', evaluation, reported_at FROM activity "
        "WHERE reported_at IS NOT NULL OR result <> ''"
    )


def downgrade() -> None:
    op.drop_table('activity_report')
