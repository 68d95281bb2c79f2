"""What a trial keeps and compares, without an engine: acts without texts, placeholders, the last run (ALL-9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.desk import PACKS
from workers.domain.acts import WITHHELD, without_texts
from workers.domain.text import email
from workers.packs import CityPacks
from workers.settings import Settings
from workers.trial.lastrun import compare, keep, last_run
from workers.trial.past import replaced
from workers.trial.result import Failure, Result, Run


@pytest.mark.parametrize(
    "kept",
    ["sign", "korei", "2026-11-30", "2026-11-30T09:00:00+09:00", "令和8年11月30日", "1234567890123", 3, True, None, ""],
)
def test_choices_numbers_and_dates_are_kept_with_an_act(kept: Any) -> None:
    assert without_texts({"key": [{"row": kept}]}) == {"key": [{"row": kept}]}


@pytest.mark.parametrize("withheld", ["田村 由美", "a@b.example", "0270-24-5111", "内線 2311", "John Smith"])
def test_what_may_name_a_person_is_not_kept_again(withheld: str) -> None:
    assert without_texts({"comment": withheld}) == {"comment": WITHHELD}
    assert without_texts({"name": "smith"}) == {"name": WITHHELD}


def test_placeholders_lead_nowhere_and_rows_differ() -> None:
    typed = {"email": "a@b.example", "projects": [{"title": "見守り"}, {"title": "防災"}]}
    again = replaced(without_texts(typed))
    assert email(again["email"], "") == "replay@replay.example"
    titles = [row["title"] for row in again["projects"]]
    assert len(set(titles)) == len(titles)


def test_the_keys_of_a_tasks_form_and_of_the_start_form_are_known() -> None:
    packs = CityPacks([PACKS])
    assert "dialogue" in packs.typed_keys("isesaki-signing", "Task_CheckRequirements")
    assert {"name", "email"} <= packs.typed_keys("isesaki-signing", "")
    assert packs.typed_keys("isesaki-signing", "Task_OpenCase") == frozenset()
    assert packs.typed_keys("no-such", "Task") == frozenset()


def test_what_differs_from_the_last_run_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert last_run(settings, "midori") == {}
    failed = Failure(step=1, place="手順1", expected="", came="")
    first = [_result("a", ["Ask"]), _result("b", ["Ask"], failed), _result("c", ["Ask"])]
    keep(settings, Run(city="midori", results=first, seconds={}))
    keep(settings, Run(city="midori", results=[_result("d", ["Ask"])], seconds={}))
    again = Run(
        city="midori", results=[_result("a", ["Tell"], failed), _result("b", ["Ask"]), _result("e", [])], seconds={}
    )
    found = compare(last_run(settings, "midori"), again)
    assert (found.failing, found.passing) == (["a"], ["b"])
    assert list(found.told({"Ask": "聞く", "Tell": "伝える"})) == [
        "a: 前回は通りましたが、今回は通りません",
        "b: 前回は通りませんでしたが、今回は通りました",
        "a: 道筋が変わりました（新しく通った要素: 「伝える」。通らなくなった要素: 「聞く」）",
    ]
    assert set(last_run(settings, "midori")) == {"a", "b", "c", "d"}


def _result(name: str, ids: list[str], *failures: Failure) -> Result:
    return Result(scenario=name, title=name, failures=failures, paths={"midori-signing": ids})
