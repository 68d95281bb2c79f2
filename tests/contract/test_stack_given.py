"""A Camunda that the office has already (``RENKEI_CAMUNDA_DIST``), and what is said before one is fetched."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from workers.localstack import maven
from workers.localstack.distribution import CAMUNDA_VERSION, LICENCE_FILE, TRIAL_ONLY, camunda_home
from workers.localstack.errors import StackError
from workers.localstack.progress import Reporter
from workers.settings import Settings

_JAR = "lib/camunda-zeebe-8.6.7.jar"
_C8_RUN = f"camunda-zeebe-8.6.7/{_JAR}"


def _files(top: str, *names: str) -> dict[str, bytes]:
    return {f"{top}/{name}": name.encode() for name in names}


def _tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def _folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path / "top"


def _home(given: Path, cache: Path) -> Path:
    return camunda_home(Settings(cache=cache, camunda_dist=given), Reporter(quiet=True))


@pytest.mark.parametrize("inside", [_JAR, _C8_RUN], ids=["the distribution", "C8 Run"])
@pytest.mark.parametrize(("make", "name"), [(_tar, "c.tar.gz"), (_zip, "c.zip"), (_folder, "c")])
def test_a_distribution_that_is_there_is_used_without_maven(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    inside: str,
    make: object,
    name: str,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert callable(make)
    given = make(tmp_path / name, _files("top", inside, "README.txt"))
    home = _home(given, tmp_path / "cache")
    assert (home / _JAR).read_bytes() == inside.encode()
    if given.is_file():
        (home / _JAR).unlink()
        assert (_home(given, tmp_path / "cache") / _JAR).is_file(), "a damaged copy is made anew"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (_files("top", "lib/camunda-zeebe-8.9.17.jar"), "は Camunda 8.9.17 です。手元の一式は 8.6 で動かします"),
        (_files("top", "lib/other.jar"), "に Camunda がありません"),
        ({"flat": b""}, "に Camunda がありません"),
    ],
)
def test_another_release_or_something_else_is_refused_by_name(
    tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    given = _tar(tmp_path / "given.tar.gz", files)
    with pytest.raises(StackError, match=f"RENKEI_CAMUNDA_DIST {said}.*given.tar.gz"):
        _home(given, tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.is_dir()] == []


def test_a_place_without_anything_and_a_file_that_is_no_archive_are_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"RENKEI_CAMUNDA_DIST の場所に何もありません: .*nowhere"):
        _home(tmp_path / "nowhere", tmp_path / "cache")
    text = tmp_path / "text.tar.gz"
    text.write_text("text")
    with pytest.raises(StackError, match=r"展開できません（tar.gz か zip にします）: .*text.tar.gz"):
        _home(text, tmp_path / "cache")


def test_an_archive_stays_inside_its_folder(tmp_path: Path) -> None:
    given = _zip(tmp_path / "given.zip", {**_files("top", _JAR), "top/../../escaped": b"x", "/abs/olute": b"y"})
    home = _home(given, tmp_path / "cache")
    written = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert written - {_JAR, ".renkei.json"} == {"abs/olute"}
    assert not (tmp_path / "escaped").exists()
    assert not (tmp_path / "cache" / "escaped").exists()


def test_the_licence_is_told_before_anything_is_fetched_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told_first: list[str] = []

    def fetch(*_arguments: object, **_named: object) -> list[Path]:
        told_first.append(capsys.readouterr().err)
        raise StackError("no network")

    monkeypatch.setattr(maven, "fetch", fetch)
    with pytest.raises(StackError, match="no network"):
        camunda_home(Settings(cache=tmp_path, camunda_dist=None))
    (told,) = told_first
    place = tmp_path / f"camunda-zeebe-{CAMUNDA_VERSION}" / LICENCE_FILE
    for words in (f"Camunda {CAMUNDA_VERSION} を取り寄せます", "Camunda License 1.0", str(place), TRIAL_ONLY):
        assert words in told
