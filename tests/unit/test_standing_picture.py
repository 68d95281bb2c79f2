"""Where a case stands in its diagram: steps that were passed, the one of now, the boxes around them (ALL-23)."""

from __future__ import annotations

from pathlib import Path

from defusedxml import ElementTree

from workers.drawing.passed import calls_of, surely_passed
from workers.drawing.picture import DONE, HERE, draw_standing
from workers.packs.diagrams import model

_DIAGRAM = Path(__file__).parents[2] / "bpmn" / "isesaki" / "isesaki-signing.bpmn"
_SVG = "{http://www.w3.org/2000/svg}"


def _boxes(svg: str) -> dict[str | None, str | None]:
    """Return the colour of each box's outline, by the element's id."""
    return {
        group.get("data-element-id"): box.get("stroke")
        for group in ElementTree.fromstring(svg).iter(f"{_SVG}g")
        if (box := group.find(f"{_SVG}rect")) is not None
    }


def test_what_every_way_leads_over_was_passed_and_what_lies_beside_or_behind_was_not() -> None:
    """Nobody has a task in the first step; the way back to the offer is not known to have been taken."""
    diagram = model.load(_DIAGRAM)
    passed = surely_passed(diagram, {"Task_DecideSigning"})
    boxes = _boxes(draw_standing(diagram, here=["Task_DecideSigning"], done=passed))
    assert {step: boxes[step] for step in ("Step_Consultation", "Step_Offer", "Step_Decision")} == {
        "Step_Consultation": DONE,
        "Step_Offer": DONE,
        "Step_Decision": HERE,
    }
    assert "Task_CorrectConsultation" not in passed
    assert boxes["Step_Signing"] not in {HERE, DONE}


def test_a_called_process_stands_for_the_step_that_calls_it() -> None:
    diagram = model.load(_DIAGRAM)
    (call,) = calls_of(diagram, {"common-agreement-signing", "common-partner-mail"})  # many send mails
    boxes = _boxes(draw_standing(diagram, here=[], done=[call]))
    assert boxes["Step_Signing"] == DONE


def test_a_folded_step_shows_what_goes_on_within_it_up_to_the_top() -> None:
    """The check of the requirements is two steps down; the consultation's correction one."""
    svg = draw_standing(model.load(_DIAGRAM), here=["Task_CheckRequirements"], done=["Task_CorrectConsultation"])
    boxes = _boxes(svg)
    assert boxes["Task_CheckRequirements"] == boxes["Step_Offer"] == HERE
    assert boxes["Step_Consultation"] == DONE
    assert boxes["Step_Survey"] not in {HERE, DONE}
