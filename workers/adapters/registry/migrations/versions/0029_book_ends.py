"""The book's lines in the order in which agreements end"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_book_line_ends", "book_line", ["city", "last_day", "place", "first_day", "end", "agreement_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_book_line_ends", "book_line")
