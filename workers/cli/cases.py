"""``renkei start``, ``cases``, ``case``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.history import history_output, history_rows
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, commander, json_option, run, show_json, show_table
from workers.domain.entities import Case
from workers.domain.jst import jst_date
from workers.domain.wareki import format_wareki
from workers.errors import RetryableError
from workers.usecases.close_case import state_name

if TYPE_CHECKING:
    from workers.wiring import Services


@command(
    short_help="入力ファイルから締結の案件を始めます。",
    help="CITY（市のコード）の締結の案件を、入力ファイルから始めて、案件番号を表示します。"
    "\n\nファイルの誤りは、始める前に行と項目を挙げて知らせます。",
)
@click.argument("city")
@click.option(
    "--input",
    "input_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="申出の入力ファイル（TOML）。",
)
@click.option("--case", "case_id", help="受け付けただけで始まっていない案件の番号。入力ファイルの代わりに指定します。")
@packs_option
@data_option
def start(
    *, city: str, input_file: Path | None, case_id: str | None, packs: tuple[Path, ...], data: Path | None
) -> None:
    """File the case, start its process instance, print the case id."""
    if (input_file is None) == (case_id is None):
        raise click.UsageError("--input か --case のどちらか1つを指定してください", click.get_current_context())

    async def work(services: Services) -> str:
        known = case_id or await file_input(services, city, input_file or Path())
        await start_instance(services, city, known)
        return known

    click.echo(run(command_settings(data, packs), work))


async def file_input(services: Services, code: str, input_file: Path) -> str:
    """Put the case of an input file into the registry and return its id; no process instance exists yet.

    Raises InputErrors before anything is written when the file has mistakes.
    """
    from workers.cli.attaching import store_file
    from workers.readers.offerfile import read_offer
    from workers.usecases.open_case import file_case

    city = services.packs.city(code)
    offer = read_offer(input_file, city, services.clock.today())
    async with services.open_unit() as uow:
        uow.by = commander()
        case = await file_case(uow, city, offer)
        for path in offer.attachments:
            await store_file(uow, case.id, Path(path))
    return case.id


async def start_instance(services: Services, code: str, case_id: str) -> None:
    """Start an instance that will claim a filed case; a second one ends at "already started".

    Raises RetryableError, naming how to go on, when the engine does not answer or does not know the process.
    """
    from workers.adapters.camunda.rest import UnknownProcessError
    from workers.adapters.camunda.starting import start_case

    city = services.packs.city(code)
    async with services.open_unit() as uow:
        await uow.cases.get(case_id)
    try:
        await start_case(services.settings, city.signing_process, case_id)
    except UnknownProcessError as error:
        raise RetryableError(_not_started(case_id, code, f"先に renkei deploy {code} で配備してください")) from error
    except RetryableError as error:
        raise RetryableError(_not_started(case_id, code, "Camunda につながりません（renkei status）")) from error


def _not_started(case_id: str, code: str, why: str) -> str:
    return (
        f"案件 {case_id} は受け付けましたが、まだ始まっていません。{why}。続きは renkei start {code} --case {case_id}"
    )


@command(short_help="案件の一覧を表示します。", help="案件の一覧を、新しいものから表示します。")
@click.option("--city", help="市のコード。省くとすべての市。")
@json_option
@packs_option
@data_option
def cases(*, city: str | None, as_json: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """List the cases."""

    async def work(services: Services) -> list[dict[str, Any]]:
        async with services.open_unit() as uow:
            found = await uow.cases.all(city=city)
        return [{**_summary(case), "procedure": services.packs.process_name(case.process_id)} for case in found]

    found = run(command_settings(data, packs), work)
    if as_json:
        show_json(found)
        return
    rows = [(row["id"], row["procedure"], row["partner"] or "", row["opened"], row["outcome_name"]) for row in found]
    show_table(("案件", "手続", "企業等", "開始", "状態"), rows, empty="案件はまだありません", whole=("案件",))


def _summary(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "city": case.city,
        "partner": case.partner.name if case.partner else None,
        "opened_on": case.opened_on.isoformat(),
        "opened": format_wareki(case.opened_on),
        "outcome": case.outcome.value if case.outcome else None,
        "outcome_name": state_name(case),
        "closed_on": case.closed_on.isoformat() if case.closed_on else None,
        "process_instance_key": case.process_instance_key,
    }


@command(
    name="case",
    short_help="案件の経過、照会、文書、協定を表示します。",
    help="案件の経過（だれが、いつ、何をしたか）、照会の状況、文書、協定を表示します。"
    "\n\n--csv と --xlsx を付けると、経過だけを書き出します。",
)
@click.argument("case_id", metavar="案件番号")
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    help="文書と、経過を書いた Excel のファイルを、このフォルダーに書き出します。",
)
@click.option("--csv", "as_csv", is_flag=True, help="経過を CSV で標準出力に書きます。")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="経過を Excel のファイルに書きます。")
@json_option
@data_option
def case_command(  # noqa: PLR0913 (one parameter an option)
    *, case_id: str, save: Path | None, as_csv: bool, xlsx: Path | None, as_json: bool, data: Path | None
) -> None:
    """Show one case (ALL-15)."""

    async def work(services: Services) -> dict[str, Any]:
        if save is not None:
            await save_documents(services, case_id, save)
        return await describe(services, case_id)

    found = run(command_settings(data), work)
    history = history_output(found["history"])
    if save is not None:
        history.save(save / f"経過_{found['id']}.xlsx")
    if as_csv or xlsx is not None:
        history.show(as_csv=as_csv, xlsx=xlsx)
        return
    if as_json:
        show_json(found)
        return
    _show(found)


def _show(found: dict[str, Any]) -> None:
    click.echo(f"{found['id']}  {found['partner']}  {found['outcome_name']}")
    for line in found["history"]:
        click.echo(f"  {line['at']}  {line['who']}  {line['what']}")
    for survey in found["surveys"]:
        click.echo(f"照会 {survey['id']}（期限 {survey['due_on']}）")
        for row in survey["departments"]:
            click.echo(f"  {row['name']}: {row['status']}")
    for document in found["documents"]:
        click.echo(f"文書 {document['name']}（{document['made']}、{document['size']} バイト）")
    if found["agreement"]:
        click.echo(f"協定 {found['agreement']['title']}（{found['agreement']['expires']}まで）")


async def describe(services: Services, case_id: str) -> dict[str, Any]:
    """Return all that the registry knows of a case, without contact data."""
    async with services.open_unit() as uow:
        case = await uow.cases.get(case_id)
        agreement = await uow.agreements.of_case(case_id)

        from workers.jobs.forms.surveyresult import status_rows

        return {
            **_summary(case),
            "history": history_rows(await uow.history.of_case(case_id)),
            "surveys": [
                {
                    "id": survey.id,
                    "due_on": survey.due_on.isoformat(),
                    "closed_at": survey.closed_at,
                    "departments": status_rows(survey),
                }
                for survey in await uow.surveys.of_case(case_id)
            ],
            "documents": [
                {
                    "name": d.name,
                    "kind": d.kind,
                    "size": d.size,
                    "sha256": d.sha256,
                    "draft": d.draft,
                    "made": format_wareki(jst_date(d.created_at)),
                }
                for d in await uow.documents.of_case(case_id)
            ],
            "agreement": {
                "id": agreement.id,
                "title": agreement.title,
                "signed_on": agreement.signed_on.isoformat(),
                "expires_on": None if agreement.current_term.endless else agreement.current_term.expires_on.isoformat(),
                "expires": format_wareki(agreement.current_term.expires_on),
            }
            if agreement
            else None,
        }


async def save_documents(services: Services, case_id: str, folder: Path) -> list[Path]:
    """Write a case's documents into a folder under their names and return the paths."""
    paths: dict[Path, None] = {}
    async with services.open_unit() as uow:
        await uow.cases.get(case_id)
        folder.mkdir(parents=True, exist_ok=True)
        for document in await uow.documents.of_case(case_id):
            path = folder / Path(document.name).name
            path.write_bytes(await uow.documents.read(document))
            paths[path] = None
    return list(paths)


commands = (start, cases, case_command)
