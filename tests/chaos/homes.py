"""Packs for large surveys: a city's own, with as many departments as a test wants."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from tests.kit.desk import PACKS, ROOT


def home_with_departments(folder: Path, city: str, count: int, *, keep: tuple[str, ...] = ()) -> Path:
    """Return a RENKEI_HOME whose city has ``count`` departments with addresses of their own; those of ``keep`` stay."""
    home = folder / "home"
    shutil.copytree(PACKS, home / "bpmn")
    (home / "templates").symlink_to(ROOT / "templates")
    path = home / "bpmn" / city / "departments.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        columns = list(reader.fieldnames or [])
    kept = [row for row in rows if row["code"] in keep]
    more = ({**rows[-1], "code": f"ka{n:04}", "課": f"第{n}課"} for n in range(count - len(kept)))
    made = [{**row, "email": f"{row['code']}@departments.example.jp", "group": f"{city}-{row['code']}"} for row in more]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows([*kept, *made])
    return home
