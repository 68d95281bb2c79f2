"""How a listed agreement runs: its current term, its renewal, whether it has ended (D-3 to D-5, ISE-T3).

What the list does not say and follows from it all the same is computed, and told as computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from workers.domain.agreements import AgreementEnd, AgreementTerm
from workers.domain.cities import City, TermRuleKind
from workers.domain.fiscal import fiscal_year, last_day
from workers.domain.renewal import watch_term
from workers.domain.terms import first_term, last_day_of_months, last_day_of_years
from workers.domain.text import shown
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.readers.listcells import CityWords, yes_no
from workers.readers.listperiods import Period, read_period, read_renewal

if TYPE_CHECKING:
    from workers.readers.agreementlist import RowReader

_DAY: Final = timedelta(days=1)
_KEPT_TERMS: Final = 16_384
_END_WORDS: Final = {
    "満了": AgreementEnd.EXPIRED,
    "解除": AgreementEnd.TERMINATED,
    "解約": AgreementEnd.TERMINATED,
    "廃止": AgreementEnd.TERMINATED,
    "取消": AgreementEnd.TERMINATED,
    "取りやめ": AgreementEnd.TERMINATED,
    "合意": AgreementEnd.TERMINATED,
    "終了": AgreementEnd.EXPIRED,
    "失効": AgreementEnd.EXPIRED,
    "更新せず": AgreementEnd.EXPIRED,
    "更新しない": AgreementEnd.EXPIRED,
}


@dataclass(frozen=True, kw_only=True)
class Course:
    """How an agreement runs, and what of it was ``computed`` (column and words)."""

    term: AgreementTerm
    renews: bool | None
    renewal_years: int | None
    notice_months: int | None
    ended_on: date | None
    end: AgreementEnd | None
    computed: tuple[tuple[str, str], ...]


def course_of(  # noqa: PLR0913 (what the row's own columns say of its renewal)
    reader: RowReader, words: CityWords, signed_on: date, today: date, *, years: int | None, months: int | None
) -> Course | None:
    """Return how a row's agreement runs; None, and problems with the reader, where that is not certain."""
    begun = len(reader.errors)
    period, starts_on = _period(reader)
    ended_on, end = reader.day("ended_on"), reader.take("end", _end)
    if ended_on is not None and ended_on > today:
        reader.problem("ended_on", f"{format_wareki(ended_on)}はまだ来ていません")
    renewal = reader.take("renews", _renewal) or period
    if renewal is not period:
        reader.remark("renews", renewal.remark)
    if len(reader.errors) > begun:
        return None
    run = _Run(reader, words, signed_on, today, renewal.renews, years or renewal.renewal_years, months, renewal.talks)
    return run.course(period, starts_on, ended_on, end)


class _Run:
    """One row's agreement while its term and end are found."""

    def __init__(  # noqa: PLR0913, PLR0917 (what a row says of its renewal)
        self,
        reader: RowReader,
        words: CityWords,
        signed_on: date,
        today: date,
        renews: bool | None,  # noqa: FBT001 (None is a third answer)
        years: int | None,
        months: int | None,
        talks: bool,  # noqa: FBT001
    ) -> None:
        self._reader, self._words, self._city = reader, words, words.city
        self._signed_on, self._today = signed_on, today
        self._renews, self._years, self._months, self._talks = renews, years, months, talks
        self._said_years = years is not None
        self._before = words.city.term.came_before(signed_on)
        self._computed: list[tuple[str, str]] = []

    def course(
        self, period: Period, starts_on: date | None, ended_on: date | None, end: AgreementEnd | None
    ) -> Course | None:
        begun = len(self._reader.errors)
        last = self._last_day(period, starts_on)
        if last is None and not period.endless and self._before:
            since = f"{self._since()}より前に結んだ協定は"
            self._reader.problem("expires_on", f"{since}、協定書にある満了日を入力してください")
            return None
        if self._before and ended_on is None and end is None and not period.endless:
            self._own_renewal(last)
        if len(self._reader.errors) > begun:
            return None
        term = self._term(starts_on, last, endless=period.endless)
        if term is None:
            return None
        if last is None and not period.endless:
            self._computed.append(("expires_on", f"{format_wareki(term.expires_on)}（市の決まりから計算）"))
        if ended_on is None and end is AgreementEnd.EXPIRED and term.expires_on < self._today:
            ended_on = term.expires_on
            self._computed.append(("ended_on", f"{format_wareki(ended_on)}（満了日）"))
        if end is not None and ended_on is None:
            self._reader.problem("ended_on", "終了の理由があるときは、終了日も入力してください")
        if ended_on is None and end is None and term.expires_on < self._today:
            term, ended_on, end = self._past(term)
        if len(self._reader.errors) > begun:
            return None
        return Course(
            term=self._watched(term) if ended_on is None else _apart(term),
            renews=self._renews,
            renewal_years=self._years,
            notice_months=self._months,
            ended_on=ended_on,
            end=(end or AgreementEnd.TERMINATED) if ended_on else None,
            computed=tuple(self._computed),
        )

    def _last_day(self, period: Period, starts_on: date | None) -> date | None:
        """Return the last day that the list gives, or that follows from a duration; None where the rule says."""
        if period.expires_on is not None or period.endless:
            return period.expires_on
        start = starts_on or self._signed_on
        if period.fiscal_end:
            end, how = last_day(fiscal_year(start)), "年度の末日"
        elif period.months:
            counted = self._city.term.first_day_counts or start != self._signed_on
            end = last_day_of_months(start if counted else start + _DAY, period.months)
            how = f"{format_wareki(start)}{'を1日目として' if counted else 'の翌日から'}数えた日"
        else:
            return None
        self._computed.append(("expires_on", f"{format_wareki(end)}（{how}）"))
        return end

    def _term(self, starts_on: date | None, last: date | None, *, endless: bool) -> AgreementTerm | None:
        """Return the current term from the days given, by the city's rule where the list has no last day (D-3).

        An agreement that was made before the guideline has a term of its own, never the rule's (ISE-T3).
        """
        key = (self._signed_on, starts_on, last, endless, self._years, self._months)
        if (found := self._words.terms.get(key)) is not None:
            return found
        try:
            rule = self._rule().term
            term = first_term(rule, self._signed_on, starts_on=starts_on, ends_on=last, endless=endless)
        except InputError as error:
            self._reader.problem("expires_on", error.message.removeprefix(f"{error.where}: "))
            return None
        if len(self._words.terms) >= _KEPT_TERMS:
            self._words.terms.clear()
            self._words.watched.clear()
        self._words.terms[key] = term
        return term

    def _watched(self, term: AgreementTerm) -> AgreementTerm:
        """Return the term with its watch begun; agreements that run alike share it."""
        if id(term) not in self._words.watched:
            watch_term(self._rule(), term)
            self._words.watched.add(id(term))
        return term

    def _own_renewal(self, last: date | None) -> None:
        """Find how an agreement from before the guideline is renewed: the guideline's rule is not its own (ISE-T3).

        Where the list says that it is renewed but not how, the city's years and months are assumed, and told; where it
        says nothing, the office is asked, or has said so for all of them.
        """
        if self._renews is False or (last is not None and last < self._today and self._renews is None):
            return
        given = self._words.unwritten
        if self._renews is None and self._years is None and self._months is None and given is not None:
            self._renews = given.years > 0
            if self._renews:
                self._years, self._months = given.years, given.months
            return
        rule = self._city.term
        for key, what in (
            ("renewal_years", "更新の年数"),
            ("notice_months", "何か月前までの申出か（期限がなければ0）"),
        ):
            if (self._years if key == "renewal_years" else self._months) is not None:
                continue
            if not self._renews:
                self._reader.problem(
                    key,
                    f"{self._since()}より前に結んだ協定は、協定書にある{what}を入力してください"
                    "（更新しない協定は「更新の定め」に「なし」と書きます）",
                )
            elif key == "renewal_years":
                self._years = rule.renewal_years or 1
                self._assume(key, f"{self._years}年")
            else:
                self._months = rule.notice_months or 0
                self._assume(key, f"{self._months}か月前" if self._months else "0（満了日まで）")

    def _assume(self, key: str, value: str) -> None:
        said = f"{value}（一覧にないため、市の決まりの値を仮に入れました）"
        self._computed.append((key, said))
        self._reader.remark(key, said)

    def _past(self, term: AgreementTerm) -> tuple[AgreementTerm, date | None, AgreementEnd | None]:
        """Return how an agreement stands whose last day has passed: renewed since, ended with it, or a question."""
        rule = self._city.term
        by_rule = rule.renewal_years is not None and rule.kind is not TermRuleKind.AGREED and not self._before
        if self._renews and self._said_years and self._years:
            start, end = term.starts_on, term.expires_on
            while end < self._today:
                start, end = end + _DAY, last_day_of_years(end + _DAY, self._years)
            self._computed.append(
                ("expires_on", f"{format_wareki(end)}（{format_wareki(term.expires_on)}から{self._years}年ごとの更新）")
            )
            renewed = self._term(start, end, endless=False)
            return renewed or term, None, None
        if self._renews or self._talks or (self._renews is None and by_rule):
            self._reader.problem(
                "expires_on",
                f"{format_wareki(term.expires_on)}は過ぎています。更新された協定は今の期間の満了日を、"
                "終わった協定は「終了日」か「更新の定め」の「なし」を書いてください",
            )
            return term, None, None
        if self._renews is None:
            self._computed.append(
                ("ended_on", f"{format_wareki(term.expires_on)}（満了日が過ぎ、更新の定めがないため満了とします）")
            )
        return term, term.expires_on, AgreementEnd.EXPIRED

    def _rule(self) -> City:
        return self._city.renewing_by(self._years, self._months)

    def _since(self) -> str:
        return format_wareki(self._city.term.since) if self._city.term.since else ""


def _apart(term: AgreementTerm) -> AgreementTerm:
    """Return a term of an agreement that has ended: nobody watches it."""
    return AgreementTerm(
        number=term.number,
        starts_on=term.starts_on,
        expires_on=term.expires_on,
        notice_deadline=term.notice_deadline,
    )


def _period(reader: RowReader) -> tuple[Period, date | None]:
    """Return the period and its first day from the columns of the first day, the last day and the period."""
    starts_on = reader.day("starts_on")
    last, whole = reader.take("expires_on", read_period), reader.take("period", read_period)
    for key, found in (("expires_on", last), ("period", whole)):
        if found is not None and found.remark:
            reader.remark(key, found.remark)
    period = last or whole or _NONE
    if last and whole:
        if None not in {last.expires_on, whole.expires_on} and last.expires_on != whole.expires_on:
            reader.problem("period", "終わりの日が「満了日」の列と違います。どちらかを直してください")
        if last.renews is None and not last.talks:
            period = _with_renewal(last, whole)
    for found in (whole, last):
        if found is not None and found.starts_on is not None:
            if starts_on is not None and starts_on != found.starts_on:
                reader.problem("starts_on", "始まりの日が期間の列と違います。どちらかを直してください")
            starts_on = found.starts_on
    return period, starts_on


_NONE: Final = Period()


def _with_renewal(last: Period, whole: Period) -> Period:
    return Period(
        expires_on=last.expires_on,
        endless=last.endless,
        months=last.months,
        fiscal_end=last.fiscal_end,
        renews=whole.renews,
        renewal_years=whole.renewal_years,
        talks=whole.talks,
    )


def _renewal(value: str, where: str) -> Period:
    try:
        return Period(renews=yes_no(value, where))
    except InputError:
        found = read_renewal(value, where)
        if found is None:
            raise
        return found


def _end(value: str, where: str) -> AgreementEnd:
    for word, end in _END_WORDS.items():
        if word in value:
            return end
    raise InputError(where, f"「{shown(value)}」は使えません。満了 か 解除 と書いてください")
