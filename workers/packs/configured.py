"""The packs as the work on cases sees them: a missing one is a fault of configuration, which nobody can have typed."""

from __future__ import annotations

from dataclasses import dataclass

from workers.domain.answers import AnswerPage
from workers.domain.cities import City
from workers.errors import InputError, InputErrors, PermanentError
from workers.packs.finding import CityPacks


@dataclass(frozen=True)
class ConfiguredCities:
    """City packs whose mistakes are no clerk's task: every one is a PermanentError, which a job makes an incident."""

    packs: CityPacks

    def city(self, code: str) -> City:
        """Return a city's pack; raises PermanentError for a code that no pack folder has and for a broken pack."""
        try:
            return self.packs.city(code)
        except (InputError, InputErrors) as error:
            raise PermanentError(
                f"市のパックを読めません。ワーカーの設定（packs）とパックを直してください。{error.message}"
            ) from error

    def codes(self) -> list[str]:
        """Return the codes of every pack."""
        return self.packs.codes()

    def task_name(self, process_id: str, element_id: str) -> str:
        """Return what a diagram calls a task; the task's id where that is not known."""
        return self.packs.task_name(process_id, element_id)

    def typed_keys(self, process_id: str, element_id: str) -> frozenset[str]:
        """Return the variables that a person fills in at a user task; empty where its form is not known."""
        return self.packs.typed_keys(process_id, element_id)

    def answer_page(self, city: str, element_id: str) -> AnswerPage | None:
        """Return the step that a partner of a city may do on a page; None for a task that is not marked so."""
        return self.packs.answer_page(city, element_id)
