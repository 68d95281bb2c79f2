"""``renkei format`` as a process owner types it: files as Modeler writes them, and nothing lost on the way."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from tests.kit.lint_examples import DECISION, FORM, SIGNING, Example, example
from workers.cli import formats
from workers.packs.diagrams import model
from workers.packs.new_pack import STARTER, write_pack

_ROOT = Path(__file__).parents[2]
_PLANES = _ROOT / "tests" / "data" / "planes.bpmn"


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(formats.format_, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def by_hand(tmp_path: Path) -> Example:
    """The good pack as it may come from another editor: another order of attributes, other quotes, other spaces."""
    pack = example(tmp_path)
    assert _run(pack.packs).exit_code == 0
    pack.replace(SIGNING, '<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0' encoding='UTF-8'?>")
    pack.replace(SIGNING, '<bpmn:endEvent id="EndEvent_Late" name="遅れを記録した"', _other_order("EndEvent_Late"))
    pack.replace(DECISION, '<?xml version="1.0" encoding="UTF-8"?>\n', '<?xml version="1.0" encoding="UTF-8"?>\n\n')
    form = pack.path(FORM)
    form.write_text(json.dumps(json.loads(form.read_text(encoding="utf-8")), indent=4), encoding="utf-8")
    return pack


def _other_order(element: str) -> str:
    return f'<bpmn:endEvent name="遅れを記録した" id="{element}"'


def test_every_file_of_the_packs_is_as_modeler_writes_it() -> None:
    """So that a change made in Modeler is all that git shows: ``renkei format`` mends it."""
    result = _run(_ROOT / "bpmn", STARTER, "--check")

    assert result.exit_code == 0, result.output


def test_check_names_the_files_that_differ_and_changes_none(by_hand: Example) -> None:
    """Exit code 1; the files of the example that are written well already are not named."""
    names = (SIGNING, DECISION, FORM)
    before = {name: by_hand.path(name).read_bytes() for name in names}

    result = _run(by_hand.packs, "--check")

    assert result.exit_code == 1
    named = [line.partition(": ")[0] for line in result.output.splitlines() if "Modeler の書き方ではありません" in line]
    assert sorted(named) == sorted(str(by_hand.path(name)) for name in names)
    assert "そろっているもの 1 件、そろっていないもの 3 件" in result.output
    assert {name: by_hand.path(name).read_bytes() for name in names} == before


def test_files_are_written_once_and_hold_the_same(by_hand: Example) -> None:
    """A second run has nothing to do; what the engine reads is as it was."""
    before = _elements(by_hand.path(SIGNING))

    result = _run(by_hand.packs, "--json")

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["changed"] == sorted(str(by_hand.path(name)) for name in (SIGNING, DECISION, FORM))
    assert (told["files"], told["problems"]) == (4, [])
    assert _elements(by_hand.path(SIGNING)) == before
    assert _run(by_hand.packs, "--check").exit_code == 0
    assert json.loads(_run(by_hand.packs, "--json").stdout)["changed"] == []


def test_every_plane_is_ordered_and_begins_where_modeler_puts_it(tmp_path: Path) -> None:
    """Also of a collapsed sub-process, which gets a plane of its own where it has none."""
    path = tmp_path / "planes.bpmn"
    shutil.copy(_PLANES, path)

    assert _run(path).exit_code == 0

    diagram = etree.parse(path)
    drawn = [
        (plane.get("bpmnElement"), [part.get("bpmnElement") for part in plane])
        for plane in diagram.iter(f"{{{model.BPMNDI}}}BPMNPlane")
    ]
    assert drawn == [
        ("planes", ["Start", "Own", "Inline", "Flow_1", "Flow_2"]),
        ("Own", ["Own_Task"]),
        ("Inline", ["Inline_Task"]),
    ]
    shapes = {shape.get("bpmnElement"): shape for shape in diagram.iter(f"{{{model.BPMNDI}}}BPMNShape")}
    corners = {name: (shape[0].get("x"), shape[0].get("y")) for name, shape in shapes.items()}
    assert corners["Start"] == ("150", "100")
    assert corners["Own_Task"] == ("150", "100")
    assert shapes["Start"][1][0].get("x") == "150", "a label moves with its event"
    assert shapes["Own_Task"][1].tag == f"{{{model.BPMNDI}}}BPMNLabel"
    (first, *_) = diagram.iter(f"{{{model.DI}}}waypoint")
    assert (first.get("x"), first.get("y")) == ("186", "118"), "a flow, too"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("</bpmn:process>", "<!-- 担当: 山田 --></bpmn:process>", "コメント"),
        ("</bpmn:process>", "<bpmn:unheardOf/></bpmn:process>", "unparsable content <bpmn:unheardOf/> detected line:"),
        ('bpmnElement="Own_Task"', 'bpmnElement="Own_Nothing"', "Own_Nothing"),
        ('bpmnElement="Own_Task"', 'bpmnElement="Start"', "Own_Task_di"),
        ("</bpmn:definitions>", "", "XML として読めません"),
    ],
)
def test_a_file_that_would_lose_something_is_left_alone(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Exit code 1 and the reason; the other files are written."""
    broken, whole = tmp_path / "broken.bpmn", tmp_path / "whole.bpmn"
    content = _PLANES.read_text(encoding="utf-8")
    assert old in content
    broken.write_text(content.replace(old, new, 1), encoding="utf-8")
    whole.write_text(content, encoding="utf-8")
    before = broken.read_bytes()

    result = _run(tmp_path)

    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if line.startswith(str(broken))]
    assert told in line
    assert broken.read_bytes() == before
    assert f"{whole}: 書き直しました" in result.output


def test_a_form_whose_field_has_no_id_is_left_alone(tmp_path: Path) -> None:
    """Modeler would give it another one each time."""
    path = tmp_path / "one.form"
    path.write_text('{"id": "one", "type": "default", "components": [{"type": "text", "text": "a"}]}', encoding="utf-8")

    result = _run(path, "--json")

    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem["file"] == str(path)
    assert "without id" in problem["message"]


def test_a_folder_without_such_files_is_refused(tmp_path: Path) -> None:
    """Nothing to do is a mistake of the one who asked."""
    result = CliRunner().invoke(formats.format_, [str(tmp_path)])

    assert result.exit_code == 1
    assert "ファイル" in str(result.exception)


def _elements(path: Path) -> Counter[tuple[str, ...]]:
    """Return the elements of a diagram that are not drawing, with their attributes and text."""
    found = etree.parse(path).getroot().iter("{*}*")
    return Counter(
        (str(part.tag), *sorted(f"{name!s}={value!s}" for name, value in part.items()), (part.text or "").strip())
        for part in found
        if not str(part.tag).startswith((f"{{{model.BPMNDI}}}", f"{{{model.DC}}}", f"{{{model.DI}}}"))
    )


def test_upgrade_gives_the_tasks_their_templates_and_checking_says_what_it_would_do(tmp_path: Path) -> None:
    """A task that a person drew, and a mail that is new: named by ``--check``, done once, then nothing is left."""
    pack = write_pack(tmp_path, "midori", "みどり市", taken=())
    diagram = pack / "midori-signing.bpmn"
    written = diagram.read_text(encoding="utf-8")
    mark = re.compile(r'(<bpmn:serviceTask id="Task_OpenCase" name="[^"]*") zeebe:modelerTemplate=[^>]*>')
    bare = mark.sub(r"\1>", written)
    assert bare != written
    diagram.write_text(bare, encoding="utf-8")
    (pack / "templates" / "mail").mkdir(parents=True)
    (pack / "templates" / "mail" / "new-one.txt.j2").write_text("件名: 新しい\n\n本文\n", encoding="utf-8")
    jobs = pack / ".camunda" / "element-templates" / "jobs.json"

    checked = _run(pack, "--upgrade", "--check")
    assert checked.exit_code == 1
    assert "「案件を登録する」（Task_OpenCase）のテンプレートは今の版ではありません" in checked.output
    assert f"{jobs}: テンプレートが古くなっています" in checked.output
    assert (diagram.read_text(encoding="utf-8"), "new-one" in jobs.read_text(encoding="utf-8")) == (bare, False)

    assert _run(pack, "--upgrade").exit_code == 0
    assert (diagram.read_text(encoding="utf-8"), "new-one" in jobs.read_text(encoding="utf-8")) == (written, True)

    again = json.loads(_run(pack, "--upgrade", "--check", "--json").stdout)
    assert (again["changed"], again["templates"], again["upgraded"]) == ([], [], [])
