"""Timers, gateways, and flows between levels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from workers.lint.causes import TORN
from workers.lint.findings import Finding
from workers.lint.rules.base import Context, called_so, name_of, report
from workers.packs.diagrams.model import NS, Diagram, Element, local

_CRON_FIELD: Final = r"(?:\*|\?|[0-9A-Za-z*/,\-#L?]+)"
_CRON: Final = re.compile(rf"{_CRON_FIELD}(?: +{_CRON_FIELD}){{5}}")
_DAY: Final = re.compile(r"""=\s*(?:date\s*\(\s*|@)?"(\d{4}-\d{2}-\d{2})"\s*\)?""")
_REPEAT: Final = re.compile(r"R\d*/|\bcycle\s*\(")


def timers(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A timer that starts a process is a cron line: ``R/P1D`` counts from the deployment and restarts with each.

    A constant day is no moment. At a task, or on the way, a repetition counts from when a token comes there.
    """
    del context
    for timer in diagram.all("timerEventDefinition"):
        texts = {
            name: timer.findtext(f"bpmn:{name}", namespaces=NS) for name in ("timeDate", "timeDuration", "timeCycle")
        }
        given = {name: (text or "").strip() for name, text in texts.items() if text is not None}
        if not any(given.values()):
            yield report(diagram, timer, "timer", "タイマーに日時も期間も周期もありません")
        if day := _DAY.fullmatch(given.get("timeDate", "")):
            message = (
                f"タイマーの日時「{given['timeDate']}」は日だけで、時刻がありません（着いた案件が止まります）。"
                f'="{day[1]}T09:00:00+09:00" のように、時刻と日本の時差まで書いてください'
            )
            yield report(diagram, timer, "timer", message)
        cycle = given.get("timeCycle", "")
        if _REPEAT.search(cycle):
            if not _starts_process(timer):
                continue
            message = f"周期「{cycle}」はデプロイのたびに数え直されます。cron（例 0 0 6 * * *）にしてください"
            yield report(diagram, timer, "timer", message)
        elif cycle and not cycle.startswith("=") and not _CRON.fullmatch(cycle):
            message = f"周期「{cycle}」は cron の 6 項目（秒 分 時 日 月 曜日）ではありません"
            yield report(diagram, timer, "timer", message)


def _starts_process(timer: Element) -> bool:
    event = timer.getparent()
    around = None if event is None else event.getparent()
    return event is not None and around is not None and (local(event), local(around)) == ("startEvent", "process")


def gateways(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Gateways that choose have a default flow, and every other flow has a condition."""
    del context
    flows = list(diagram.all("sequenceFlow"))
    for gateway in diagram.all("exclusiveGateway", "inclusiveGateway"):
        outgoing = [flow for flow in flows if flow.get("sourceRef") == gateway.get("id")]
        conditional = [flow for flow in outgoing if flow.find("bpmn:conditionExpression", NS) is not None]
        default = gateway.get("default")
        if conditional and default not in {flow.get("id") for flow in outgoing}:
            bare = [flow for flow in outgoing if flow not in conditional]
            todo = (
                f"条件のない{name_of(bare[0])}を既定のフローにしてください"
                if len(bare) == 1
                else "1 本を既定にしてください"
            )
            message = f"{name_of(gateway)}に既定のフローがありません（どの条件にも合わないと止まります）。{todo}"
            yield report(diagram, gateway, "gateway-default", message)
            outgoing = [flow for flow in outgoing if flow not in bare] if len(bare) == 1 else outgoing
        for flow in outgoing if len(outgoing) > 1 else []:
            if flow not in conditional and flow.get("id") != default:
                yield report(diagram, flow, "gateway-condition", f"{name_of(gateway)}から出るフローに条件がありません")
            elif flow in conditional and flow.get("id") == default:
                message = f"{name_of(gateway)}の既定のフローに条件が付いています（条件は評価されません）"
                yield report(diagram, flow, "gateway-condition", message)


def loose_ends(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Both ends of a flow are elements that there are."""
    del context
    for flow in diagram.all("sequenceFlow"):
        start, end = (diagram.ids.get(flow.get(side, "")) for side in ("sourceRef", "targetRef"))
        if start is not None and end is not None:
            continue
        which = f"フロー{name_of(flow)}"
        if start is not None:
            lost = flow.get("targetRef", "")
            message = f"{called_so(start)}から出る{which}の行き先（targetRef「{lost}」）がありません"
        elif end is not None:
            lost = flow.get("sourceRef", "")
            message = f"{called_so(end)}に入る{which}の出どころ（sourceRef「{lost}」）がありません"
        else:
            message = f"{which}は、出どころも行き先もありません"
        yield report(diagram, flow, TORN, f"{message}。Modeler で開き、つなぎ直すか、フローを消してください")


def borders(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A flow stays on one level: into a step it leads to the box, out of it from an end event or the box's edge.

    The engine deploys a flow that crosses a sub-process's border and enters the inside without starting the step.
    """
    del context
    for flow in diagram.all("sequenceFlow"):
        ends = [diagram.ids.get(flow.get(side, "")) for side in ("sourceRef", "targetRef")]
        if all(end is None or end.getparent() is flow.getparent() for end in ends):
            continue
        between = "と".join(name_of(end) for end in ends if end is not None)
        message = (
            f"{between}を結ぶフローが、手順の箱（サブプロセス）の境を越えています。中へは箱に、"
            "外へは中の終了イベントか箱の縁の境界イベントからつないでください"
        )
        yield report(diagram, flow, "flow-border", message)
