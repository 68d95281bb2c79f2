"""``renkei diff`` says in sentences whatever changed, and shows it side by side."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit import planes
from tests.kit.lint_examples import DECISION, FORM, SIGNING, Example, example
from workers.drawing import pages
from workers.drawing.diff import ADDED, CHANGED, REMOVED, FileDiff, compare
from workers.errors import InputError


@pytest.fixture
def old(tmp_path: Path) -> Example:
    return example(tmp_path / "old")


@pytest.fixture
def new(tmp_path: Path) -> Example:
    return example(tmp_path / "new")


def _changed(old: Example, new: Example) -> FileDiff:
    """Return the one file that differs."""
    (found,) = [difference for difference in compare(old.packs, new.packs) if not difference.is_same]
    return found


def test_equal_packs_have_no_difference(old: Example, new: Example) -> None:
    """Every file is compared and is the same."""
    found = compare(old.packs, new.packs)

    assert len(found) == 4
    assert all(difference.is_same for difference in found)


@pytest.mark.parametrize(
    ("file", "before", "after", "sentence"),
    [
        (SIGNING, 'name="書類を作る"', 'name="書類を書く"', "名前が「書類を作る」から「書類を書く」に変わった"),
        (
            SIGNING,
            '=judgement = "ok"',
            '=judgement = "yes"',
            '条件が「=judgement = "ok"」から「=judgement = "yes"」に変わった',
        ),
        (SIGNING, ">=dueAt<", ">=laterAt<", "タイマーの日時が「=dueAt」から「=laterAt」に変わった"),
        (SIGNING, 'dueDate="=dueAt"', 'dueDate="=laterAt"', "期限が「=dueAt」から「=laterAt」に変わった"),
        (SIGNING, 'value="notice"', 'value="news"', "ヘッダー「template」が「notice」から「news」に変わった"),
        (SIGNING, '<zeebe:header key="to" value="partner"/>', "", "ヘッダー「to」「partner」がなくなった"),
        (SIGNING, 'type="send-mail"', 'type="post"', "ジョブ型が「send-mail」から「post」に変わった"),
        (SIGNING, ' default="Flow_6"', "", "既定のフロー「満たさない」がなくなった"),
        (SIGNING, 'cancelActivity="false"', 'cancelActivity="true"', "割り込みが「false」から「true」に変わった"),
        (
            SIGNING,
            "=[department.group]",
            "=[office]",
            "候補グループが「=[department.group]」から「=[office]」に変わった",
        ),
        (
            SIGNING,
            'target="fieldCount"',
            'target="number"',
            "入力マッピング「number」「=count(departments)」が加わった",
        ),
        (
            SIGNING,
            'targetRef="Call_Review"',
            'targetRef="EndEvent_Done"',
            "入る要素が「内容を確かめる」から「締結した」に変わった",
        ),
        (
            SIGNING,
            "<bpmn:documentation>ISE-8<",
            "<bpmn:documentation>ISE-9<",
            "ドキュメントが「ISE-8」から「ISE-9」に変わった",
        ),
        (SIGNING, 'retries="5"', 'retries="3"', "再試行回数が「5」から「3」に変わった"),
        (DECISION, "&lt; 3", "&lt; 4", "内容が「< 3」から「< 4」に変わった"),
        (DECISION, 'hitPolicy="FIRST"', 'hitPolicy="UNIQUE"', "ヒットポリシーが「FIRST」から「UNIQUE」に変わった"),
        (FORM, '"label": "意見"', '"label": "ご意見"', "ラベルが「意見」から「ご意見」に変わった"),
    ],
)
def test_a_change_is_one_sentence(
    old: Example, new: Example, *, file: str, before: str, after: str, sentence: str
) -> None:
    """Which names the element, the old and the new value."""
    new.replace(file, before, after)

    found = _changed(old, new)

    assert any(sentence in line for line in found.sentences), found.sentences
    assert found.name == file


def test_a_move_to_another_lane_is_a_change(old: Example, new: Example) -> None:
    """Who does a task is the most important thing about it."""
    reference = "<bpmn:flowNodeRef>Task_Judge</bpmn:flowNodeRef>"
    new.replace(SIGNING, reference, "")
    new.replace(
        SIGNING,
        '<bpmn:lane id="Lane_Department" name="担当課">',
        f'<bpmn:lane id="Lane_Department" name="担当課">{reference}',
    )

    assert list(_changed(old, new).sentences) == [
        "変更: ビジネスルールタスク「要件を判定する」（Task_Judge）のレーンが「企画課」から「担当課」に変わった"
    ]


def test_a_row_of_its_own_is_no_change_of_a_field(old: Example, new: Example) -> None:
    """Modeler writes one for every field; two fields in one row stand side by side."""
    with_rows = json.loads(new.path(FORM).read_text(encoding="utf-8"))
    for component in with_rows["components"]:
        component["layout"] = {"row": f"Row_{component['id']}", "columns": None}
    new.path(FORM).write_text(json.dumps(with_rows), encoding="utf-8")
    assert [found.name for found in compare(old.packs, new.packs) if not found.is_same] == []

    for component in with_rows["components"][:2]:
        component["layout"] = {"row": "Row_one", "columns": 8}
    new.path(FORM).write_text(json.dumps(with_rows), encoding="utf-8")
    assert [line for line in _changed(old, new).sentences if "横の並び" in line] == list(_changed(old, new).sentences)
    assert len(_changed(old, new).sentences) == 2


def test_a_renamed_element_is_no_change_of_its_neighbours(old: Example, new: Example) -> None:
    """The flows to it still lead to the same element."""
    new.replace(SIGNING, 'name="各課に聞く"', 'name="全課に聞く"')

    assert len(_changed(old, new).sentences) == 1


def test_added_and_removed_elements_are_told_with_what_they_say(old: Example, new: Example) -> None:
    """A reviewer sees the whole of a new task."""
    task = '<bpmn:userTask id="Task_New" name="確かめる"/><bpmn:callActivity id="Call_Review"'
    new.replace(SIGNING, '<bpmn:callActivity id="Call_Review"', task)
    new.replace(SIGNING, '<bpmn:endEvent id="EndEvent_Late" name="遅れを記録した">', "<!--")
    new.replace(
        SIGNING, '</bpmn:endEvent>\n      <bpmn:sequenceFlow id="Flow_11"', '--><bpmn:sequenceFlow id="Flow_11"'
    )

    found = _changed(old, new)

    assert (set(found.added), set(found.removed)) == ({"Task_New"}, {"EndEvent_Late"})
    assert any(line.startswith("追加: ユーザータスク「確かめる」（Task_New）") for line in found.sentences)
    assert any(line.startswith("削除: 終了イベント「遅れを記録した」（EndEvent_Late）") for line in found.sentences)


def test_a_moved_shape_is_layout_only(old: Example, new: Example) -> None:
    """No sentence, but it is counted."""
    text = new.path(SIGNING).read_text(encoding="utf-8")
    shape = text[text.index('bpmnElement="Task_Judge"') :]
    bounds = shape[shape.index("<dc:Bounds") : shape.index("/>")]
    new.replace(SIGNING, bounds, '<dc:Bounds x="561" y="51" width="100" height="80"')

    found = _changed(old, new)

    assert not found.sentences
    assert set(found.moved) == {"Task_Judge"}


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        (planes.expanded, planes.folded, ["折りたたんだ: サブプロセス「① 相談する」（Step_Talk）"]),
        (planes.folded, planes.expanded, ["広げた: サブプロセス「① 相談する」（Step_Talk）"]),
        (
            planes.flat,
            planes.folded,
            [
                "折りたたんだ: サブプロセス「① 相談する」（Step_Talk）（「聞く」、「伝える」を中に入れた）",
                "追加: サブプロセス「① 相談する」（Step_Talk）",
            ],
        ),
        (
            planes.folded,
            planes.flat,
            [
                "広げた: サブプロセス「① 相談する」（Step_Talk）（「聞く」、「伝える」を外に出した）",
                "削除: サブプロセス「① 相談する」（Step_Talk）",
            ],
        ),
    ],
    ids=["fold", "unfold", "fold-flat", "flatten"],
)
def test_what_was_folded_or_spread_out_is_told_as_such(
    tmp_path: Path, before: Callable[[str], bytes], after: Callable[[str], bytes], sentences: list[str]
) -> None:
    """The parts inside have not moved: they stand on another level."""
    old_file, new_file = tmp_path / "old.bpmn", tmp_path / "new.bpmn"
    old_file.write_bytes(before("p"))
    new_file.write_bytes(after("p"))

    (found,) = compare(old_file, new_file)

    assert (list(found.sentences), found.moved) == (sentences, frozenset())


def test_files_that_only_one_side_has_are_told(old: Example, new: Example) -> None:
    """A new form, a removed table."""
    shutil.copy(new.path(FORM), new.path("midori/midori-second.form"))
    new.path(DECISION).unlink()

    sentences = [line for difference in compare(old.packs, new.packs) for line in difference.sentences]

    assert sentences == [f"削除: ファイル「{DECISION}」", "追加: ファイル「midori/midori-second.form」"]


def test_the_page_shows_both_versions_in_colour(old: Example, new: Example, tmp_path: Path) -> None:
    """What was removed on the old side, what is new on the new side, what changed on both."""
    task = '<bpmn:userTask id="Task_New" name="確かめる"/><bpmn:callActivity id="Call_Review"'
    new.replace(SIGNING, '<bpmn:callActivity id="Call_Review"', task)
    new.replace(SIGNING, 'bpmnElement="Task_Judge"', 'bpmnElement="Task_New"')
    new.replace(SIGNING, 'name="書類を作る"', 'name="&lt;b&gt;書類"')
    old.replace(SIGNING, "<bpmn:documentation>ISE-8</bpmn:documentation>", '<bpmn:textAnnotation id="Note_1"/>')

    page = pages.write_diff(_changed(old, new), tmp_path / "out").read_text(encoding="utf-8")

    before, after = page.split("変更後")
    assert "変更前" in before
    assert f'stroke="{CHANGED}"' in before
    assert f'stroke="{CHANGED}"' in after
    assert f'stroke="{ADDED}"' not in before
    assert f'stroke="{ADDED}"' in after
    assert f'stroke="{REMOVED}"' not in after
    assert "<b>書類" not in page


def test_unlike_paths_are_refused(old: Example, tmp_path: Path) -> None:
    """A folder against a file, two kinds of files, a path that does not exist."""
    for left, right in (
        (old.packs, old.path(SIGNING)),
        (old.path(FORM), old.path(SIGNING)),
        (old.packs, tmp_path / "nowhere"),
    ):
        with pytest.raises(InputError):
            compare(left, right)
