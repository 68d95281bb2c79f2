"""An offer as it comes in, from an input file or from forms: the same rules for both (ISE-2/3, ALL-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.corporate_number import parse_corporate_number
from workers.domain.entities import Offer, Origin, Partner, PastRecord, Project
from workers.domain.text import email, multi_line, phone, shown, single_line
from workers.readers import offervalues as values
from workers.readers.inputs import Section
from workers.readers.offervalues import FILE_LABELS, FORM_LABELS, PARTNER_KEYS

MAXIMUM_PROJECTS: Final = 50
MAXIMUM_RECORDS: Final = 200
MAXIMUM_ATTACHMENTS: Final = 20
_NO_FIELDS: Final[tuple[int, ...]] = ()


@dataclass(frozen=True, kw_only=True)
class PartnerInput:
    """Who offers. ``phone``, ``address`` and ``corporate_number`` (13 digits) may be empty."""

    name: str
    representative: str
    contact: str
    email: str
    phone: str = ""
    address: str = ""
    corporate_number: str = ""

    def entity(self) -> Partner:
        """Return a new partner of the registry."""
        return Partner(**{key: getattr(self, key) for key in PARTNER_KEYS})


@dataclass(frozen=True, kw_only=True)
class StartInput:
    """What the start form asks for."""

    partner: PartnerInput
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class ProjectInput:
    """A row of the project proposal sheet; ``number`` counts from 1 in the order given."""

    number: int
    field: int
    title: str
    content: str
    cost_to_city: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordInput:
    """A project done before; ``department`` is free text."""

    fiscal_year: int
    field: int
    title: str
    department: str = ""

    def entity(self) -> PastRecord:
        """Return the past record for the registry."""
        return PastRecord(fiscal_year=self.fiscal_year, field=self.field, title=self.title, department=self.department)


@dataclass(frozen=True, kw_only=True)
class OfferContent:
    """The offer sheet and its lists, without the partner: one round of an offer."""

    offered_on: date
    purpose: str
    fields: tuple[int, ...]
    other: str
    projects: tuple[ProjectInput, ...]
    records: tuple[RecordInput, ...]

    def offer(self, number: int) -> Offer:
        """Return the offer of a round for the registry."""
        return Offer(
            round=number,
            offered_on=self.offered_on,
            purpose=self.purpose,
            fields=list(self.fields),
            other=self.other,
        )

    def project_entities(self, number: int) -> list[Project]:
        """Return the proposed projects of a round for the registry."""
        return [
            Project(
                round=number,
                number=project.number,
                field=project.field,
                title=project.title,
                content=project.content,
                cost_to_city=project.cost_to_city,
            )
            for project in self.projects
        ]

    def record_entities(self) -> list[PastRecord]:
        """Return the past records for the registry."""
        return [record.entity() for record in self.records]


@dataclass(frozen=True, kw_only=True)
class OfferInput:
    """A whole input file. ``attachments`` are paths as written, later those of existing files."""

    partner: PartnerInput
    origin: Origin
    content: OfferContent
    attachments: tuple[str, ...] = ()


def parse_partner(data: Mapping[str, Any]) -> PartnerInput:
    """Read the partner's data (the keys of ``PartnerInput``); raises InputErrors with all problems."""
    section = Section(data, FORM_LABELS)
    partner = _partner(section, PARTNER_KEYS)
    section.finish()
    return partner


def parse_start(data: Mapping[str, Any]) -> StartInput:
    """Read the start form: the partner's keys and ``origin`` (``partner`` or ``city``, ``partner`` where empty)."""
    section = Section(data, FORM_LABELS)
    partner = _partner(section, (*PARTNER_KEYS, "origin"))
    origin = section.take("origin", values.origin, Origin.PARTNER, required=False)
    section.finish()
    return StartInput(partner=partner, origin=origin)


def parse_content(data: Mapping[str, Any], city: City, today: date) -> OfferContent:
    """Read an offer's form: ``date`` (today where empty), purpose, fields, other, projects, records.

    Raises InputErrors with all problems. Too few fields are none: the city's decision table judges them.
    """
    section = Section(data, FORM_LABELS)
    section.known(("date", "purpose", "fields", "other", "projects", "records"))
    content = _content(section, section, city, today)
    section.finish()
    return content


def parse_records(data: Mapping[str, Any], city: City, today: date) -> tuple[RecordInput, ...]:
    """Read the list ``records`` of projects done before; raises InputErrors with all problems (AGE-2)."""
    section = Section(data, FORM_LABELS)
    section.known(("records",))
    records = tuple(_record(row, city, today) for row in section.tables("records", maximum=MAXIMUM_RECORDS))
    section.finish()
    return records


def parse_offer(data: Mapping[str, Any], city: City, today: date) -> OfferInput:
    """Read a whole input: the tables ``partner``, ``offer``, ``projects``, ``records``, ``attachments``.

    Raises InputErrors whose errors are FieldErrors with their place. Files are looked for by the adapter.
    """
    whole = Section(data, FILE_LABELS)
    whole.known(("partner", "offer", "projects", "records", "attachments"))
    partner_part, offer = whole.table("partner"), whole.table("offer")
    partner = _partner(partner_part, PARTNER_KEYS) if partner_part else None
    content, origin = None, Origin.PARTNER
    if offer:
        offer.known(("date", "purpose", "fields", "other", "origin"))
        origin = offer.take("origin", values.origin, Origin.PARTNER, required=False)
        content = _content(offer, whole, city, today)
    attachments = [_attachment(row) for row in whole.tables("attachments", maximum=MAXIMUM_ATTACHMENTS)]
    whole.finish()
    if partner is None or content is None:  # pragma: no cover (finish has raised: a missing table is a problem)
        raise AssertionError
    return OfferInput(partner=partner, origin=origin, content=content, attachments=tuple(attachments))


def _partner(section: Section, keys: tuple[str, ...]) -> PartnerInput:
    section.known(keys)
    line = partial(single_line, maximum=100)
    return PartnerInput(
        name=section.take("name", line, ""),
        representative=section.take("representative", line, ""),
        contact=section.take("contact", line, ""),
        email=section.take("email", email, ""),
        phone=section.take("phone", phone, "", required=False),
        address=section.take("address", partial(single_line, maximum=200), "", required=False),
        corporate_number=section.take("corporate_number", parse_corporate_number, "", required=False),
    )


def _content(offer: Section, lists: Section, city: City, today: date) -> OfferContent:
    fields = offer.take("fields", partial(values.field_numbers, city), _NO_FIELDS)
    projects = _projects(lists, city, fields)
    records = [_record(row, city, today) for row in lists.tables("records", maximum=MAXIMUM_RECORDS)]
    return OfferContent(
        offered_on=offer.take("date", partial(values.offer_date, today), today, required=False),
        purpose=offer.take("purpose", partial(multi_line, maximum=2000), ""),
        fields=fields,
        other=offer.take("other", partial(multi_line, maximum=2000), "", required=False),
        projects=tuple(projects),
        records=tuple(records),
    )


def _projects(lists: Section, city: City, fields: tuple[int, ...]) -> list[ProjectInput]:
    if not lists.data.get("projects"):
        lists.problem("projects", "1件以上書いてください")
        return []
    projects: list[ProjectInput] = []
    for row in lists.tables("projects", maximum=MAXIMUM_PROJECTS):
        project = _project(row, city)
        if fields and project.field and project.field not in fields:
            name = city.field_name(project.field)
            row.problem("field", f"{project.field}（{name}）は申出の連携事項に選ばれていません")
        if project.title and any((p.field, p.title) == (project.field, project.title) for p in projects):
            row.problem("title", f"「{shown(project.title)}」が2回書かれています")
        projects.append(project)
    return projects


def _project(row: Section, city: City) -> ProjectInput:
    row.known(("field", "title", "content", "cost_to_city"))
    number = row.place[-1]
    return ProjectInput(
        number=int(number) + 1,
        field=row.take("field", partial(values.field_number, city), 0),
        title=row.take("title", partial(single_line, maximum=100), ""),
        content=row.take("content", partial(multi_line, maximum=1000), ""),
        cost_to_city=row.take("cost_to_city", values.yes_no, False, required=False),
    )


def _record(row: Section, city: City, today: date) -> RecordInput:
    row.known(("fiscal_year", "field", "title", "department"))
    return RecordInput(
        fiscal_year=row.take("fiscal_year", partial(values.past_fiscal_year, today), 0),
        field=row.take("field", partial(values.field_number, city), 0),
        title=row.take("title", partial(single_line, maximum=100), ""),
        department=row.take("department", partial(single_line, maximum=100), "", required=False),
    )


def _attachment(row: Section) -> str:
    row.known(("path",))
    return row.take("path", partial(single_line, maximum=1000), "")
