"""Which mails to partners the office sees before they leave: the common pack's ``mails.toml`` and a city's changes.

``mails.toml`` has a table for each common mail template that goes to partners::

    [offer-correction]
    title = "申出の見直しのお願い"   # what it is called in lists
    review = true                    # the office sees it, and may change it, before it leaves

It may also have ``answer_days`` (business days until the answer is due, said in the mail) and ``forms``, the blank
forms that are attached: ``forms = { offer = "申出書" }``, a document template and what the form is called, perhaps only
``forms_with`` a value of the mail. ``answer_form`` is the form (its id) with which the partner answers: it goes with
the mail as a workbook, under the name ``answer_title`` (ALL-17).

A city changes any of them by ``[mails.offer-correction]`` in its ``city.toml``; a template of its own has both there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from workers.domain.cities import MailRule
from workers.errors import InputErrors
from workers.packs.messages import problems
from workers.packs.schema import FORM_PATTERN, LONGEST_TITLE, TEMPLATE_PATTERN, VALUE_PATTERN, Line, MailTable
from workers.readers.tomlsource import read_toml

MAILS_FILE: Final = "mails.toml"


class _CommonMail(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: Line
    review: bool
    forms: dict[Annotated[str, Field(pattern=TEMPLATE_PATTERN)], Line] = Field(default_factory=dict)
    forms_with: Annotated[str, Field(pattern=VALUE_PATTERN)] = ""
    answer_days: int = Field(default=0, ge=0, le=250)
    answer_form: Annotated[str, Field(pattern=FORM_PATTERN)] = ""
    answer_title: Annotated[str, Field(max_length=LONGEST_TITLE)] = ""


class _CommonMails(RootModel[dict[Annotated[str, Field(pattern=TEMPLATE_PATTERN)], _CommonMail]]):
    pass


def common_mails(file: Path) -> dict[str, MailRule]:
    """Return the common rules by template; raises InputErrors, each with file, line and key."""
    source = read_toml(file, f"{file.parent.name}/{file.name}")
    try:
        read = _CommonMails.model_validate(source.data)
    except ValidationError as error:
        raise InputErrors(problems(source, error)) from None
    return {name: MailRule(**table.model_dump()) for name, table in read.root.items()}


def own_rules(
    tables: Mapping[str, MailTable], common: Mapping[str, MailRule]
) -> tuple[dict[str, MailRule], list[tuple[str, str]]]:
    """Return a city's rules by template, and what is missing as (template, Japanese message)."""
    rules, undecided = dict(common), []
    for name, table in tables.items():
        known = common.get(name)
        changed = table.model_dump(exclude_none=True)
        if known is None and not {"title", "review"} <= changed.keys():
            undecided.append(
                (name, "共通のひな形にない名前です。名前を確かめるか、市のひな形なら title と review を書いてください")
            )
        else:
            rules[name] = replace(known, **changed) if known else MailRule(**changed)
    return rules, undecided
