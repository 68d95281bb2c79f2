"""Numbers of cases and agreements as people say them."""

from __future__ import annotations

from workers.domain.casenumbers import agreement_number, case_number, file_name, in_words


def test_ids_are_said_as_numbers_and_others_stay() -> None:
    assert case_number("isesaki-2026-0012") == "令和8年度 第12号"
    assert case_number("相談") == "相談"
    assert agreement_number("date-a7") == "協定第7号"
    assert file_name("申出書_isesaki-2026-0001.docx", "isesaki-2026-0001") == "申出書.docx"


def test_a_history_is_told_without_ids() -> None:
    assert in_words("協定 isesaki-a1 を登録した") == "協定 協定第1号 を登録した"
    assert in_words("記録した: decision（決裁日 令和8年6月1日）") == "記録した（決裁日 令和8年6月1日）"
    assert in_words("記録した: signing-plan") == "記録した"
    assert in_words("文書を作った: 申出書") == "文書を作った: 申出書"
