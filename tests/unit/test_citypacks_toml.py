"""Lines of keys in TOML files (ALL-10)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import InputErrors
from workers.readers.tomlsource import Place, key_lines, label, read_toml

TRICKY = '''\
# a comment with = and [brackets] and "quotes"
name = "あ # no comment = [x]"   # a comment

"quoted = key" = 1
dotted.inner."with.dot" = 2
list = [   # goes on
  1, "]", # ] not the end
  [2],
]
text = """
[not a table]
key = "no key"
"" two quotes \\""" still inside
"""
literal = \'\'\'
[[neither]]
\'\'\'
inline = { a = 1, b = { c = "}" } }
  indented = 1
[ table ]  # comment
key = 'it # is'
[table.sub]
key = 1
[[rows]]
key = 1
[[rows]]

key = 2
[rows.sub]
key = 3
[[rows.deep]]
key = 4
[[rows.deep]]
key = 5
["odd [name]"."x=y"]
last = 1
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("name",), 2),
        (("quoted = key",), 4),
        (("dotted", "inner", "with.dot"), 5),
        (("dotted",), 5),
        (("list",), 6),
        (("text",), 10),
        (("literal",), 15),
        (("inline",), 18),
        (("indented",), 19),
        (("table",), 20),
        (("table", "key"), 21),
        (("table", "sub"), 22),
        (("table", "sub", "key"), 23),
        (("rows",), 24),
        (("rows", 0), 24),
        (("rows", 0, "key"), 25),
        (("rows", 1), 26),
        (("rows", 1, "key"), 28),
        (("rows", 1, "sub", "key"), 30),
        (("rows", 1, "deep", 0, "key"), 32),
        (("rows", 1, "deep", 1), 33),
        (("rows", 1, "deep", 1, "key"), 34),
        (("odd [name]", "x=y", "last"), 36),
    ],
)
def test_every_key_has_the_line_on_which_it_stands(place: Place, line: int) -> None:
    """ALL-10: strings, comments and brackets that look like keys mislead nobody."""
    assert key_lines(TRICKY)[place] == line
    assert key_lines(TRICKY.replace("\n", "\r\n"))[place] == line


def test_nothing_else_is_taken_for_a_key() -> None:
    """ALL-10."""
    lines = key_lines(TRICKY)
    assert {place[0] for place in lines} == set(tomllib.loads(TRICKY))
    assert sorted(set(lines.values())) == [2, 4, 5, 6, 10, 15, *range(18, 27), *range(28, 37)]


def test_a_place_without_a_line_has_that_of_the_table_around_it(tmp_path: Path) -> None:
    """ALL-10: a missing key is shown at its table."""
    file = tmp_path / "x.toml"
    file.write_text(TRICKY, encoding="utf-8")
    source = read_toml(file)
    assert source.line(("rows", 1, "missing")) == 26
    assert source.line(("inline", "b", "c")) == 18
    assert source.line(("list", 2, 0)) == 6
    assert source.line(("missing",)) is None
    assert source.where(("missing",)) == "x.toml missing"
    assert source.where(("rows", 1, "missing")) == "x.toml 26行目 [[rows]] 2件目 missing"
    assert source.where(("table", "key")) == "x.toml 21行目 [table] key"
    assert source.where(()) == "x.toml"


def test_labels_look_like_the_file() -> None:
    """ALL-10."""
    assert label(("rows", 0)) == "[[rows]] 1件目"
    assert label(("a", "b", 1, "c")) == "[a] b 2件目 c"


SCALARS = st.integers(-5, 5) | st.booleans() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
TABLES = st.dictionaries(KEYS, SCALARS | st.lists(SCALARS, max_size=3), max_size=4)
DOCUMENTS = st.dictionaries(KEYS, SCALARS | TABLES | st.lists(TABLES, min_size=1, max_size=3), max_size=5)


@given(DOCUMENTS)
def test_the_lines_agree_with_another_library(document: dict[str, Any]) -> None:
    """ALL-10: files written by tomlkit; cutting the file before a key's line loses the key, after it does not."""
    text = tomlkit.dumps(document)
    data, lines = tomllib.loads(text), key_lines(text)
    rows = text.split("\n")
    for key, value in data.items():
        assert (key,) in lines
        assert key not in tomllib.loads("\n".join(rows[: lines[(key,)] - 1]))
        if isinstance(value, dict):
            assert {place[1] for place in lines if len(place) > 1 and place[0] == key} == set(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                assert {p[2] for p in lines if p[:2] == (key, number) and len(p) > 2} == set(row)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a = 1\na = 2\nb = 1\n", "x.toml 2行目: 同じ項目が2回書かれています"),
        ("[a]\n[a]\n", "x.toml 2行目: 同じ表が2回書かれています"),
        ('a = 1\nb = "x\n', 'x.toml 2行目: 引用符（"）が閉じられていません'),
        ("a = 'x\n", "x.toml 1行目: 引用符（'）が閉じられていません"),
        ('a = """x\n\n', 'x.toml 1行目: 引用符（"）が閉じられていません'),
        ("a 1\n", "x.toml 1行目: 「項目 = 値」の形になっていません"),
        ("\na = いせさき\n", 'x.toml 2行目: 値を読めません。文字は "…" で囲んでください'),
        ("a = 2026-02-30\n", "x.toml 1行目: ない日付です"),
        ("a = 1 b = 2\n", "x.toml 1行目: 1行に2つの項目があります"),
        ('a = "\x01"\n', "x.toml 1行目: 使えない文字があります"),
        ('a = "C:\\保存"\n', "x.toml 1行目: \\ は \\\\ と書いてください"),
        ("[a\n", "x.toml 1行目: TOML の書き方に誤りがあります"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_in_japanese_with_its_line(
    tmp_path: Path, content: str, message: str
) -> None:
    """ALL-10."""
    file = tmp_path / "x.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputErrors) as caught:
        read_toml(file)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('a = 1\nb = "伊勢崎"\n'.encode("cp932"), "x.toml 2行目: UTF-8 ではない文字があります"),
        ("a = 1".encode("utf-16"), "x.toml 1行目: UTF-8 ではない文字があります"),
        (b"a = 1\n" * 200_000, "x.toml: 大きすぎます"),
        (b"a = " + b"[" * 20_000 + b"]" * 20_000, "x.toml: 入れ子が深すぎます"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """ALL-10."""
    file = tmp_path / "x.toml"
    file.write_bytes(content)
    with pytest.raises(InputErrors) as caught:
        read_toml(file)
    assert caught.value.message.startswith(message)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """ALL-10: Windows' editor writes it."""
    file = tmp_path / "x.toml"
    file.write_bytes("\ufeffa = 1\r\nb = 2\r\n".encode())
    source = read_toml(file)
    assert source.data == {"a": 1, "b": 2}
    assert source.line(("b",)) == 2


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """ALL-10."""
    with pytest.raises(InputErrors, match=r"x\.toml: ファイルがありません"):
        read_toml(tmp_path / "x.toml")
    with pytest.raises(InputErrors, match="名前: フォルダーです"):
        read_toml(tmp_path, "名前")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    """ALL-10: a link that leads to itself stands for every other failure to read."""
    loop = tmp_path / "x.toml"
    loop.symlink_to(loop)
    with pytest.raises(InputErrors, match=r"x\.toml: ファイルを読めません"):
        read_toml(loop)
