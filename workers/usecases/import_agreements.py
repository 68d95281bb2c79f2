"""Take an office's own list of agreements into the registry: everything or nothing (ALL-6, ALL-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice

from workers.domain.cities import City
from workers.domain.deadlines import open_period, reported_year
from workers.domain.fiscal import first_day
from workers.domain.renewal import next_opening, watch_term
from workers.errors import InputError
from workers.readers.agreementlist import ListedAgreement, parse_row
from workers.readers.inputs import FieldError
from workers.readers.listcells import CityWords
from workers.readers.listcolumns import HEADER_ROWS, Header, find_header
from workers.usecases.agree import agreement_counter
from workers.usecases.ports import UnitOfWork

CHUNK = 1000
"""Rows that are written in one go: memory does not grow with the list."""

_SHOWN_ERRORS = 200


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not taken: its number in the file, its cells as they stand there, what is wrong."""

    row: int
    cells: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass
class ImportResult:
    """What became of a list. ``errors`` holds the first problems, ``error_rows`` counts all rows that have some."""

    rows: int = 0
    added: int = 0
    known: int = 0
    ended: int = 0
    without_email: int = 0
    error_rows: int = 0
    errors: list[InputError] = field(default_factory=list)


async def import_agreements(  # noqa: PLR0913 (what the command line hands over)
    uow: UnitOfWork,
    city: City,
    rows: Iterable[list[str]],
    *,
    header_read: Callable[[list[str]], None] = lambda _heading: None,
    refuse: Callable[[RefusedRow], None] = lambda _row: None,
    progress: Callable[[int], None] = lambda _rows: None,
) -> ImportResult:
    """Add a list's agreements; a 番号 that the city already has is left as it is, so a list can be read again.

    The caller commits, or not: where the result has ``errors``, the good rows are written but the bad ones are not.
    ``header_read`` gets the heading row, ``refuse`` each bad row, ``progress`` the number of the row just read.
    Raises InputError for missing headings.
    """
    source = iter(rows)
    first = list(islice(source, HEADER_ROWS))
    header = find_header(first)
    header_read(first[header.row - 1])
    begun = await uow.counters.draw_block(agreement_counter(city), 0)
    work = _Import(uow, city, header, refuse, begun)
    for row, cells in enumerate(chain(first[header.row :], source), start=header.row + 1):
        work.read(row, cells)
        if row % CHUNK == 0:
            await work.write()
            progress(row)
    await work.write()
    return work.result


class _Import:
    """An import at work: the rows of the present chunk and the result so far."""

    def __init__(
        self, uow: UnitOfWork, city: City, header: Header, refuse: Callable[[RefusedRow], None], begun: int
    ) -> None:
        self._listed: list[ListedAgreement] = []
        self.result = ImportResult()
        self._cells: dict[int, list[str]] = {}
        self._uow, self._city, self._header, self._refuse = uow, city, header, refuse
        self._words, self._today = CityWords(city), uow.clock.today()
        self._next_cycle = next_opening(city, self._today)
        year = reported_year(city.cycle, open_period(city.cycle, self._next_cycle))
        self._collected_from = first_day(year)
        self._begun = begun  # agreements with a higher number were added by this import

    def read(self, row: int, cells: list[str]) -> None:
        """Take a row into the chunk, or refuse it; blank rows are passed over."""
        if not any(cell.strip() for cell in cells):
            return
        self.result.rows += 1
        values = {key: cells[place] for key, place in self._header.places.items() if place < len(cells)}
        listed, errors = parse_row(row, values, self._words, self._today)
        if listed is None:
            self._bad_row(row, cells, errors)
        else:
            if listed.ended_on is None:
                watch_term(self._city, listed.term)
            self._listed.append(listed)
            self._cells[row] = cells

    async def write(self) -> None:
        """Add the chunk's agreements that the registry does not have, and begin the next chunk."""
        known = await self._uow.register.known(self._city.code, [listed.number for listed in self._listed])
        new: dict[str, ListedAgreement] = {}
        for listed in self._listed:
            if listed.number in new or known.get(listed.number, 0) > self._begun:
                detail = f"「{listed.number}」は、このファイルの前の行にもあります"
                error = FieldError((listed.row, "number"), f"{listed.row}行目 番号", detail)
                self._bad_row(listed.row, self._cells[listed.row], [error])
            elif listed.number in known:
                self.result.known += 1
            else:
                new[listed.number] = listed
        last = await self._uow.counters.draw_block(agreement_counter(self._city), len(new))
        await self._uow.register.add_listed(
            self._city.code,
            list(new.values()),
            first=last - len(new) + 1,
            cycle_due_on=self._next_cycle,
            collected_from=self._collected_from,
        )
        self.result.added += len(new)
        self.result.ended += sum(listed.ended_on is not None for listed in new.values())
        self.result.without_email += sum(not listed.partner.email for listed in new.values())
        self._listed, self._cells = [], {}

    def _bad_row(self, row: int, cells: list[str], errors: list[InputError]) -> None:
        self.result.error_rows += 1
        self._refuse(RefusedRow(row, tuple(cells), tuple(error.message for error in errors)))
        if len(self.result.errors) < _SHOWN_ERRORS:
            self.result.errors += errors
