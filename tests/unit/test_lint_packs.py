"""What packs share and must not share, files from elsewhere, and files that cannot be read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit.lint_examples import DECISION, FORM, REVIEW, SIGNING, Example, example
from workers.errors import InputErrors
from workers.lint.linter import lint

_REAL = Path(__file__).parents[2]


@pytest.fixture
def pack(tmp_path: Path) -> Example:
    return example(tmp_path)


def _second_city(pack: Example) -> None:
    """Add a city whose pack holds only a form."""
    (pack.packs / "aoi").mkdir()
    text = pack.path(FORM).read_text(encoding="utf-8")
    pack.path("aoi/aoi-answer.form").write_text(text.replace("midori-answer", "aoi-answer"), encoding="utf-8")


def test_an_id_that_two_packs_own_is_refused(pack: Example) -> None:
    """A second form of the same id would silently replace the first city's."""
    _second_city(pack)
    shutil.copy(pack.path(FORM), pack.path("aoi/midori-answer.form"))

    assert {("id-unique", "midori-answer"), ("id-prefix", "midori-answer")} <= pack.rules(pack.packs)


def test_an_id_that_an_outside_pack_repeats_is_refused(pack: Example, tmp_path: Path) -> None:
    """--packs counts too."""
    outside = tmp_path / "outside"
    (outside / "aoi").mkdir(parents=True)
    shutil.copy(pack.path(FORM), outside / "aoi" / "midori-answer.form")

    report = pack.lint(packs=(outside,))

    assert ("id-unique", "midori-answer") in {(f.rule, f.element) for f in report.findings}


def test_an_outside_pack_of_the_same_code_stands_in_for_the_project_s(pack: Example, tmp_path: Path) -> None:
    """Whoever names its folder means it; where the project's own is checked, that one is meant."""
    outside = tmp_path / "outside"
    shutil.copytree(pack.packs / "midori", outside / "midori")
    (outside / "midori" / "midori-answer.form").unlink()

    own = pack.lint(pack.packs / "midori", packs=(outside,))
    given = pack.lint(outside / "midori", packs=(outside,))

    assert own.findings == []
    told = [finding.message for finding in given.findings if finding.rule == "reference"]
    assert any("「midori-answer」がどのパックにもありません" in message for message in told), told


def test_a_message_of_two_cities_is_refused(pack: Example) -> None:
    """Publishing it would reach the cases of both; within a pack and among common ones it is meant."""
    _second_city(pack)
    (pack.packs / "midori-aoi").mkdir()
    text = pack.path(REVIEW).read_text(encoding="utf-8").replace("common-confirmed", "midori-aoi-confirmed")
    pack.path("midori/midori-review.bpmn").write_text(text.replace("common-review", "midori-review"), encoding="utf-8")
    pack.path("midori-aoi/midori-aoi-review.bpmn").write_text(
        text.replace("common-review", "midori-aoi-review"), encoding="utf-8"
    )
    found = [f for f in pack.lint().findings if f.rule == "id-unique"]

    assert {f.file.parent.name for f in found} == {"midori", "midori-aoi"}
    assert (
        "メッセージ名「midori-aoi-confirmed」は midori-aoi/midori-aoi-review.bpmn でも"
        in found[0].message + found[1].message
    )


def test_another_citys_form_is_out_of_reach(pack: Example) -> None:
    """It would not be deployed together."""
    _second_city(pack)
    pack.replace(SIGNING, 'formId="midori-answer"', 'formId="aoi-answer"')

    finding = next(f for f in pack.lint().findings if f.rule == "reference")

    assert finding.element == "StartEvent_Asked"
    assert "aoi" in finding.message


def test_a_common_diagrams_mail_must_exist_for_every_city(pack: Example) -> None:
    """The city without it is named."""
    task = """<bpmn:serviceTask id="Task_Tell" name="知らせる">
      <bpmn:documentation>ALL-2</bpmn:documentation>
      <bpmn:extensionElements><zeebe:taskDefinition type="send-mail"/><zeebe:taskHeaders>
      <zeebe:header key="template" value="notice"/><zeebe:header key="to" value="partner"/>
      </zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask><bpmn:endEvent """
    pack.replace(REVIEW, "<bpmn:endEvent ", task)
    assert "mail-template" not in {f.rule for f in pack.lint().findings}
    _second_city(pack)

    finding = next(f for f in pack.lint().findings if f.rule == "mail-template")

    assert "templates/aoi/mail/notice.txt.j2" in finding.message
    assert "templates/midori" not in finding.message


def test_an_outside_pack_brings_its_own_templates(pack: Example, tmp_path: Path) -> None:
    """DIR/CODE/templates is searched."""
    outside = tmp_path / "outside"
    shutil.move(pack.packs / "midori", outside / "midori")
    shutil.move(pack.home / "templates" / "midori", outside / "midori" / "templates")

    assert pack.lint(outside, packs=(outside,)).findings == []


def test_a_pack_from_elsewhere_stands_in_for_the_one_of_the_same_name(pack: Example, tmp_path: Path) -> None:
    """A copy that is being tried out does not clash with the original."""
    copy = tmp_path / "copy" / "bpmn"
    shutil.copytree(pack.packs, copy)
    shutil.copytree(pack.home / "templates", copy.parent / "templates")
    (copy / "midori" / "city.toml").touch()  # makes it a pack
    (copy.parent / "templates" / "midori" / "mail" / "notice.txt.j2").unlink()

    rules = {(f.rule, f.element) for f in pack.lint(copy / SIGNING).findings}

    assert rules == {("mail-template", "Task_SendNotice")}


def test_a_pack_and_its_copy_that_are_checked_together_clash(pack: Example, tmp_path: Path) -> None:
    """Nobody can tell which of them an id means."""
    copy = tmp_path / "copy" / "bpmn"
    shutil.copytree(pack.packs, copy)
    (copy / "midori" / "city.toml").touch()

    found = pack.lint(pack.path(SIGNING), copy / SIGNING).findings

    assert {f.rule for f in found} == {"id-unique"}


def test_a_single_file_from_elsewhere_stands_in_for_its_original(pack: Example, tmp_path: Path) -> None:
    """Only what is wrong with the file itself is reported."""
    trial = tmp_path / "trial" / "midori-signing.bpmn"
    trial.parent.mkdir()
    shutil.copy(pack.path(SIGNING), trial)
    assert pack.lint(trial).findings == []
    trial.write_text(trial.read_text(encoding="utf-8").replace(">=judgement", ">judgement"), encoding="utf-8")

    assert pack.rules(trial) == {("feel-prefix", "Flow_5")}


@pytest.mark.parametrize("name", [SIGNING, DECISION])
def test_a_doctype_is_refused(pack: Example, name: str) -> None:
    """Entities never reach a parser that would expand them."""
    text = pack.path(name).read_text(encoding="utf-8")
    head, _, body = text.partition("?>")
    pack.path(name).write_text(f'{head}?><!DOCTYPE a [<!ENTITY b "c">]>{body}', encoding="utf-8")

    found = [f for f in pack.lint().findings if f.file == pack.path(name)]

    assert [f.rule for f in found] == ["unreadable"]
    assert "DOCTYPE" in found[0].message


@pytest.mark.parametrize("name", [SIGNING, DECISION, FORM])
def test_a_file_that_is_cut_off_is_refused(pack: Example, name: str) -> None:
    """With one finding, and the other files are checked all the same."""
    path = pack.path(name)
    path.write_text(path.read_text(encoding="utf-8")[:-100], encoding="utf-8")

    found = [f for f in pack.lint().findings if f.file == path]

    assert [f.rule for f in found] == ["unreadable"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"<a/>", b"[]", b"null", b'{"components": 3}'])
@pytest.mark.parametrize("name", [SIGNING, DECISION, FORM])
def test_rubbish_is_a_finding_and_no_crash(pack: Example, name: str, content: bytes) -> None:
    """Whatever stands in a file."""
    pack.path(name).write_bytes(content)

    found = [f for f in pack.lint().findings if f.file == pack.path(name)]

    assert [f.rule for f in found] == ["unreadable"]


@pytest.mark.parametrize("depth", [300, 5000])
def test_endless_nesting_is_a_finding_and_no_crash(pack: Example, depth: int) -> None:
    """In forms and diagrams; what is only deep is checked as far as it goes."""
    nested = '{"id":"g","type":"group","components":[' * depth + "]}" * depth
    pack.path(FORM).write_text(f'{{"id": "midori-answer", "components": [{nested}]}}', encoding="utf-8")
    task = "<bpmn:subProcess>" * depth + "</bpmn:subProcess>" * depth
    pack.replace(SIGNING, "</bpmn:process>", f"{task}</bpmn:process>")

    report = pack.lint()

    assert {f.file for f in report.findings} >= {pack.path(FORM), pack.path(SIGNING)}


def test_coordinates_that_are_no_numbers_are_refused(pack: Example) -> None:
    """Instead of a crash while drawing."""
    pack.replace(SIGNING, '<dc:Bounds x="', '<dc:Bounds x="a')

    assert ("unreadable", "") in pack.rules()


def test_paths_that_do_not_exist_are_named(pack: Example, tmp_path: Path) -> None:
    """All of them at once, before anything is checked."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").touch()

    with pytest.raises(InputErrors) as caught:
        pack.lint(tmp_path / "nowhere", tmp_path / "empty", tmp_path / "note.txt")

    assert [Path(error.where).name for error in caught.value.errors] == ["nowhere", "empty", "note.txt"]


@pytest.mark.parametrize(
    ("file", "old", "new", "element"),
    [
        ("city.toml", 'kind = "next-march-31"', 'kind = "some-day"', "行目"),
        ("city.toml", "[office]", "colour = 1\n[office]", "colour"),
        ("departments.csv", "isesaki-kikaku", "", "行目"),
    ],
)
def test_a_mistake_in_a_citys_facts_is_refused(tmp_path: Path, file: str, old: str, new: str, element: str) -> None:
    """city.toml and departments.csv are part of the pack."""
    folder = tmp_path / "isesaki"
    shutil.copytree(_REAL / "bpmn" / "isesaki", folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    found = [f for f in lint([folder / file], home=_REAL).findings if f.rule == "pack"]

    assert found
    assert found[0].file == folder / file
    assert element in found[0].element + found[0].message


@pytest.mark.parametrize("process", ["isesaki-projects", "isesaki-results", "common-agreement-meeting"])
def test_departments_begin_what_has_a_start_form_of_the_city(tmp_path: Path, process: str) -> None:
    """A wrong name, a process without a start form, a common one: nobody could begin it at the desk."""
    for part in ("bpmn/isesaki", "bpmn/common", "templates/isesaki", "templates/common"):
        shutil.copytree(_REAL / part, tmp_path / part)
    file = tmp_path / "bpmn" / "isesaki" / "city.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('["isesaki-project"]', f'["{process}"]', 1), encoding="utf-8")

    found = [f for f in lint([file], home=tmp_path).findings if f.rule == "pack"]

    assert [(one.element, f"「{process}」は、開始のフォームのある" in one.message) for one in found] == [
        ("departments_start", True)
    ]


def test_the_real_packs_are_clean() -> None:
    """``renkei lint bpmn/`` with the real workers, variables and templates."""
    report = lint([_REAL / "bpmn"], home=_REAL)

    assert [(f.file.name, f.element, f.message) for f in report.findings] == []
    assert len(report.files) > 10


def test_what_a_call_activity_hands_over_is_known_in_the_called_part(pack: Example) -> None:
    """A city's own variable reaches a called part by the caller's input mapping, and is unknown without it."""
    pack.replace(REVIEW, 'correlationKey="=caseId"', 'correlationKey="=season"')
    assert "season" in pack.only().message

    given = '<zeebe:input source="=caseId" target="caseId"/>'
    pack.replace(SIGNING, given, f'{given}<zeebe:input source="=caseId" target="season"/>')

    assert pack.lint().findings == []
