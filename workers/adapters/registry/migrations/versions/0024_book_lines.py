"""A line of the book for each agreement, made from those that are there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from workers.domain.searchwords import search_text

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None

_BATCH = 1000
_READ = sa.text("""
    SELECT a.id, a.city, a.signed_on, a.kind, a.department, a.partner_kind, a.trade, a.title, a.number, a.parties,
        a.fields, a.ended_on, a."end", p.name,
        (SELECT min(starts_on) FROM agreement_term t WHERE t.agreement_id = a.id AND t.reversed_on IS NULL) AS first_day,
        (SELECT max(expires_on) FROM agreement_term t WHERE t.agreement_id = a.id AND t.reversed_on IS NULL) AS last_day,
        EXISTS (SELECT 1 FROM agreement_version v WHERE v.agreement_id = a.id) AS amended
    FROM agreement a LEFT JOIN partner p ON p.id = a.partner_id
    WHERE a.id > :after ORDER BY a.id LIMIT :batch
""").columns(
    signed_on=sa.Date, ended_on=sa.Date, first_day=sa.Date, last_day=sa.Date, parties=sa.JSON, fields=sa.JSON
)


def upgrade() -> None:
    table = op.create_table(
        "book_line",
        sa.Column("agreement_id", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("end", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("partner_kind", sa.String(), nullable=False),
        sa.Column("trade", sa.String(), nullable=False),
        sa.Column("fields", sa.String(), nullable=False),
        sa.Column("amended", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"],
            ["agreement.id"],
            name=op.f("fk_book_line_agreement_id_agreement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_book_line")),
    )
    whole = ("city", "signed_on", "place", "first_day", "last_day", "end", "kind", "department")
    op.create_index(
        "ix_book_line_whole", "book_line", [*whole, "partner_kind", "trade", "fields", "amended", "agreement_id"]
    )
    after = ""
    while rows := op.get_bind().execute(_READ, {"after": after, "batch": _BATCH}).mappings().all():
        op.bulk_insert(table, [_line(row) for row in rows if row["first_day"]])
        after = rows[-1]["id"]


def _line(row: Any) -> dict[str, Any]:
    copied = ("city", "signed_on", "first_day", "end", "kind", "department", "partner_kind", "trade")
    numbers = ",".join(map(str, row["fields"]))
    texts = (row["name"] or "", *row["parties"], row["title"], row["number"] or "", row["id"])
    return {
        "agreement_id": row["id"],
        **{name: row[name] for name in copied},
        "place": int(row["id"].rpartition("-a")[2]),
        "last_day": min(row["last_day"], row["ended_on"] or row["last_day"]),
        "fields": f",{numbers},",
        "amended": bool(row["amended"]),
        "words": search_text(texts),
    }


def downgrade() -> None:
    op.drop_table("book_line")
