"""Modeler's element templates for common processes that a city's diagram calls: the mail that the office sees first."""

from __future__ import annotations

from typing import Any, Final

from workers.lint.rules.mailways import MAIL
from workers.packs.stepways import BACK, NONE

_GIVEN: Final = ("caseId", "caseTitle", "officeGroup")
"""What every case's diagram has, handed on as it is."""
_CALLED: Final = {
    "processId": MAIL,
    "bindingType": "deployment",
    "propagateAllChildVariables": "false",
    "propagateAllParentVariables": "false",
}


def call_templates() -> dict[str, dict[str, Any]]:
    """Return the parts by file name which only the call's template has: name, id, what it applies to, properties."""
    return {
        f"{MAIL}.json": {
            "name": "相手方へのメールを確かめて送る",
            "id": f"renkei.{MAIL}",
            "description": "所管課が確かめて送る共通の部品を呼びます。確かめるかどうかは mails.toml が決めます。",
            "appliesTo": ["bpmn:Task", "bpmn:CallActivity"],
            "elementType": {"value": "bpmn:CallActivity"},
            "properties": [
                *(_hidden({"type": "zeebe:calledElement", "property": key}, value) for key, value in _CALLED.items()),
                *(_hidden({"type": "zeebe:input", "name": name}, f"={name}") for name in _GIVEN),
                _asked("mailTemplate", "メールのひな形", '="declined"', 'mails.toml にある名前を、="名前" の形で'),
                _asked("mailAttach", "添付する文書", "=[]", '=["agreement"] のように、文書のひな形の名前を並べます'),
                _asked("mailValues", "ひな形に渡す変数", "={message: message}", "={ひな形での名前: 変数} の形で"),
                {
                    **_asked(
                        "mailRecipient",
                        "案件の相手方でない宛先",
                        "",
                        "={name: 変数, contact: 変数, email: 変数} の形で。空なら案件の相手方に送ります",
                    ),
                    "optional": True,
                    "constraints": {},
                },
                _choice(
                    "mailMayReturn",
                    "送らずに前の手順に戻れるか",
                    {
                        "=true": "戻れる（境界エラーイベント「送らずに戻す」で戻り先をつなぐ）",
                        "=false": "戻れない（理由を書く）",
                    },
                ),
                {
                    "id": "noWayBack",
                    "type": "String",
                    "label": "戻れない理由",
                    "description": f"「{NONE} 理由」の形で。docs/staff.md の表に出ます",
                    "value": f"{NONE} ",
                    "group": "parameters",
                    "binding": {"type": "zeebe:property", "name": BACK},
                    "condition": {"property": "mailMayReturn", "equals": "=false"},
                    "constraints": {"notEmpty": True},
                },
            ],
        }
    }


def _hidden(binding: dict[str, str], value: str) -> dict[str, Any]:
    return {"type": "Hidden", "value": value, "binding": binding}


def _asked(name: str, label: str, value: str, description: str) -> dict[str, Any]:
    return {
        "id": name,
        "type": "String",
        "label": label,
        "description": description,
        "value": value,
        "group": "parameters",
        "feel": "required",
        "binding": {"type": "zeebe:input", "name": name},
        "constraints": {"notEmpty": True},
    }


def _choice(name: str, label: str, choices: dict[str, str]) -> dict[str, Any]:
    return {
        "id": name,
        "type": "Dropdown",
        "label": label,
        "value": next(iter(choices)),
        "choices": [{"name": text, "value": value} for value, text in choices.items()],
        "group": "parameters",
        "binding": {"type": "zeebe:input", "name": name},
    }
