"""Which form each user task of the packs' diagrams shows, and what is typed there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workers.errors import InputError

_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_FORM: Final = ".//{http://camunda.org/schema/zeebe/1.0}formDefinition"


class TaskForms:
    """Forms by process and element; a file is read when it is asked for, and again when it has changed."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._linked: dict[Path, tuple[int, dict[str, str]]] = {}
        self._typed: dict[Path, tuple[int, frozenset[str]]] = {}

    def typed_keys(self, process_id: str, element_id: str) -> frozenset[str]:
        """Return the variables that a person fills in at a task (``""``: at the start); empty without a known form."""
        try:
            diagram = self._file(f"{process_id}.bpmn")
            form = self._forms_of(diagram).get(element_id) if diagram else None
            path = self._file(f"{form}.form") if form else None
            return self._keys_of(path) if path else frozenset()
        except (OSError, ValueError, InputError):
            return frozenset()

    def _file(self, name: str) -> Path | None:
        return next((found for root in self._folders for found in root.glob(f"*/{name}")), None)

    def _forms_of(self, diagram: Path) -> dict[str, str]:
        from workers.packs.diagrams import model  # noqa: PLC0415 (only a worker asks)

        moment = diagram.stat().st_mtime_ns
        known = self._linked.get(diagram)
        if known is None or known[0] != moment:
            root = model.parse_xml(diagram)
            starts = [("", start.find(_FORM)) for start in root.iterfind(f"{_BPMN}process/{_BPMN}startEvent")]
            linked = [*starts, *((task.get("id", ""), task.find(_FORM)) for task in root.iter(f"{_BPMN}userTask"))]
            found = {task: form.get("formId", "") for task, form in linked if form is not None}
            known = self._linked[diagram] = (moment, found)
        return known[1]

    def _keys_of(self, path: Path) -> frozenset[str]:
        from workers.packs.diagrams import forms  # noqa: PLC0415 (only a worker asks)

        moment = path.stat().st_mtime_ns
        known = self._typed.get(path)
        if known is None or known[0] != moment:
            known = self._typed[path] = (moment, frozenset(forms.typed_keys(forms.load(path))))
        return known[1]
