"""One pack: both files read, checked against their shape and against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from workers.domain.cities import City, Department, MailRule, TermRuleKind
from workers.errors import InputError, InputErrors
from workers.packs.departments import read_departments
from workers.packs.mails import own_rules
from workers.packs.messages import problems
from workers.packs.schema import CityFile
from workers.readers.tomlsource import Place, TomlSource, read_toml

CITY_FILE: Final = "city.toml"
DEPARTMENTS_FILE: Final = "departments.csv"


def load_pack(folder: Path, mails: Mapping[str, MailRule] = MappingProxyType({})) -> City:
    """Return the city whose pack lies in a folder, which bears the city's code.

    ``mails`` are the common rules of mails to partners, see ``common_mails``; the pack adds and changes.

    Raises InputErrors with the problems of both files at once; each names file, line and key.
    """
    errors: list[InputError] = []
    city_file: CityFile | None = None
    departments: tuple[Department, ...] = ()
    rules: dict[str, MailRule] = {}
    try:
        city_file, rules = _city_file(folder, mails)
    except InputErrors as found:
        errors += found.errors
    try:
        departments = read_departments(folder / DEPARTMENTS_FILE, f"{folder.name}/{DEPARTMENTS_FILE}")
    except InputErrors as found:
        errors += found.errors
    if errors or city_file is None:
        raise InputErrors(errors)
    return city_file.city(departments, rules)


def _city_file(folder: Path, mails: Mapping[str, MailRule]) -> tuple[CityFile, dict[str, MailRule]]:
    source = read_toml(folder / CITY_FILE, f"{folder.name}/{CITY_FILE}")
    try:
        city_file = CityFile.model_validate(source.data)
    except ValidationError as error:
        raise InputErrors(problems(source, error)) from None
    errors = [InputError(source.where(place), detail) for place, detail in _contradictions(city_file, folder, source)]
    rules, undecided = own_rules(city_file.mails, mails)
    errors += [InputError(source.where(("mails", name)), detail) for name, detail in undecided]
    if errors:
        raise InputErrors(errors)
    return city_file, rules


def _contradictions(city: CityFile, folder: Path, source: TomlSource) -> Iterator[tuple[Place, str]]:
    """Yield what each value allows but all together do not."""
    if city.code != folder.name:
        yield ("code",), f"フォルダーの名前（{folder.name}）と同じにしてください"
    if not city.signing_process.startswith(f"{folder.name}-"):
        yield ("signing_process",), f"{folder.name}- で始まる名前にしてください"
    for table in ("fields", "partner_grounds", "project_grounds"):
        yield from _repeated(table, [entry.number for entry in getattr(city, table)], source)
    if city.requirements.minimum_fields > len(city.fields):
        yield ("requirements", "minimum_fields"), f"[[fields]] は{len(city.fields)}件しかありません"
    if city.survey.remind_before >= city.survey.answer_days:
        yield ("survey", "remind_before"), f"answer_days（{city.survey.answer_days}）より小さくしてください"
    yield from _term(city)


def _term(city: CityFile) -> Iterator[tuple[Place, str]]:
    if city.term.kind is TermRuleKind.YEARS and city.term.years is None:
        yield ("term", "years"), 'ありません。kind = "years" のときは年数を書いてください'
    if city.term.kind is not TermRuleKind.YEARS:
        for key in ("years", "first_day_counts"):
            if key in city.term.model_fields_set:
                yield ("term", key), 'kind = "years" のときだけ書けます'
    if city.term.notice_clear_month and not city.term.notice_months:
        yield ("term", "notice_clear_month"), "notice_months が 0 のときは true にできません"


def _repeated(table: str, numbers: list[int], source: TomlSource) -> Iterator[tuple[Place, str]]:
    for position, number in enumerate(numbers):
        if (first := numbers.index(number)) != position:
            place = (table, position, "number")
            yield place, f"{number} は{source.line((table, first, 'number'))}行目にもあります"
