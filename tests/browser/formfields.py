"""A form as Tasklist shows it in Chromium: types into its fields, chooses, and reads what they hold.

Fields are named by their keys and filled with what a person sees: the text of a choice, not its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playwright.sync_api import Locator, Page, expect

Answers = Mapping[str, Any]
_TYPED = frozenset({"textfield", "textarea", "number"})
_CHOSEN = frozenset({"radio", "checklist"})


class FormOnScreen:
    """The open form; ``form`` is its JSON."""

    def __init__(self, page: Page, form: Mapping[str, Any]) -> None:
        self.id = str(form.get("id", ""))
        self._page = page
        self._form = form

    def fill(self, answers: Answers) -> None:
        """Type and choose; a list's rows are made and taken away until there are as many as in the answer."""
        for key, value in answers.items():
            self._fill(self._component(key), value, "")

    def shown(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return what the fields hold on the screen, in the words that ``fill`` takes; hidden fields are left out."""
        found = {key: self._shown(self._component(key), "") for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def words(self) -> str:
        """Return everything that the form says and holds, whatever kind of field it stands in."""
        fields = self._page.locator(".fjs-container").locator("input, textarea")
        held = fields.evaluate_all("fields => fields.map(field => field.value)")
        return "\n".join([self._page.locator(".fjs-container").inner_text(), *held])

    def parts(self) -> Iterator[dict[str, Any]]:
        """Yield the form's fields and lists in their order, not what stands inside a list."""
        return _parts(self._form)

    def has(self, key: str) -> bool:
        """Return whether a field or a list is on the screen now."""
        part = self._component(key)
        return bool(self._box(part).count()) if part["type"] == "dynamiclist" else self._is_there(part, "")

    def choices(self, key: str) -> list[str]:
        """Return the texts of the choices that a field offers now."""
        return [option.inner_text().strip() for option in self._options(self._component(key), "")]

    def _component(self, key: str) -> dict[str, Any]:
        found = next((part for part in _parts(self._form) if key in (part.get("key"), part.get("path"))), None)
        assert found is not None, f"{self._form.get('id')} has no field {key}"
        return found

    def _fill(self, part: Mapping[str, Any], value: Any, row: str) -> None:
        kind, field = part["type"], self._at(part, row)
        if kind == "dynamiclist":
            self._fill_rows(part, value)
        elif kind in _TYPED:
            field.click()
            field.fill(str(value))
            field.blur()  # form-js takes over what was typed when the field is left
            expect(field).to_have_value(str(value))
        elif kind == "checkbox":
            field.set_checked(bool(value), force=True)
        elif kind == "select":
            self._pick(part, row, str(value))
        elif kind == "taglist":
            self._tag(field, value)
        else:
            self._choose(part, [value] if isinstance(value, str) else value, row)

    def _pick(self, part: Mapping[str, Any], row: str, text: str) -> None:
        display = self._at(part, row, "-display")
        (display if display.count() else self._at(part, row)).click()  # one that can be searched is its own display
        self._page.locator(".fjs-dropdownlist-item", has_text=text).first.click()

    def _choose(self, part: Mapping[str, Any], wanted: Sequence[str], row: str) -> None:
        options = {option.inner_text().strip(): option for option in self._options(part, row)}
        assert set(wanted) <= set(options), f"{part['label']}: {sorted(set(wanted) - set(options))} is not offered"
        for text, option in options.items():
            ticked = self._input_of(option).is_checked()
            if (text in wanted) != ticked and (part["type"] == "checklist" or text in wanted):
                option.click()

    def _tag(self, field: Locator, wanted: Sequence[str]) -> None:
        """Take away the tags that are not wanted, then search for those that are missing."""
        box = self._tags_of(field)
        for text in set(box.locator(".fjs-taglist-tag-label").all_inner_texts()) - set(wanted):
            box.locator(".fjs-taglist-tag", has_text=text).locator("button").click()
        for text in wanted:
            if text not in box.locator(".fjs-taglist-tag-label").all_inner_texts():
                field.fill(text)
                self._page.locator(".fjs-dropdownlist-item", has_text=text).first.click()
        field.blur()

    def _tags_of(self, field: Locator) -> Locator:
        return field.locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' fjs-taglist ')][1]")

    def _fill_rows(self, part: Mapping[str, Any], rows: Sequence[Answers]) -> None:
        box = self._box(part)
        fixed = not part.get("allowAddRemove", False)
        assert not fixed or self._rows(part) >= len(rows), f"{part['label']} has only {self._rows(part)} rows"
        while (there := self._rows(part)) < len(rows):
            box.locator(".fjs-repeat-render-add").click()
            expect(self._at(part["components"][0], f"_{there}").first).to_be_attached()
        while not fixed and (there := self._rows(part)) > len(rows):
            self._removal(box, part, there).click()
            expect(self._at(part["components"][0], f"_{there - 1}")).to_have_count(0)
        for number, values in enumerate(rows):
            for inner in part["components"]:
                if inner.get("key") in values:
                    self._fill(inner, values[inner["key"]], f"_{number}")

    def _removal(self, box: Locator, part: Mapping[str, Any], number: int) -> Locator:  # noqa: ARG002 (others name it)
        return box.get_by_role("button", name=f"Remove list item {number}", exact=True)

    def _box(self, part: Mapping[str, Any]) -> Locator:
        return self._page.locator(f'.fjs-container [aria-labelledby$="-{part["id"]}"]')

    def _rows(self, part: Mapping[str, Any]) -> int:
        """Count a list's rows by their fields: a list that cannot grow draws nothing around them."""
        ids = self._page.locator(".fjs-container [id]").evaluate_all("all => all.map(one => one.id)")
        fields = "|".join(re.escape(str(inner["id"])) for inner in part["components"])
        found = (re.search(rf"-(?:{fields})_(\d+)(?:-|$)", identity) for identity in ids)
        return len({match[1] for match in found if match})

    def _shown(self, part: Mapping[str, Any], row: str) -> Any:
        kind = part["type"]
        if kind == "dynamiclist":
            return [self._shown_row(part, f"_{number}") for number in range(self._rows(part))]
        if not self._is_there(part, row):
            return None
        if kind in _CHOSEN:
            ticked = [o.inner_text().strip() for o in self._options(part, row) if self._input_of(o).is_checked()]
            return ticked if kind == "checklist" else next(iter(ticked), "")
        return self._held(kind, self._at(part, row), self._at(part, row, "-display"))

    def _shown_row(self, part: Mapping[str, Any], row: str) -> dict[str, Any]:
        keyed = [inner for inner in part["components"] if inner.get("key") and self._is_there(inner, row)]
        return {inner["key"]: self._shown(inner, row) for inner in keyed}

    def _held(self, kind: str, field: Locator, display: Locator) -> Any:
        if kind == "checkbox":
            return field.is_checked()
        if kind == "taglist":
            return self._tags_of(field).locator(".fjs-taglist-tag-label").all_inner_texts()
        if kind == "select":
            return display.input_value() if display.evaluate("e => e.tagName") == "INPUT" else display.inner_text()
        return field.input_value()

    def _at(self, part: Mapping[str, Any], row: str, ending: str = "") -> Locator:
        return self._page.locator(f'.fjs-container [id$="-{part["id"]}{row}{ending}"]')

    def _is_there(self, part: Mapping[str, Any], row: str) -> bool:
        return (
            self._at(part, row).count() + self._at(part, row, "-0").count() + self._at(part, row, "-display").count()
            > 0
        )

    def _options(self, part: Mapping[str, Any], row: str) -> list[Locator]:
        return self._page.locator(f'.fjs-container label[for*="-{part["id"]}{row}-"]').all()

    def _input_of(self, option: Locator) -> Locator:
        return self._page.locator(f'[id="{option.get_attribute("for")}"]')


def _parts(container: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a form's fields and lists, not what stands inside a list."""
    for part in container.get("components", ()):
        yield part
        if part["type"] == "group":
            yield from _parts(part)
