"""A mail that the office sees before it leaves can be taken back, or the diagram says why not (ALL-2, ALL-22)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.model import Diagram, Element, caught_errors, extension, extensions
from workers.packs.stepways import BACK, NONE

MAIL: Final = "common-partner-mail"
RETURNED: Final = "mail-returned"
"""The code of the error with which that process ends when the office goes back."""
_RULE: Final = "mail-back"
_MAY_RETURN: Final = "mailMayReturn"


def mail_back(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Each call of the mail's review offers to go back and has somewhere to go, or says why it does not."""
    for call in diagram.all("callActivity"):
        called = extension(call, "calledElement")
        if called is not None and called.get("processId") == MAIL and (why := _wrong(diagram, context, call)):
            yield report(diagram, call, _RULE, f"{name_of(call)}: {why}", about={_MAY_RETURN})


def _wrong(diagram: Diagram, context: Context, call: Element) -> str:
    offers, reason = may_return(call), no_way_back(call)
    if offers != "true" and not reason:
        return (
            f"送らずに前の手順に戻れません（{_MAY_RETURN} が ={offers}）。境界エラーイベントで戻り先をつなぎ、"
            f"{_MAY_RETURN} を =true にしてください。戻れないときは、拡張プロパティ {BACK} に「{NONE} 理由」と書きます"
        )
    if offers == "true" and reason:
        return f"前の手順に戻れるのに、拡張プロパティ {BACK} に戻れない理由があります"
    if offers != "false" and not _is_caught(diagram, context, call):
        return (
            f"「送らずに前の手順に戻る」を選んでも戻り先がありません。境界エラーイベント（{RETURNED}）を付けてください"
        )
    return ""


def may_return(call: Element) -> str:
    """Return the expression (without ``=``) that says whether the office may take this mail back."""
    inputs = extensions(call, "zeebe:ioMapping/zeebe:input")
    found = [i.get("source") or "" for i in inputs if i.get("target") == _MAY_RETURN]
    return found[-1].removeprefix("=").strip() if found else "false"


def no_way_back(call: Element) -> str:
    """Return the reason that the diagram gives why nobody goes back from this mail; empty without one."""
    found = extensions(call, "zeebe:properties/zeebe:property")
    values = [(entry.get("value") or "").strip() for entry in found if entry.get("name") == BACK]
    return values[0].removeprefix(NONE).strip() if values and values[0].startswith(NONE) else ""


def _is_caught(diagram: Diagram, context: Context, call: Element) -> bool:
    if RETURNED in caught_errors(diagram, call):
        return True
    processes = (process.get("id", "") for process in diagram.processes)
    return any(RETURNED in context.catalogue.caught.get(process, ()) for process in processes)
