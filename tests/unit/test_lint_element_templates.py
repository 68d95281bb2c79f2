"""Modeler's templates for our service tasks are those of the job catalog."""

from __future__ import annotations

import json
from pathlib import Path

from workers.jobs.catalog import all_job_types
from workers.lint import element_templates
from workers.packs.diagrams import model
from workers.packs.diagrams.model import extension, extensions
from workers.packs.stepways import BACK

_FOLDER = Path(__file__).parents[2] / "bpmn" / "element-templates"


def test_every_job_type_has_its_up_to_date_template() -> None:
    """Else run ``python -m workers.lint.element_templates``."""
    expected = {
        name: element_templates.as_text(content)
        for name, content in element_templates.templates(all_job_types()).items()
    }

    found = {path.name: path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.json")}

    assert found == expected


def test_a_template_sets_the_job_type_and_asks_for_the_headers() -> None:
    """In Japanese, the required ones marked."""
    job_type = all_job_types()["send-mail"]

    template = element_templates.templates({"send-mail": job_type})["send-mail.json"]

    bindings = {
        (p["binding"]["type"], p["binding"].get("key") or p["binding"].get("property")): p
        for p in template["properties"]
    }
    assert bindings["zeebe:taskDefinition", "type"]["value"] == "send-mail"
    for header in job_type.headers:
        asked = bindings["zeebe:taskHeader", header.name]
        assert asked["label"] == header.label
        assert ("constraints" in asked) == header.required


def test_templates_of_job_types_that_are_gone_are_removed(tmp_path: Path) -> None:
    """Modeler would go on offering them."""
    (tmp_path / "old-job.json").write_text("{}", encoding="utf-8")

    written = element_templates.write(tmp_path, {"send-mail": all_job_types()["send-mail"]})

    assert sorted(path.name for path in tmp_path.iterdir()) == ["common-partner-mail.json", "send-mail.json"]
    assert json.loads(written[0].read_text(encoding="utf-8"))["id"] == "renkei.send-mail"


def test_a_call_of_the_mails_review_made_from_its_template_is_what_lint_asks_for() -> None:
    """Every input of the calls in our diagrams is set; whether one can go back is chosen, and why not is asked for."""
    template = element_templates.templates({})["common-partner-mail.json"]
    inputs = {p["binding"]["name"]: p for p in template["properties"] if p["binding"]["type"] == "zeebe:input"}

    diagram = model.load(_FOLDER.parent / "isesaki" / "isesaki-signing.bpmn")
    call = diagram.ids["Task_SendCorrection"]
    asked = {name for name, input_ in inputs.items() if not input_.get("optional")}
    assert asked == {i.get("target") for i in extensions(call, "zeebe:ioMapping/zeebe:input")}
    assert set(inputs) - asked == {"mailRecipient"}
    assert {choice["value"] for choice in inputs["mailMayReturn"]["choices"]} == {"=true", "=false"}
    called = extension(call, "calledElement")
    assert called is not None
    assert dict(called.attrib) == {
        p["binding"]["property"]: p["value"]
        for p in template["properties"]
        if p["binding"]["type"] == "zeebe:calledElement"
    }
    (reason,) = [p for p in template["properties"] if p["binding"]["type"] == "zeebe:property"]
    assert reason["binding"]["name"] == BACK
    assert reason["condition"] == {"property": "mailMayReturn", "equals": "=false"}
