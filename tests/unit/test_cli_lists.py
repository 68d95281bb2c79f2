"""Lists on the screen: numbers stay whole, mails and procedures are called by their names (ALL-10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import samples
from workers.adapters.mail.titles import mail_title
from workers.cli.running import show_table
from workers.domain.cities import MailRule
from workers.packs.templatefiles import TemplateFolders

NUMBER = "isesaki-2026-0003-renewal-12345678901234567890"


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_a_number_is_never_cut_or_wrapped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    """It is copied into the next command, so it stands in one line, however narrow the screen is."""
    monkeypatch.setenv("COLUMNS", columns)
    long = "とても長い名前の協定" * 10
    show_table(("協定番号", "協定名", "相手方"), [(NUMBER, long, long)], empty="なし", whole=("協定番号",))
    assert NUMBER in capsys.readouterr().out


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("件名: 【{{ city.name }}】照会のお願い（{{ partner.name }}・{{ due_on | wareki }}まで）", "照会のお願い"),
        ("件名：{{ partner.name }}との協議（様式2）", "…との協議（様式2）"),
        ("件名: {# 期限の知らせ #}{{ [1] | join }}", "期限の知らせ"),
        ("件名: 【{{ city.name }}】", "notice"),
    ],
)
def test_a_mail_is_called_by_its_subject(tmp_path: Path, subject: str, name: str) -> None:
    """What is said in every case stays, values go; the template's file is the last resort."""
    (tmp_path / "common" / "mail").mkdir(parents=True)
    (tmp_path / "common" / "mail" / "notice.txt.j2").write_text(f"{subject}\n\n本文\n", encoding="utf-8")
    assert mail_title(TemplateFolders(tmp_path), samples.CITY, "notice") == name


def test_the_packs_name_of_a_mail_comes_first(tmp_path: Path) -> None:
    """A mail to partners has its name in the pack, also when its template is gone."""
    city = samples.city(mails={"declined": MailRule(title="見送りの連絡", review=True)})
    assert mail_title(TemplateFolders(tmp_path), city, "declined") == "見送りの連絡"
    assert mail_title(TemplateFolders(tmp_path), city, "gone") == "gone"
