"""Where a mail's template comes from, and what happens when it is wrong (ALL-2)."""

from __future__ import annotations

import os
import re
from email import message_from_bytes
from email.policy import SMTP
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.kit import papers
from workers.adapters.mail.renderer import JinjaMails
from workers.errors import InputError, PermanentError
from workers.packs.templatefiles import TemplateFolders
from workers.settings import Settings
from workers.usecases.ports import MailRequest

MARKUP = "&<b>"


def request(template: str = "notice", **changes: Any) -> MailRequest:
    return MailRequest(
        **{
            "business_key": "key",
            "case_id": "isesaki-2026-1",
            "city": "isesaki",
            "kind": template,
            "template": template,
            "recipient_name": "山田 太郎",
            "recipient": "to@partner.example",
            "context": {"value": MARKUP},
            **changes,
        }
    )


def write(folder: Path, source: str, name: str = "notice.txt.j2") -> None:
    (folder / "mail").mkdir(parents=True, exist_ok=True)
    (folder / "mail" / name).write_text(source, encoding="utf-8")


@pytest.fixture
def folders(tmp_path: Path) -> TemplateFolders:
    return TemplateFolders(tmp_path / "templates", [tmp_path / "packs"])


@pytest.fixture
def mails(folders: TemplateFolders) -> JinjaMails:
    return JinjaMails(folders, papers.CITIES, papers.clock())


def test_a_pack_goes_before_the_city_and_the_city_before_common(folders: TemplateFolders) -> None:
    """DIR/CODE/templates, then templates/CODE, then templates/common."""
    places = [
        folders.templates / "common",
        folders.templates / "isesaki",
        folders.packs[0] / "isesaki" / "templates",
    ]
    subjects = []
    for place in places:
        write(place, f"件名: {place.name}\n\n本文\n")
        fresh = JinjaMails(folders, papers.CITIES, papers.clock())
        subjects.append(message_from_bytes(fresh.render(request()).raw)["Subject"])
    assert subjects == ["common", "isesaki", "templates"]


def test_an_edited_template_is_used_at_once(folders: TemplateFolders, mails: JinjaMails) -> None:
    """Process owners see their change without restarting the workers."""
    place = folders.templates / "common"
    write(place, "件名: まえ\n\n本文\n")
    mails.render(request())
    write(place, "件名: あと\n\n本文\n")
    os.utime(place / "mail" / "notice.txt.j2", (1, 1))
    assert message_from_bytes(mails.render(request()).raw, policy=SMTP)["Subject"] == "あと"


def test_a_part_is_included_from_the_city_before_common(folders: TemplateFolders, mails: JinjaMails) -> None:
    """A city changes the signature of all its mails with one file."""
    write(folders.templates / "common", '件名: 件\n\n{% include "_signature.txt.j2" %}')
    write(folders.templates / "common", "共通の署名", "_signature.txt.j2")
    write(folders.templates / "isesaki", "市の署名", "_signature.txt.j2")
    assert mails.preview("isesaki", "notice", {}) == ("件", "市の署名\n")


def test_html_is_escaped_and_text_is_not(folders: TemplateFolders, mails: JinjaMails) -> None:
    """The same value is plain in the text and harmless in the HTML."""
    write(folders.templates / "common", "件名: {{ value }}\n\n{{ value }}\n")
    write(folders.templates / "common", "<p>{{ value }}</p>\n", "notice.html.j2")
    message = message_from_bytes(mails.render(request()).raw, policy=SMTP)
    plain, html = message.iter_parts()
    assert message["Subject"] == MARKUP
    assert plain.get_content() == f"{MARKUP}\r\n"
    assert html.get_content() == "<p>&amp;&lt;b&gt;</p>\r\n"


def test_a_citys_own_text_does_not_go_with_the_common_html(folders: TemplateFolders, mails: JinjaMails) -> None:
    """Otherwise the two parts of one mail would say different things."""
    write(folders.templates / "common", "件名: 件\n\n共通\n")
    write(folders.templates / "common", "<p>共通</p>\n", "notice.html.j2")
    write(folders.templates / "isesaki", "件名: 件\n\n市\n")
    assert message_from_bytes(mails.render(request()).raw).get_content_type() == "text/plain"


def test_a_mail_is_made_once_with_a_message_id_of_the_senders_domain(folders: TemplateFolders) -> None:
    """Every mail has an id of its own; with the same ids the same request gives the same bytes."""
    write(folders.templates / "common", "件名: 件\n\n本文\n")

    def numbered() -> JinjaMails:
        numbers = count(1)
        return JinjaMails(folders, papers.CITIES, papers.clock(), new_id=lambda: UUID(int=next(numbers)))

    first, second = numbered(), numbered()
    mails = [first.render(request()), first.render(request())]
    assert [mail.message_id for mail in mails] == [f"<{UUID(int=n)}@city.isesaki.example>" for n in (1, 2)]
    assert mails[0].raw == second.render(request()).raw
    assert mails[0].message_id in mails[0].raw.decode()


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("件名: {{ missing }}\n\n本文\n", "変数「missing」はここでは使えません"),
        ("件名: 件\n\n{{ value.missing }}\n", "項目「missing」"),
        ("件名: 件\n\n{{ nothing }}\n", "空の値（None）"),
        ("件名: 件\n\n\n{% if %}\n", "4 行目: {{ }} か {% %} の中に式がありません"),
        ('件名: 件\n\n{% include "gone.j2" %}\n', "読み込む部品「gone.j2」がありません"),
        ("件名: 件\n\n{{ value | circled }}\n", "埋め込めない値があります"),
        ("件名: 件\n\n{{ ''.__class__.__mro__ }}\n", "許されていない操作があります"),
        ("件名: 件\n\n{{ value.format.__globals__ }}\n", "許されていない操作があります"),
        ("こんにちは\n\n本文\n", "1 行目は「件名: 」で始めてください"),
        ("件名: 件\n本文\n", "2 行目（件名と本文の間）は空けてください"),
        ("件名: {{ '' }}\n\n本文\n", "件名が空になりました"),
    ],
)
def test_a_wrong_template_is_named_with_what_is_wrong(
    folders: TemplateFolders, mails: JinjaMails, source: str, error: str
) -> None:
    """The message says which template and why, and holds no value."""
    write(folders.templates / "common", source)
    with pytest.raises(PermanentError) as caught:
        mails.render(request(context={"value": "秘密", "nothing": None}))
    assert caught.value.message.startswith("ひな形 notice.txt.j2: ")
    assert error in caught.value.message
    assert "秘密" not in caught.value.message


def test_a_missing_template_is_named_with_its_path(mails: JinjaMails) -> None:
    """The incident tells a process owner which file to write."""
    with pytest.raises(PermanentError, match=r"ひな形がありません: templates/isesaki/mail/notice\.txt\.j2"):
        mails.render(request())


@pytest.mark.parametrize("name", ["../notice", "a/b", "a\\b", "", ".", "_signature", "notice.txt.j2", "ひな形", "a\n"])
def test_a_template_name_cannot_leave_the_folder(folders: TemplateFolders, mails: JinjaMails, name: str) -> None:
    """Only plain names are looked up."""
    write(folders.templates, "件名: 外\n\n外\n")
    with pytest.raises(PermanentError, match="ひな形の名前に使えるのは"):
        mails.render(request(name))


@pytest.mark.parametrize("code", ["..", "../x", "", "ISESAKI", "a/b"])
def test_a_city_code_cannot_leave_the_folder(folders: TemplateFolders, code: str) -> None:
    """A pack's code is checked again where it becomes a path."""
    with pytest.raises(PermanentError, match="市のコードに使えるのは"):
        folders.find(code, "mail", "notice", ".txt.j2")


def test_a_link_out_of_the_folder_is_no_template(folders: TemplateFolders, tmp_path: Path, mails: JinjaMails) -> None:
    """A symbolic link to a file elsewhere is not followed."""
    (tmp_path / "secret").write_text("件名: 秘密\n\n秘密\n", encoding="utf-8")
    folder = folders.templates / "isesaki" / "mail"
    folder.mkdir(parents=True)
    (folder / "notice.txt.j2").symlink_to(tmp_path / "secret")
    with pytest.raises(PermanentError, match="ひな形がありません"):
        mails.render(request())


def test_a_bad_recipient_is_refused(folders: TemplateFolders, mails: JinjaMails) -> None:
    """The sender never sees an address that no server would take."""
    write(folders.templates / "common", "件名: 件\n\n本文\n")
    with pytest.raises(InputError, match="宛先: メールアドレスの形が正しくありません"):
        mails.render(request(recipient="nobody"))


def test_a_value_cannot_pretend_to_be_todays_date_or_the_city(folders: TemplateFolders, mails: JinjaMails) -> None:
    """What a diagram adds does not replace what the worker knows."""
    write(folders.templates / "common", "件名: {{ city.name }}\n\n{{ today | wareki }} {{ case.id }}\n")
    message = message_from_bytes(mails.render(request(context={"city": "x", "today": None})).raw, policy=SMTP)
    assert message["Subject"] == "伊勢崎市"
    assert message.get_content() == "令和8年6月1日 isesaki-2026-1\r\n"


def test_departments_are_told_where_tasklist_is(folders: TemplateFolders) -> None:
    """ALL-2: the address of the settings stands in the mail; without one the sentence stands alone."""
    common = papers.ROOT / "templates" / "common" / "mail" / "_tasklist.txt.j2"
    write(folders.templates / "common", common.read_text(encoding="utf-8"), common.name)
    write(folders.templates / "common", '件名: 照会\n\n前\n{% include "_tasklist.txt.j2" %}\n後\n')
    texts = {
        url: str(
            message_from_bytes(
                JinjaMails(folders, papers.CITIES, papers.clock(), tasklist_url=url).render(request()).raw, policy=SMTP
            ).get_content()
        )
        for url in ("", "https://tasklist.city.example/tasklist")
    }
    assert texts[""] == "前\r\n後\r\n"
    assert texts["https://tasklist.city.example/tasklist"] == "前\r\n  https://tasklist.city.example/tasklist\r\n後\r\n"


def test_a_mail_to_staff_opens_their_task(folders: TemplateFolders) -> None:
    """ALL-2: by case and group, in place of Tasklist's list; a partner has no task."""
    common = papers.ROOT / "templates" / "common" / "mail" / "_tasklist.txt.j2"
    write(folders.templates / "common", common.read_text(encoding="utf-8"), common.name)
    write(folders.templates / "common", '件名: 照会\n\n{% include "_tasklist.txt.j2" %}\n')
    mails = JinjaMails(
        folders, papers.CITIES, papers.clock(), tasklist_url="https://t.example", open_url="https://renkei.example/open"
    )
    texts = [
        str(message_from_bytes(mails.render(request(group=group)).raw, policy=SMTP).get_content())
        for group in ("isesaki-korei", "")
    ]
    assert texts == ["  https://renkei.example/open/isesaki-2026-1?group=isesaki-korei\r\n", "  https://t.example\r\n"]


def test_where_the_desk_has_an_address_mails_lead_to_it(folders: TemplateFolders) -> None:
    """Its list in place of Tasklist's, by its own name; the task of a case opens there."""
    common = papers.ROOT / "templates" / "common" / "mail" / "_tasklist.txt.j2"
    write(folders.templates / "common", common.read_text(encoding="utf-8"), common.name)
    write(folders.templates / "common", '件名: 照会\n\n{{ task_list }}\n{% include "_tasklist.txt.j2" %}\n')
    settings = Settings(desk_url="https://desk.example/")
    mails = JinjaMails(
        folders,
        papers.CITIES,
        papers.clock(),
        tasklist_url="https://t.example",
        open_url=settings.open_url,
        desk_url=settings.desk_page,
    )
    texts = [
        str(message_from_bytes(mails.render(request(group=group)).raw, policy=SMTP).get_content())
        for group in ("isesaki-korei", "")
    ]
    assert texts == [
        "職員の机\r\n  https://desk.example/desk/open/isesaki-2026-1?group=isesaki-korei\r\n",
        "職員の机\r\n  https://desk.example/desk/\r\n",
    ]


@pytest.mark.parametrize("template", sorted(papers.ROOT.glob("templates/*/mail/*.txt.j2")), ids=lambda path: path.stem)
def test_a_mail_that_names_a_task_gives_its_link(template: Path) -> None:
    """A task, Tasklist or what to enter under 「…」に: the way there stands below.

    A mail that tells where a procedure is begun names Tasklist itself: no task of the case is open there.
    """
    source = template.read_text(encoding="utf-8")
    if re.search("Tasklist|task_list|タスク|」に[^。]*(入力|記録)してください", source):
        assert re.search(r"_tasklist\.txt\.j2|_task\.txt\.j2|\{\{ tasklist_url \}\}", source)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"port_offset": 300}, "http://127.0.0.1:8380/tasklist"),
        ({"tasklist_address": "http://orchestration:8080"}, ""),
        (
            {"tasklist_address": "http://orchestration:8080", "tasklist_page": "https://t.example/"},
            "https://t.example/",
        ),
    ],
)
def test_the_workers_own_address_of_tasklist_is_not_told_to_people(given: dict[str, Any], told: str) -> None:
    assert Settings(**given).tasklist_url == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"port_offset": 300}, "http://127.0.0.1:8390/open"),
        ({"port_offset": 300, "health_port": 9090}, "http://127.0.0.1:9090/open"),
        ({"tasklist_address": "http://orchestration:8080", "tasklist_page": "https://t.example/"}, ""),
        (
            {"tasklist_page": "https://t.example/", "links_address": "https://renkei.example/"},
            "https://renkei.example/open",
        ),
        ({"tasklist_address": "http://orchestration:8080", "links_address": "https://renkei.example"}, ""),
    ],
)
def test_the_page_of_open_tasks_is_told_where_people_reach_it(given: dict[str, Any], told: str) -> None:
    """Only where they also reach Tasklist."""
    assert Settings(**given).open_url == told
