"""The set-up behind ``make``: what is missing is said in one line with the command that helps, before any download."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit.machine import ROOT, Machine

_PACKAGES = (
    "chromium",
    "fonts-noto-cjk",
    "libreoffice-writer-nogui",
    "libreoffice-calc-nogui",
    "poppler-utils",
    "postgresql",
)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _python(machine: Machine, *, version: str = "3.11", venv: bool = True) -> None:
    """Put a Python of that version on the path, with or without the venv module."""
    ok = "exit 0" if version >= "3.11" else "exit 1"
    machine.program(
        "python3",
        f"""case "$*" in
  *version_info*) {ok} ;;
  *ensurepip*) exit {0 if venv else 1} ;;
  "-m venv"*) mkdir -p .venv/bin; printf '#!/bin/sh\\necho "pip $*" >> "{machine.log}"\\nexit 1\\n' > .venv/bin/python
     /bin/chmod +x .venv/bin/python ;;
  -) cat > /dev/null; echo stamp ;;
esac""",
    )


def test_a_machine_without_python_is_told_what_to_install(machine: Machine) -> None:
    result = machine.run("bootstrap")
    assert result.returncode == 1
    assert result.stderr.startswith("Python 3.11 以上が見つかりません。`apt install python3 python3-venv`")
    assert len(result.stderr.splitlines()) == 1


def test_an_old_python_is_not_taken(machine: Machine) -> None:
    _python(machine, version="3.10")
    result = machine.run("bootstrap")
    assert result.returncode == 1
    assert "Python 3.11 以上が見つかりません" in result.stderr


def test_a_python_without_venv_is_told_the_package(machine: Machine) -> None:
    _python(machine, venv=False)
    result = machine.run("bootstrap")
    assert result.returncode == 1
    assert re.search(r"python3 に venv がありません。`apt install python3\S*-venv`", result.stderr)
    assert len(result.stderr.splitlines()) == 1


def test_packages_that_cannot_be_loaded_leave_no_finished_set_up(machine: Machine) -> None:
    _python(machine)
    result = machine.run("bootstrap")
    assert result.returncode == 1
    assert "Python のパッケージを入れられません" in result.stderr
    assert any(call.startswith("pip -m pip install") for call in machine.calls)
    assert not (machine.checkout / ".venv" / ".renkei-installed").exists()


def test_a_full_disk_is_said_before_anything_is_loaded(machine: Machine) -> None:
    _python(machine)
    machine.program("df", "echo header; echo /dev/x 1000 900 100 90% /")
    result = machine.run("bootstrap")
    assert result.returncode == 1
    assert "1200 MB 必要ですが、残りは 100 MB です" in result.stderr
    assert not (machine.checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("missing", "said"), [("git", "apt install git"), ("mvn", "Maven（mvn）"), ("java", "Java が")]
)
def test_what_the_stack_needs_is_checked_first(machine: Machine, missing: str, said: str) -> None:
    for name in {"git", "mvn", "java"} - {missing}:
        machine.program(name)
    result = machine.run("bootstrap", "--stack")
    assert result.returncode == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (machine.checkout / ".venv").exists()


def test_maven_is_not_asked_for_once_everything_is_in_the_cache(machine: Machine, tmp_path: Path) -> None:
    for name in ("git", "java"):
        machine.program(name)
    (tmp_path / ".cache" / "renkei" / "camunda-zeebe-8.6.0").mkdir(parents=True)
    assert "Python 3.11 以上が見つかりません" in machine.run("bootstrap", "--stack").stderr


def _installed(machine: Machine, stamp: str) -> None:
    _python(machine)
    programs = machine.checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "renkei"):
        (programs / name).write_text("#!/bin/sh\nexit 0\n")
        (programs / name).chmod(0o755)
    (machine.checkout / ".venv" / ".renkei-installed").write_text(f"{stamp}\n")


@pytest.mark.parametrize(
    ("stamp", "arguments"), [("stamp [dev]", []), ("stamp [dev]", ["--run"]), ("stamp [local,lint]", ["--run"])]
)
def test_nothing_is_done_when_nothing_has_changed(machine: Machine, stamp: str, arguments: list[str]) -> None:
    """What the tests need holds what running needs."""
    _installed(machine, stamp)
    result = machine.run("bootstrap", *arguments)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(("arguments", "wanted"), [([], "-e .[dev]"), (["--run"], "-e .[local,lint]")])
def test_a_demonstration_needs_no_tools_of_developers(machine: Machine, arguments: list[str], wanted: str) -> None:
    _python(machine)
    assert machine.run("bootstrap", *arguments).returncode == 1
    assert next(call for call in machine.calls if call.startswith("pip -m pip")).endswith(f" {wanted}")


def test_the_rest_is_added_after_a_demonstration(machine: Machine) -> None:
    _installed(machine, "stamp [local,lint]")
    result = machine.run("bootstrap")
    assert "Python のパッケージを入れます" in result.stdout


def test_an_unknown_option_is_refused(machine: Machine) -> None:
    result = machine.run("bootstrap", "--stak")
    assert (result.returncode, result.stderr) == (1, "--stak という指定はありません（--stack、--run）。\n")


def test_missing_debian_packages_are_installed_by_root(machine: Machine) -> None:
    machine.program("dpkg-query", 'case "$*" in *postgresql*|*chromium*) exit 1 ;; *) printf installed ;; esac')
    machine.program("id", "echo 0")
    machine.program("apt-get")
    result = machine.run("packages")
    assert result.returncode == 0
    assert "テストに必要なパッケージを入れます: chromium postgresql" in result.stdout
    calls = [call for call in machine.calls if call.startswith("apt-get")]
    assert calls == ["apt-get update", "apt-get install -y --no-install-recommends chromium postgresql"]


def test_others_are_given_the_command_for_missing_debian_packages(machine: Machine) -> None:
    machine.program("dpkg-query", "exit 1")
    machine.program("id", "echo 1000")
    machine.program("apt-get")
    result = machine.run("packages")
    assert result.returncode == 1
    assert f"sudo apt-get install --no-install-recommends {' '.join(_PACKAGES)}" in result.stderr
    assert not any(call.startswith("apt-get") for call in machine.calls)


def test_an_installation_that_fails_is_named(machine: Machine) -> None:
    machine.program("dpkg-query", "exit 1")
    machine.program("id", "echo 0")
    machine.program("apt-get", "exit 100")
    result = machine.run("packages")
    assert result.returncode == 1
    assert "パッケージを入れられません: chromium" in result.stderr


def test_installed_packages_are_left_alone(machine: Machine) -> None:
    machine.program("dpkg-query", "printf installed")
    machine.program("apt-get")
    result = machine.run("packages")
    assert (result.returncode, result.stdout) == (0, "")
    assert not any(call.startswith("apt-get") for call in machine.calls)


def test_another_system_is_told_which_programs_are_missing(machine: Machine) -> None:
    machine.program("chromium")
    result = machine.run("packages")
    assert result.returncode == 1
    assert "テストに必要なプログラムがありません: soffice pdftotext initdb" in result.stderr


def test_every_documented_target_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets >= {"demo", "test", "test-all", "chaos", "bench", "setup"}
