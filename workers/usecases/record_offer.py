"""Record an offer with its proposed projects (a new round each time) and the past records (ISE-2/3, AGE-2, AGE-3)."""

from __future__ import annotations

from collections.abc import Sequence

from workers.domain.agreements import Agreement
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.readers.offerinput import OfferContent, RecordInput
from workers.usecases.journal import note
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork


async def record_offer(
    uow: UnitOfWork, case_id: str, content: OfferContent, *, with_records: bool, within_agreement: bool = False
) -> None:
    """Keep an offer as the case's next round; raises InputError for a day to come or a field that was not agreed.

    ``within_agreement``: once an agreement is signed, a proposal keeps to its fields (DAT-A: B). Without
    ``with_records`` the past records stay as they are: where the city organises them at a step of its own (AGE-2), the
    proposal does not ask for them again.
    """
    case, city = await case_and_city(uow, case_id)
    paper = city.survey.words["paper"]
    if content.offered_on > uow.clock.today():
        raise InputError(f"{paper}の日付", f"{format_wareki(content.offered_on)}はまだ来ていません")
    if within_agreement and case.agreement_id is not None:
        _keep_to(await uow.agreements.get(case.agreement_id), content)
    number = case.round + 1
    case.offers.append(content.offer(number))
    case.projects.extend(content.project_entities(number))
    if with_records:
        case.records[:] = content.record_entities()
    await note(uow, case.id, f"{paper}を受け付けた（第{number}回、提案{len(content.projects)}件）")


def _keep_to(agreement: Agreement, content: OfferContent) -> None:
    chosen = {*content.fields, *(project.field for project in content.projects)}
    if outside := sorted(chosen - set(agreement.fields)):
        agreed = "・".join(str(number) for number in sorted(agreement.fields))
        numbers = "・".join(str(number) for number in outside)
        raise InputError("連携事項", f"{numbers} は協定の連携事項にありません（協定の連携事項は {agreed}）")


async def record_past_projects(uow: UnitOfWork, case_id: str, records: Sequence[RecordInput]) -> None:
    """Keep the projects done so far, by fiscal year and field (AGE-2)."""
    case = await uow.cases.get(case_id)
    case.records[:] = [record.entity() for record in records]
    fields = {record.field for record in records}
    await note(uow, case.id, f"連携実績を整理した（{len(records)}件、{len(fields)}分野）")


async def record_proposals(uow: UnitOfWork, case_id: str, content: OfferContent) -> None:
    """Keep projects that are proposed under a signed agreement, for a year as one batch or in between (AGE-A1, AGE-A4).

    They are the case's next round, so that the departments can be asked of them.
    """
    case = await uow.cases.get(case_id)
    number = case.round + 1
    case.offers.append(content.offer(number))
    case.projects.extend(content.project_entities(number))
    await note(uow, case.id, f"連携事業の提案を受け付けた（第{number}回、{len(content.projects)}件）")
