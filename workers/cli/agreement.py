"""``renkei agreement``: one agreement with its terms, versions, projects and procedures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.history import history_output, history_rows
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run, show_json
from workers.domain.fiscal import format_fiscal_year
from workers.domain.wareki import NEVER, format_wareki
from workers.usecases.close_case import state_name

if TYPE_CHECKING:
    from workers.wiring import Services


@command(
    short_help="1件の協定の期、版、連携事業、手続と、だれが何をしたかを表示します。",
    help="1件の協定について、期（更新）、版（変更）、更新しない旨の申出、連携事業、手続、経過（だれが、いつ、何をしたか）を表示します。"
    "\n\n--csv と --xlsx を付けると、締結からのすべての手続の経過を書き出します。",
)
@click.argument("agreement_id", metavar="協定番号")
@click.option("--csv", "as_csv", is_flag=True, help="経過を CSV で標準出力に書きます。")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="経過を Excel のファイルに書きます。")
@json_option
@packs_option
@data_option
def agreement(  # noqa: PLR0913 (one parameter an option)
    *, agreement_id: str, as_csv: bool, xlsx: Path | None, as_json: bool, packs: tuple[Path, ...], data: Path | None
) -> None:
    """Show one agreement."""

    async def work(services: Services) -> dict[str, Any]:
        return await describe_agreement(services, agreement_id)

    found = run(command_settings(data, packs), work)
    if as_csv or xlsx is not None:
        history_output(found["history"]).show(as_csv=as_csv, xlsx=xlsx)
        return
    if as_json:
        show_json(found)
        return
    click.echo(f"{found['id']}  {found['title']}（{found['partner']}、{found['signed']}締結）")
    for heading, key in (("期", "terms"), ("版", "versions"), ("申出", "notices"), ("事業", "activities")):
        for line in found[key]:
            click.echo(f"{heading} {line['text']}")
    for line in found["procedures"]:
        click.echo(f"手続 {line['id']}  {line['text']}")
    for line in found["history"]:
        click.echo(f"経過 {line['moment']}  {line['case']}  {line['who']}  {line['what']}")
    if found["ended"]:
        click.echo(f"終了 {found['ended']}")


async def describe_agreement(services: Services, agreement_id: str) -> dict[str, Any]:
    """Return what the register knows of an agreement (ALL-6); raises InputError for an unknown one."""
    async with services.open_unit() as uow:
        found = await uow.agreements.get(agreement_id)
        activities = await uow.activities.of_agreement(found.id)
        notices = await uow.agreements.notices(found.id)
        procedures = await uow.cases.of_agreement(found.id)
        numbers = dict.fromkeys([*([found.case_id] if found.case_id else []), *(case.id for case in procedures)])
        entries = [entry for number in numbers for entry in await uow.history.of_case(number)]
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
                "expires_on": None if term.endless else term.expires_on,
                "notice_deadline": term.notice_deadline,
                "reversed_on": term.reversed_on,
                "text": f"第{term.number}期 {term.in_words}" + ("" if term.counts else "（取り消した更新）"),
            }
            for term in found.terms
        ],
        "versions": [
            {
                "number": version.number,
                "effective_on": version.effective_on,
                "title": version.title,
                "fields": list(version.fields),
                "expires_on": None if version.expires_on == NEVER else version.expires_on,
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
        "history": history_rows(sorted(entries, key=lambda entry: entry.at)),
        "ended": format_wareki(found.ended_on) if found.ended_on else None,
        "ended_on": found.ended_on,
        "end": found.end.value if found.end else None,
    }


commands = (agreement,)
