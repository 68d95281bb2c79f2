"""How agreements were signed, and which agreement each hangs on"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement_signing",
        sa.Column("agreement_id", sa.String(), nullable=False),
        sa.Column(
            "way", sa.Enum("paper", "electronic", name="signingway", native_enum=False, length=32), nullable=False
        ),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_signing_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement_signing")),
    )
    op.create_table(
        "agreement_parent",
        sa.Column("agreement_id", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_parent_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["agreement.id"], name=op.f("fk_agreement_parent_parent_id_agreement")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement_parent")),
    )
    op.create_index(op.f("ix_agreement_parent_parent_id"), "agreement_parent", ["parent_id"])


def downgrade() -> None:
    op.drop_table("agreement_parent")
    op.drop_table("agreement_signing")
