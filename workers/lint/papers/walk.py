"""Reads a template's every branch against samples of what it is given, also those that no sample case enters.

Filling a template shows only what its conditions let through. Here each ``{{ a.b }}`` is looked up in the samples,
whatever stands around it; a name that the template itself asks for (``is defined``, ``default``) may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, Undefined, nodes

from workers.lint.papers.samples import Anything, Open, snake
from workers.packs.templatewords import did_you_mean

_LOOP: Final = "loop"
_BLANK: Final = "blank"
_GLOBALS: Final = frozenset({"range", "dict", "lipsum", "cycler", "joiner", "namespace", "caller", "varargs", "kwargs"})
Values = list[Any] | None
"""What an expression may be, in the samples; None where that cannot be said."""


@dataclass(frozen=True)
class Problem:
    """Something that a template asks for and does not get, with the line on which it does."""

    file: str
    line: int
    message: str


@dataclass
class Walk:
    """One look at a template. ``missing`` says what to do about a variable that it is not given."""

    jinja: Environment
    samples: Sequence[Mapping[str, Any]]
    missing: Callable[[str], str]
    parts: Callable[[str], nodes.Template | None] = lambda _: None
    """Returns an included part, None where there is none."""
    names_of_parts: Callable[[], Iterable[str]] = tuple
    file: str = ""
    problems: list[Problem] = field(default_factory=list)
    _scopes: list[dict[str, Values]] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)

    def read(self, template: nodes.Template, file: str) -> None:
        """Look at a template and the parts that it includes."""
        outer, self.file = self.file, file
        self._asked |= _asked(template)
        for node in template.body:
            self._visit(node)
        self.file = outer

    def _visit(self, node: nodes.Node) -> None:
        visit = getattr(self, f"_see_{type(node).__name__.lower()}", None)
        if visit is not None:
            visit(node)
        elif isinstance(node, nodes.Expr):
            self._value(node)
        else:
            for child in node.iter_child_nodes():
                self._visit(child)

    def _see_if(self, node: nodes.If) -> None:
        blank = self._blank(node.test)
        if blank is None:
            for child in node.iter_child_nodes():
                self._visit(child)
            return
        for child in node.body if blank else (*node.elif_, *node.else_):
            self._visit(child)

    def _blank(self, test: nodes.Node) -> bool | None:
        """Return what a condition on ``blank`` alone says: a form to be filled in by hand is filled apart."""
        if isinstance(test, nodes.Not):
            inner = self._blank(test.node)
            return None if inner is None else not inner
        if isinstance(test, nodes.Name) and test.name == _BLANK and self.samples and _BLANK in self.samples[0]:
            return bool(self.samples[0][_BLANK])
        return None

    def _see_for(self, node: nodes.For) -> None:
        rows = self._value(node.iter)
        scope: dict[str, Values] = {_LOOP: None}
        elements = None if rows is None else [row for value in rows for row in _elements(value)]
        if isinstance(node.target, nodes.Name):
            scope[node.target.name] = elements or None
        else:
            scope.update(dict.fromkeys(_names(node.target)))
        self._scopes.append(scope)
        for child in (*([node.test] if node.test else []), *node.body):
            self._visit(child)
        self._scopes.pop()
        for child in node.else_:
            self._visit(child)

    def _see_assign(self, node: nodes.Assign) -> None:
        value = self._value(node.node)
        scope = self._scopes[-1] if self._scopes else self._top()
        for name in _names(node.target):
            scope[name] = value if isinstance(node.target, nodes.Name) else None

    def _top(self) -> dict[str, Values]:
        self._scopes.append({})
        return self._scopes[0]

    def _see_assignblock(self, node: nodes.AssignBlock) -> None:
        for child in node.body:
            self._visit(child)
        (self._scopes[-1] if self._scopes else self._top()).update(dict.fromkeys(_names(node.target)))

    def _see_macro(self, node: nodes.Macro) -> None:
        (self._scopes[-1] if self._scopes else self._top())[node.name] = None
        self._scopes.append(dict.fromkeys(argument.name for argument in node.args))
        for child in node.body:
            self._visit(child)
        self._scopes.pop()

    def _see_include(self, node: nodes.Include) -> None:
        if not isinstance(node.template, nodes.Const) or node.ignore_missing:
            return
        name = str(node.template.value)
        part = self.parts(name)
        if part is not None:
            self.read(part, name)
            return
        hint = did_you_mean(name, self.names_of_parts())
        self._tell(
            node, f"読み込む部品「{name}」がありません{hint}。include に書いた名前とファイル名をそろえてください"
        )

    def _value(self, node: nodes.Node) -> Values:  # noqa: PLR0911 (a kind of expression each)
        if isinstance(node, nodes.Const):
            return [node.value]
        if isinstance(node, nodes.Name):
            return self._variable(node)
        if isinstance(node, nodes.Getattr):
            return self._part(node, node.node, node.attr)
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            return self._part(node, node.node, node.arg.value)
        if isinstance(node, nodes.CondExpr):
            blank = self._blank(node.test)
            if blank is not None:
                return self._value(node.expr1) if blank else self._value(node.expr2) if node.expr2 else None
            self._visit(node.test)
            return _union(self._value(node.expr1), self._value(node.expr2) if node.expr2 else [])
        if isinstance(node, nodes.Or):
            return _union(self._value(node.left), self._value(node.right))
        for child in node.iter_child_nodes():
            self._visit(child)
        return None

    def _variable(self, node: nodes.Name) -> Values:
        name = node.name
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        found = [sample[name] for sample in self.samples if name in sample]
        if found:
            return found
        if name not in self._asked and name not in _GLOBALS and name not in self.jinja.globals:
            self._tell(node, self.missing(name))
        return None

    def _part(self, node: nodes.Node, holder: nodes.Node, name: Any) -> Values:
        whole = self._value(holder)
        if whole is None:
            return None
        values = [value for value in whole if value is not None]
        found = [part for value in values if not isinstance(part := self._get(value, name), Undefined)]
        if found or not values or _path(node) in self._asked:
            return found or None
        known = {name for value in values for name in _parts(value)}
        where = _path(holder) or "この値"
        hint = did_you_mean(str(name), known) or _listed(known)
        self._tell(
            node,
            f"「{where}」に項目「{name}」はありません{hint}。つづりを直すか、あるとは限らないものは"
            f"「{{% if {where}.{name} is defined %}}」で確かめてから使ってください",
        )
        return None

    def _get(self, value: Any, name: Any) -> Any:
        if isinstance(value, Anything):
            return value
        if isinstance(value, Open) and name not in value:
            return Anything()
        if isinstance(name, int) or not isinstance(name, str):
            return self.jinja.getitem(value, name)
        return self.jinja.getattr(value, name)

    def _tell(self, node: nodes.Node, message: str) -> None:
        self.problems.append(Problem(self.file, node.lineno, message))


@lru_cache(maxsize=512)
def _asked(template: nodes.Template) -> frozenset[str]:
    return frozenset(_asked_for(template))


def _asked_for(template: nodes.Template) -> Iterator[str]:
    """Yield what a template itself makes sure of: by ``is defined``, ``default`` or ``get``."""
    for test in template.find_all(nodes.Test):
        if test.name in {"defined", "undefined"}:
            yield _path(test.node)
    for filter_ in template.find_all(nodes.Filter):
        if filter_.name in {"default", "d"} and filter_.node is not None:
            yield _path(filter_.node)


def _path(node: nodes.Node | None) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        holder = _path(node.node)
        return f"{holder}.{node.attr}" if holder else ""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        holder = _path(node.node)
        return f"{holder}.{node.arg.value}" if holder else ""
    return ""


def _names(target: nodes.Node) -> list[str]:
    return [name.name for name in ([target] if isinstance(target, nodes.Name) else target.find_all(nodes.Name))]


def _elements(value: Any) -> list[Any]:
    if isinstance(value, Anything):
        return [value]
    if isinstance(value, (list, tuple)):
        return list(value)
    return list(value) if isinstance(value, Mapping) else []


def _union(left: Values, right: Values) -> Values:
    return None if left is None or right is None else [*left, *right]


def _parts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [str(name) for name in value]
    return [name for name in dir(value) if not name.startswith("_")] if hasattr(value, "__dict__") else []


def _listed(known: Iterable[str]) -> str:
    names = sorted(known)
    return f"（あるもの: {'、'.join(names[:8])}{' など' if len(names) > 8 else ''}）" if names else ""


__all__ = ["Problem", "Walk", "snake"]
