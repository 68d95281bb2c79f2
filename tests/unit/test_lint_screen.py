"""What Tasklist's screen does behind one's back is an error of ``renkei lint`` (ALL-10, D-2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.lint_examples import FORM, SIGNING, Example, example
from workers.lint.rules.entered import blank_problem
from workers.packs.diagrams import dates

_DATE: dict[str, Any] = {
    "type": "textfield",
    "id": "Field_signedOn",
    "key": "signedOn",
    "label": "締結日",
    "description": dates.example(dates.DATE),
    "validate": {"required": True, "pattern": dates.pattern(dates.DATE)},
    "properties": {dates.KIND: dates.DATE},
}
_READING: dict[str, Any] = {
    "type": "text",
    "id": "Reading_signedOn",
    "text": dates.reading("signedOn", dates.DATE),
    "properties": {dates.KIND: dates.READING},
}
_ROW_READING = {**_READING, "text": dates.reading("this.signedOn", dates.DATE)}
_NUMBER: dict[str, Any] = {
    "type": "textfield",
    "id": "Field_months",
    "key": "months",
    "label": "月数",
    "validate": {"required": True, "pattern": r"^\s*[0-9０-９]{1,2}\s*$"},
    "properties": {dates.KIND: "number"},
}
_ROWS: dict[str, Any] = {
    "type": "dynamiclist",
    "id": "List_rows",
    "path": "rows",
    "disableCollapse": True,
    "allowAddRemove": True,
    "components": [_DATE, _ROW_READING],
}
_COUNT: dict[str, Any] = {
    "type": "expression",
    "id": "Field_rowsCount",
    "key": "rowsCount",
    "expression": "=count(rows)",
    "computeOn": "change",
}
_REASON: dict[str, Any] = {
    "type": "textarea",
    "id": "Field_reason",
    "key": "reason",
    "label": "理由",
    "validate": {"required": True, "minLength": 1},
}
_WORDS: dict[str, Any] = {
    "type": "html",
    "id": "Text_comment",
    "content": '<p><b>意見</b> {{if comment = null then "" else string(comment)}}</p>',
}


def _without(part: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != name}


@pytest.fixture
def pack(tmp_path: Path) -> Example:
    return example(tmp_path)


def _add(pack: Example, *parts: dict[str, Any]) -> None:
    path = pack.path(FORM)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["components"] += parts
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


@pytest.mark.parametrize(
    "parts",
    [
        *([_DATE, _READING], [_NUMBER], [_ROWS, _COUNT], [_REASON], [_WORDS], [{**_ROWS, "allowAddRemove": False}]),
        [{**_REASON, "conditional": {"hide": '=reason = null or reason = ""'}}],
    ],
)
def test_what_the_screen_does_right_is_no_finding(pack: Example, parts: list[dict[str, Any]]) -> None:
    """What the other tests break is clean before; no job of the example takes what these parts ask for."""
    _add(pack, *parts)

    assert [finding for finding in pack.lint().findings if finding.file.suffix == ".form"] == []


@pytest.mark.parametrize(
    ("parts", "rule", "element"),
    [
        pytest.param([{**_DATE, "type": "datetime"}], "form-date", "Field_signedOn", id="date component"),
        pytest.param([_DATE], "form-date", "Field_signedOn", id="date without its reading"),
        pytest.param([_DATE, _WORDS, _READING], "form-date", "Field_signedOn", id="reading elsewhere"),
        pytest.param([_DATE, {**_READING, "text": "→"}], "form-date", "Field_signedOn", id="another reading"),
        pytest.param([_without(_DATE, "validate"), _READING], "form-date", "Field_signedOn", id="no pattern"),
        pytest.param([_without(_DATE, "description"), _READING], "form-date", "Field_signedOn", id="no example"),
        pytest.param([_without(_DATE, "properties")], "form-date", "Field_signedOn", id="date as plain text"),
        pytest.param(
            [{**_ROWS, "components": [_DATE, _READING]}, _COUNT], "form-date", "Field_signedOn", id="row's reading"
        ),
        pytest.param([{**_NUMBER, "type": "number"}], "form-number", "Field_months", id="number component"),
        pytest.param([{**_NUMBER, "validate": {"pattern": "^[0-9]+$"}}], "form-number", "Field_months", id="narrow"),
        pytest.param([{**_NUMBER, "validate": {}}], "form-number", "Field_months", id="number without pattern"),
        pytest.param([_ROWS], "form-list", "List_rows", id="list without its counter"),
        pytest.param([_ROWS, {**_COUNT, "computeOn": "presubmit"}], "form-list", "List_rows", id="late counter"),
        pytest.param([{**_REASON, "validate": {"required": True}}], "form-blank", "Field_reason", id="blanks pass"),
        pytest.param(
            [{**_REASON, "validate": {"required": True, "pattern": "."}}], "form-blank", "Field_reason", id="any sign"
        ),
        pytest.param(
            [{"type": "text", "id": "Text_a", "text": "意見 {{comment}}"}],
            "form-text",
            "Text_a",
            id="words as Markdown",
        ),
        pytest.param([{"type": "text", "id": "Text_a", "text": "={{comment}}"}], "form-text", "Text_a", id="FEEL"),
        pytest.param(
            [{**_WORDS, "content": "<p>{{caseTitle}}</p>"}], "form-text", "Text_comment", id="Markdown as words"
        ),
        pytest.param(
            [{**_WORDS, "content": "<p>{{comment}}</p>"}], "form-text", "Text_comment", id="null becomes a warning sign"
        ),
        pytest.param(
            [_DATE, {**_READING, "text": _READING["text"] + " + signedOn"}],
            "form-text",
            "Reading_signedOn",
            id="no reading",
        ),
        pytest.param(
            [{**_WORDS, "content": '<a href="{{comment}}">x</a>'}], "form-text", "Text_comment", id="words in a tag"
        ),
        pytest.param([{**_DATE, "properties": {dates.KIND: "day"}}], "form-kind", "Field_signedOn", id="no such kind"),
        pytest.param([_without(_ROWS, "disableCollapse"), _COUNT], "form-collapse", "List_rows", id="hidden rows"),
        pytest.param([{**_REASON, "conditional": {"hide": "=reason = null"}}], "form-empty", "Field_reason", id="null"),
    ],
)
def test_a_trap_of_the_screen_is_refused(pack: Example, parts: list[dict[str, Any]], rule: str, element: str) -> None:
    """The finding names the component and the rule."""
    _add(pack, *parts)

    assert (rule, element) in pack.rules()


def _map(pack: Example, mapping: str) -> None:
    pack.replace(SIGNING, '<zeebe:output source="={rating: rating', f'{mapping}<zeebe:output source="={{rating: rating')


@pytest.mark.parametrize(
    ("mapping", "found"),
    [
        ('<zeebe:output source="=rows" target="kept"/>', True),
        ('<zeebe:output source="={rows: rows}" target="kept"/>', True),
        ('<zeebe:output source="=if rowsCount = 0 then [] else rows" target="kept"/>', False),
    ],
)
def test_who_takes_a_list_over_takes_an_emptied_one(pack: Example, mapping: str, *, found: bool) -> None:
    """The screen does not send an emptied list, so its rows would live on."""
    _add(pack, _ROWS, _COUNT)
    _map(pack, mapping)

    assert (("emptied-list", "Task_Answer") in pack.rules()) is found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("=null", True),
        ("=caseId", True),
        ("=if caseId = null then null else caseId", True),
        ("=get or else(caseId, null)", True),
        ("=&quot;no&quot;", False),
        ("=if caseId = null then &quot;no&quot; else caseId", False),
        ("=get or else(caseId, &quot;no&quot;)", False),
    ],
)
def test_no_null_goes_into_a_field_with_a_default(pack: Example, source: str, *, found: bool) -> None:
    """A null from outside switches the default off."""
    _add(pack, {"type": "radio", "id": "Field_renews", "key": "renews", "label": "更新", "defaultValue": "no"})
    _map(pack, f'<zeebe:input source="{source}" target="renews"/>')

    assert (("null-default", "Task_Answer") in pack.rules()) is found


_BOXES = {"type": "checklist", "id": "Field_fields", "key": "fields", "label": "連携事項", "valuesExpression": "=[1]"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("=null", True),
        ("=offer.fields", True),
        ("=if offer = null then [] else offer.fields", True),
        ("=get or else(offer.fields, null)", True),
        ("=[]", False),
        ("=get or else(offer.fields, [])", False),
        ("=get or else(if formError = null then offer.fields else rows.fields, [])", False),
    ],
)
def test_no_null_goes_into_boxes_to_tick(pack: Example, source: str, *, found: bool) -> None:
    """After a null, form-js fails at every click on a checklist, and the clerk cannot go on."""
    _add(pack, _BOXES)
    _map(pack, f'<zeebe:input source="{source}" target="fields"/>')

    assert (("null-ticks", "Task_Answer") in pack.rules()) is found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("=for row in rows return {title: row.title, fields: row.fields}", True),
        ("=for row in rows return {fields: get or else(row.fields, []), title: row.title}", False),
        ("=rows", False),
    ],
)
def test_no_null_goes_into_boxes_of_a_row(pack: Example, source: str, *, found: bool) -> None:
    """Rows that an expression makes have a list for each checklist; those that come back as typed have one."""
    rows = {"type": "dynamiclist", "id": "List_rows", "path": "rows", "isRepeating": True, "components": [_BOXES]}
    _add(pack, rows)
    _map(pack, f'<zeebe:input source="{source}" target="rows"/>')

    assert (("null-ticks", "Task_Answer") in pack.rules()) is found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("=comment", True),
        ("=&quot;意見: &quot; + comment", True),
        ("=if comment = null then caseTitle else caseId", False),
        ("=&quot;決まった文&quot;", False),
    ],
)
def test_no_words_go_into_what_texts_show(pack: Example, source: str, *, found: bool) -> None:
    """``caseTitle`` is shown as Markdown, so it comes from a worker."""
    _map(pack, f'<zeebe:output source="{source}" target="caseTitle"/>')

    assert (("shown-words", "Task_Answer") in pack.rules()) is found


@pytest.mark.parametrize("feel", [r'matches(x, "\S")', r'not(matches(if x = null then "" else x, "\S"))'])
def test_a_wide_blank_is_no_text(pack: Example, feel: str) -> None:
    r"""Java's ``\S`` takes U+3000 for text."""
    assert blank_problem(feel)
    assert not blank_problem(feel.replace(r"\S", r"[^\s\u3000\u00a0]"))
    condition = feel.replace("x", "judgement").replace('"', "&quot;")
    pack.replace(SIGNING, '=judgement = "ok"', f"={condition}")

    assert ("feel-blank", "Flow_5") in pack.rules()
