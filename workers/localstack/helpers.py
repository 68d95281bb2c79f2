"""Our two small Java classes (``java_helpers``), compiled once into the download folder, and a repaired schema."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from workers.localstack.distribution import camunda_home, compiler_jar, opensearch_jars
from workers.localstack.errors import StackError
from workers.localstack.java import camunda_java
from workers.localstack.progress import Reporter
from workers.settings import Settings

_SOURCES = Path(__file__).with_name("java_helpers") / "renkei"
_SCHEMA_FOLDER = "schema/os/create/"
_DATES = b"date_time || epoch_millis"
_REPAIRED_DATES = b"date_time || date_time_no_millis || epoch_millis"
_EARLIEST = "11"  # OpenSearch runs on the machine's Java, which may be as old as this


def broker_agent(settings: Settings, reporter: Reporter | None = None) -> Path:
    """Return the jar for ``-javaagent``: keeps the broker's UDP socket on 127.0.0.1, and lets no failed job get lost.

    Raises:
        StackError: As ``distribution.camunda_home``, or the compiler fails.
    """
    (asm,) = (camunda_home(settings, reporter) / "lib").glob("asm-[0-9]*.jar")
    source = _SOURCES / "BrokerAgent.java"
    return compiled_jar(settings, source, (asm,), manifest={"Premain-Class": "renkei.BrokerAgent"}, reporter=reporter)


def opensearch_launcher(settings: Settings, reporter: Reporter | None = None) -> Path:
    """Return the jar with ``renkei.LocalOpenSearch``; errors as :func:`broker_agent`."""
    return compiled_jar(
        settings, _SOURCES / "LocalOpenSearch.java", opensearch_jars(settings, reporter), reporter=reporter
    )


def tasklist_schema(settings: Settings, reporter: Reporter | None = None) -> Path:
    """Return a jar with Tasklist's OpenSearch schema that belongs before Tasklist's own on the class path.

    Tasklist 8.6.0 leaves the fraction out of a moment on a full second, and its schema then refuses the date: every
    thousandth completed task stopped the import of all tasks for good. Errors as :func:`broker_agent`.
    """
    (original,) = (camunda_home(settings, reporter) / "lib").glob("tasklist-els-schema-*.jar")
    target = settings.cache / f"renkei-{original.stem}-{hashlib.sha256(_REPAIRED_DATES).hexdigest()[:12]}.jar"
    if target.is_file():
        return target
    with tempfile.TemporaryDirectory(prefix=".schema-", dir=settings.cache) as folder:
        jar = Path(folder, target.name)
        with zipfile.ZipFile(original) as source, zipfile.ZipFile(jar, "w") as repaired:
            for name in source.namelist():
                content = source.read(name)
                if name.startswith(_SCHEMA_FOLDER) and _DATES in content:
                    repaired.writestr(name, content.replace(_DATES, _REPAIRED_DATES))
        jar.replace(target)
    return target


def compiled_jar(  # noqa: PLR0913 (all but what is compiled by name)
    settings: Settings,
    source: Path,
    libraries: Sequence[Path],
    *,
    manifest: Mapping[str, str] = MappingProxyType({}),
    files: Mapping[str, str] = MappingProxyType({}),
    reporter: Reporter | None = None,
) -> Path:
    """Compile a class into a jar named after its content, so that a changed source makes a new one.

    Args:
        settings: The jar lies in their download folder.
        source: A .java file of the package ``renkei``.
        libraries: Its class path.
        manifest: More entries of the manifest.
        files: More files of the jar, by name, such as ``META-INF/services/…``.
        reporter: Shows the progress of a download.

    Raises:
        StackError: As ``distribution.camunda_home``, or the compiler fails.
    """
    name = source.stem
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    target = settings.cache / f"renkei-{name}-{digest}.jar"
    if target.is_file():
        return target
    compiler = compiler_jar(settings, reporter)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=settings.cache) as folder:
        classes = Path(folder, "classes")
        _compile(compiler, source, libraries, classes)
        jar = Path(folder, target.name)
        with zipfile.ZipFile(jar, "w") as archive:
            lines = {"Manifest-Version": "1.0", **manifest}
            archive.writestr("META-INF/MANIFEST.MF", "".join(f"{key}: {value}\r\n" for key, value in lines.items()))
            for entry, content in files.items():
                archive.writestr(entry, content)
            for file in sorted(classes.rglob("*.class")):
                archive.write(file, file.relative_to(classes).as_posix())
        jar.replace(target)  # complete or not there, also when two processes compile at once
    return target


def _compile(compiler: Path, source: Path, libraries: Sequence[Path], target: Path) -> None:
    argv = [
        *(str(camunda_java()), "-jar", str(compiler)),
        *("-source", _EARLIEST, "-target", _EARLIEST, "-proc:none", "-encoding", "UTF-8"),
        *("-classpath", os.pathsep.join(str(library) for library in libraries)),
        *("-d", str(target), str(source)),
    ]
    try:
        result = subprocess.run(  # noqa: S603 (our own Java and compiler)
            argv, capture_output=True, text=True, timeout=120, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StackError(f"{source.name} をコンパイルできません: {error}") from error
    if result.returncode != 0:
        raise StackError(f"{source.name} をコンパイルできません: {(result.stderr or result.stdout).strip()[:300]}")
