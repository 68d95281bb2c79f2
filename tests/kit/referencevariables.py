"""The page of variables: what each holds, who writes it, who reads it, whether it is about persons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from tests.kit.referencediagrams import diagrams_reading, diagrams_writing
from tests.kit.referencetables import code, codes, plain, table
from workers.domain.required import parse_rules, roots
from workers.jobs.catalog import JobType, all_job_types
from workers.variables import VARIABLES

_TYPES: Final = {
    "text": "文字",
    "number": "数",
    "yes/no": "はい・いいえ",
    "list": "並び",
    "context": "まとまり",
    "timestamp": "日時",
}
_SHOWN: Final = 4


def page() -> str:
    """Return the page."""
    jobs = list(all_job_types().values())
    writes = _by_variable((name, job.type) for job in jobs for name in job.writes)
    reads = _by_variable((name, job.type) for job in jobs for name in _read_by(job))
    made, used = diagrams_writing(), diagrams_reading()
    rows = [
        (
            code(name),
            _TYPES[variable.type],
            plain(variable.meaning),
            "○" if variable.personal else "",
            _who(writes.get(name, []), made.get(name, [])),
            _who(reads.get(name, []), used.get(name, [])),
        )
        for name, variable in sorted(VARIABLES.items(), key=lambda item: item[0].lower())
    ]
    return "\n".join(
        [
            "# 変数",
            "",
            (
                "図とワーカーがやり取りする変数です。ここにない名前は、"
                "同じ図の中でだけ作って使うものです（`renkei lint` が確かめます）。"
            ),
            (
                "「個人」に ○ のあるものには、人の名前、連絡先、書いた文が入ることがあります。画面に入れたものは、"
                "それを記録するジョブが図から消します。"
            ),
            (
                f"「書くもの」「読むもの」は、[ジョブ](jobs.md)、続けて図です（多いときは初めの{_SHOWN}つ）。"
                "読む変数を挙げていないジョブは、渡されたものをすべて読めます。"
            ),
            "",
            *table("名前 | 型 | 意味 | 個人 | 書くもの | 読むもの", rows),
        ]
    )


def _read_by(job: JobType) -> set[str]:
    return {*job.reads, *(name for name in roots(parse_rules(require=job.requires)) if not name.startswith("#"))}


def _by_variable(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, job in pairs:
        found[name].append(job)
    return found


def _who(jobs: list[str], diagrams: list[str]) -> str:
    linked = [f"[`{job}`](jobs.md#{job})" for job in sorted(jobs)[:_SHOWN]]
    more = ["ほか"] if len(jobs) > _SHOWN or len(diagrams) > _SHOWN else []
    return "、".join([*linked, *([codes(diagrams[:_SHOWN])] if diagrams else []), *more])
