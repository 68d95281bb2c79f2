"""docs/requirements.md: every requirement that is named anywhere has its sentence and its passage, and no other."""

from __future__ import annotations

import re

from tests.kit import traceability
from tests.kit.guidelines import GUIDELINES, ROOT, expanded, passages_of

PAGE = ROOT / "docs" / "requirements.md"
TEXT = PAGE.read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (\w+-\w+) \| (.+) \| (.+) \|$", re.MULTILINE)
_SOURCE = re.compile(r"\[[^\]]+市\]\((guidelines/(\w+)\.md)\) (\S.*)")
_NONE = re.compile(r"なし（.+ため）|なし（.+ように）|なし（.+による）")


def rows(text: str) -> list[tuple[str, str, str]]:
    """Return the id, the sentence and the source of each row of the table."""
    return [(found[1], found[2], found[3]) for found in _ROW.finditer(text)]


def unnamed(text: str) -> list[str]:
    """Return the ids of the list below the table."""
    return re.findall(r"^- (\w+-\w+) \S", text.partition("## まだ番号の出ないもの")[2], re.MULTILINE)


def named() -> set[str]:
    """Return the ids that the page of traces, the diagrams, the Python code or the tests name."""
    page = traceability.DOCUMENT.read_text(encoding="utf-8")
    return set(traceability.traces()) | set(traceability.ids_in(page))


def faults(source: str) -> list[str]:
    """Return what is wrong with a row's source: a page that is not there, a passage that the guideline has not."""
    if _NONE.fullmatch(source):
        return []
    found = []
    for part in source.split("／"):
        match = _SOURCE.fullmatch(part)
        if match is None or match[2] not in GUIDELINES:
            found.append(part)
            continue
        if not (ROOT / "docs" / match[1]).is_file():
            found.append(match[1])
        passages = [each for passage in match[3].split("、") for each in expanded(passage)]
        found += [passage for passage in passages if passage not in passages_of(match[2])]
    return found


def test_the_table_has_what_is_named_exactly_once() -> None:
    """A requirement that is built without a row, or a row that nothing names, is seen."""
    assert sorted(identity for identity, _, _ in rows(TEXT)) == sorted(named())


def test_what_is_named_by_now_leaves_the_list_below_the_table() -> None:
    """The list holds only what no diagram, rule or test names."""
    listed = unnamed(TEXT)
    assert len(listed) == len(set(listed))
    assert set(listed) & named() == set()


def test_every_source_is_a_passage_of_a_guideline_or_says_why_there_is_none() -> None:
    """A number that the guideline does not have would send the reader nowhere."""
    assert {identity: wrong for identity, _, source in rows(TEXT) if (wrong := faults(source))} == {}


def test_every_requirement_has_its_own_sentence() -> None:
    """Two ids with one sentence would be one requirement."""
    sentences = [sentence for _, sentence, _ in rows(TEXT)]
    assert len(sentences) == len(set(sentences))


def test_a_wrong_source_is_found() -> None:
    """Cities, passages and reasons are looked up, not only read."""
    assert faults("[上尾市](guidelines/ageo.md) 4①〜②／[伊達市](guidelines/date.md) 3④") == []
    assert faults("[上尾市](guidelines/ageo.md) 4①、9") == ["9"]
    assert faults("[例市](guidelines/rei.md) 1") == ["[例市](guidelines/rei.md) 1"]
    assert faults("なし") == ["なし"]
