"""Names are found whatever the width, the kana and the legal form (ALL-6)."""

from __future__ import annotations

import pytest

from workers.domain.searchwords import search_text, search_words


def _finds(asked: str, *texts: str) -> bool:
    return all(word in search_text(texts) for word in search_words(asked))


@pytest.mark.parametrize("name", ["㈱ミドリ商事", "(株)みどり商事", "みどり商事株式会社", "株式会社 ﾐﾄﾞﾘ商事"])
@pytest.mark.parametrize("asked", ["ミドリ", "みどり商事", "㈱ﾐﾄﾞﾘ商事", "（株）みどり", "株式会社", "商事　みどり"])
def test_a_partner_is_found_by_any_way_of_writing_it(asked: str, name: str) -> None:
    assert _finds(asked, name)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("NPO法人あおば", "特定非営利活動法人アオバ"),
        ("㈳さくら", "社団法人さくら"),
        ("セブン-イレブン", "セブン－イレブン"),
        ("ＡＢＣ", "abc保険"),
        ("東京 海上", "東京・海上"),
    ],
)
def test_shortened_forms_and_signs_are_alike(asked: str, name: str) -> None:
    assert _finds(asked, name)


def test_all_words_must_occur_and_a_form_is_no_other_form() -> None:
    assert not _finds("みどり 保険", "株式会社みどり商事")
    assert not _finds("有限会社", "株式会社みどり商事")
    assert search_words(" 　 ") == []


def test_what_a_search_could_take_for_a_sign_of_its_own_is_text() -> None:
    assert _finds("100%", "100%みどり")
    assert not _finds("%", "みどり")
