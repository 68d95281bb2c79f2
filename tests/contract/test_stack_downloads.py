"""Fetching Camunda: checked, once, whole or not at all; a clear line for everything that can go wrong.

A script in place of Maven shows each case; the real Maven is used by whatever starts the stack.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from workers.localstack import distribution, java, maven, packages
from workers.localstack.errors import StackError
from workers.localstack.packages import Package, ensure
from workers.localstack.progress import Reporter

_QUIET = Reporter(quiet=True)
_ANSWER = """\
#!/bin/sh
echo run >> "{calls}"
for argument in "$@"; do
  case "$argument" in -Dmdep.outputFile=*) output=${{argument#*=}} ;; esac
done
{body}
"""


class FakeMaven:
    """A program called mvn, the only one on the path beside java, and its local repository with one archive."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repository = folder / "repository"
        self.repository.mkdir()
        self.archive = self.repository / "thing-1.tar.gz"
        self.cache = folder / "cache"
        self._bin = folder / "bin"
        self._bin.mkdir()
        self._calls = folder / "calls"
        self._good = _archive({"thing-1/lib/a.jar": b"a" * 1000, "thing-1/bin/run": b"#!/bin/sh\n"})
        self.archive.write_bytes(self._good)
        self.answers(f'printf "%s" "{self.archive}" > "$output"')
        self._program("java", "#!/bin/sh\necho 'openjdk version \"17.0.1\"' >&2\n")
        monkeypatch.setenv("PATH", f"{self._bin}{os.pathsep}/usr/bin{os.pathsep}/bin")
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setattr(shutil, "which", self._which)

    def answers(self, body: str) -> None:
        """Let the next run do ``body``; ``$output`` is the file that lists the results."""
        self._program("mvn", _ANSWER.format(calls=self._calls, body=body))

    def downloads(self) -> None:
        """Let the next run load the archive again when it is not in the repository, as Maven does."""
        copy = self.repository.parent / "remote.tar.gz"
        copy.write_bytes(self._good)
        self.answers(
            f'test -f "{self.archive}" || cp "{copy}" "{self.archive}"; printf "%s" "{self.archive}" > "$output"'
        )

    def remove(self, name: str) -> None:
        """Take a program from the machine."""
        (self._bin / name).unlink()

    @property
    def calls(self) -> int:
        """How often it was run."""
        return len(self._calls.read_text().splitlines()) if self._calls.exists() else 0

    @property
    def package(self) -> Package:
        """What the archive should be."""
        digest = hashlib.sha256(self._good).hexdigest()
        return Package("thing-1", "もの 1", "org.example:thing:1:tar.gz", True, {self.archive.name: digest}, 1, 1)

    def ensure(self) -> Path:
        """Fetch into the cache."""
        return ensure(self.cache, self.package, distribution._unpack, _QUIET)

    def _program(self, name: str, text: str) -> None:
        path = self._bin / name
        path.write_text(text)
        path.chmod(0o755)

    def _which(self, name: str) -> str | None:
        path = self._bin / name
        return str(path) if path.exists() else None


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMaven:
    return FakeMaven(tmp_path, monkeypatch)


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o755 if "/bin/" in name else 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_the_second_use_needs_neither_maven_nor_its_repository(fake: FakeMaven) -> None:
    folder = fake.ensure()
    assert (folder / "lib" / "a.jar").read_bytes() == b"a" * 1000
    assert os.access(folder / "bin" / "run", os.X_OK)
    fake.remove("mvn")
    shutil.rmtree(fake.repository)
    assert fake.ensure() == folder


def test_a_corrupt_download_is_removed_and_loaded_again(fake: FakeMaven, capsys: pytest.CaptureFixture[str]) -> None:
    fake.archive.write_bytes(b"corrupt")
    fake.downloads()
    ensure(fake.cache, fake.package, distribution._unpack, Reporter())
    assert "壊れていたので消しました" in capsys.readouterr().err.replace("\n", "")
    assert fake.calls == 2


def test_a_download_that_stays_corrupt_is_refused_and_removed(fake: FakeMaven) -> None:
    fake.answers(f'echo corrupt > "{fake.archive}"; printf "%s" "{fake.archive}" > "$output"')
    with pytest.raises(StackError, match=r"thing-1\.tar\.gz が壊れています（SHA-256 が一致しません）。消しました"):
        fake.ensure()
    assert not fake.archive.exists()
    assert not (fake.cache / "thing-1").exists()


def test_other_files_than_expected_are_refused(fake: FakeMaven, tmp_path: Path) -> None:
    other = tmp_path / "other.jar"
    other.write_bytes(b"x")
    fake.answers(f'printf "%s:%s" "{fake.archive}" "{other}" > "$output"')
    with pytest.raises(StackError, match="ファイルの一覧が想定と違います"):
        fake.ensure()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "lib" / "a.jar").unlink(),
        lambda folder: (folder / "lib" / "a.jar").write_bytes(b"short"),
        lambda folder: (folder / "lib" / "extra.jar").write_bytes(b"added"),
        lambda folder: (folder / ".renkei.json").write_text("{"),
    ],
    ids=["a file is gone", "a file is cut", "a file was added", "the stamp is cut"],
)
def test_a_damaged_cache_is_made_anew(fake: FakeMaven, damage: Callable[[Path], object]) -> None:
    folder = fake.ensure()
    damage(folder)
    assert fake.ensure() == folder
    assert sorted(path.name for path in (folder / "lib").iterdir()) == ["a.jar"]
    assert (folder / "lib" / "a.jar").read_bytes() == b"a" * 1000


def test_what_a_killed_process_left_behind_does_not_disturb(fake: FakeMaven) -> None:
    half = fake.cache / ".thing-1.new"
    half.mkdir(parents=True)
    (half / "half").write_bytes(b"x")
    folder = fake.ensure()
    assert not (folder / "half").exists()
    assert not half.exists()


def test_two_processes_at_once_load_once(fake: FakeMaven) -> None:
    fake.answers(f'sleep 0.5; printf "%s" "{fake.archive}" > "$output"')
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=fake.ensure) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert fake.calls == 1


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar.gz"
    archive.write_bytes(_archive({"top/ok": b"1", "top/../../escaped": b"2", "/abs/olute": b"3"}))
    with tarfile.open(archive, "r:gz") as tar:
        assert len(tar.getmembers()) == 3
    target = tmp_path / "deep" / "target"
    target.mkdir(parents=True)
    distribution._unpack([archive], target, _QUIET, "")
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"evil.tar.gz", "deep/target/ok", "deep/target/abs/olute"}


def test_a_missing_maven_is_said(fake: FakeMaven) -> None:
    fake.remove("mvn")
    with pytest.raises(StackError, match=r"Maven（mvn）が見つかりません。`apt install maven`"):
        fake.ensure()


def test_a_missing_java_is_said(fake: FakeMaven) -> None:
    fake.remove("java")
    with pytest.raises(StackError, match="Java が見つかりません"):
        fake.ensure()


def test_a_java_home_without_java_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(StackError, match=r"JAVA_HOME=/nowhere に bin/java がありません"):
        java.system_java()


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "21" 2023-09-19', 21),
        ('openjdk version "1.8.0_402"', 8),
    ],
)
def test_java_versions_old_and_new_are_read(fake: FakeMaven, line: str, version: int) -> None:
    fake._program("java", f"#!/bin/sh\necho '{line}' >&2\n")
    assert java._major_version(str(fake._bin / "java")) == version


def test_a_java_that_is_too_old_is_named(fake: FakeMaven) -> None:
    fake._program("java", "#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    with pytest.raises(StackError, match="は Java 8 です。OpenSearch には Java 11 以上が必要です"):
        java.system_java()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Could not transfer artifact x from/to central: repo.example: Unknown host repo.example", "つながりません"),
        ("Connect to repo.example:443 failed: Connection refused", "つながりません"),
        ("Cannot access central in offline mode and the artifact has not been downloaded", "つながりません"),
        ("status code: 401, reason phrase: Unauthorized", "拒まれました"),
        ("Checksum validation failed, expected 0 but is 1", "壊れていたので Maven が捨てました"),
        ("x.tar.gz.part (No space left on device)", "ディスクの空きがなくなりました"),
        ("The JAVA_HOME environment variable is not defined correctly", "Java が見つかりません"),
        ("Something else", "Something else"),
    ],
)
def test_a_failure_of_maven_becomes_one_clear_line(fake: FakeMaven, line: str, said: str) -> None:
    fake.answers(f"echo '[INFO] ok'; echo '[ERROR] {line}'; exit 1")
    with pytest.raises(StackError, match=said) as caught:
        fake.ensure()
    assert "もの 1 の取得に失敗しました" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_maven_that_says_nothing_is_stopped(fake: FakeMaven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maven, "_SILENCE_SECONDS", 0.3)
    fake.answers("exec sleep 60")
    with pytest.raises(StackError, match="つながりません"):
        fake.ensure()


def test_a_full_disk_is_refused_before_anything_is_loaded(fake: FakeMaven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=700_000))
    with pytest.raises(StackError, match=r"ディスクの空きが足りません: .* に 1 MB 必要ですが、残りは 0 MB です"):
        fake.ensure()
    assert fake.calls == 0


@pytest.mark.parametrize(
    ("code", "said"), [(errno.ENOSPC, "ディスクの空きがなくなりました"), (errno.EROFS, "書き込めません")]
)
def test_a_disk_that_fails_while_unpacking_leaves_nothing_half(fake: FakeMaven, code: int, said: str) -> None:
    def fails(_files: list[Path], folder: Path, _reporter: Reporter, _title: str) -> None:
        (folder / "half").write_bytes(b"x")
        raise OSError(code, "test")

    with pytest.raises(StackError, match=said):
        ensure(fake.cache, fake.package, fails, _QUIET)
    assert [path.name for path in fake.cache.iterdir() if path.is_dir()] == []


def test_progress_adds_up_what_maven_prints() -> None:
    seen: list[tuple[int, int | None]] = []
    meter = SimpleNamespace(set=lambda done, total=None: seen.append((done, total)))
    counter = maven._Counter(meter)  # type: ignore[arg-type]
    counter.feed("Downloading from central: https://r/a.jar\nProgress (1): 0.5/2.0 MB\rProgress (2): 1.0/2.0 MB | 4")
    counter.feed("00 kB\r")
    counter.feed("Downloaded from central: https://r/a.jar (2.0 MB at 1.1 MB/s)\nProgress (1): 500/800 kB\r")
    counter.finish()
    assert seen == [
        (500_000, None),
        (1_400_000, None),
        (2_000_000, None),
        (2_500_000, None),
        (2_000_000, 2_000_000),
    ]


def test_every_file_of_opensearch_has_a_known_sum() -> None:
    lines = distribution._OPENSEARCH_SHA256.read_text(encoding="ascii").splitlines()
    assert len({line.split()[1].rpartition("/")[2] for line in lines}) == len(lines) == 93
    assert all(len(line.split()[0]) == 64 for line in lines)


def test_the_stamp_holds_every_file(fake: FakeMaven) -> None:
    folder = fake.ensure()
    assert json.loads((folder / packages._STAMP).read_text()) == {"bin/run": 10, "lib/a.jar": 1000}
