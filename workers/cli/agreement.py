"""``renkei agreement``: one agreement with its terms, versions, projects and procedures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run, show_json
from workers.domain.fiscal import format_fiscal_year
from workers.domain.wareki import format_wareki
from workers.usecases.close_case import state_name
from workers.wiring import Services


@command(
    short_help="1件の協定の期、版、連携事業、手続を表示します。",
    help="1件の協定について、期（更新）、版（変更）、更新しない旨の申出、連携事業、手続を表示します。",
)
@click.argument("agreement_id", metavar="協定番号")
@json_option
@packs_option
@data_option
def agreement(*, agreement_id: str, as_json: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """Show one agreement."""

    async def work(services: Services) -> dict[str, Any]:
        return await describe_agreement(services, agreement_id)

    found = run(command_settings(data, packs), work)
    if as_json:
        show_json(found)
        return
    click.echo(f"{found['id']}  {found['title']}（{found['partner']}、{found['signed']}締結）")
    for heading, key in (("期", "terms"), ("版", "versions"), ("申出", "notices"), ("事業", "activities")):
        for line in found[key]:
            click.echo(f"{heading} {line['text']}")
    for line in found["procedures"]:
        click.echo(f"手続 {line['id']}  {line['text']}")
    if found["ended"]:
        click.echo(f"終了 {found['ended']}")


async def describe_agreement(services: Services, agreement_id: str) -> dict[str, Any]:
    """Return what the register knows of an agreement (ALL-6); raises InputError for an unknown one."""
    async with services.open_unit() as uow:
        found = await uow.agreements.get(agreement_id)
        activities = await uow.activities.of_agreement(found.id)
        notices = await uow.agreements.notices(found.id)
        procedures = await uow.cases.of_agreement(found.id)
    return {
        "id": found.id,
        "number": found.number,
        "city": found.city,
        "title": found.title,
        "partner": found.partner.name if found.partner else "、".join(found.parties),
        "signed": format_wareki(found.signed_on),
        "signed_on": found.signed_on,
        "whole_guideline": found.whole_guideline,
        "terms": [
            {
                "number": term.number,
                "starts_on": term.starts_on,
                "expires_on": term.expires_on,
                "notice_deadline": term.notice_deadline,
                "reversed_on": term.reversed_on,
                "text": f"第{term.number}期 {format_wareki(term.starts_on)}から{format_wareki(term.expires_on)}まで"
                + ("" if term.counts else "（取り消した更新）"),
            }
            for term in found.terms
        ],
        "versions": [
            {
                "number": version.number,
                "effective_on": version.effective_on,
                "title": version.title,
                "fields": list(version.fields),
                "expires_on": version.expires_on,
                "case_id": version.case_id,
                "text": f"第{version.number}版 {format_wareki(version.effective_on)}から {version.title}",
            }
            for version in found.versions
        ],
        "notices": [
            {
                "side": notice.side.value,
                "received_on": notice.received_on,
                "withdrawn_on": notice.withdrawn_on,
                "text": f"第{notice.term_number}期 {format_wareki(notice.received_on)}に受領",
            }
            for notice in notices
        ],
        "activities": [
            {
                "fiscal_year": activity.fiscal_year,
                "field": activity.field,
                "title": activity.title,
                "department": activity.department,
                "status": activity.status.value,
                "text": f"{format_fiscal_year(activity.fiscal_year)} {activity.title}",
            }
            for activity in activities
        ],
        "procedures": [
            {
                "id": case.id,
                "kind": case.kind.value,
                "period": case.period,
                "outcome": case.outcome.value if case.outcome else None,
                "text": f"{services.packs.process_name(case.process_id)}  {state_name(case)}",
            }
            for case in procedures
        ],
        "ended": format_wareki(found.ended_on) if found.ended_on else None,
        "ended_on": found.ended_on,
        "end": found.end.value if found.end else None,
    }


commands = (agreement,)
