"""What the use cases give a template, for every kind of sample case: asked of the use cases themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Case
from workers.lint.papers.office import DUE_ON, KINDS, TODAY, Kind, meeting, run, sample_unit
from workers.lint.papers.samples import Anything, Variables, snake
from workers.lint.papers.usage import Usage
from workers.usecases.parties import parties_of, spoken
from workers.usecases.ports import UnitOfWork
from workers.usecases.render_document import document_context
from workers.usecases.send_mail import mail_context
from workers.usecases.surveys import survey_context

_SURVEY_JOBS: Final = frozenset(
    ["notify-department", "remind-departments", "extend-survey", "request-answer", "stop-survey"]
)
_ALWAYS: Final[Mapping[str, Any]] = {"message": "よろしく", "failed_conditions": ["分野が足りない"], "project": None}
_TERM: Final[Mapping[str, Any]] = {
    "agreement_title": "見本の協定",
    "expires_on": DUE_ON,
    "last_day": DUE_ON,
    "new_starts_on": DUE_ON,
    "new_expires_on": DUE_ON,
    "notices": [{"side": "相手方", "received_on": TODAY}],
}
_TASK: Final = {
    "name": "① 申出を受ける",
    "element_id": "Task_Offer",
    "case_id": "sample-2026-1",
    "partner": "株式会社見本",
    "due_on": DUE_ON,
    "days_late": 2,
    "assignee": "",
    "department": "",
    "group": "g",
}
_ROWS: Final = {"count": 2, "rows": [_TASK], "more": 1}
_TERM_MAILS: Final = (
    *("renewal-reminder", "expiry-reminder", "renewal-done", "renewal-blocked", "renewal-reversed"),
    "agreement-expired",
)
BY_CODE: Final[Mapping[str, Mapping[str, Any]]] = {
    **dict.fromkeys(_TERM_MAILS, _TERM),
    "task-unassigned": {"task_name": "① 申出を受ける", "done_at": TODAY},
    "work-withdrawn": {"reason": "申出を直すため", "over": False},
    "tasks-due": {"late": _ROWS, "soon": _ROWS, "departments_late": _ROWS, "recipient_group": "g"},
    "meeting-cancelled": {"moved": False, "dropped": False},
}
"""Mails that no diagram names, and what the use cases add for them."""
_CASELESS: Final = frozenset({"tasks-due"})
_STAFF_LINKS: Final = ("tasklist_url", "open_url", "desk_url")


@dataclass
class Office:
    """A city's sample cases, one of each kind, and what its diagrams say of variables."""

    city: City
    fields: Iterable[Any]
    made: Mapping[str, frozenset[str] | None]
    steps: Mapping[str, Iterable[str]]
    _units: dict[Kind, tuple[UnitOfWork, Case]] = field(default_factory=dict)
    _variables: dict[Kind, Variables] = field(default_factory=dict)
    _mails: dict[Kind, dict[str, Any]] = field(default_factory=dict)

    def mail(self, template: str, use: Usage | None, kind: Kind) -> dict[str, Any]:
        """Return what a mail is given in a sample case."""
        base = {**self._mail_base(kind), "lead": None}
        added = self._added(template, use, kind)
        if use is not None and use.job in _BY_JOB:
            base = {}
        if template in _CASELESS:
            base = {"case": SimpleNamespace(id="")}
        if template in {"renewal-reminder", "renewal-done"}:  # only of agreements that are renewed
            base["renewal_years"] = base["renewal_years"] or 1
        links = {} if kind.bare else {name: f"https://{name[:4]}.example" for name in _STAFF_LINKS}
        if links and (use is None or use.to not in {"partner", "meeting"}):
            links["task_link"] = "https://open.example/1"
        rule = self.city.mails.get(template)
        asked: dict[str, Any] = {"forms": [*rule.forms.values()] if rule else []}
        if rule and rule.answer_days:
            asked["due_on"] = DUE_ON
        drafts = [] if kind.bare else ["協定書（案）第1案（令和8年6月1日）"]
        return {
            "drafts": drafts,
            "answer_link": "" if kind.bare else "https://pages.example/a/1",
            "draft_label": "" if kind.bare else "第1案（令和8年6月1日）",
            "task_list": "職員の机",
            **asked,
            **added,
            **base,
            **links,
            "reviewed": bool(rule and rule.review),
            "city": self.city,
            "today": TODAY,
            "recipient_name": "宛先",
        }

    def document(self, template: str, use: Usage | None, kind: Kind) -> dict[str, Any]:
        """Return what a document is given in a sample case."""
        unit, case = self._unit(kind)
        values = self._values(use.values if use else {}, kind)
        own: dict[str, Any] = {}
        if use and use.per == "department":
            own["department"] = self.city.departments[0]
        if use and use.per == "activity":
            own["activity"] = self._variables_of(kind).value("activity")
        draft = bool(use and use.draft)
        context = run(document_context(unit, case, self.city, template, draft=draft))
        label = "第1案（令和8年6月1日）" if draft else ""
        return {"blank": False, **values, **context, **own, "draft_label": label}

    def blank(self, template: str, values: Mapping[str, str], kind: Kind) -> dict[str, Any]:
        """Return what a blank form is given; all else in it is left to be written by hand."""
        del template
        choices = [{"number": entry.number, "name": entry.name} for entry in self.city.fields]
        city = {"city": self.city, "office": self.city.office, "signatory": self.city.signatory, "fields": choices}
        return {**self._values(values, kind), **city, "blank": True}

    def anything(self) -> dict[str, Any]:
        """Return all that any task could hand over, for a template that no task fills."""
        return {**dict.fromkeys(self.known_names(), Anything()), **_ALWAYS, "due_on": DUE_ON}

    def known_names(self) -> set[str]:
        """Return every variable that a task could hand over."""
        return self._variables_of(KINDS[0]).names()

    def _added(self, template: str, use: Usage | None, kind: Kind) -> dict[str, Any]:
        if use is None:
            found = dict(BY_CODE.get(template, {}))
            return {**found, "to_partner": kind.joint} if BY_CODE.get(template) is _TERM else found
        if use.job in _BY_JOB:
            return self._by_job(use.job, kind)
        values = self._values(use.values, kind)
        said = {**_ALWAYS, **values}
        if kind.bare:
            said.update({name: empty for name, empty in _NOTHING.items() if name not in values})
        if use.job == "send-mail":
            said["project"] = values.get("project") or self._variables_of(kind).value("project")
        about = self._meeting(kind) if use.meeting else {}
        return {**said, "reason": said["message"], **about}

    def _by_job(self, job: str, kind: Kind) -> dict[str, Any]:
        unit, case = self._unit(kind)
        if job in {"record-project-talk", "summarize-talks"}:
            row = {**self._mail_base(kind)["projects"][0], "status_name": "実施できる", "feasible": True}
            about = {"case": case, "partner": case.partner}
            return {**about, **({"project": row} if job == "record-project-talk" else {"projects": [row]})}
        survey = run(unit.surveys.of_case(case.id))[0]
        under = spoken(run(parties_of(unit, case, None))) if kind.joint else {}
        said = survey_context(case if under else replace(case, agreement_id=None), DUE_ON, self.city)
        if job == "escalate-survey":
            return {**said, "waiting": survey.open_targets()}
        if job == "check-survey":
            results = [{"heading": "事業1 見守り", "tally": "○ 2　△ 1　× 0"}]
            return {**said, "asked": len(survey.targets), "results": results, "wishes": [{}]}
        return {**said, **under, "department": "見本部見本課", "question": "" if kind.bare else "何人ですか"}

    def _meeting(self, kind: Kind) -> dict[str, Any]:
        held = meeting(self.city, kind)
        names = [self.city.department(code).name for code in held.departments]
        about = {"meeting": held, "host": self.city.office.section, "departments": names}
        return {**about, "moved": kind.joint, "dropped": kind.joint}

    def _values(self, paths: Mapping[str, str], kind: Kind) -> dict[str, Any]:
        known = self._variables_of(kind)
        found = {}
        for name, path in paths.items():
            first, *rest = path.split(".") if path else [""]
            value: Any = known.value(first) if first else Anything()
            for part in rest:
                value = value.get(snake(part), Anything()) if isinstance(value, dict) else Anything()
            found[snake(name)] = value
        return found

    def _mail_base(self, kind: Kind) -> dict[str, Any]:
        if kind not in self._mails:
            unit, case = self._unit(kind)
            self._mails[kind] = run(mail_context(unit, case, self.city))
        return self._mails[kind]

    def _variables_of(self, kind: Kind) -> Variables:
        if kind not in self._variables:
            self._variables[kind] = Variables(self.fields, self.made, self.city, empty=kind.bare)
        return self._variables[kind]

    def _unit(self, kind: Kind) -> tuple[UnitOfWork, Case]:
        if kind not in self._units:
            raw = Variables(self.fields, self.made, self.city, empty=kind.bare, raw=True)
            payloads = {step: {name: raw.value(name) for name in names} for step, names in self.steps.items()}
            self._units[kind] = sample_unit(self.city, kind, payloads)
        return self._units[kind]


_BY_JOB: Final = frozenset({*_SURVEY_JOBS, "escalate-survey", "check-survey", "record-project-talk", "summarize-talks"})
_NOTHING: Final[Mapping[str, Any]] = {"message": "", "failed_conditions": [], "project": None}
