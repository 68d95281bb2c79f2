"""The command ``renkei``."""

from __future__ import annotations

import importlib

import click

from workers.cli.japanese import JapaneseGroup

_MODULES = (
    "stack",
    "worker",
    "diagrams",
    "formats",
    "new_city",
    "deploying",
    "trying",
    "cases",
    "agreements",
    "agreement",
    "dissolution",
    "importing",
    "renewals",
    "statistics",
    "mails",
    "demo",
)
"""One file a group of commands; each exports ``commands``."""

_ALONE = {"up": "stack", "down": "stack", "status": "stack"}
"""Commands that need nothing of the other modules: these take two seconds to import."""


class _Root(JapaneseGroup):
    """Imports the commands when they are needed, so that ``renkei --help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        self._load()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name."""
        if cmd_name in _ALONE and not self.commands:
            commands: list[click.Command] = importlib.import_module(f"workers.cli.{_ALONE[cmd_name]}").commands
            return next(command for command in commands if command.name == cmd_name)
        self._load()
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name."""
        if self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f"{args[0]} というコマンドはありません", ctx)
        return super().resolve_command(ctx, args)

    def _load(self) -> None:
        if not self.commands:
            for module in _MODULES:
                for command in importlib.import_module(f"workers.cli.{module}").commands:
                    self.add_command(command)


@click.group(cls=_Root, name="renkei", help="自治体の包括連携協定の事務を Camunda 8 で自動化します。")
@click.version_option(package_name="renkei", message="renkei %(version)s", help="版を表示します。")
def main() -> None:
    """Root of all commands. Unexpected failures are logged without their variables, which may hold personal data."""
    from workers.runtime.logging import configure  # noqa: PLC0415 (structlog is not needed for --help)

    configure("WARNING")
