"""Hostile texts in every field of the files that people give us: none escapes, each is a clear error or a text (B8)."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from jinja2 import Template
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from tests.chaos.letters import check_mail
from tests.kit.bars import Bars
from tests.kit.desk import PACKS, ROOT
from tests.kit.hostile import hostile, leaves, replaced
from tests.kit.lists import HEADINGS, list_rows, write_list
from tests.kit.samples import CITY
from workers.adapters.sheets import excel_bytes, write_csv
from workers.cli.importing import import_file
from workers.errors import BusinessError, InputErrors, PermanentError
from workers.lint.linter import lint
from workers.packs.loading import load_pack
from workers.packs.mails import MAILS_FILE, common_mails
from workers.readers.offerfile import read_offer
from workers.settings import Settings
from workers.wiring import services

pytestmark = pytest.mark.timeout(1800)
_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
_HERE = "the hostile text"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Tally:
    """What became of hostile inputs."""

    outcomes: Counter[str] = field(default_factory=Counter)
    escapes: list[str] = field(default_factory=list)

    def feed(self, what: str, work: Callable[[], object]) -> Any:
        """Give an input; a clear error or a result is fine, everything else an escape."""
        try:
            result = work()
        except (BusinessError, InputErrors, PermanentError) as error:
            self.outcomes["refused"] += 1
            if not _JAPANESE.search(error.message) or "Traceback" in error.message:
                self.escapes.append(f"{what}: unclear {error.message[:100]!r}")
            return None
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            self.escapes.append(f"{what}: {type(error).__name__} {str(error)[:100]!r}")
            return None
        self.outcomes["taken"] += 1
        return result

    def check(self, what: str, fine: bool) -> None:  # noqa: FBT001 (the fact that is checked)
        """Note an escape unless something holds."""
        if not fine:
            self.escapes.append(what)

    def bar(self, bars: Bars, where: str, fields: int) -> None:
        """Add the bar."""
        count = sum(self.outcomes.values())
        bars.add(
            "B8",
            f"{where}: {fields} 項目に敵意のある入力 {count} 件",
            figure=f"すり抜け {len(self.escapes)}（受け取った {self.outcomes['taken']}、"
            f"日本語で断った {self.outcomes['refused']}）",
            bound="すり抜け 0",
            holds=not self.escapes and count > 0,
            escapes=self.escapes[:200],
        )


def texts(bars: Bars) -> list[str]:
    return hostile(200 if bars.full else 6)


def writable(value: str) -> str:
    """Return what can be written into a file as UTF-8."""
    return value.encode("utf-8", "replace").decode()


def tomls(valid: Any, place: tuple[str | int, ...], bars: Bars) -> Iterator[tuple[str, str]]:
    """Yield each text with the TOML file that has it at a place. Written once: tomlkit takes longer than what reads."""
    before, after = tomlkit.dumps(replaced(valid, place, _HERE)).split(f'"{_HERE}"')
    for text in texts(bars):
        yield text, f"{before}{tomlkit.string(writable(text)).as_string()}{after}"


def test_offers(tmp_path: Path, bars: Bars) -> None:
    path = PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml"
    valid = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    city = load_pack(PACKS / "isesaki", common_mails(PACKS / "common" / MAILS_FILE))
    target, tally = tmp_path / "offer.toml", Tally()
    places = list(leaves(valid))
    for place in places:
        for text, content in tomls(valid, place, bars):
            target.write_text(content, encoding="utf-8")
            tally.feed(f"{place} {text[:30]!r}", lambda: read_offer(target, city, date(2026, 6, 8)))
    tally.bar(bars, "申出の入力ファイル", len(places))


@pytest.mark.slow
def test_packs(tmp_path: Path, bars: Bars) -> None:
    folder = tmp_path / "isesaki"
    shutil.copytree(PACKS / "isesaki", folder, ignore=shutil.ignore_patterns("*.bpmn", "*.form", "*.dmn", "scenarios"))
    valid = tomlkit.parse((folder / "city.toml").read_text(encoding="utf-8")).unwrap()
    rows = list(csv.reader((folder / "departments.csv").read_text(encoding="utf-8-sig").splitlines()))
    tally, places = Tally(), list(leaves(valid))
    for place in places:
        for text, content in tomls(valid, place, bars):
            (folder / "city.toml").write_text(content, encoding="utf-8")
            tally.feed(f"{place} {text[:30]!r}", lambda: load_pack(folder, common_mails(PACKS / "common" / MAILS_FILE)))
    (folder / "city.toml").write_text(tomlkit.dumps(valid), encoding="utf-8")
    for column in range(len(rows[0])):
        for text in texts(bars):
            _write_rows(folder / "departments.csv", replaced(rows, (1, column), writable(text)))
            tally.feed(
                f"column {column} {text[:30]!r}", lambda: load_pack(folder, common_mails(PACKS / "common" / MAILS_FILE))
            )
    tally.bar(bars, "市の設定（city.toml、departments.csv）", len(places) + len(rows[0]))


def _write_rows(path: Path, rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_lists_that_are_imported(ending: str, tmp_path: Path, bars: Bars) -> None:
    tally = Tally()
    valid = next(iter(list_rows(1)))
    file = tmp_path / f"list.{ending}"

    async def run() -> None:
        async with services(Settings(data=tmp_path)) as built:
            city = built.packs.city("isesaki")
            for heading in HEADINGS:
                for number, text in enumerate(texts(bars)):
                    row: Mapping[str, str] = {**valid, "番号": f"{heading}{number}", heading: writable(text)}
                    try:
                        write_list(file, [row])
                    except (IllegalCharacterError, ValueError):
                        continue  # no Excel file can hold it
                    work = asyncio.ensure_future(import_file(built, city, file))
                    await asyncio.wait({work})
                    tally.feed(f"{heading} {text[:30]!r}", work.result)

    asyncio.run(run())
    tally.bar(bars, f"取り込む一覧（{ending.upper()}）", len(HEADINGS))


def test_tables_that_are_written(bars: Bars) -> None:
    def write(text: str) -> str:
        target = io.StringIO()
        write_csv(target, ["見出し"], [[text]])
        return target.getvalue()

    tally = Tally()
    for text in texts(bars):
        _check_csv(tally, text, partial(write, text))
        _check_excel(tally, text, partial(excel_bytes, "表", ["見出し"], [[text]]))
    tally.bar(bars, "書き出す表（CSV、XLSX）", 2)


def test_tables_and_mails_written_without_care_let_hostile_texts_through(bars: Bars) -> None:
    """The same texts and checks with the libraries alone: else the checks could not fail."""

    def mail(text: str) -> bytes:
        subject, body = (Template(f"{text}様 {what}").render() for what in ("照会", "ご回答をお願いします。"))
        return f"From: o@city.example.jp\r\nTo: d@city.example.jp\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()

    def excel(text: str) -> bytes:
        book, target = Workbook(), io.BytesIO()
        book.active.append(["見出し"])
        book.active.append([text])
        book.save(target)
        return target.getvalue()

    def write(text: str) -> str:
        target = io.StringIO()
        csv.writer(target).writerows([["見出し"], [text]])
        return target.getvalue()

    escapes: dict[str, int] = {}
    for kind in ("メール", "CSV", "XLSX"):
        tally = Tally()
        for text in texts(bars):
            if kind == "CSV":
                _check_csv(tally, text, partial(write, text))
            elif kind == "XLSX":
                _check_excel(tally, text, partial(excel, text))
            elif raw := tally.feed(f"mail {text[:30]!r}", partial(mail, text)):
                check_mail(raw, "d@city.example.jp", f"mail {text[:30]!r}", tally.check)
        escapes[kind] = len(tally.escapes)
    bars.add(
        "B8 対照",
        "同じ入力を、jinja2・csv・openpyxl をそのまま使って書く",
        figure="、".join(f"{kind} のすり抜け {count}" for kind, count in escapes.items()),
        bound="どれにもすり抜けがあること（B8 を満たさない）",
        holds=all(escapes.values()),
    )


def _check_csv(tally: Tally, text: str, write: Callable[[], str]) -> None:
    """Write a text under a heading and look whether a spreadsheet would take it for a formula."""
    made = tally.feed(f"csv {text[:30]!r}", write) or ""
    read = list(csv.reader(io.StringIO(made, newline="")))
    if len(read) > 1 and read[1]:
        tally.check(f"csv formula {text[:30]!r}", not read[1][0].startswith(_DANGEROUS))


def _check_excel(tally: Tally, text: str, write: Callable[[], bytes]) -> None:
    """As :func:`_check_csv`, for an Excel file."""
    made = tally.feed(f"xlsx {text[:30]!r}", write)
    if made:
        cell = load_workbook(io.BytesIO(made)).active["A2"]
        fine = cell.data_type != "f" and not str(cell.value or "").startswith(_DANGEROUS)
        tally.check(f"xlsx formula {text[:30]!r}", fine)


@pytest.mark.slow
def test_diagrams(tmp_path: Path, bars: Bars) -> None:
    source = (PACKS / "isesaki" / "isesaki-signing.bpmn").read_text(encoding="utf-8")
    tally, target = Tally(), tmp_path / "isesaki-signing.bpmn"
    patterns = (r'name="([^"]+)"', r'id="(Task_[^"]+)"', r'source="(=[^"]+)"', r'type="([a-z-]+)"', r'formId="([^"]+)"')
    wholes = (
        "", "<a/>", "not xml", "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><l>&b;</l>", "<a>" * 3000, "\0\0",
    )  # fmt: skip
    for content in [*wholes, *(source[:length] for length in range(0, len(source), len(source) // 10))]:
        target.write_text(content, encoding="utf-8")
        _lint(tally, f"whole {content[:40]!r}", target)
    for pattern in patterns:
        for text in texts(bars):
            found = re.search(pattern, source)
            assert found
            escaped = writable(text).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
            target.write_text(source[: found.start(1)] + escaped + source[found.end(1) :], encoding="utf-8")
            _lint(tally, f"{pattern} {text[:30]!r}", target)
    tally.bar(bars, "図（BPMN）の検査", len(patterns))


def _lint(tally: Tally, what: str, target: Path) -> None:
    report = tally.feed(what, lambda: lint([target], home=ROOT))
    for finding in report.findings if report else ():
        tally.check(f"{what}: unclear {finding.message!r}", bool(_JAPANESE.search(finding.message)))


def test_the_sample_city_knows_no_hostile_text() -> None:
    assert CITY.code == "midori"
    assert len(hostile()) == 200
