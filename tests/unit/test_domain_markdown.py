"""What workers write for text components, which the screen reads as Markdown (ALL-10)."""

from __future__ import annotations

import pytest

from workers.domain.markdown import plain


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("10:00~12:00、13:00~15:00", r"10:00\~12:00、13:00\~15:00"),
        ("2. 二番\n5) 五番", "2\\. 二番\\\n5\\) 五番"),
        ("# 見出し\n- 一つ\n+ 二つ\n===", "\\# 見出し\\\n\\- 一つ\\\n\\+ 二つ\\\n\\==="),
        ("*星* _線_ `c` [a](b) <b>x</b> &amp; |", r"\*星\* \_線\_ \`c\` \[a\](b) \<b\>x\</b\> \&amp; \|"),
        ("http://example.test/~a x@example.test", r"http\://example.test/\~a x\@example.test"),
        ("一行目\n\n    四つ下げた行", "一行目\n\n四つ下げた行"),
        ("2026-06-08 は 3.5 です", "2026-06-08 は 3.5 です"),
        ("株式会社ひかり", "株式会社ひかり"),
        ("", ""),
    ],
)
def test_signs_of_markdown_are_escaped_where_they_would_act(words: str, written: str) -> None:
    """Dates and plain names stay as they are, so that a message can be read anywhere."""
    assert plain(words) == written
