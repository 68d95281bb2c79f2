"""A small pack without mistakes (``lint_pack/``), and a way to break one thing of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workers.jobs.catalog import Header, JobInput, JobType
from workers.lint import linter
from workers.lint.findings import Finding
from workers.lint.linter import Report
from workers.usecases.ports import UnitOfWork
from workers.variables import VARIABLES as DECLARED

GOOD: Final = Path(__file__).parent / "lint_pack"
SIGNING: Final = "midori/midori-signing.bpmn"
REVIEW: Final = "common/common-review.bpmn"
FORM: Final = "midori/midori-answer.form"
DECISION: Final = "midori/midori-check.dmn"
VARIABLES: Final[dict[str, Any]] = {name: DECLARED[name] for name in ("caseId", "caseTitle", "departments", "dueAt")}


async def _handle(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
    return {}


def _job_type(name: str, *headers: Header, writes: tuple[str, ...] = (), **more: Any) -> JobType:
    return JobType(type=name, label=name, handler=_handle, headers=headers, writes=writes, **more)


JOB_TYPES: Final = {
    "send-mail": _job_type(
        "send-mail",
        Header(name="template", label="ひな形", required=True),
        Header(name="to", label="宛先", required=True),
        Header(name="values", label="変数"),
    ),
    "render-document": _job_type(
        "render-document",
        Header(name="document", label="ひな形", required=True),
        writes=("caseId", "caseTitle", "departments", "dueAt"),
    ),
    "record-answer": _job_type("record-answer", writes=("total",), by_person=True),
    "record-act": _job_type("record-act", writes=("act",), listener=True),
}


@dataclass(frozen=True)
class Example:
    """A copy of the good pack in a folder of its own."""

    home: Path

    @property
    def packs(self) -> Path:
        """The folder of packs."""
        return self.home / "bpmn"

    def path(self, name: str) -> Path:
        """Return a file of the packs."""
        return self.packs / name

    def replace(self, name: str, old: str, new: str, *, count: int = 1) -> None:
        """Change a file; the old text must be there, else the test would prove nothing."""
        path = self.path(name)
        text = path.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new, count), encoding="utf-8")

    def lint(self, *paths: Path, packs: tuple[Path, ...] = (), every: bool = False) -> Report:
        """Check the packs, or the given paths, with the Python rules; ``every``: what follows from another, too."""
        chosen = paths or (self.packs,)
        return linter.lint(chosen, home=self.home, packs=packs, job_types=JOB_TYPES, variables=VARIABLES, every=every)

    def rules(self, *paths: Path) -> set[tuple[str, str]]:
        """Return (rule, element) of everything that is found."""
        return {(finding.rule, finding.element) for finding in self.lint(*paths).findings}

    def only(self) -> Finding:
        """Return the finding where there is exactly one."""
        (finding,) = self.lint().findings
        return finding


def example(folder: Path) -> Example:
    """Copy the good pack into a folder."""
    shutil.copytree(GOOD, folder / "home")
    return Example(folder / "home")
