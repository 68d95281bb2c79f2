"""Small packs that pass ``renkei lint``, made for one test: ids that no other test on the same broker has."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

from tests.kit.diagram import bpmn, drawn
from tests.kit.driver import EngineDriver

_ROOT = Path(__file__).parent.parent.parent
_MODEL_CITY = _ROOT / "bpmn" / "isesaki"
_MODEL_DECISION = Path(__file__).parent / "lint_pack" / "bpmn" / "midori" / "midori-check.dmn"
_MODEL_MAILS = _ROOT / "bpmn" / "common" / "mails.toml"
_WORDS = "<bpmn:documentation>ALL-8</bpmn:documentation>"
_TIMER = (
    '<bpmn:timerEventDefinition id="Timer"><bpmn:timeCycle xsi:type="bpmn:tFormalExpression">0 0 6 * * ?'
    "</bpmn:timeCycle></bpmn:timerEventDefinition>"
)
DUE = (
    '<zeebe:taskSchedule dueDate="=string(date(date and time(now(), &quot;Asia/Tokyo&quot;)) + '
    'duration(&quot;P14D&quot;)) + &quot;T17:15:00+09:00&quot;"/>'
)
"""When a user task is due: two weeks after it came, at the end of the office's day."""

DEPARTMENTS = {"departments": ["a", "b", "c"]}
"""Variables with which a made city's process starts."""


@dataclass
class MadePacks:
    """A home with packs. ``mark`` is part of every id."""

    home: Path
    mark: str

    @property
    def bpmn(self) -> Path:
        """The folder of packs."""
        return self.home / "bpmn"

    @property
    def child(self) -> str:
        """The id of the common process that cities call; it has a user task ``Look``."""
        return f"common-{self.mark}-child"

    @property
    def page(self) -> str:
        """The id of the form of common user tasks."""
        return f"common-{self.mark}-page"

    @property
    def watch(self) -> str:
        """The id of the common process that a timer starts."""
        return f"common-{self.mark}-watch"

    def file(self, pack: str, name: str) -> Path:
        """Return a file of a pack."""
        return self.bpmn / pack / name

    def city(self, letter: str = "a", *, folder: Path | None = None) -> str:
        """Write a city with a form, a decision and a process that calls the common child; returns its code.

        Its process ``CODE-signing``: user task ``Ask`` (form ``CODE-answer``), decision ``CODE-check``, the child.
        """
        code = f"{self.mark}{letter}"
        pack = (folder or self.bpmn) / code
        pack.mkdir(parents=True)
        for name in ("city.toml", "departments.csv"):
            text = (_MODEL_CITY / name).read_text(encoding="utf-8").replace("isesaki", code)
            (pack / name).write_text(_alone(text), encoding="utf-8")
        (pack / f"{code}-signing.bpmn").write_bytes(signing(code, self.child))
        (pack / f"{code}-answer.form").write_text(form(f"{code}-answer"), encoding="utf-8")
        table = _MODEL_DECISION.read_text(encoding="utf-8").replace("midori-check", f"{code}-check")
        table = table.replace("midori_check", f"{code}_check").replace("fieldCount", "count(departments)")
        (pack / f"{code}-check.dmn").write_text(table, encoding="utf-8")
        return code

    def change(self, path: Path, mark: str = "changed") -> None:
        """Change what a file says without changing what it does."""
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".form":
            changed = text.replace('"text": "', f'"text": "{mark} ', 1)
        else:
            changed = text.replace('name="', f'name="{mark} ', 1)
        assert changed != text
        path.write_text(changed, encoding="utf-8")


async def completed_task(driver: EngineDriver, element_id: str, *, instance: int) -> None:
    """Complete a user task where no worker runs, and its listener's job."""
    await driver.complete(element_id, instance=instance)
    await driver.complete_job("record-act", instance=instance)


def made_packs(folder: Path) -> MadePacks:
    """Return a home whose only pack is ``common`` with the child."""
    packs = MadePacks(folder / "home", f"k{uuid4().hex[:8]}")
    (packs.bpmn / "common").mkdir(parents=True)
    packs.file("common", f"{packs.child}.bpmn").write_bytes(child(packs.child, packs.page))
    packs.file("common", f"{packs.page}.form").write_text(form(packs.page), encoding="utf-8")
    mails = _alone(_MODEL_MAILS.read_text(encoding="utf-8"))
    packs.file("common", "mails.toml").write_text(mails, encoding="utf-8")
    return packs


def _alone(text: str) -> str:
    """Return a pack's file without what it says of diagrams and forms that a made pack does not have."""
    return re.sub(
        r"^\[procedures\]\n(?:[^\[].*\n|\n)*|^(?:answer_form|departments_start) = .*\n", "", text, flags=re.MULTILINE
    )


def signing(code: str, called: str) -> bytes:
    """Return a city's diagram."""
    return _diagram(
        f"{code}-signing",
        '<bpmn:startEvent id="Start" name="始まった"/>',
        _task("Ask", f"{code}-answer", group=f"{code}-senryaku"),
        f"""<bpmn:businessRuleTask id="Judge" name="判定する">{_WORDS}<bpmn:extensionElements>
        <zeebe:calledDecision decisionId="{code}-check" resultVariable="result" bindingType="deployment"/>
        <zeebe:ioMapping><zeebe:input source="=[&quot;a&quot;]" target="departments"/></zeebe:ioMapping>
        </bpmn:extensionElements></bpmn:businessRuleTask>""",
        _call(called),
    )


def child(process_id: str, page: str) -> bytes:
    """Return a process that is called."""
    return _diagram(process_id, '<bpmn:startEvent id="Start" name="呼ばれた"/>', _task("Look", page))


def by_timer(process_id: str, called: str) -> bytes:
    """Return a process that starts every morning at six and calls another."""
    start = f'<bpmn:startEvent id="Start" name="朝になった">{_TIMER}</bpmn:startEvent>'
    return _diagram(process_id, start, _call(called))


def form(form_id: str) -> str:
    """Return a form with a line of text."""
    head = {"id": form_id, "type": "default", "schemaVersion": 16}
    platform = {"executionPlatform": "Camunda Cloud", "executionPlatformVersion": "8.6.0"}
    components = [{"type": "text", "id": "Text_1", "text": "入力"}]
    return json.dumps({**head, **platform, "components": components}, ensure_ascii=False)


def _task(identity: str, page: str, *, group: str = "office") -> str:
    return f"""<bpmn:userTask id="{identity}" name="確かめる">{_WORDS}<bpmn:extensionElements><zeebe:userTask/>
        <zeebe:formDefinition formId="{page}" bindingType="deployment"/>
        <zeebe:assignmentDefinition candidateGroups="=[&quot;{group}&quot;]"/>
        {DUE}<zeebe:executionListeners>
        <zeebe:executionListener eventType="end" type="record-act" retries="5"/></zeebe:executionListeners>
        </bpmn:extensionElements>
        </bpmn:userTask>"""


def _call(called: str) -> str:
    return f"""<bpmn:callActivity id="Call" name="共通の手続をする">{_WORDS}<bpmn:extensionElements>
        <zeebe:calledElement processId="{called}" propagateAllChildVariables="false"
        propagateAllParentVariables="false" bindingType="deployment"/></bpmn:extensionElements></bpmn:callActivity>"""


def _diagram(process_id: str, start: str, *nodes: str) -> bytes:
    """Return nodes in a row."""
    parts = [start, *nodes, '<bpmn:endEvent id="End" name="終わった"/>']
    ids = [part.split('id="', 1)[1].split('"', 1)[0] for part in parts]
    flows = [
        f'<bpmn:sequenceFlow id="To_{target}" sourceRef="{source}" targetRef="{target}"/>'
        for source, target in pairwise(ids)
    ]
    return drawn(bpmn(process_id, "".join([*parts, *flows])))
