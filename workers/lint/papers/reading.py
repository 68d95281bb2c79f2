"""One template under check: its parts as Jinja has them, what each use gives it, and what is wrong."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from types import CodeType
from typing import Any, Final

from jinja2 import Template, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from workers.adapters.documents.blank import make_blank
from workers.adapters.documents.reading import faults, shortened
from workers.adapters.documents.word import BROKEN, StrictTemplate, clean_template, word_environment
from workers.adapters.mail.renderer import SUBJECT_PART, TEXT, mail_environment
from workers.errors import PermanentError
from workers.lint.papers.samples import tolerant
from workers.lint.papers.walk import Problem, Walk
from workers.packs.templatewords import did_you_mean, in_words, place_of

_REMEMBERED: Final = 1024
_NO_SUBJECT: Final = "件名が空になることがあります。どの場合にも件名が残るように書いてください"
_SUBJECT: Final = re.compile("^件名[:：]")
_MARKUP: Final = re.compile(r"</?[\w:]+(?:\s[^<>]*)?/?>")
_FILLING: Final = (TemplateError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


@dataclass(frozen=True)
class Filling:
    """What a template is given at one place: by whom, in words, and in each kind of case."""

    by: str
    samples: Sequence[Mapping[str, Any]]
    handed: bool = False
    """Whether a task hands over values, so that a missing one can be added there."""
    blank: bool = False


class MailTexts:
    """The mail templates of a city, as Jinja finds them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._jinja = _tolerant(mail_environment(folders))
        self._trees: dict[str, nodes.Template | None] = {}
        self._compiled: dict[str, Template] = {}

    def problems(self, path: Path, fillings: Sequence[Filling], known: Iterable[str]) -> Iterator[Problem]:
        """Yield what is wrong with a mail."""
        name = path.name
        try:
            if name.endswith(TEXT):  # filled apart from the body: what it opens the body cannot close
                self._jinja.parse(self._source(name + SUBJECT_PART)[0], name)
            tree = self._parsed(name)
        except (PermanentError, *_FILLING) as error:
            yield self._as_problem(error, path)
            return
        found = [problem for filling in fillings for problem in self._seen(tree, name, filling, known)]
        yield from found
        if not found:
            yield from self._filled(name, path, fillings)

    def part_problems(self, path: Path) -> Iterator[Problem]:
        """Yield what is wrong with a part for inclusion by itself; what it says is checked with who includes it."""
        try:
            self._parsed(path.name)
        except (PermanentError, *_FILLING) as error:
            yield self._as_problem(error, path)

    def _parsed(self, name: str) -> nodes.Template:
        source, path = self._source(name)
        tree, code = _mail_parts(source, name, path)
        self._compiled[name] = Template.from_code(self._jinja, code, self._jinja.make_globals(None))
        return tree

    def _source(self, name: str) -> tuple[str, str]:
        loader = self._jinja.loader
        if loader is None:
            raise TemplateNotFound(name)
        source, path, _ = loader.get_source(self._jinja, name)
        return source, path or name

    def _part(self, name: str) -> nodes.Template | None:
        if name not in self._trees:
            try:
                self._trees[name] = self._parsed(name)
            except TemplateSyntaxError:
                self._trees[name] = nodes.Template([])
            except (PermanentError, *_FILLING):
                there = any((folder / name).is_file() for folder in self._folders)
                self._trees[name] = nodes.Template([]) if there else None
        return self._trees[name]

    def _seen(self, tree: nodes.Template, name: str, filling: Filling, known: Iterable[str]) -> list[Problem]:
        walk = Walk(self._jinja, filling.samples, partial(missing, filling, set(known)), self._part, self._names)
        walk.read(tree, name)
        return [Problem(str(self._path(problem.file)), problem.line, problem.message) for problem in walk.problems]

    def _filled(self, name: str, path: Path, fillings: Sequence[Filling]) -> Iterator[Problem]:
        for filling in fillings:
            for sample in filling.samples:
                try:
                    text = self._compiled[name].render(sample)
                except (PermanentError, *_FILLING) as error:
                    yield self._as_problem(error, path)
                    return
                if name.endswith(TEXT) and not _SUBJECT.sub("", text.partition("\n")[0]).strip():
                    yield Problem(str(path), 1, _NO_SUBJECT)
                    return

    def _as_problem(self, error: Exception, path: Path) -> Problem:
        if isinstance(error, PermanentError):
            return Problem(str(path), 1, error.message.partition(": ")[2])
        file, line = place_of(error)
        return Problem(file if Path(file).is_file() else str(path), line or 1, in_words(error))

    def _names(self) -> list[str]:
        return [file.name for folder in self._folders for file in folder.glob("_*")]

    def _path(self, name: str) -> Path:
        return next((folder / name for folder in self._folders if (folder / name).is_file()), Path(name))


class WordTexts:
    """Word templates, part by part."""

    def __init__(self) -> None:
        self._jinja = _tolerant(word_environment())
        self._blank = _tolerant(make_blank(word_environment()))
        self._compiled: dict[str, Template] = {}

    def problems(self, path: Path, fillings: Sequence[Filling], known: Iterable[str]) -> Iterator[Problem]:
        """Yield what is wrong with a document's template."""
        try:
            found, sources = _word_sources(path, path.read_bytes())
        except PermanentError as error:
            yield Problem(str(path), 0, error.message.partition(": ")[2])
            return
        if found:
            yield from (Problem(str(path), 0, fault) for fault in found)
            return
        yield from self._of_sources(path, sources, fillings, set(known))

    def _of_sources(
        self, path: Path, sources: Sequence[str], fillings: Sequence[Filling], known: set[str]
    ) -> Iterator[Problem]:
        trees = []
        for source in sources:
            try:
                tree, code = _word_parts(source)
                self._compiled[source] = Template.from_code(self._jinja, code, self._jinja.make_globals(None))
                trees.append((tree, source))
            except _FILLING as error:
                yield Problem(str(path), 0, _quoted(source, place_of(error)[1], in_words(error)))
                return
        told = False
        for filling in fillings:
            if filling.blank:  # everything may be missing in a form
                continue
            walk = Walk(self._jinja, filling.samples, partial(missing, filling, known))
            for tree, source in trees:
                before = len(walk.problems)
                walk.read(tree, "")
                for problem in walk.problems[before:]:
                    told = True
                    yield Problem(str(path), 0, _quoted(source, problem.line, problem.message))
        if not told:
            yield from self._filled(path, sources, fillings)

    def _rendered(self, source: str, sample: Mapping[str, Any], *, blank: bool) -> str:
        template = self._blank.from_string(source) if blank else self._compiled[source]
        text: str = template.render(sample)
        return text

    def _filled(self, path: Path, sources: Sequence[str], fillings: Sequence[Filling]) -> Iterator[Problem]:
        for filling in fillings:
            for sample in filling.samples:
                for source in sources:
                    try:
                        etree.fromstring(self._rendered(source, sample, blank=filling.blank).encode())
                    except _FILLING as error:
                        yield Problem(str(path), 0, _quoted(source, place_of(error)[1], in_words(error)))
                        return
                    except etree.XMLSyntaxError:
                        yield Problem(str(path), 0, BROKEN)
                        return


def missing(filling: Filling, known: set[str], name: str) -> str:
    """Return what to do about a variable that a template is not given."""
    given = {key for sample in filling.samples for key in sample} - {name}
    hint = did_you_mean(name, given)
    if filling.handed and not hint and name in known:
        return (
            f"変数「{name}」が渡されていません。{filling.by}のヘッダー values（確かめて送るメールでは mailValues）に"
            f" {_camel(name)} を加えるか、ここで使うのをやめてください"
        )
    return (
        f"変数「{name}」はここでは使えません{hint or did_you_mean(name, known - {name})}。つづりを直すか、"
        "あるとは限らないものは"
        f"「{{% if {name} is defined %}}」で確かめてから使ってください"
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _quoted(source: str, line: int | None, message: str) -> str:
    """Return a message with the paragraph of a Word document that it is about."""
    lines = source.splitlines()
    if not line or line > len(lines):
        return message
    text = _MARKUP.sub("", lines[line - 1])
    return f"「{shortened(text)}」: {message}" if text.strip() else message


@cache
def _mails() -> ImmutableSandboxedEnvironment:
    return _tolerant(mail_environment(()))


@cache
def _words() -> ImmutableSandboxedEnvironment:
    return _tolerant(word_environment())


# What cities share is the same for each of them, and a template that nobody has changed for each run in one process.
@lru_cache(_REMEMBERED)
def _mail_parts(source: str, name: str, path: str) -> tuple[nodes.Template, CodeType]:
    """Return a mail's tree and its code, which know nothing of the folders that it includes parts from."""
    jinja = _mails()
    tree = jinja.parse(source, name, path)
    return tree, jinja.compile(tree, name, path)


@lru_cache(_REMEMBERED)
def _word_parts(source: str) -> tuple[nodes.Template, CodeType]:
    """Return the tree and the code of a part of a document."""
    jinja = _words()
    tree = jinja.parse(source)
    return tree, jinja.compile(tree)


@lru_cache(_REMEMBERED)
def _word_sources(path: Path, content: bytes) -> tuple[tuple[str, ...], list[str]]:
    """Return the faults of a document and, without any, its parts as Jinja reads them; raises PermanentError."""
    cleaned = clean_template(path, content)
    found = faults(cleaned)
    return found, [] if found else StrictTemplate(io.BytesIO(cleaned)).sources()


def _tolerant(jinja: ImmutableSandboxedEnvironment) -> ImmutableSandboxedEnvironment:
    wrapped: dict[str, Callable[..., Any]] = {name: tolerant(name, filter_) for name, filter_ in jinja.filters.items()}
    jinja.filters.update(wrapped)
    return jinja
