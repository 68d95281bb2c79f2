"""The blank forms and the due date that go with a mail to the partner, as its pack says (ALL-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import MappingProxyType

from workers.domain.business_days import add_business_days
from workers.domain.cities import City
from workers.domain.entities import Case, Document
from workers.usecases.ports import TemplateValues, UnitOfWork


async def blank_forms(
    uow: UnitOfWork, case: Case, city: City, template: str, values: TemplateValues = MappingProxyType({})
) -> list[Document]:
    """Return the blank forms that the pack sends with a mail to the partner, made from the documents' own templates.

    ``values`` are the mail's: a form has in it already what they say (the projects to answer, DAT-7), and the pack may
    send its forms only where one of them holds anything. Raises PermanentError for a form without a template.
    """
    rule = city.mails.get(template)
    found: list[Document] = []
    if rule is None or (rule.forms_with and not values.get(rule.forms_with)):
        return found
    for name, title in rule.forms.items():
        choices = [{"number": entry.number, "name": entry.name} for entry in city.fields]
        context = {**values, "city": city, "office": city.office, "signatory": city.signatory, "fields": choices}
        content, suffix, media_type = uow.renderer.blank(city=city.code, name=name, context=context)
        found.append(
            await uow.documents.store(
                case_id=case.id,
                kind=f"blank-{name}",
                name=f"{title}（様式）_{case.id}{suffix}",
                media_type=media_type,
                content=content,
                draft=False,
            )
        )
    return found


def answer_day(uow: UnitOfWork, city: City, template: str) -> date | None:
    """Return the day by which a mail asks for an answer; None where the pack names none."""
    rule = city.mails.get(template)
    return add_business_days(uow.clock.today(), rule.answer_days) if rule and rule.answer_days else None


def answer_context(forms: Sequence[Document], due_on: date | None) -> TemplateValues:
    """Return what a mail says of its forms: ``forms``, their names, and ``due_on`` where there is such a day."""
    names = [form.name.partition("_")[0] for form in forms]
    return {"forms": names, "due_on": due_on} if due_on else {"forms": names}
