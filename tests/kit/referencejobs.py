"""The page of job types, from their catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.kit.referencediagrams import diagrams_by_job
from tests.kit.referencetables import codes, plain, table
from workers.jobs.catalog import Header, JobType, all_job_types

_SHELVES: Final = {"mail": "メールと文書", "record": "台帳と記録", "procedure": "手続、期限、呼び出し"}
_OFFERS: Final = {
    "mails": "パックのメールのひな形",
    "documents": "パックの文書のひな形",
    "deadlines": "city.toml の期限の名前",
    "city": "市の設定にあるもの",
}
_SHOWN: Final = 6


def page() -> str:
    """Return the page."""
    types = all_job_types()
    used = diagrams_by_job()
    lines = [
        "# ジョブの種類",
        "",
        (
            "図のタスクがワーカーに頼める仕事です。ジョブの種類はタスクの Type に、"
            "ヘッダーはタスクの Headers に書きます。Modeler では、"
            "[テンプレート](../process-owners.md#ワーカーの仕事を図に足す)を選べば欄が出ます。"
        ),
        "変数の意味は[変数](variables.md)にあります。",
    ]
    for shelf, title in _SHELVES.items():
        found = [each for each in sorted(types.values(), key=lambda each: each.type) if each.shelf == shelf]
        lines += ["", f"## {title}"]
        for each in found:
            lines += ["", f"### {each.type}", "", *_about(each, used.get(each.type, []))]
    return "\n".join(lines)


def _about(job: JobType, used: list[str]) -> Iterator[str]:
    common = "共通の図だけが使います。" if job.audience == "common" else ""
    listener = "タスクではなく、ユーザータスクの実行リスナーに書きます。" if job.listener else ""
    person = "すぐ前の作業を済ませた人の記録になります。" if job.by_person else ""
    yield f"{plain(job.label)}。{common}{listener}{person}"
    headers = [*_rows(job.headers, "ヘッダー"), *_rows(job.inputs, "入力マッピング")]
    if headers:
        yield ""
        yield from table("欄 | 名前 | 意味 | 書けるもの", headers)
    facts = [
        ("必ず要る入力", codes(filter(None, job.requires.split(",")))),
        ("読む変数", codes(job.reads) if job.reads else "すべて"),
        ("書く変数", codes(job.writes)),
        ("使っている図", "、".join([*map(_quoted, used[:_SHOWN]), *(["ほか"] if len(used) > _SHOWN else [])])),
    ]
    yield ""
    yield from (f"- {name}: {what}" for name, what in facts if what)


def _quoted(name: str) -> str:
    return f"`{name}`"


def _rows(headers: tuple[Header, ...], where: str) -> Iterator[tuple[str, str, str, str]]:
    for header in headers:
        when = f"（`{header.when[0]}` が {codes(header.when[1])} のとき）" if header.when else ""
        values = "、".join(f"`{value}` {plain(what)}" for value, what in header.choices.items()) or _OFFERS.get(
            header.offers, ""
        )
        needed = "（必ず）" if header.required else ""
        yield (
            where,
            f"`{header.name}`",
            f"{plain(header.label)}{needed}{when}",
            " ".join(filter(None, [values, plain(header.help)])),
        )
