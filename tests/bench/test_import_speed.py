"""P5: an office's list of 100,000 agreements is imported at 5,000 rows a second and more, in memory that stays flat.

The first release's reader, run on the same machine in the same run, is the measure for what came after it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.bars import Bars
from tests.kit.lists import list_rows, write_list
from tests.kit.processes import reported

_ROOT = Path(__file__).parents[2]
_BEFORE = "cdd6015d"
"""The build whose import is compared with."""

_SPEED, _GROWTH, _WORK = 5_000, 1.15, 15
_RUN = """
import asyncio, json, sys, time
from pathlib import Path
from tests.kit.processes import peak_megabytes
from workers.cli.importing import import_file
from workers.settings import Settings
from workers.wiring import services

async def main(folder, file):
    async with services(Settings(data=Path(folder))) as built:
        begun, cpu = time.monotonic(), time.process_time()
        result = await import_file(built, built.packs.city("isesaki"), Path(file))
        seconds, cpu = time.monotonic() - begun, time.process_time() - cpu
    print(json.dumps({"added": result.added, "seconds": seconds, "cpu": cpu, "peak": peak_megabytes()}))

asyncio.run(main(*sys.argv[1:]))
"""


def _imported(folder: Path, rows: int) -> dict[str, float]:
    """Import a list in a process of its own, so that its peak memory is the import's."""
    folder.mkdir()
    file = write_list(folder / "list.csv", list_rows(rows), encoding="cp932")
    found: dict[str, float] = reported("-c", _RUN, folder, file)
    assert found["added"] == rows
    return found


def test_a_long_list_is_imported_quickly_in_flat_memory(bars: Bars, tmp_path: Path) -> None:
    """P5: ten times the rows cost ten times the work and the same memory; the speed counts in the bench only.

    CPU time, for a machine that is shared; how fast the machine is differs all the same.
    """
    rows = 100_000 if bars.full else 10_000
    small, large = _imported(tmp_path / "small", rows // 10), _imported(tmp_path / "large", rows)
    speed, growth = rows / large["cpu"], large["peak"] / small["peak"]
    work = large["cpu"] / small["cpu"]
    quick = speed >= _SPEED or not bars.full
    bars.add(
        "P5",
        f"取り込み: {rows:,} 行の CSV（Shift_JIS、和暦）",
        figure=f"CPU 1 秒に {speed:,.0f} 行（経過 {large['seconds']:.1f} 秒）、{large['peak']:.0f} MB、"
        f"10 分の 1 の行数の {growth:.2f} 倍、CPU は {work:.1f} 倍",
        bound=(f"CPU 1 秒に {_SPEED:,} 行以上、" if bars.full else "")
        + f"メモリは {_GROWTH:g} 倍以下、CPU は {_WORK:g} 倍以下",
        holds=quick and growth <= _GROWTH and work <= _WORK,
        small=small["seconds"],
        large=large["seconds"],
    )


@pytest.mark.timeout(3600)
def test_csv_and_excel_against_the_build_before(bars: Bars, tmp_path: Path) -> None:
    """CPU seconds of one run: CSV at least 1.5 times as fast as before, Excel at least as fast as CSV was."""
    if not bars.full:
        pytest.skip("the comparison takes minutes: make bench")
    rows = 100_000
    before = tmp_path / "before"
    before.mkdir()
    archive = subprocess.run(["git", "archive", _BEFORE], cwd=_ROOT, capture_output=True, check=False, timeout=120)
    if archive.returncode:
        pytest.skip("the build before is not in this checkout")
    subprocess.run(["tar", "x", "-C", before], input=archive.stdout, check=True, timeout=120)
    csv_file = write_list(tmp_path / "list.csv", list_rows(rows), encoding="cp932")
    excel = write_list(tmp_path / "list.xlsx", list_rows(rows))
    cpu = {
        name: _seconds(root, tmp_path / name, file, rows)
        for name, root, file in (("old", before, csv_file), ("csv", _ROOT, csv_file), ("xlsx", _ROOT, excel))
    }
    for name, bound in (("csv", 1.5), ("xlsx", 1.0)):
        ratio = cpu["old"] / cpu[name]
        bars.add(
            "P5",
            f"取り込み: {rows:,} 行の {name.upper()}、前の版（{_BEFORE}）の CSV と比べて",
            figure=f"{ratio:.2f} 倍の速さ（CPU {cpu[name]:.1f} 秒、前の版 {cpu['old']:.1f} 秒）",
            bound=f"{bound:g} 倍以上",
            holds=ratio >= bound,
        )


def _seconds(root: Path, folder: Path, file: Path, rows: int) -> float:
    """Return the CPU seconds of an import by the build in a folder."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(folder), str(file)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
        timeout=1500,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["added"] == rows
    return float(found["cpu"])
