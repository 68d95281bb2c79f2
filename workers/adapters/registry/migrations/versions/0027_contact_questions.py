"""When the partner of an agreement is asked to confirm its contacts"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agreement", sa.Column("contacts_due_on", sa.Date(), nullable=True))
    op.create_index(op.f("ix_agreement_contacts_due_on"), "agreement", ["contacts_due_on"], unique=False)
    agreement = sa.table("agreement", sa.column("contacts_due_on", sa.Date()), sa.column("ended_on", sa.Date()))
    # Those that have not ended wait for the day on which their city begins to ask: the watch brings it forward.
    op.execute(sa.update(agreement).where(agreement.c.ended_on.is_(None)).values(contacts_due_on=date.max))


def downgrade() -> None:
    op.drop_index(op.f("ix_agreement_contacts_due_on"), table_name="agreement")
    op.drop_column("agreement", "contacts_due_on")
