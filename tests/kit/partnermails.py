"""Every mail to a partner in every diagram: when it goes, and whether the office sees it before.

``python -m tests.kit.partnermails`` rewrites the table in docs/staff.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.lint.rules.mailways import MAIL, may_return, no_way_back
from workers.packs import CityPacks
from workers.packs.diagrams import model
from workers.packs.diagrams.model import Element, extension, extensions
from workers.packs.stepways import is_step
from workers.usecases.renewals import OCCASIONS

ROOT: Final = Path(__file__).parent.parent.parent
DOCUMENT: Final = ROOT / "docs" / "staff.md"
_BEGIN: Final = "<!-- 相手方へのメールの表: はじまり（python -m tests.kit.partnermails で作り直します） -->"
_END: Final = "<!-- 相手方へのメールの表: 終わり -->"
_TO_PARTNER: Final = {"partner", "meeting"}
_INVITING: Final = {"schedule-meeting", "cancel-meeting"}
_REVIEWED_APART: Final = {"tell-renewal", "record-notice", "expire-agreement"}
"""Job types whose mails the office sees in a process of their own (``common-waiting-mail``) where the pack says so."""
_FIXED: Final = {"record-notice": ["renewal-reversed"], "expire-agreement": ["agreement-expired"]}


@dataclass(frozen=True, kw_only=True)
class PartnerMail:
    """One place of a diagram from which a partner gets a mail. ``reviewed``: through the common part.

    ``way_back``: what the guide says of going back instead of sending; empty for a mail that nobody sees before.
    """

    diagram: Path
    process: str
    element: str
    name: str
    template: str
    reviewed: bool
    way_back: str

    @property
    def place(self) -> str:
        """Pack, diagram and element in one word."""
        return f"{self.diagram.stem}:{self.element}"


def partner_mails(bpmn: Path = ROOT / "bpmn") -> Iterator[PartnerMail]:
    """Yield every mail to a partner of every diagram."""
    for path in sorted(bpmn.glob("*/*.bpmn")):
        diagram = model.load(path)
        (process,) = diagram.processes
        for element in diagram.all("serviceTask", "callActivity"):
            for template in _templates(element):
                yield PartnerMail(
                    diagram=path,
                    process=_step_of(element, process),
                    element=element.get("id", ""),
                    name=(element.get("name") or "").replace("\n", ""),
                    template=template,
                    reviewed=extension(element, "calledElement") is not None or _kind(element) in _REVIEWED_APART,
                    way_back=_way_back(element),
                )


def _step_of(element: Element, process: Element) -> str:
    """Return the process's name and, where the flow is folded, that of the step at its top level."""
    steps = [box.get("name") or "" for box in element.iterancestors() if is_step(box)]
    name = (process.get("name") or "").removeprefix("【内部】")
    return " ".join([name, *steps[-1:]])


def _way_back(element: Element) -> str:
    """Return whether the office may go back from a mail; where it may not (or not always) with the diagram's reason."""
    if _kind(element) in _REVIEWED_APART:
        element = model.load(ROOT / "bpmn" / "common" / "common-waiting-mail.bpmn").ids["Task_SendWaiting"]
    if extension(element, "calledElement") is None:
        return ""
    reason = no_way_back(element)
    if not reason:
        return "戻れる"
    return f"戻れない: {reason}" if may_return(element) == "false" else f"戻れる（{reason}）"


def _templates(element: Element) -> list[str]:
    called = extension(element, "calledElement")
    if called is not None and called.get("processId") == MAIL:
        inputs = extensions(element, "zeebe:ioMapping/zeebe:input")
        return [
            i.get("source", "").removeprefix('="').removesuffix('"')
            for i in inputs
            if i.get("target") == "mailTemplate" and i.get("source", "").startswith('="')
        ]
    kind = _kind(element)
    headers = {h.get("key"): h.get("value", "") for h in extensions(element, "zeebe:taskHeaders/zeebe:header")}
    if kind == "send-mail":
        return [headers["template"]] if headers.get("to") in _TO_PARTNER else []
    if kind == "tell-renewal":
        return [OCCASIONS[headers["occasion"]]]
    return [headers["template"]] if kind in _INVITING else _FIXED.get(kind, [])


def _kind(element: Element) -> str:
    """Return the job type of a service task; empty for anything else."""
    definition = extension(element, "taskDefinition")
    return "" if definition is None else definition.get("type", "")


def table() -> str:
    """Return the table for staff."""
    packs = CityPacks([ROOT / "bpmn"])
    rows = ["| 市 | いつ | 何が | 送り方 | 送らずに前の手順に |", "|---|---|---|---|---|"]
    for mail in partner_mails():
        folder = mail.diagram.parent.name
        codes = packs.codes() if folder == "common" else [folder]
        rules = [packs.city(code).mail(mail.template) for code in codes]
        how = "確かめてから" if rules[0].review else "自動で"
        where = "共通" if folder == "common" else packs.city(folder).name
        back = mail.way_back if rules[0].review else ""
        rows.append(f"| {where} | {mail.process}: {mail.name} | {rules[0].title} | {how} | {back} |")
    return "\n".join(rows)


def written(text: str) -> str:
    """Return the guide with the table as it is now; raises ValueError where its place is not marked."""
    pattern = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{DOCUMENT.name} has no place for the table: {_BEGIN}")
    return pattern.sub(lambda _: f"{_BEGIN}\n\n{table()}\n\n{_END}", text)


def main() -> None:
    """Rewrite the table."""
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
