"""A form's words before our pages show it: workers' texts, labels that hold expressions, the heading."""

from __future__ import annotations

from typing import Any

import pytest

from workers.readers.writtenform import without_heading, written_out

_LABEL = '{{if count(proposals) = 0 then "提案する連携事業" else "ほかの希望"}}'


def _form(*components: dict[str, Any]) -> dict[str, Any]:
    return {"id": "a-form", "components": list(components)}


def _first(form: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = form["components"][0]
    return found


@pytest.mark.parametrize(
    ("heading", "left"),
    [
        ("## 締結式典の希望\n{{caseTitle}}", "{{caseTitle}}"),
        ("## ⑪ 締結式典の希望\n\n希望しますか。", "希望しますか。"),
        ("## ほかの見出し\n文", "## ほかの見出し\n文"),
        ("締結式典の希望\n文", "締結式典の希望\n文"),
    ],
)
def test_the_heading_that_says_the_title_is_left_to_the_page(heading: str, left: str) -> None:
    shown = without_heading(_form({"type": "text", "text": heading}), "締結式典の希望")
    assert _first(shown)["text"] == left


def test_a_heading_alone_leaves_nothing() -> None:
    shown = without_heading(_form({"type": "text", "text": "## 題"}, {"type": "radio", "key": "a"}), "題")
    assert shown["components"] == [{"type": "radio", "key": "a"}]


def test_a_worker_s_text_stands_in_its_place_as_markdown_and_is_no_template_again() -> None:
    known = {"agreementSummary": "**協定** \\*A\\* {{secret}}", "rows": []}
    shown = written_out(_form({"type": "text", "text": "{{agreementSummary}}\n{{rows}}"}), known)
    assert _first(shown)["text"] == "**協定** \\*A\\* { {secret}}\n{{rows}}"


def test_words_that_are_no_worker_s_text_are_left_to_the_page_which_escapes_them() -> None:
    shown = written_out(_form({"type": "text", "text": "{{a}}{{b}}"}), {"a": "**a**", "b": "~b~"}, texts={"a"})
    assert _first(shown)["text"] == "**a**{{b}}"


@pytest.mark.parametrize(("proposals", "label"), [([], "提案する連携事業"), ([{"number": 1}], "ほかの希望")])
def test_a_label_that_holds_an_expression_is_worked_out(proposals: list[Any], label: str) -> None:
    shown = written_out(_form({"type": "dynamiclist", "label": _LABEL}), {"proposals": proposals})
    assert _first(shown)["label"] == label


def test_a_label_that_names_what_is_typed_is_left_to_the_page() -> None:
    shown = written_out(_form({"type": "dynamiclist", "label": _LABEL}), {"proposals": []}, live={"proposals"})
    assert _first(shown)["label"] == _LABEL
