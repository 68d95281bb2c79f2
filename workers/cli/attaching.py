"""``renkei attach``: files of a case; with ``--read`` a partner's form, whose values go into the open task (ALL-17)."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, commander, run
from workers.domain.answers import ATTACHMENT_KIND
from workers.errors import InputError, InputErrors, RetryableError
from workers.usecases.answer_workbooks import RECEIVED, TakenFile, note_taken, take_file
from workers.usecases.filed_answers import keep_filed
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork

if TYPE_CHECKING:
    from workers.adapters.camunda.open_tasks import OpenTask
    from workers.domain.entities import Document
    from workers.runtime.answertasks import AnswerTasks
    from workers.wiring import Services


@dataclass(frozen=True)
class Entered:
    """A file whose values stand in a task."""

    file: TakenFile
    task: OpenTask
    task_name: str


@command(
    short_help="案件にファイルを添付します。--read で相手方の様式を読みます。",
    help="案件にファイルを添付します。変数には番号だけが入ります。\n\n"
    "--read を付けると、相手方がメールで返してきた様式（Excel）を読み、開いている作業の画面に入れます。"
    "画面を開いて確かめてから送ってください。読めないところは、セルを挙げて知らせます。",
)
@click.argument("case_id", metavar="案件番号")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--read", "read_it", is_flag=True, help="相手方の様式として読み、作業の画面に入れます。")
@click.option(
    "--task", "task", default="", metavar="ID", help="作業がいくつか開いているときの、作業の番号か要素の ID。"
)
@packs_option
@data_option
def attach(  # noqa: PLR0913 (the command's options)
    *, case_id: str, files: tuple[Path, ...], read_it: bool, task: str, packs: tuple[Path, ...], data: Path | None
) -> None:
    """Keep files with a case, and read one of them."""
    if task and not read_it:
        raise click.UsageError("--task は --read と一緒に使います", click.get_current_context())
    settings = command_settings(data, packs)
    stored: list[Document] = []

    async def keep(services: Services) -> None:
        async with services.open_unit() as uow:
            uow.by = commander()
            await uow.cases.get(case_id)
            kind = RECEIVED if read_it else ATTACHMENT_KIND
            stored.extend([await store_file(uow, case_id, path, kind=kind) for path in files])

    async def enter(services: Services) -> Entered:
        from workers.adapters.camunda.instances import Instances
        from workers.adapters.camunda.open_tasks import OpenTasks
        from workers.adapters.camunda.rest import RestClient
        from workers.adapters.camunda.tasklist import Tasklist
        from workers.runtime.answertasks import AnswerTasks

        if len(files) > 1:
            raise InputError("--read", "ファイルが2つ以上あります。読む様式は1つずつ指定してください（添付はしました）")
        async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
            tasks = AnswerTasks(OpenTasks(rest, tasklist), Instances(rest, tasklist))
            return await enter_file(services, tasks, stored[0], wanted=task)

    run(settings, keep)
    click.echo(f"{case_id} に {len(files)} 件を添付しました")
    if read_it:
        _report(run(settings, enter))


def _report(entered: Entered) -> None:
    click.echo(
        f"「{entered.file.title}」を読み、作業「{entered.task_name}」の画面に入れました。画面を開いて確かめてください"
    )
    if entered.file.answer.problems:
        where = entered.file.name
        count = len(entered.file.answer.problems)
        errors = [InputError(where, problem) for problem in entered.file.answer.problems]
        raise InputErrors(
            [InputError(where, f"次の{count}件は読めないか足りません（読めたところは入れました）"), *errors]
        )


async def enter_file(services: Services, tasks: AnswerTasks, document: Document, *, wanted: str = "") -> Entered:
    """Read a partner's file that is kept with a case and put its values into the case's open task.

    Raises InputError for a file that is not the form that was last sent for this case, where no task waits for it, and
    where the step was done before: the file is kept beside that answer then, as a task of the office.
    """
    from workers.runtime.secondfiles import SecondFiles

    case_id = document.case_id
    async with services.open_unit() as uow:
        begun, city = uow.clock.now(), (await uow.cases.get(case_id)).city
        taken = await take_file(uow, document)
    elements = services.packs.tasks_with_form(city, taken.form)
    second = SecondFiles(services.open_unit, taken, commander())
    await second.refuse_waiting(elements)
    try:
        task = await tasks.find(case_id, elements, wanted)
    except InputError:
        await second.refuse_done(elements, taken.sent_at)
        raise
    try:
        await tasks.fill(task, taken.answer)
    except RetryableError:
        await second.refuse_done([task.element_id], begun)
        raise
    name = elements[task.element_id]
    async with services.open_unit() as uow:
        uow.by = commander()
        await note_taken(uow, case_id, taken, name)
        await keep_filed(uow, case_id, task.element_id, taken)
    await second.refuse_done([task.element_id], begun)
    return Entered(taken, task, name)


async def store_file(uow: UnitOfWork, case_id: str, path: Path, *, kind: str = ATTACHMENT_KIND) -> Document:
    """Keep a file with a case; raises InputError for one that cannot be read."""
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    document = await uow.documents.store(
        case_id=case_id, kind=kind, name=path.name, media_type=media_type, content=_content(path), draft=False
    )
    await note(uow, case_id, f"ファイルを添付した: {path.name}")
    return document


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), "読めません") from error


commands = (attach,)
