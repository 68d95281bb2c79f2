"""The Python rules for BPMN files: each takes a diagram and what can be referred to, and yields findings."""

from __future__ import annotations

from typing import Final

from workers.lint.rules import (
    drawing,
    entered,
    escalations,
    flow,
    identities,
    levels,
    mailways,
    modeler,
    people,
    references,
    required,
    returned,
    scopes,
    tasks,
    variables,
    ways,
)
from workers.lint.rules import expressions as feel
from workers.lint.rules.base import Context, Rule

BPMN_RULES: Final[tuple[Rule, ...]] = (
    identities.platform,
    identities.one_process,
    identities.ids,
    feel.prefix,
    feel.syntax,
    feel.shadowing,
    feel.clock,
    tasks.job_types,
    tasks.headers,
    tasks.templates,
    tasks.user_tasks,
    tasks.due_dates,
    tasks.documentation,
    references.forms,
    references.decisions,
    references.processes,
    returned.returned_input,
    scopes.multi_instance,
    scopes.call_activities,
    people.listeners,
    people.scopes,
    people.recordings,
    people.side_by_side,
    flow.timers,
    flow.gateways,
    flow.borders,
    escalations.caught,
    escalations.thrown,
    drawing.missing,
    drawing.lanes,
    drawing.sub_processes,
    drawing.levels,
    levels.limits,
    variables.undeclared,
    entered.emptied_lists,
    entered.nulls,
    entered.ticks,
    entered.blanks,
    entered.words,
    required.checks,
    required.agree,
    ways.back,
    mailways.mail_back,
    modeler.templates,
)

__all__ = ["BPMN_RULES", "Context", "Rule"]
