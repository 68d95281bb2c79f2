"""``renkei agreements`` and ``renkei agreement``: the register."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run
from workers.cli.tables import Output
from workers.domain.agreements import AgreementEnd
from workers.domain.agreementtext import KIND_NAMES
from workers.domain.cities import City
from workers.domain.fiscal import fiscal_year
from workers.domain.register import RegisterEntry, RegisterQuery
from workers.domain.wareki import NEVER, format_wareki, parse_date

if TYPE_CHECKING:
    from workers.wiring import Services

_COLUMNS = (
    ("id", "協定番号"),
    ("number", "番号"),
    ("title", "協定名"),
    ("partner", "相手方"),
    ("partner_kind", "相手方の種別"),
    ("trade", "業種"),
    ("signed", "締結日"),
    ("starts", "有効期間の始まり"),
    ("expires", "満了日"),
    ("notice", "申出の期限"),
    ("fields", "連携事項"),
    ("department_name", "所管"),
    ("kind_name", "形態"),
    ("renews", "更新の定め"),
    ("renewal_years", "更新の年数"),
    ("notice_months", "申出の月数"),
    ("old_rules", "旧要綱"),
    ("other_parties", "ほかの当事者"),
    ("ended", "終了日"),
    ("end_name", "終了の理由"),
    ("remark", "備考"),
    ("signed_on", "締結日_ISO"),
    ("starts_on", "有効期間の始まり_ISO"),
    ("expires_on", "満了日_ISO"),
)
_CONTACTS = (
    ("representative", "代表者"),
    ("contact", "担当者"),
    ("email", "メール"),
    ("phone", "電話"),
    ("address", "所在地"),
    ("corporate_number", "法人番号"),
)
_ENDS = {AgreementEnd.EXPIRED: "満了", AgreementEnd.TERMINATED: "解除"}
_SCREEN = ("id", "title", "partner", "signed", "expires", "notice", "fields")
_COUNT_COLUMNS = (("group", "区分"), ("name", "内訳"), ("agreements", "協定の数"))


@command(
    short_help="効力のある協定の一覧を表示します。",
    help="ある日に効力のある協定の一覧を表示します。日付は 令和8年4月1日 でも 2026-04-01 でも書けます。"
    "\n\n--since を付けると、その日以降に締結したものだけになります。--count を付けると、区分ごとの数になります。"
    "\n\n--csv と --xlsx の一覧は、renkei import でそのまま取り込めます。"
    "相手方の担当者や連絡先も移すときは --contacts を付けます。",
)
@click.option("--on", "on", help="この日に効力のある協定（省くと今日）。")
@click.option("--since", help="この日以降に締結した協定だけ。")
@click.option("--city", help="市のコード。省くとすべての市。")
@click.option("--field", type=int, help="連携事項の番号。")
@click.option("--partner-kind", default="", help="相手方の種別。")
@click.option("--trade", default="", help="業種。")
@click.option("--department", default="", help="契約した課のコード（departments.csv）。所管課は office。")
@click.option("--kind", type=click.Choice(list(KIND_NAMES)), help="協定の形態（包括・個別・協働）。")
@click.option("--count", is_flag=True, help="一覧の代わりに、区分ごとの協定の数を表示します。")
@click.option("--contacts", is_flag=True, help="相手方の代表者、担当者、連絡先の列も付けます（個人情報を含みます）。")
@click.option("--csv", "as_csv", is_flag=True, help="CSV で標準出力に書きます。")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Excel のファイルに書きます。")
@json_option
@packs_option
@data_option
def agreements(  # noqa: PLR0913 (one parameter an option)
    *,
    on: str | None,
    since: str | None,
    city: str | None,
    field: int | None,
    partner_kind: str,
    trade: str,
    department: str,
    kind: str | None,
    count: bool,
    contacts: bool,
    as_csv: bool,
    xlsx: Path | None,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> None:
    """List the agreements in force on a day."""
    day = parse_date(on, "--on") if on else None
    signed_since = parse_date(since, "--since") if since else None

    async def work(services: Services) -> Output:
        asked = day or services.clock.today()
        if city is not None:
            _check_choices(services.packs.city(city), field, department)
        query = RegisterQuery(
            first=asked,
            last=asked,
            since=signed_since,
            city=city,
            field=field,
            partner_kind=partner_kind,
            trade=trade,
            department=department,
            kind=kind or "",
        )
        found = await entries(services, query)
        return _counted(services, found, asked) if count else await _listed(services, found, contacts=contacts)

    run(command_settings(data, packs), work).show(as_csv=as_csv, xlsx=xlsx, as_json=as_json)


async def entries(services: Services, query: RegisterQuery) -> list[RegisterEntry]:
    """Return the agreements that match (ASA-7)."""
    async with services.open_register() as register:
        return [entry async for entry in register.entries(query)]


def _check_choices(city: City, field: int | None, department: str) -> None:
    """Raise InputError for a field or department that the city does not have: an empty list would mislead."""
    if field is not None:
        city.field_name(field)
    if department not in {"", "office"}:
        city.department(department)


async def _listed(services: Services, found: list[RegisterEntry], *, contacts: bool) -> Output:
    beside = await _beside(services, found)
    rows = [entry_row(entry, services.packs.city(entry.city)) | beside[entry.id] for entry in found]
    columns = (*_COLUMNS, *_CONTACTS) if contacts else _COLUMNS
    return Output(title="協定", columns=columns, rows=rows, empty="協定はありません", screen=_SCREEN)


async def _beside(services: Services, found: list[RegisterEntry]) -> dict[str, dict[str, str]]:
    """Return what else a list can hold of agreements, by id: other parties, remarks, the partner's contacts."""
    by_city: dict[str, list[str]] = {}
    for entry in found:
        by_city.setdefault(entry.city, []).append(entry.id)
    beside: dict[str, dict[str, str]] = {}
    async with services.open_register() as register:
        for code, ids in by_city.items():
            ours = services.packs.city(code).signatory.name
            for known in await register.known_ids(code, ids):
                others = [name for name in known.parties if name not in {known.partner.name, ours}]
                beside[known.id] = {
                    "other_parties": "、".join(others),
                    "ended": format_wareki(known.ended_on) if known.ended_on else "",
                    "end_name": _ENDS[known.end] if known.end else "",
                    "remark": known.remark,
                    **{key: getattr(known.partner, key) for key, _heading in _CONTACTS},
                }
    return beside


def _counted(services: Services, found: list[RegisterEntry], day: date) -> Output:
    from workers.usecases.statistics import GROUPS, count_by_group

    cities = {code: services.packs.city(code) for code in sorted({entry.city for entry in found})}
    rows = [
        {"group": GROUPS[row.group], "key": row.key, "name": row.name, "agreements": row.counts.agreements}
        for row in count_by_group(found, cities, fiscal_year(day))
    ]
    return Output(title="協定の数", columns=_COUNT_COLUMNS, rows=rows, empty="協定はありません")


def entry_row(entry: RegisterEntry, city: City) -> dict[str, Any]:
    """Return an agreement as a row for the screen and for files, dates in wareki and ISO (ASA-7)."""
    department = next((d.name for d in city.departments if d.code == entry.department), city.office.section)
    return {
        "id": entry.id,
        "number": entry.number,
        "city": entry.city,
        "title": entry.title,
        "partner": entry.partner,
        "partner_kind": entry.partner_kind,
        "trade": entry.trade,
        "signed": format_wareki(entry.signed_on),
        "signed_on": entry.signed_on.isoformat(),
        "term": entry.term_number,
        "starts": format_wareki(entry.starts_on),
        "starts_on": entry.starts_on.isoformat(),
        "expires": format_wareki(entry.expires_on),
        "expires_on": None if entry.expires_on == NEVER else entry.expires_on.isoformat(),
        "notice": format_wareki(entry.notice_deadline) if entry.notice_deadline else "",
        "fields": "、".join(city.field_name(number) for number in entry.fields),
        "field_numbers": list(entry.fields),
        "department": entry.department,
        "department_name": department,
        "kind": entry.kind,
        "kind_name": KIND_NAMES.get(entry.kind, entry.kind),
        "renewal_years": entry.renewal_years,
        "notice_months": entry.notice_months,
        "renews": "" if entry.renews is None else "あり" if entry.renews else "なし",
        "old_rules": "" if entry.whole_guideline else "○",
    }


commands = (agreements,)
