"""The parts of a worker are made before its first job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_RUN = """
import sys
from pathlib import Path
from workers.settings import Settings
from workers.wiring import build_services

services = build_services(Settings(data=Path(sys.argv[1])))
assert {"docxtpl", "jinja2", "icalendar", "holidays"}.isdisjoint(sys.modules)
services.make_all()
print(*sorted({"docxtpl", "jinja2", "icalendar", "holidays"} & set(sys.modules)))
print(len(services.job_types) > 50, services.ways is services.ways, services.open_unit == services.open_unit)
"""


def test_a_worker_imports_all_of_its_parts_before_its_first_job(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _RUN, tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.stdout.splitlines() == ["docxtpl holidays icalendar jinja2", "True True True"], run.stderr
