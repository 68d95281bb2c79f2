"""A mail that asks a partner for a form: the form is there, a task shows it, and a partner can be asked it (ALL-17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from workers.domain.cities import City
from workers.errors import InputError
from workers.lint.findings import Finding
from workers.packs.answers.model import answer_form
from workers.packs.answersteps import tasks_with_form
from workers.packs.diagrams import forms
from workers.packs.loading import CITY_FILE

_RULE: Final = "answer-form"


def unanswerable(folder: Path, city: City, shared: Sequence[Path]) -> Iterator[Finding]:
    """Yield a finding for each mail of a city whose ``answer_form`` cannot be sent or read back.

    ``shared`` are the folders of the common packs.
    """
    folders = [folder, *shared]
    for name, rule in city.mails.items():
        if rule.answer_form and (problem := _problem(folders, rule.answer_form)):
            message = f'[mails.{name}] answer_form = "{rule.answer_form}": {problem}'
            yield Finding(file=folder / CITY_FILE, element=f"mails.{name}", rule=_RULE, message=message)


def _problem(folders: list[Path], identity: str) -> str:
    file = next((found for each in folders if (found := each / f"{identity}.form").is_file()), None)
    if file is None:
        return "この画面（.form）が、市のフォルダーにも common にもありません"
    if not tasks_with_form(folders, identity):
        return "この画面を出すユーザータスクが、図にありません（返事を入れるところがありません）"
    try:
        answer_form(forms.load(file), None)
    except InputError as error:
        return error.message
    return ""
