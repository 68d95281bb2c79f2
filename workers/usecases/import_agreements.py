"""Take an office's own list of agreements into the registry: everything or nothing (ALL-6, ALL-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TypeVar

from workers.domain.cities import City
from workers.domain.contactchecks import next_question
from workers.domain.deadlines import open_period, reported_year
from workers.domain.fiscal import first_day
from workers.domain.renewal import next_opening
from workers.errors import InputError
from workers.readers.agreementlist import ListedAgreement, parse_row
from workers.readers.inputs import FieldError
from workers.readers.listcells import CityWords, Unwritten
from workers.readers.listcolumns import HEADINGS
from workers.readers.listdiff import Difference, KnownAgreement, differences
from workers.readers.listheader import HEADER_ROWS, Header, column_letter, find_header
from workers.readers.listrows import no_agreement
from workers.usecases.agree import agreement_counter
from workers.usecases.correct_agreement import correct_agreement
from workers.usecases.ports import UnitOfWork

T = TypeVar("T")

CHUNK = 1000
"""Rows that are written in one go: memory does not grow with the list."""

_SHOWN = 200
"""So many problems, differences, computed values and skipped rows are told in full; all are counted."""


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not taken: its number in the file, its cells as they stand there, what is wrong."""

    row: int
    cells: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class SkippedRow:
    """A row that is no agreement: why (合計, 注記, …) and what stands in it."""

    row: int
    why: str
    text: str


@dataclass(frozen=True)
class ComputedValue:
    """A value that the list does not have: the column's heading and the value with how it was found."""

    row: int
    column: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """How a list is read and taken.

    ``columns``: keys by plain heading, as a person chose them. ``correct``: where the list differs from the register,
    the list is right; ``source`` is then named in the history. ``unwritten``: how agreements from before the guideline
    are renewed of which the list says nothing.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    correct: bool = False
    source: str = ""
    unwritten: Unwritten | None = None


@dataclass
class ImportResult:
    """What became of a list. Lists hold the first of what there was; the numbers count all of it.

    ``used``: what each column is read as, by its name in the file; ``unused``: columns that hold something and are not
    read. ``changes``: what the list has otherwise than the register, ``changed`` the agreements concerned,
    ``corrected`` those that were put right.
    """

    rows: int = 0
    added: int = 0
    known: int = 0
    changed: int = 0
    corrected: int = 0
    ended: int = 0
    without_email: int = 0
    error_rows: int = 0
    skipped_rows: int = 0
    computed_rows: int = 0
    errors: list[InputError] = field(default_factory=list)
    changes: list[Difference] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    computed: list[ComputedValue] = field(default_factory=list)
    used: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def import_agreements(  # noqa: PLR0913 (what the command line hands over)
    uow: UnitOfWork,
    city: City,
    rows: Iterable[list[str]],
    *,
    options: ImportOptions | None = None,
    header_read: Callable[[list[str]], None] = lambda _heading: None,
    refuse: Callable[[RefusedRow], None] = lambda _row: None,
    progress: Callable[[int], None] = lambda _rows: None,
) -> ImportResult:
    """Add a list's agreements; one that the city already has is left as it is, or corrected if ``options`` say so.

    The caller commits, or not: where the result has ``errors``, the good rows are written but the bad ones are not.
    ``header_read`` gets the heading row, ``refuse`` each bad row, ``progress`` the number of the row just read.
    Raises InputError for missing headings. What a person chose for
    headings is remembered for the city.
    """
    chosen = options or ImportOptions()
    source = iter(rows)
    first = list(islice(source, HEADER_ROWS))
    header = find_header(first, chosen.columns, await uow.register.headings(city.code))
    if chosen.columns:
        await uow.register.remember_headings(city.code, chosen.columns)
    header_read(first[header.row - 1])
    begun = await uow.counters.draw_block(agreement_counter(city), 0)
    work = _Import(uow, city, header, refuse, begun, chosen)
    for row, cells in enumerate(chain(first[header.row :], source), start=header.row + 1):
        work.read(row, cells)
        if row % CHUNK == 0:
            await work.write()
            progress(row)
    await work.write()
    return work.finish()


class _Import:
    """An import at work: the rows of the present chunk and the result so far."""

    def __init__(  # noqa: PLR0913, PLR0917 (what one import is made of)
        self,
        uow: UnitOfWork,
        city: City,
        header: Header,
        refuse: Callable[[RefusedRow], None],
        begun: int,
        options: ImportOptions,
    ) -> None:
        self._listed: list[ListedAgreement] = []
        self._cells: dict[int, list[str]] = {}
        self.result = ImportResult()
        self._uow, self._city, self._header, self._refuse = uow, city, header, refuse
        self._options = options
        self._places = list(header.places.items())
        self._numbered = "number" in header.places
        self._words, self._today = CityWords(city, options.unwritten), uow.clock.today()
        self._next_cycle = next_opening(city, self._today)
        self._next_question = next_question(city, self._today)
        year = reported_year(city.cycle, open_period(city.cycle, self._next_cycle))
        self._collected_from = first_day(year)
        self._begun = begun  # agreements with a higher number were added by this import
        self._unseen = dict(header.unused)
        self._known_places = set(header.places.values()) | set(header.unused)
        self._width = len(header.names)

    def read(self, row: int, cells: list[str]) -> None:
        """Take a row into the chunk, pass it over, or refuse it."""
        if not any(cells) or not any(cell.strip() for cell in cells):
            return
        width = len(cells)
        values = {key: cells[place] for key, place in self._places if place < width}
        listed, errors = parse_row(row, values, self._words, self._today, numbered=self._numbered and not _ours(values))
        if listed is None:
            if why := no_agreement(self._header, cells):
                self._skip(row, cells, why)
                return
            self._bad_row(row, cells, errors)
        else:
            self._listed.append(listed)
            self._cells[row] = cells
        self.result.rows += 1
        if self._unseen or width > self._width:
            self._look_for_unused(cells)

    async def write(self) -> None:
        """Add the chunk's agreements that the registry does not have, and begin the next chunk."""
        new: dict[object, ListedAgreement] = {}
        known = await self._known()
        for listed in self._listed:
            key = self._key(listed)
            found = known.get(key)
            if key in new or (found is not None and found.serial > self._begun):
                column = "number" if listed.number else "title"
                what = f"「{listed.number}」は" if listed.number else "同じ協定名・相手方・締結日の協定が"
                detail = f"{what}、このファイルの前の行にもあります" if listed.number else f"{what}、前の行にもあります"
                error = FieldError((listed.row, column), f"{listed.row}行目 {HEADINGS[column]}", detail)
                self._bad_row(listed.row, self._cells[listed.row], [error])
            elif found is not None:
                await self._compare(found, listed)
            else:
                new[key] = listed
                self._tell_computed(listed)
        await self._add(list(new.values()))
        self._listed, self._cells = [], {}

    def finish(self) -> ImportResult:
        """Return the result, with what each column was read as and which were not read at all."""
        names = self._header.names
        for key, place in sorted(self._places, key=lambda entry: entry[1]):
            self.result.used[_named(names, place)] = HEADINGS.get(key, "協定番号")
        unread = [place for place in self._header.unused if place not in self._unseen]
        extra = sorted(place for place in self._known_places if place >= self._width)
        self.result.unused = [_named(names, place) for place in (*unread, *extra)]
        return self.result

    async def _known(self) -> Mapping[object, KnownAgreement]:
        """Return what the registry has of the chunk, by number, by id, or by name, partner and day."""
        city = self._city.code
        found: dict[object, KnownAgreement] = {}
        if numbers := [listed.number for listed in self._listed if listed.number]:
            for known in await self._uow.register.known(city, numbers):
                found[known.number] = known
        if ids := [key for listed in self._listed if (key := self._own_id(listed))]:
            for known in await self._uow.register.known_ids(city, ids):
                found[known.id] = known
        if not self._numbered and self._listed:
            titles = [listed.title for listed in self._listed]
            for known in await self._uow.register.known_titles(city, titles):
                found[known.title, known.partner.name, known.signed_on] = known
        return found

    def _key(self, listed: ListedAgreement) -> object:
        """Return what tells an agreement from others: its number, our own, else name, partner and day."""
        own = self._own_id(listed)
        return listed.number or own or (listed.title, listed.partner.name, listed.signed_on)

    def _own_id(self, listed: ListedAgreement) -> str:
        place = self._header.places.get("id")
        if listed.number or place is None:
            return ""
        cells = self._cells[listed.row]
        return cells[place].strip() if place < len(cells) else ""

    async def _compare(self, known: KnownAgreement, listed: ListedAgreement) -> None:
        """Note what a list has otherwise than the register, and put it right if that was asked for."""
        self.result.known += 1
        cells = self._cells[listed.row]
        given = {key for key, place in self._places if place < len(cells) and cells[place].strip()}
        found = differences(self._city, known, listed, given)
        if not found:
            return
        self.result.changed += 1
        _some(self.result.changes, found)
        takable = [entry for entry in found if not entry.why_not]
        if self._options.correct and takable:
            await correct_agreement(self._uow, self._city, listed, takable, source=self._options.source)
            self.result.corrected += 1

    async def _add(self, new: list[ListedAgreement]) -> None:
        last = await self._uow.counters.draw_block(agreement_counter(self._city), len(new))
        await self._uow.register.add_listed(
            self._city.code,
            new,
            first=last - len(new) + 1,
            cycle_due_on=self._next_cycle,
            collected_from=self._collected_from,
            contacts_due_on=self._next_question,
        )
        self.result.added += len(new)
        self.result.ended += sum(listed.ended_on is not None for listed in new)
        self.result.without_email += sum(not listed.partner.email for listed in new)

    def _tell_computed(self, listed: ListedAgreement) -> None:
        if listed.computed:
            self.result.computed_rows += 1
            _some(
                self.result.computed, [ComputedValue(listed.row, HEADINGS[key], text) for key, text in listed.computed]
            )

    def _look_for_unused(self, cells: list[str]) -> None:
        for place in [place for place in self._unseen if place < len(cells) and cells[place].strip()]:
            del self._unseen[place]
        self._known_places.update(place for place in range(self._width, len(cells)) if cells[place].strip())

    def _skip(self, row: int, cells: list[str], why: str) -> None:
        self.result.skipped_rows += 1
        text = " ".join(dict.fromkeys(" ".join(cell.split()) for cell in cells if cell.strip()))
        _some(self.result.skipped, [SkippedRow(row, why, text[:60])])

    def _bad_row(self, row: int, cells: list[str], errors: list[InputError]) -> None:
        self.result.error_rows += 1
        self._refuse(RefusedRow(row, tuple(cells), tuple(error.message for error in errors)))
        if len(self.result.errors) < _SHOWN:
            self.result.errors += errors


def _some(shown: list[T], more: list[T]) -> None:
    if len(shown) < _SHOWN:
        shown += more


def _named(names: tuple[str, ...], place: int) -> str:
    return (names[place] if place < len(names) else "") or f"{column_letter(place)}列（見出しなし）"


def _ours(values: Mapping[str, str]) -> bool:
    """Whether a row of our own list has our number, but none of the office's."""
    return bool(values.get("id", "").strip()) and not values.get("number", "").strip()
