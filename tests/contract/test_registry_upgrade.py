"""A registry of an earlier version keeps what is in it when the program brings it up to date."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, make_url, text

from tests.kit.registry import registry_at
from workers.adapters.registry import database
from workers.domain.entities import CaseKind

pytestmark = pytest.mark.asyncio

ROWS = (
    (
        "INSERT INTO partner (id, name, representative, contact, email, phone, address, corporate_number)"
        " VALUES (7, '株式会社さくら', '代表', '担当', 'a@partner.example.jp', '', '', '')"
    ),
    (
        'INSERT INTO "case" (id, city, process_id, opened_on, origin, partner_id, version)'
        " VALUES ('sakura-2026-0001', 'sakura', 'sakura-signing', '2026-06-01', 'partner', 7, 1)"
    ),
    (
        "INSERT INTO agreement (id, case_id, city, kind, title, signed_on, parties, fields, version)"
        " VALUES ('sakura-a1', 'sakura-2026-0001', 'sakura', 'comprehensive', '協定', '2026-06-10', '[]', '[1]', 1)"
    ),
    (
        "INSERT INTO agreement_term (agreement_id, number, starts_on, expires_on)"
        " VALUES ('sakura-a1', 1, '2026-06-10', '2027-03-31')"
    ),
)


async def test_the_first_version_s_agreements_get_their_case_s_partner(database_url: str, tmp_path: Path) -> None:
    await asyncio.to_thread(_fill_first_version, database_url)
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        agreement = await uow.agreements.get("sakura-a1")
        case = await uow.cases.get("sakura-2026-0001")
    assert agreement.partner is not None
    assert (agreement.partner.name, agreement.whole_guideline, agreement.renews) == ("株式会社さくら", True, None)
    assert len(agreement.terms) == 1
    assert (case.kind, case.agreement_id, case.period) == (CaseKind.SIGNING, None, "")


def _fill_first_version(url: str) -> None:
    target = make_url(url)
    driver = "sqlite" if target.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(target.set(drivername=driver))
    with engine.begin() as connection:
        _upgrade(connection)
        for row in ROWS:
            connection.execute(text(row))
    engine.dispose()


def _upgrade(connection: Connection) -> None:
    command.upgrade(database.alembic_config(connection), "0001")
