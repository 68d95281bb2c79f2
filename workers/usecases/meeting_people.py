"""Who gets a mail, and who is invited to a meeting: the partner, the office, departments (ALL-2, ALL-4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workers.domain.cities import City
from workers.domain.entities import Case, SurveyTarget
from workers.domain.meetings import Meeting
from workers.usecases.ports import MailRequest, TemplateValues


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One recipient of a notice; ``key`` makes it once-only within its notice, ``group`` has its tasks."""

    key: str
    name: str
    address: str
    group: str = ""

    def mail(self, case: Case, template: str, *, key: str, context: TemplateValues) -> MailRequest:
        """Return a mail of a case under a business key."""
        return MailRequest(
            business_key=key,
            case_id=case.id,
            city=case.city,
            kind=template,
            template=template,
            recipient_name=self.name,
            recipient=self.address,
            group=self.group,
            context=context,
        )


def partner_recipient(case: Case) -> Recipient | None:
    """Return the partner's contact, or None where the case has no partner yet."""
    if case.partner is None:
        return None
    return Recipient(key="partner", name=f"{case.partner.name} {case.partner.contact}", address=case.partner.email)


def office_recipient(city: City) -> Recipient:
    """Return the office."""
    return Recipient(key="office", name=city.office.section, address=city.office.email, group=city.office.group)


def department_recipients(city: City, codes: Iterable[str]) -> list[Recipient]:
    """Return departments; raises InputError for an unknown code."""
    found = [city.department(code) for code in codes]
    return [Recipient(key=entry.code, name=entry.name, address=entry.email, group=entry.group) for entry in found]


def target_recipient(target: SurveyTarget) -> Recipient:
    """Return a surveyed department, as it was when it was asked."""
    return Recipient(key=target.department, name=target.name, address=target.email, group=target.group)


def host_recipient(city: City, meeting: Meeting) -> Recipient:
    """Return who holds a meeting: the office, or the department in charge (CHI-6)."""
    return department_recipients(city, [meeting.host])[0] if meeting.host else office_recipient(city)


def participants(case: Case, city: City, meeting: Meeting) -> list[Recipient]:
    """Return everybody who is invited, the partner first."""
    partner = partner_recipient(case)
    others = [code for code in meeting.departments if code != meeting.host]
    invited = [host_recipient(city, meeting), *department_recipients(city, others)]
    return [partner, *invited] if partner else invited
