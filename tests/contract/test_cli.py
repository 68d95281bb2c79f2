"""The command line: Japanese help for every command, one clear line for bad input (ALL-10)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from workers.cli import main

ROOT = Path(__file__).parent.parent.parent
COMMANDS = main.list_commands(click.Context(main))
_JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
_GOOD = ROOT / "bpmn" / "isesaki" / "scenarios" / "offer-mimamori.toml"


def _renkei(*arguments: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    where = ["--data", str(data)] if data else []
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments, *where],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself_in_japanese(name: str) -> None:
    """Help text and every option have a Japanese explanation."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert _JAPANESE.search(command.help or "")
    options = [p for p in command.params if isinstance(p, click.Option)]
    assert [option.name for option in options if not _JAPANESE.search(option.help or "")] == []


def test_the_help_has_no_english_headings() -> None:
    """Click's own words are translated."""
    text = _renkei("start", "--help").stdout
    assert "使い方: " in text
    assert not re.search(r"Usage|Options:|Show this|\[required\]|Commands", text)


def test_the_readme_names_every_command() -> None:
    """A command that nobody can find does not exist."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("start", "isesaki", "--nope"), "--nope というオプションはありません"),
        (("start",), "CITY を指定してください"),
        (("frob",), "frob というコマンドはありません"),
        (("start", "isesaki"), "--input か --case"),
    ],
)
def test_wrong_usage_is_one_japanese_line_and_exit_code_2(arguments: tuple[str, ...], expected: str) -> None:
    """Nothing of click's English, no traceback."""
    result = _renkei(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert expected in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_input_file_with_mistakes_is_refused_with_line_and_key(tmp_path: Path) -> None:
    """Nothing starts: all mistakes at once, each with its line."""
    bad = tmp_path / "bad.toml"
    bad.write_text(_GOOD.read_text(encoding="utf-8").replace("令和8年6月8日", "令和8年2月30日"), encoding="utf-8")
    result = _renkei("start", "isesaki", "--input", str(bad), data=tmp_path)
    assert result.returncode == 1
    assert re.search(r"bad\.toml \d+行目 \[offer\] date: 「令和8年2月30日」はない日付です", result.stderr)
    assert _renkei("cases", data=tmp_path).stdout.strip() == "案件はまだありません"


def test_an_unknown_city_is_named(tmp_path: Path) -> None:
    """The cities that exist are listed."""
    result = _renkei("start", "nowhere", "--input", str(_GOOD), data=tmp_path)
    assert result.returncode == 1
    assert "「nowhere」という市はありません" in result.stderr


def test_a_case_whose_engine_is_away_is_kept_and_can_be_continued(tmp_path: Path) -> None:
    """What was accepted is not lost; the message says how to go on."""
    environment_port = "1"  # nothing listens there
    result = subprocess.run(
        [sys.executable, "-m", "workers.cli", "start", "isesaki", "--input", str(_GOOD), "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "RENKEI_GATEWAY_ADDRESS": f"127.0.0.1:{environment_port}"},
        cwd=ROOT,
    )
    assert result.returncode == 1
    found = re.search(r"案件 (\S+) は受け付けましたが.*renkei start isesaki --case (\S+)", result.stderr)
    assert found is not None, result.stderr
    assert found[1] == found[2]
    assert found[1] in _renkei("cases", "--json", data=tmp_path).stdout
    listed = _renkei("cases", data=tmp_path).stdout
    assert "伊勢崎市" in listed
    assert "isesaki-signing" not in listed


def test_an_impossible_wareki_date_is_refused(tmp_path: Path) -> None:
    """平成 ended in its 31st year."""
    result = _renkei("agreements", "--on", "平成40年4月1日", data=tmp_path)
    assert result.returncode == 1
    assert result.stderr.strip() == "--on: 「平成40年4月1日」の年がありません。平成は31年までです [RK-3052]"
