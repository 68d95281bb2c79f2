"""``renkei agreements`` and ``renkei agreement``: the register."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run
from workers.cli.tables import Output
from workers.domain.agreementtext import KIND_NAMES
from workers.domain.bookrows import COLUMNS, CONTACT_COLUMNS
from workers.domain.cities import City
from workers.domain.fiscal import fiscal_year
from workers.domain.register import STATE_NAMES, BookOrder, BookQuery, BookState, RegisterEntry, RegisterQuery
from workers.domain.wareki import parse_date
from workers.usecases.book_table import book_table

if TYPE_CHECKING:
    from workers.wiring import Services

_SCREEN = ("id", "title", "partner", "signed", "expires", "notice", "fields")
_COUNT_COLUMNS = (("group", "区分"), ("name", "内訳"), ("agreements", "協定の数"))


@command(
    short_help="協定を探して一覧を表示します。",
    help="ある日に効力のある協定の一覧を表示します。日付は 令和8年4月1日 でも 2026-04-01 でも書けます。"
    "\n\n--search は、相手方・協定名・番号の一部で探します。"
    "全角と半角、ひらがなとカタカナ、株式会社・(株)・㈱ の違いは区別しません。"
    "\n\n--since と --until は締結日です。--count を付けると、区分ごとの数になります。"
    "\n\n--csv と --xlsx の一覧は、renkei import でそのまま取り込めます。"
    "相手方の担当者や連絡先も移すときは --contacts を付けます。",
)
@click.option("--on", "on", help="この日に効力のある協定（省くと今日）。")
@click.option("--search", default="", help="相手方・協定名・番号の一部。空白で区切ると、すべてを含むもの。")
@click.option(
    "--state",
    type=click.Choice([state.value for state in BookState]),
    default=BookState.IN_FORCE.value,
    help="--on の日の状態。" + "、".join(f"{state.value}（{name}）" for state, name in STATE_NAMES.items()),
)
@click.option("--since", help="この日以降に締結した協定だけ。")
@click.option("--until", help="この日以前に締結した協定だけ。")
@click.option("--city", help="市のコード。省くとすべての市。")
@click.option("--field", type=int, help="連携事項の番号。")
@click.option("--partner-kind", default="", help="相手方の種別。")
@click.option("--trade", default="", help="業種。")
@click.option("--department", default="", help="契約した課のコード（departments.csv）。所管課は office。")
@click.option("--kind", type=click.Choice(list(KIND_NAMES)), help="協定の形態（包括・個別・協働）。")
@click.option(
    "--order",
    type=click.Choice([order.value for order in BookOrder]),
    default=BookOrder.SIGNED.value,
    help="並べる順。signed（締結の古い順）、newest（締結の新しい順）、last-day（満了の近い順）。",
)
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
    search: str,
    state: str,
    since: str | None,
    until: str | None,
    city: str | None,
    field: int | None,
    partner_kind: str,
    trade: str,
    department: str,
    kind: str | None,
    order: str,
    count: bool,
    contacts: bool,
    as_csv: bool,
    xlsx: Path | None,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> None:
    """List the agreements that match on a day."""
    day = parse_date(on, "--on") if on else None
    signed_since = parse_date(since, "--since") if since else None
    signed_until = parse_date(until, "--until") if until else None

    async def work(services: Services) -> Output:
        asked = day or services.clock.today()
        if city is not None:
            check_choices(services.packs.city(city), field, department)
        query = BookQuery(
            on=asked,
            words=search,
            state=BookState(state),
            since=signed_since,
            until=signed_until,
            cities=None if city is None else (city,),
            field=field,
            partner_kind=partner_kind,
            trade=trade,
            department=department,
            kind=kind or "",
            order=BookOrder(order),
        )
        async with services.open_book() as book:
            found = [entry async for entry in book.entries(query)]
        if count:
            return _counted(services, found, asked)
        async with services.open_register() as register:
            rows = await book_table(register, services.packs.city, found, asked)
        columns = (*COLUMNS, *CONTACT_COLUMNS) if contacts else COLUMNS
        return Output(title="協定", columns=columns, rows=rows, empty="協定はありません", screen=_SCREEN)

    run(command_settings(data, packs), work).show(as_csv=as_csv, xlsx=xlsx, as_json=as_json)


async def entries(services: Services, query: RegisterQuery) -> list[RegisterEntry]:
    """Return the agreements that match (ASA-7)."""
    async with services.open_register() as register:
        return [entry async for entry in register.entries(query)]


def check_choices(city: City, field: int | None, department: str) -> None:
    """Raise InputError for a field or department that the city does not have: an empty list would mislead."""
    if field is not None:
        city.field_name(field)
    if department not in {"", "office"}:
        city.department(department)


def _counted(services: Services, found: list[RegisterEntry], day: date) -> Output:
    from workers.usecases.statistics import GROUPS, count_by_group

    cities = {code: services.packs.city(code) for code in sorted({entry.city for entry in found})}
    rows = [
        {"group": GROUPS[row.group], "key": row.key, "name": row.name, "agreements": row.counts.agreements}
        for row in count_by_group(found, cities, fiscal_year(day))
    ]
    return Output(title="協定の数", columns=_COUNT_COLUMNS, rows=rows, empty="協定はありません")


commands = (agreements,)
