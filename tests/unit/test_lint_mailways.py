"""A mail that is seen before it leaves can be taken back, or its diagram says why not: rule ``mail-back`` (ALL-2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.lint.rules import Context
from workers.lint.rules.mailways import MAIL, mail_back
from workers.packs.diagrams import model
from workers.packs.diagrams.catalogue import Catalogue

_CALL = """
    <bpmn:callActivity id="Task_Send" name="断りを送る"><bpmn:extensionElements>
      <zeebe:calledElement processId="{mail}"/>
      <zeebe:ioMapping>{may}</zeebe:ioMapping>
      <zeebe:properties>{back}</zeebe:properties>
    </bpmn:extensionElements></bpmn:callActivity>"""
_DIAGRAM = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <bpmn:process id="midori-mail">{call}{boundary}
  </bpmn:process>
  <bpmn:error id="Error_Returned" errorCode="{code}"/>
</bpmn:definitions>"""
_BOUNDARY = """
    <bpmn:boundaryEvent id="Event_Returned" attachedToRef="Task_Send">
      <bpmn:errorEventDefinition errorRef="Error_Returned"/></bpmn:boundaryEvent>"""
_TRUE, _SOMETIMES = "=true", "=mailOrigin != null"


def _found(
    tmp_path: Path,
    *,
    may: str = "",
    reason: str = "",
    caught: bool = False,
    code: str = "mail-returned",
    by_caller: bool = False,
) -> list[str]:
    given = f'<zeebe:input source="{may}" target="mailMayReturn"/>' if may else ""
    back = f'<zeebe:property name="back" value="none: {reason}"/>' if reason else ""
    call = _CALL.format(mail=MAIL, may=given, back=back)
    path = tmp_path / "midori-mail.bpmn"
    path.write_text(_DIAGRAM.format(call=call, boundary=_BOUNDARY if caught else "", code=code), encoding="utf-8")
    catalogue = Catalogue(packs=[], caught={"midori-mail": {"mail-returned"}} if by_caller else {})
    context = Context(catalogue=catalogue, job_types={}, variables={})
    return [f"{one.element} {one.rule}" for one in mail_back(model.load(path), context)]


@pytest.mark.parametrize(
    ("may", "reason", "caught"),
    [(_TRUE, "", True), ("=false", "登録した後です", False), ("", "登録した後です", False)],
)
def test_a_way_back_or_a_reason_is_enough(tmp_path: Path, may: str, reason: str, *, caught: bool) -> None:
    """The mail may be taken back and there is a way, or the diagram tells why not; both where it depends."""
    assert _found(tmp_path, may=may, reason=reason, caught=caught) == []
    assert _found(tmp_path, may=_SOMETIMES, reason="協議の後です", caught=True) == []


def test_what_the_calling_diagram_catches_is_a_way_back(tmp_path: Path) -> None:
    """The error that nobody catches here ends the called process and reaches its caller."""
    assert _found(tmp_path, may=_TRUE, by_caller=True) == []
    assert _found(tmp_path, may=_TRUE) == ["Task_Send mail-back"]


@pytest.mark.parametrize(
    ("may", "reason", "caught", "code"),
    [
        ("", "", False, "mail-returned"),  # a new mail: nobody thought of it
        ("=false", "", False, "mail-returned"),
        (_SOMETIMES, "", True, "mail-returned"),  # what of the others
        (_TRUE, "登録した後です", True, "mail-returned"),  # a reason that is no longer true
        (_TRUE, "", True, "input-error"),  # the choice would end as an incident
        (_SOMETIMES, "協議の後です", False, "mail-returned"),
    ],
)
def test_a_mail_without_a_way_back_is_refused(
    tmp_path: Path, may: str, reason: str, code: str, *, caught: bool
) -> None:
    """Each of these would leave the office with a mail that it can only send."""
    assert _found(tmp_path, may=may, reason=reason, caught=caught, code=code) == ["Task_Send mail-back"]
