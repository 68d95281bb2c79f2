"""Texts that people type (ALL-10)."""

from __future__ import annotations

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from workers.domain import text
from workers.errors import InputError


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("　株式会社 見本　", "株式会社 見本"),
        ("カ\u3099ス", "ガス"),  # as macOS writes file names
        ("㈱見本①", "㈱見本①"),
        ("\ufa19田", "\ufa19田"),  # 神 in its old form: a name stays as it is
        ("\u845b\U000e0100城", "\u845b\U000e0100城"),  # a variant chosen by a selector
        ("髙﨑", "髙﨑"),
        ("𠮷野家", "𠮷野家"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("", ""),
    ],
)
def test_a_line_is_trimmed_and_composed_but_names_keep_their_characters(typed: str, kept: str) -> None:
    """ALL-10: nothing already right is changed."""
    assert text.single_line(typed, "名", maximum=100) == kept


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("あ\u0007い", "目に見えない文字（U+0007）"),
        ("あ\tい", "目に見えない文字（U+0009）"),
        ("あ\u200bい", "目に見えない文字（U+200B）"),
        ("\ufeffあ", "目に見えない文字（U+FEFF）"),
        ("あ\u202eい", "目に見えない文字（U+202E）"),
        ("あ\u2028い", "目に見えない文字（U+2028）"),
        ("あ\ud800い", "目に見えない文字（U+D800）"),
        ("あ\ue000い", "外字（U+E000）"),
        ("あ\ufffeい", "使えない文字（U+FFFE）"),
        ("あ\U0001ffffい", "使えない文字（U+1FFFF）"),
        ("あ\ufdd0い", "使えない文字（U+FDD0）"),
        ("あ\nい", "改行せずに1行で"),
        ("あ\r\nい", "改行せずに1行で"),
        ("あ" * 11, "長すぎます（11文字）。10文字まで"),
    ],
)
def test_a_line_with_what_mails_or_word_cannot_hold_is_refused(typed: str, message: str) -> None:
    """ALL-10: with the code of the character, so that one can find it."""
    with pytest.raises(InputError) as caught:
        text.single_line(typed, "企業等名", maximum=10)
    assert caught.value.message.startswith(f"企業等名: {message}")


@pytest.mark.parametrize("value", [None, 1, True, [], b"a"])
def test_another_type_is_no_text(value: object) -> None:
    """ALL-10."""
    with pytest.raises(InputError, match="文字で書いてください"):
        text.single_line(value, "名", maximum=10)


def test_many_lines_keep_their_breaks_and_lose_blanks_at_the_ends() -> None:
    """ISE-F1: purpose and content."""
    assert text.multi_line("\r\n一行目 　\r\n\r\n\t二行目\r", "目的", maximum=100) == "一行目\n\n 二行目"


@pytest.mark.parametrize("typed", ["あ\u0000", "あ\u202eい", "あ\u2029い", "あ" * 101])
def test_many_lines_are_checked_like_one(typed: str) -> None:
    """ALL-10."""
    with pytest.raises(InputError):
        text.multi_line(typed, "目的", maximum=100)


@given(st.text(max_size=50))
def test_what_is_accepted_can_stand_in_xml_and_is_stable(typed: str) -> None:
    """ISE-F1: Word files are XML. Reading a kept text again changes nothing."""
    try:
        kept = text.multi_line(typed, "目的", maximum=1000)
    except InputError:
        return
    element = etree.Element("text")
    element.text = kept
    assert etree.fromstring(etree.tostring(element)).text in (kept, None if kept == "" else kept)
    assert text.multi_line(kept, "目的", maximum=1000) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("senryaku@city.example", "senryaku@city.example"),
        (" senryaku@City.Example ", "senryaku@city.example"),
        ("first.last+tag@mail.city.example", "first.last+tag@mail.city.example"),
        ("info@例え.jp", "info@xn--r8jz45g.jp"),
    ],
)
def test_a_mail_address_is_kept_in_ascii(typed: str, kept: str) -> None:
    """ALL-2."""
    assert text.email(typed, "メール") == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a",
        "a@",
        "@city.example",
        "a@b",
        "a b@city.example",
        "a..b@city.example",
        "ａ@city.example",
        "田中@city.example",
        "a@city.example,b@city.example",
        "A <a@city.example>",
        "a@[127.0.0.1]",
        "a@city.example\nBcc: b@city.example",
        "a@-.example",
    ],
)
def test_what_is_no_mail_address_is_refused_without_repeating_it(typed: str) -> None:
    """ALL-10: an address is personal data and messages show up in Operate."""
    with pytest.raises(InputError) as caught:
        text.email(typed, "メール")
    example = "name@city.example のように書いてください"
    expected = {f"メールアドレスの形ではありません（{example}）", "改行せずに1行で書いてください"}
    assert caught.value.message.removeprefix("メール: ") in expected


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0270-00-1101", "0270-00-1101"),
        ("０２７０−００−１１０１", "0270-00-1101"),
        ("0270ー00ー1101", "0270-00-1101"),
        ("+81 270 00 1101", "+81 270 00 1101"),
        ("0270-00-1305（内線12）", "0270-00-1305(内線12)"),
        ("(0270)00-1101", "(0270)00-1101"),
        ("", ""),
    ],
)
def test_a_telephone_number_is_kept_in_half_width(typed: str, kept: str) -> None:
    """ISE-F1."""
    assert text.phone(typed, "電話番号") == kept


@pytest.mark.parametrize("typed", ["なし", "0270-00", "電話 0270-00-1101", "0270-00-1101x", "abc-defg-hijk"])
def test_what_is_no_telephone_number_is_refused_without_repeating_it(typed: str) -> None:
    """ALL-10."""
    with pytest.raises(InputError) as caught:
        text.phone(typed, "電話")
    assert caught.value.message == "電話: 電話番号の形ではありません（0270-00-0000 のように書いてください）"


@given(st.from_regex(r"[a-z0-9_+.-]{1,12}@[a-z0-9.-]{1,14}\.(com|jp|example|test|local|onion|x)", fullmatch=True))
def test_the_quick_way_for_usual_addresses_says_what_the_validator_says(typed: str) -> None:
    """Long lists go the quick way; it may differ from the kept library in nothing but speed."""
    try:
        checked = validate_email(typed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        with pytest.raises(InputError):
            text.email(typed, "メール")
    else:
        assert checked.ascii_email == text.email(typed, "メール")


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_no_text_in_a_form_may_hold_what_no_document_can(character: str) -> None:
    """ALL-10: the code of the character is told, wherever it stands."""
    for value in (character, {"rows": [{"content": f"見守り{character}"}]}, {character: 1}):
        with pytest.raises(InputError, match=f"talk: .*U\\+{ord(character):04X}"):
            text.check_keepable(value, "talk")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20))
def test_what_passes_can_stand_in_a_document(value: str) -> None:
    """ALL-10: lxml is the judge."""
    try:
        text.check_keepable({"value": [value]}, "value")
    except InputError:
        with pytest.raises(ValueError, match="XML compatible"):
            etree.Element("text").text = value
    else:
        etree.Element("text").text = value


def test_the_domains_that_are_nobodys_are_the_validator_s() -> None:
    whole = {name for name in SPECIAL_USE_DOMAIN_NAMES if "." not in name}
    assert whole == text._NOBODYS_DOMAINS
