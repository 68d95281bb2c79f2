"""Diagrams, decisions and forms as Camunda Modeler writes them, so that a change made there is all that differs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.errors import InputError
from workers.lint import node_tools
from workers.packs.diagrams import forms, model

_FORMAT_SECONDS: Final = 300
_COMMENT: Final = (
    "コメント（<!-- -->）は Modeler で保存すると消えます。要るものは要素の説明に移し、コメントを消してください"
)


@dataclass(frozen=True)
class Written:
    """A file as Modeler writes it. ``problem`` (Japanese) says why it cannot be written without losing something."""

    path: Path
    text: str = ""
    problem: str = ""

    @property
    def differs(self) -> bool:
        """Whether Modeler would change the file on saving it."""
        return not self.problem and self.path.read_bytes() != self.text.encode()

    def save(self) -> None:
        """Replace the file, whole or not at all; raises InputError when it cannot be written."""
        try:
            with tempfile.TemporaryDirectory(prefix=".format-", dir=self.path.parent) as draft:
                fresh = Path(draft, self.path.name)
                fresh.write_bytes(self.text.encode())
                fresh.chmod(self.path.stat().st_mode)
                fresh.replace(self.path)
        except OSError as error:
            raise InputError(str(self.path), f"書き込めません（{error.strerror}）") from error


def write(files: Sequence[Path], *, cache: Path, say: Callable[[str], None] = lambda _: None) -> list[Written]:
    """Return the files (.bpmn, .dmn, .form) as Modeler writes them; nothing is saved yet.

    ``cache`` is ``RENKEI_CACHE``; ``say`` hears about an installation. Raises NodeError when Node.js cannot run.
    """
    refused = {path: problem for path in files if (problem := _refusal(path))}
    asked = {str(path.resolve()): path for path in files if path not in refused}
    node = node_tools.find_node()
    folder = node_tools.installed(cache, node, say=say)
    request = json.dumps(list(asked))
    answers = json.loads(
        node_tools.run((*node.node, "format.mjs"), folder=folder, seconds=_FORMAT_SECONDS, stdin=request)
    )
    found = {asked[answer["file"]]: _written(asked[answer["file"]], answer) for answer in answers}
    return [found[path] if path in found else Written(path, problem=refused[path]) for path in files]


def _refusal(path: Path) -> str:
    """Return why a file never reaches Modeler's own readers, or nothing."""
    try:
        if path.suffix == ".form":
            forms.load(path)
            return ""
        model.parse_xml(path)
    except InputError as error:
        return error.message.removeprefix(f"{error.where}: ")
    return _COMMENT if "<!--" in path.read_text(encoding="utf-8") else ""


def _written(path: Path, answer: dict[str, object]) -> Written:
    problems = answer["problems"]
    if isinstance(problems, list) and problems:
        return Written(path, problem=f"Modeler で保存すると失われるところがあります（{'、'.join(problems)}）")
    return Written(path, str(answer["text"]))
