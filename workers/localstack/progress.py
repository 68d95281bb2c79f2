"""What a person sees while the stack is fetched and started: rich progress on stderr, else plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


class Meter:
    """One long step in bytes; ``Reporter.meter`` makes it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def set(self, done: int, total: int | None = None) -> None:
        """Show that ``done`` of ``total`` bytes are finished; ``None`` leaves the total as it is."""
        if total is None:
            self._progress.update(self._task, completed=done)
        else:
            self._progress.update(self._task, completed=done, total=total)

    def advance(self, count: int) -> None:
        """Show ``count`` more bytes."""
        self._progress.advance(self._task, count)


class Reporter:
    """Writes Japanese lines and meters to a console; ``Reporter(quiet=True)`` writes nothing."""

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)

    def note(self, text: str) -> None:
        """Write one line."""
        self.console.print(text, markup=False, soft_wrap=True)  # one line stays one line

    @contextmanager
    def board(self) -> Iterator[Board]:
        """Show components that start side by side until the block ends."""
        columns = (
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:　<12}"),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as progress:
            yield Board(self, progress)

    @contextmanager
    def meter(self, text: str, total: int | None) -> Iterator[Meter]:
        """Show a step of ``total`` bytes (``None``: not known yet) until the block ends."""
        if not self.console.is_terminal:
            self.note(f"{text} …")
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            DownloadColumn(),
            TimeElapsedColumn(),
        )
        with Progress(
            *columns, console=self.console, disable=not self.console.is_terminal, transient=False
        ) as progress:
            yield Meter(progress, progress.add_task(text, total=total))


class Board:
    """One line for each component that is starting; ``Reporter.board`` makes it."""

    def __init__(self, reporter: Reporter, progress: Progress) -> None:
        self._reporter = reporter
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def add(self, name: str, title: str) -> None:
        """Show that a component is starting."""
        self._tasks[name] = self._progress.add_task(title, total=1, state="起動中")

    def done(self, name: str, title: str, seconds: float) -> None:
        """Show that a component is ready."""
        task = self._tasks[name]
        self._progress.update(task, completed=1, state=f"[green]準備完了[/]（{seconds:.0f} 秒）")
        self._progress.stop_task(task)
        if not self._reporter.console.is_terminal:
            self._reporter.note(f"{title}: 準備完了（{seconds:.0f} 秒）")
