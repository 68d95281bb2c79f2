"""Templates of call activities: each called process with what it is given and what comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from workers.lint.element_templates.offers import Offers
from workers.lint.element_templates.parts import (
    KEPT,
    LISTED,
    MAPPED,
    Property,
    Template,
    choice,
    frame,
    groups,
    hidden,
    input_,
    output,
    text,
)
from workers.lint.element_templates.used import Used
from workers.packs.stepways import BACK, FIRST, FORM, NONE
from workers.variables import VARIABLES

MAIL_CALL: Final = "common-partner-mail"
_GROUPS: Final = {"settings": "設定", "given": "渡すもの", "result": "返ってくるもの（入れる変数）"}
_CALLED: Final[Mapping[str, str | bool]] = {
    "bindingType": "deployment",
    "propagateAllChildVariables": False,
    "propagateAllParentVariables": False,
}


@dataclass(frozen=True)
class _Asked:
    """How an input of a called process is asked for."""

    label: str
    help: str = ""
    value: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


_KNOWN: Final[Mapping[str, Mapping[str, _Asked]]] = {
    MAIL_CALL: {
        "mailTemplate": _Asked("メールのひな形"),
        "mailAttach": _Asked("添付する文書", '=["agreement"] のように、文書のひな形の名前を並べます', "=[]"),
        "mailValues": _Asked("ひな形に渡す変数", "={ひな形での名前: 変数} の形で", "={message: message}"),
        "mailMayReturn": _Asked(
            "送らずに前の手順に戻れるか",
            "戻れるなら、境界エラーイベント「送らずに戻す」で戻り先をつなぎます。戻れないなら、下の「一つ前に戻る先」に理由を書きます",
            "=true",
            {"=true": "戻れる", "=false": "戻れない"},
        ),
        "mailRecipient": _Asked(
            "案件の相手方でない宛先",
            "={name: 変数, contact: 変数, email: 変数} の形で。空なら案件の相手方に送ります",
        ),
        "mailPage": _Asked(
            "相手方がページで答えるタスク",
            '="タスクの ID" の形で。そのタスクに、拡張プロパティ page = partner を付けます。空ならリンクは載りません',
        ),
    }
}


def call_template(process: str, name: str, used: Used, contract: Used, offers: Offers) -> Template:
    """Return the template of calls of a process. ``contract``: how all packs call it; ``used``: how this one does.

    What comes back is asked for where every call takes something; else Modeler shows its own group of outputs.
    """
    results = list(_outputs(used, contract)) if _always(contract, contract.outputs) else []
    fields = [*_inputs(process, used, contract, offers), *results, back_field("settings")]
    template = frame(
        "CallActivity",
        identity=process,
        name=name,
        shelf="mail" if process == MAIL_CALL else "procedure",
        description=f"図「{process}」を呼び出します",
    )
    called: Mapping[str, str | bool] = {"processId": process, **_CALLED}
    return {
        **template,
        "groups": groups(fields, _GROUPS),
        **({} if results else {"entriesVisible": {"outputs": True}}),
        "properties": [
            *(hidden({"type": "zeebe:calledElement", "property": key}, value) for key, value in called.items()),
            *fields,
        ],
    }


def back_field(group: str) -> Property:
    """Return the field for the step before (ALL-22)."""
    return text(
        {"type": "zeebe:property", "name": BACK},
        identity=BACK,
        label="一つ前に戻る先",
        group=group,
        help_=f"戻り先の要素のID、{FIRST}（最初の手順）、{FORM}（フォームで戻る）、「{NONE} 理由」のどれか",
    )


def _inputs(process: str, used: Used, contract: Used, offers: Offers) -> Iterator[Property]:
    known = _KNOWN.get(process, {})
    for name in dict.fromkeys([*_always(contract, contract.inputs), *known, *used.inputs]):
        everywhere = contract.everywhere(contract.inputs.get(name, _NOTHING))
        asked = known.get(name) or _Asked(_meaning(name))
        stands = used.inputs.get(name) or contract.inputs.get(name, _NOTHING)
        value = asked.value or (contract.usual(stands) if everywhere else "")
        listed = name == "mailTemplate"
        values = offers.choices("mails", ()) if listed else dict(asked.choices)
        if not values:
            prefix = MAPPED if everywhere or name in known else KEPT
            yield text(
                input_(name),
                identity=f"{prefix}{name}",
                label=asked.label,
                group="given",
                value=value,
                help_=asked.help,
                required=everywhere,
                feel=True,
            )
            continue
        values = {f'="{mail}"': title for mail, title in values.items()} if listed else values
        values |= {written: f"式 {written}" for written in stands if written and written not in values}
        value = asked.value or next(iter(values))
        yield choice(
            input_(name),
            values,
            identity=f"{LISTED}{name}",
            label=asked.label,
            group="given",
            value=value,
            help_=asked.help,
            required=True,
        )


def _outputs(used: Used, contract: Used) -> Iterator[Property]:
    for number, source in enumerate(dict.fromkeys([*_always(contract, contract.outputs), *used.outputs])):
        everywhere = contract.everywhere(contract.outputs.get(source, _NOTHING))
        stands = used.outputs.get(source) or contract.outputs.get(source, _NOTHING)
        yield text(
            output(source),
            identity=f"{MAPPED if everywhere else KEPT}output-{number}",
            label=_meaning(source.removeprefix("=")),
            group="result",
            value=contract.usual(stands) if everywhere else "",
            help_=f"{source} を入れる変数",
        )


def _always(contract: Used, found: Mapping[str, Counter[str]]) -> list[str]:
    """Return the mappings that every call has, in all packs."""
    return [name for name, values in found.items() if contract.everywhere(values)]


def _meaning(name: str) -> str:
    variable = VARIABLES.get(name)
    return f"{variable.meaning}（{name}）" if variable else name


_NOTHING: Final[Counter[str]] = Counter()
