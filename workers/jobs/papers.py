"""Handlers that make documents and send mails: the two that a process owner adds to a diagram most often."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Any, Final

from workers.errors import PermanentError
from workers.jobs.catalog import Header, JobInput, job_type
from workers.jobs.forms.mail import draft_variables, read_addressee, read_decision
from workers.usecases.answer_workbooks import FORM_VALUES
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork
from workers.usecases.render_document import render_document
from workers.usecases.review_mail import finish_mail, prepare_mail
from workers.usecases.send_mail import RECIPIENTS, send_mail

_ALWAYS: dict[str, Any] = {"message": "", "failedConditions": [], "project": None}
"""Variables that mail templates may name although not every diagram sets them."""
_ANSWER_VALUES: Final = "answerValues"


@job_type(
    "render-document",
    label="文書を作る",
    headers=(
        Header(
            name="document",
            label="文書のひな形",
            required=True,
            offers="documents",
            help="いくつかを1度に作るときは、名前をコンマで区切ります",
        ),
        Header(name="title", label="文書の名前", help="コンマ区切りで、ひな形と同じ順に"),
        Header(name="draft", label="案の文字", choices={"yes": "「案」の文字を付ける", "no": "付けない"}),
        Header(
            name="per",
            label="だれの文書か",
            choices={"department": "タスクの課だけのもの", "activity": "タスクの事業だけのもの"},
            help="選ばなければ案件の文書です",
        ),
        Header(name="values", label="ひな形に渡す変数", help="コンマ区切りで"),
    ),
    timeout_seconds=120,
    shelf="mail",
)
async def handle_render_document(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Make the documents that the header names (ISE-F1 to ISE-F3, DAT-F1 to DAT-F6)."""
    job.header("document")
    department = None
    if job.headers.get("per") == "department":
        department = _department(job)
        if department is None:
            raise PermanentError(f"{job.ref.element_id}: 課ごとの文書ですが、変数 department に課がありません")
    for name, title in zip_longest(job.header_list("document"), job.header_list("title"), fillvalue=""):
        await render_document(
            uow,
            job.text("caseId"),
            name,
            title=title,
            draft=job.headers.get("draft") == "yes",
            values=_snake_names({key: job.variables.get(key) for key in job.header_list("values")}),
            department=department,
            activity=_snake_names(job.context("activity")) if job.headers.get("per") == "activity" else None,
        )
    return {}


@job_type(
    "send-mail",
    label="メールを送る",
    headers=(
        Header(name="template", label="メールのひな形", required=True, offers="mails"),
        Header(
            name="to",
            label="宛先",
            required=True,
            choices=RECIPIENTS,
        ),
        Header(
            name="attach",
            label="添付する文書",
            help="ひな形の名前をコンマ区切りで。課だけの文書は 名前@department、課や事業ごとの文書すべては 名前@all",
        ),
        Header(name="values", label="ひな形に渡す変数", help="コンマ区切りで"),
        Header(
            name="page",
            label="相手方がページで答えるタスク",
            help="図の ID。そのタスクに、拡張プロパティ page = partner を付けます",
        ),
    ),
    inputs=(
        Header(
            name="department",
            label="送る課",
            when=("to", ("department",)),
            help='={code: "課のコード"} の形で。空なら、タスクの課に送ります',
        ),
        Header(
            name="listed",
            label="送る課のコードの一覧",
            when=("to", ("listed-departments",)),
            help="空なら、案件の変数 listed の課に送ります",
        ),
        Header(
            name="chosen",
            label="選んだ事業",
            when=("to", ("project-departments",)),
            help="空なら、案件の変数 chosen の事業です",
        ),
    ),
    shelf="mail",
)
async def handle_send_mail(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Enqueue the mail that the headers describe (ALL-2).

    Raises PermanentError for a mail to the partner that the office has to see first: it never leaves unread.
    """
    await _check_routine(job, uow)
    values = {name: job.variables.get(name) or default for name, default in _ALWAYS.items()}
    values.update({name: job.variables.get(name) for name in job.header_list("values")})
    await send_mail(
        uow,
        job.text("caseId"),
        template=job.header("template"),
        to=job.header("to"),
        attach=job.header_list("attach"),
        values={
            **_snake_names({**values, "reason": values["message"]}),
            FORM_VALUES: job.variables.get(_ANSWER_VALUES),
        },
        department=_department(job),
        key=str(job.ref.element_instance_key),
        joint=_joint_departments(job),
        meeting_id=job.variables.get("meetingId"),
        page=job.headers.get("page", ""),
    )
    return {}


async def _check_routine(job: JobInput, uow: UnitOfWork) -> None:
    if job.header("to") not in {"partner", "meeting"}:
        return
    case = await uow.cases.get(job.text("caseId"))
    rule = uow.cities.city(case.city).mail(job.header("template"))
    if rule.review:
        raise PermanentError(
            f"「{rule.title}」は送る前に確かめるメールです。{job.ref.element_id} を、共通の部品"
            "「相手方へのメールを確かめて送る」の呼び出しに変えてください"
        )


@job_type(
    "prepare-mail",
    label="相手方へのメールの下書きを作る",
    writes=("mailDraft", "mailReview", "mailChoices", "mailDueAt", "formError"),
    shelf="mail",
    audience="common",
)
async def handle_prepare_mail(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Fill the template for the partner and keep it as a draft (ALL-2)."""
    given = job.variables.get("mailValues")
    own = {name: value for name, value in (given or {}).items() if value is not None or name not in _ALWAYS}
    values = {**_ALWAYS, **own}
    attach = job.variables.get("mailAttach") or []
    case, city = await case_and_city(uow, job.text("caseId"))
    draft, documents = await prepare_mail(
        uow,
        case.id,
        template=job.text("mailTemplate"),
        attach=[attach] if isinstance(attach, str) else [str(name) for name in attach],
        values={**_snake_names({**values, "reason": values["message"]}), FORM_VALUES: values.get(_ANSWER_VALUES)},
        key=str(job.variables.get("mailKey") or job.ref.process_instance_key),
        meeting_id=job.variables.get("meetingId"),
        to=read_addressee(job.variables.get("mailRecipient"), city),
        page=str(job.variables.get("mailPage") or ""),
    )
    title, may_return = city.mail(draft.template).title, job.variables.get("mailMayReturn") is True
    return draft_variables(draft, title, documents, uow.clock.today(), may_return=may_return)


@job_type(
    "send-reviewed-mail",
    label="相手方へのメールを、確かめたとおりに送る（または戻す）",
    writes=("mailOutcome", "mailDraft", "mailReply", "formError"),
    requires=(
        "mailReply.choice:どうするか,"
        "mailReply.subject:件名[mailReply.choice=send],"
        "mailReply.body:本文[mailReply.choice=send],"
        "mailReply.reason:理由[mailReply.choice!=|send]"
    ),
    checks_itself=True,
    by_person=True,
    shelf="mail",
    audience="common",
)
async def handle_send_reviewed_mail(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Send what the office left standing, or take the mail back (ALL-2)."""
    reviewed = job.variables.get("mailReview") is True
    outcome = await finish_mail(
        uow,
        int(job.context("mailDraft")["id"]),
        read_decision(job.context("mailReply")) if reviewed else None,
        may_return=job.variables.get("mailMayReturn") is True,
        page=str(job.variables.get("mailPage") or ""),
    )
    return {"mailOutcome": outcome.value, "mailDraft": None, "mailReply": None}


def _department(job: JobInput) -> str | None:
    """Return the code of the department that the task is about: ``department.code``, or that of project or activity."""
    for name, key in (("department", "code"), ("project", "department"), ("activity", "departmentCode")):
        value = job.variables.get(name)
        if isinstance(value, dict) and value.get(key):
            return str(value[key])
    return None


def _joint_departments(job: JobInput) -> list[str]:
    """Return the codes of all departments that share the task's project; empty where it is about no project."""
    project = job.variables.get("project")
    found = project.get("departments") if isinstance(project, dict) else None
    return [str(code) for code in found] if isinstance(found, list) else []


def _snake_names(value: Any) -> Any:
    """Return variables under the names that templates use: ``failedConditions`` becomes ``failed_conditions``."""
    if isinstance(value, dict):
        return {
            re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower(): _snake_names(part) for name, part in value.items()
        }
    if isinstance(value, list):
        return [_snake_names(part) for part in value]
    return value
