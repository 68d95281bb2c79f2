"""Fetching from Maven repositories with the user's own Maven: mirrors, proxies and credentials of settings.xml hold."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from workers.localstack.errors import StackError
from workers.localstack.java import system_java
from workers.localstack.progress import Meter, Reporter

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"
_SILENCE_SECONDS = 600.0  # a caching proxy may fetch the whole file before it sends the first byte
_DEADLINE_SECONDS = 3600.0
_UNITS = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}
_PROGRESS = re.compile(r"Progress \(\d+\): (.+)")
_PART = re.compile(r"([\d.]+)(?:/([\d.]+))? (B|kB|MB|GB)")
_DOWNLOADED = re.compile(r"Downloaded from \S+: ")
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>renkei</groupId><artifactId>downloads</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version><type>{type}</type>
    {exclusions}
  </dependency></dependencies>
</project>
"""
_ALONE = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
_CAUSES = (
    (r"No space left on device", "ディスクの空きがなくなりました。空けてからもう一度実行してください。"),
    (
        r"Checksum validation failed",
        "ダウンロードしたファイルが壊れていたので Maven が捨てました。もう一度実行してください。",
    ),
    (
        (
            r"UnknownHost|Unknown host|Connection refused|onnect timed out|Read timed out|Network is unreachable|"
            r"No route to host|Temporary failure in name resolution|Connection reset|in offline mode|status: 50\d"
        ),
        "Maven のリポジトリにつながりません。ネットワークか ~/.m2/settings.xml のミラー設定を確かめてください。",
    ),
    (
        r"status: 40[137]|Unauthorized|Forbidden",
        "Maven のリポジトリに拒まれました。~/.m2/settings.xml の認証を確かめてください。",
    ),
    (r"JAVA_HOME", "Java が見つかりません。JAVA_HOME を正しい場所にするか、消してください。"),
)


def fetch(  # noqa: PLR0913 (one keyword for each thing that the caller knows)
    coordinates: str, *, alone: bool, label: str, megabytes: int, log: Path, reporter: Reporter
) -> list[Path]:
    """Resolve ``group:artifact:version[:type]`` and return the files in Maven's local repository, in class path order.

    Args:
        coordinates: What to fetch.
        alone: Leave its dependencies out.
        label: Japanese name for the progress line.
        megabytes: About how much there is to load, for the progress line.
        log: Where Maven's output is kept.
        reporter: Shows the progress.

    Raises:
        StackError: Maven or Java is missing, no network, full disk, a wrong checksum.
    """
    program = _maven()
    system_java()
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="renkei-maven-") as folder:
        pom = Path(folder, "pom.xml")
        result = Path(folder, "files.txt")
        pom.write_text(_pom(coordinates, alone=alone), encoding="utf-8")
        argv = [
            program,
            "--strict-checksums",
            "-Dstyle.color=never",
            "-Dmaven.wagon.rto=300000",
            "-Daether.connector.connectTimeout=20000",
            "-Daether.connector.requestTimeout=300000",
            "-f",
            str(pom),
            _PLUGIN,
            f"-Dmdep.outputFile={result}",
            f"-Dmdep.pathSeparator={os.pathsep}",
        ]
        with reporter.meter(label, megabytes * _UNITS["MB"]) as meter:
            code = _run(argv, log, meter)
        if code != 0 or not result.is_file():
            raise StackError(f"{label}に失敗しました: {_cause(log)}（詳細: {log}）")
        return [Path(entry) for entry in result.read_text(encoding="utf-8").strip().split(os.pathsep)]


def _maven() -> str:
    program = shutil.which("mvn")
    if program is None:
        raise StackError("Maven（mvn）が見つかりません。`apt install maven` を実行してください。")
    return program


def _pom(coordinates: str, *, alone: bool) -> str:
    group, artifact, version, *kind = (escape(part) for part in coordinates.split(":"))
    return _POM.format(
        group=group,
        artifact=artifact,
        version=version,
        type=kind[0] if kind else "jar",
        exclusions=_ALONE if alone else "",
    )


def _run(argv: list[str], log: Path, meter: Meter) -> int:
    """Run Maven, show its progress, keep its output; a silent or endless run is stopped."""
    with (
        log.open("wb") as sink,
        subprocess.Popen(  # noqa: S603 (Maven from the user's path)
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        counter = _Counter(meter)
        try:
            for chunk in _chunks(process):
                sink.write(chunk)
                counter.feed(chunk.decode("utf-8", "replace"))
            counter.finish()
            return process.wait(timeout=60)
        except (TimeoutError, subprocess.TimeoutExpired):
            sink.write(b"\n[ERROR] Read timed out: stopped by renkei\n")
            return 1
        finally:
            if process.poll() is None:
                process.kill()


def _chunks(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    assert process.stdout is not None  # noqa: S101 (asked for above; tells mypy)
    deadline = time.monotonic() + _DEADLINE_SECONDS
    descriptor = process.stdout.fileno()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if time.monotonic() > deadline or not selector.select(_SILENCE_SECONDS):
                raise TimeoutError
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return
            yield chunk


class _Counter:
    """Adds up the bytes that Maven says it has loaded: finished files plus those under way."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._finished = 0
        self._rest = ""

    def feed(self, text: str) -> None:
        """Take a piece of Maven's output."""
        lines = re.split(r"[\r\n]", self._rest + text)
        self._rest = lines.pop()
        for line in lines:
            if _DOWNLOADED.search(line):
                size = _PART.search(line.rpartition("(")[2])
                self._finished += _bytes(size[1], size[3]) if size else 0
                self._meter.set(self._finished)
            elif found := _PROGRESS.search(line):
                under_way = sum(_bytes(now, unit) for now, _, unit in _PART.findall(found[1]))
                self._meter.set(self._finished + under_way)

    def finish(self) -> None:
        """Show a full bar: Maven had some of it already, or all."""
        self._meter.set(self._finished, self._finished)


def _bytes(number: str, unit: str) -> int:
    return int(float(number) * _UNITS[unit])


def _cause(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")
    for pattern, message in _CAUSES:
        if re.search(pattern, text):
            return message
    errors = re.findall(r"^\[ERROR\] (.+)", text, re.MULTILINE)
    return errors[0][:300] if errors else "Maven が理由を示さずに終わりました。"
