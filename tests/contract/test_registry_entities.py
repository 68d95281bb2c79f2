"""What goes into the registry comes out the same, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from tests.kit.registry import MORNING, registry_at, some_case, some_survey
from workers.domain.agreements import Agreement, AgreementTerm, AgreementVersion
from workers.domain.entities import (
    AnswerStatus,
    CaseOutcome,
    HistoryEntry,
    Offer,
    Origin,
    PastRecord,
    ProjectStatus,
    Rating,
    Step,
    Survey,
    SurveyAnswer,
    SurveyRating,
    SurveyWish,
    TargetStatus,
)
from workers.domain.register import RegisterQuery
from workers.errors import InputError, RetryableError

pytestmark = pytest.mark.asyncio


def answer(department: str, status: AnswerStatus = AnswerStatus.VALID) -> SurveyAnswer:
    return SurveyAnswer(
        department=department,
        status=status,
        concerned=True,
        person="花子",
        contact="内線 12",
        on_behalf=False,
        late=True,
        answered_at=MORNING,
        job="test/1",
        ratings=[SurveyRating(project_number=2, rating=Rating.INFEASIBLE, comment="場所がない")],
        wishes=[SurveyWish(field=3, content="防災の講座")],
    )


def agreement(number: int, case_id: str, *terms: AgreementTerm, city: str = "sakura") -> Agreement:
    return Agreement(
        id=f"{city}-a{number}",
        case_id=case_id,
        city=city,
        kind="comprehensive",
        title="包括連携協定",
        signed_on=terms[0].starts_on,
        parties=["さくら市", "株式会社さくら"],
        fields=[1, 4],
        terms=list(terms),
    )


def term(number: int, starts_on: date, expires_on: date) -> AgreementTerm:
    return AgreementTerm(number=number, starts_on=starts_on, expires_on=expires_on, notice_deadline=None)


async def test_a_case_comes_back_with_all_its_parts_in_order(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        case = some_case()
        case.process_instance_key = 2**53 + 1
        case.records.append(PastRecord(fiscal_year=2024, field=2, title="清掃"))
        case.steps.append(Step(name="check", round=1, payload={"failed": ["項目"], "ok": None}, recorded_at=MORNING))
        async with units() as uow:
            await uow.cases.add(case)
            await uow.commit()
        async with units() as uow:
            found = await uow.cases.get(case.id)
        assert found is not case
        assert (found.process_instance_key, found.origin, found.outcome) == (2**53 + 1, Origin.PARTNER, None)
        assert found.partner is not None
        assert found.partner.name == "株式会社さくら"
        assert found.offers[0].fields == [1, 4, 9]
        assert [(p.number, p.cost_to_city, p.status) for p in found.projects] == [
            (1, True, ProjectStatus.PROPOSED),
            (2, False, ProjectStatus.PROPOSED),
        ]
        assert [record.title for record in found.records] == ["清掃"]
        assert found.steps[0].payload == {"failed": ["項目"], "ok": None}
        assert found.round == 1


async def test_changes_of_a_case_and_of_its_lists_are_kept(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        async with units() as uow:
            await uow.cases.add(some_case())
            await uow.commit()
        async with units() as uow:
            case = await uow.cases.get("sakura-2026-1")
            case.outcome = CaseOutcome.SIGNED
            case.offers[0].fields.append(12)
            case.offers.append(Offer(round=2, offered_on=date(2026, 7, 1), purpose="訂正", fields=[2]))
            case.projects[0].status = ProjectStatus.TALKS
            await uow.commit()
        async with units() as uow:
            found = await uow.cases.get("sakura-2026-1")
        assert found.outcome is CaseOutcome.SIGNED
        assert [offer.fields for offer in found.offers] == [[1, 4, 9, 12], [2]]
        assert [project.status for project in found.projects] == [ProjectStatus.TALKS, ProjectStatus.PROPOSED]


async def test_moments_come_back_in_japanese_time_whatever_zone_they_came_in(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        late_evening_utc = datetime(2026, 5, 31, 23, 30, 0, 5, tzinfo=UTC)
        async with units() as uow:
            await uow.cases.add(some_case())
            await uow.history.add(HistoryEntry(case_id="sakura-2026-1", at=late_evening_utc, actor="x", what="受付"))
            await uow.commit()
        async with units() as uow:
            (entry,) = await uow.history.of_case("sakura-2026-1")
        assert entry.at == late_evening_utc
        assert entry.at.date() == date(2026, 6, 1)
        assert entry.at.utcoffset() == timedelta(hours=9)


async def test_a_moment_without_a_zone_is_refused(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        await uow.cases.add(some_case())
        naive = HistoryEntry(case_id="sakura-2026-1", at=datetime(2026, 6, 1), actor="x", what="y")  # noqa: DTZ001 (meant)
        with pytest.raises(StatementError, match="without a zone"):
            await uow.history.add(naive)


async def test_a_survey_comes_back_with_targets_answers_ratings_and_wishes(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        async with units() as uow:
            await uow.cases.add(some_case())
            await uow.surveys.add(some_survey())
            survey = await uow.surveys.get("sakura-2026-1-s1", lock=True)
            survey.answers.append(answer("welfare"))
            survey.targets[0].status = TargetStatus.ANSWERED
            await uow.commit()
        async with units() as uow:
            (found,) = await uow.surveys.of_case("sakura-2026-1")
        assert [(t.department, t.status) for t in found.targets] == [
            ("welfare", TargetStatus.ANSWERED),
            ("school", TargetStatus.WAITING),
        ]
        kept = found.valid_answer("welfare")
        assert kept is not None
        assert (kept.late, kept.answered_at) == (True, MORNING)
        assert [(r.project_number, r.rating, r.comment) for r in kept.ratings] == [(2, Rating.INFEASIBLE, "場所がない")]
        assert [(w.field, w.content) for w in kept.wishes] == [(3, "防災の講座")]


async def test_locking_a_survey_keeps_what_the_same_transaction_changed_before(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        await uow.cases.add(some_case())
        survey = some_survey()
        await uow.surveys.add(survey)
        survey.extensions = 2
        survey.targets[1].question = "いつですか"
        locked = await uow.surveys.get(survey.id, lock=True)
        assert (locked.extensions, locked.targets[1].question) == (2, "いつですか")


async def test_one_department_of_a_survey_is_read_without_the_others(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        async with units() as uow:
            await uow.cases.add(some_case())
            await uow.surveys.add(some_survey())
            await uow.commit()
        async with units() as uow:
            asked = await uow.surveys.asked("sakura-2026-1-s1", "school")
            assert (asked.case_id, asked.due_on) == ("sakura-2026-1", date(2026, 6, 15))
            assert (asked.target.section, asked.target.email) == ("school課", "school@city.example.jp")
            with pytest.raises(InputError, match="roads"):
                await uow.surveys.asked("sakura-2026-1-s1", "roads")


async def test_a_changed_answer_replaces_the_valid_one_and_both_are_kept(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        async with units() as uow:
            await uow.cases.add(some_case())
            survey = some_survey()
            survey.answers.append(answer("welfare"))
            await uow.surveys.add(survey)
            await uow.commit()
        async with units() as uow:
            assert await uow.surveys.valid_answer("sakura-2026-1-s1", "school") is None
            former = await uow.surveys.valid_answer("sakura-2026-1-s1", "welfare")
            assert former is not None
            former.status = AnswerStatus.SUPERSEDED
            await uow.surveys.add_answer("sakura-2026-1-s1", answer("welfare"))
            await uow.commit()
        async with units() as uow:
            found = await uow.surveys.get("sakura-2026-1-s1")
        assert [a.status for a in found.answers] == [AnswerStatus.SUPERSEDED, AnswerStatus.VALID]


async def test_an_answer_is_owed_until_every_department_has_given_one(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        await uow.cases.add(some_case())
        survey = some_survey(departments=["welfare", "school"])
        await uow.surveys.add(survey)
        owed = []
        for target, status in zip(survey.targets, (TargetStatus.ANSWERED, TargetStatus.CORRECTING), strict=True):
            target.status = status
            owed.append(await uow.surveys.is_owed(survey.id))
        survey.targets[1].status = TargetStatus.NOT_CONCERNED
        assert [*owed, await uow.surveys.is_owed(survey.id)] == [True, True, False]


async def test_a_department_cannot_have_two_valid_answers(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        await uow.cases.add(some_case())
        survey = some_survey()
        survey.answers += [answer("welfare"), answer("school"), answer("welfare")]
        with pytest.raises(IntegrityError):
            await uow.surveys.add(survey)


async def test_a_survey_of_an_unknown_case_is_refused(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        with pytest.raises(IntegrityError):
            await uow.surveys.add(some_survey("sakura-2026-99"))


async def test_unknown_ids_are_answered_in_japanese(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        assert await uow.cases.find("nowhere") is None
        with pytest.raises(InputError, match="案件 nowhere はありません"):
            await uow.cases.get("nowhere")
        with pytest.raises(InputError, match="照会 nowhere はありません"):
            await uow.surveys.get("nowhere", lock=True)


async def test_cases_are_listed_newest_first_and_by_city(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        for number in (2, 10, 9):
            await uow.cases.add(some_case(f"sakura-2026-{number}"))
        await uow.cases.add(some_case("ume-2025-1", opened_on=date(2026, 3, 31), city="ume"))
        assert [case.id for case in await uow.cases.all()] == [
            "sakura-2026-10",
            "sakura-2026-9",
            "sakura-2026-2",
            "ume-2025-1",
        ]
        assert [case.id for case in await uow.cases.all(city="ume")] == ["ume-2025-1"]


async def test_an_agreement_is_in_force_from_its_first_to_its_last_day(database_url: str, tmp_path: Path) -> None:
    """ASA-7."""
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        first = term(1, date(2026, 6, 1), date(2027, 3, 31))
        second = term(2, date(2027, 4, 1), date(2028, 3, 31))
        async with units() as uow:
            await uow.cases.add(some_case())
            await uow.cases.add(some_case("ume-2026-1", city="ume"))
            await uow.agreements.add(agreement(1, "sakura-2026-1", second, first))
            await uow.agreements.add(
                agreement(1, "ume-2026-1", term(1, date(2026, 6, 1), date(2026, 6, 30)), city="ume")
            )
            await uow.commit()
        async with units() as uow:
            ids = {
                day: [found.id for found in await uow.agreements.in_force(day)]
                for day in (date(2026, 5, 31), date(2026, 6, 1), date(2026, 7, 1), date(2028, 3, 31), date(2028, 4, 1))
            }
            assert ids == {
                date(2026, 5, 31): [],
                date(2026, 6, 1): ["ume-a1", "sakura-a1"],
                date(2026, 7, 1): ["sakura-a1"],
                date(2028, 3, 31): ["sakura-a1"],
                date(2028, 4, 1): [],
            }
            assert [a.id for a in await uow.agreements.in_force(date(2026, 6, 1), city="ume")] == ["ume-a1"]
            found = await uow.agreements.of_case("sakura-2026-1")
        assert found is not None
        assert (found.parties, found.fields) == (["さくら市", "株式会社さくら"], [1, 4])
        assert [t.number for t in found.terms] == [1, 2]
        assert found.current_term.expires_on == date(2028, 3, 31)


async def test_the_list_of_a_day_shows_the_version_of_that_day(database_url: str, tmp_path: Path) -> None:
    """ASA-7, ISE-T4: before, from and after an amendment; one without any shows what it says."""
    amended = agreement(1, "sakura-2026-1", term(1, date(2026, 6, 1), date(2029, 3, 31)))
    amended.title, amended.fields = "健康の協定", [2]
    amended.versions = [
        AgreementVersion(number=1, effective_on=date(2026, 6, 1), title="包括連携協定", purpose="", fields=[1, 4]),
        AgreementVersion(number=2, effective_on=date(2027, 4, 1), title="健康の協定", purpose="", fields=[2]),
    ]
    plain = agreement(2, "sakura-2026-2", term(1, date(2026, 6, 1), date(2029, 3, 31)))
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        async with units() as uow:
            for case_id in ("sakura-2026-1", "sakura-2026-2"):
                await uow.cases.add(some_case(case_id))
            await uow.agreements.add(amended)
            await uow.agreements.add(plain)
            await uow.commit()
        shown = {}
        async with units() as uow:
            for day in (date(2027, 3, 31), date(2027, 4, 1)):
                found = [entry async for entry in uow.register.entries(RegisterQuery(first=day, last=day))]
                shown[day] = [(entry.title, entry.fields) for entry in found]
            health = RegisterQuery(first=date(2027, 3, 31), last=date(2027, 3, 31), field=2)
            assert [entry.id async for entry in uow.register.entries(health)] == []
    assert shown == {
        date(2027, 3, 31): [("包括連携協定", (1, 4)), ("包括連携協定", (1, 4))],
        date(2027, 4, 1): [("健康の協定", (2,)), ("包括連携協定", (1, 4))],
    }


async def test_a_case_leads_to_one_agreement_and_a_term_has_its_number_once(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        only = term(1, date(2026, 6, 1), date(2027, 3, 31))
        async with units() as uow:
            await uow.cases.add(some_case())
            await uow.agreements.add(agreement(1, "sakura-2026-1", only))
            await uow.commit()
        async with units() as uow:
            with pytest.raises(IntegrityError):
                await uow.agreements.add(agreement(2, "sakura-2026-1", term(1, date(2026, 6, 1), date(2027, 3, 31))))
        async with units() as uow:
            found = await uow.agreements.of_case("sakura-2026-1")
            assert found is not None
            found.terms.append(term(1, date(2027, 4, 1), date(2028, 3, 31)))
            with pytest.raises(IntegrityError):
                await uow.commit()


async def test_an_exception_undoes_everything_and_leaves_the_registry_usable(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()

        async def fail() -> None:
            async with units() as uow:
                await uow.cases.add(some_case())
                raise InputError("fields", "1つ以上")

        with pytest.raises(InputError):
            await fail()
        async with units() as uow:
            await uow.cases.add(some_case())  # and no commit
        async with units() as uow:
            assert await uow.cases.all() == []
            await uow.cases.add(some_case())
            await uow.rollback()
            assert await uow.cases.find("sakura-2026-1") is None
            await uow.cases.add(some_case())
            await uow.commit()
        async with units() as uow:
            assert [case.id for case in await uow.cases.all()] == ["sakura-2026-1"]


async def test_a_lost_update_is_noticed_and_tried_again(database_url: str, tmp_path: Path) -> None:
    """Two instances claim the same case: the slower one must not overwrite the faster one's claim."""
    async with registry_at(database_url, tmp_path) as registry:
        one, other = registry.units(), registry.units()
        async with one() as uow:
            await uow.cases.add(some_case())
            await uow.commit()
        async with one() as slow:
            stale = await slow.cases.get("sakura-2026-1")
            await slow.commit()
            async with other() as fast:
                (await fast.cases.get("sakura-2026-1")).process_instance_key = 1
                await fast.commit()
            stale.process_instance_key = 2
            with pytest.raises(RetryableError):
                await slow.commit()
        async with one() as uow:
            assert (await uow.cases.get("sakura-2026-1")).process_instance_key == 1


async def test_entities_may_be_read_after_their_transaction(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        survey: Survey = some_survey()
        async with units() as uow:
            await uow.cases.add(some_case())
            await uow.surveys.add(survey)
            await uow.commit()
        assert [target.id is not None for target in survey.targets] == [True, True]
        assert survey.answers == []
