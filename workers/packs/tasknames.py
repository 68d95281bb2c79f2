"""What the packs' diagrams call themselves and their tasks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workers.errors import InputError

_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


class TaskNames:
    """Names by process and element; a diagram is read when one of its tasks is asked for, again when it has changed."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._read: dict[str, tuple[Path, int, dict[str, str]]] = {}

    def name(self, process_id: str, element_id: str) -> str:
        """Return what the diagram calls a task, or itself; the id where no pack has the diagram or there is no name."""
        return self._names(process_id).get(element_id) or element_id

    def _names(self, process_id: str) -> dict[str, str]:
        from workers.packs.diagrams import model

        path, moment, names = self._read.get(process_id, (None, 0, {}))
        try:
            if path is not None and path.stat().st_mtime_ns == moment:
                return names
            path = next(found for root in self._folders for found in root.glob(f"*/{process_id}.bpmn"))
            moment = path.stat().st_mtime_ns
            root = model.parse_xml(path)
        except (StopIteration, OSError, InputError):
            return {}
        found = root.iter(f"{_BPMN}userTask", f"{_BPMN}process")
        named = ((element.get("id", ""), element.get("name") or "") for element in found)
        names = {identity: " ".join(name.split()) for identity, name in named}
        self._read[process_id] = (path, moment, names)
        return names
