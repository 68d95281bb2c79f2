"""Click in Japanese: headings, usage errors, and our own errors as one line on stderr, each with its code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from workers.cli.parts import missing_part
from workers.errorcodes import PART, USAGE, with_codes
from workers.errors import RenkeiError

_OPTIONS = "オプション"
COMMANDS = "コマンド"


class JapaneseCommand(click.Command):
    """A command whose help has Japanese headings."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="使い方: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        records = [record for parameter in self.get_params(ctx) if (record := parameter.get_help_record(ctx))]
        if records:
            with formatter.section(_OPTIONS):
                formatter.write_dl(records)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return ``--help`` with a Japanese text."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "この説明を表示します。"
        return option


class JapaneseGroup(JapaneseCommand, click.Group):
    """A group of commands; its ``main`` turns every error into one line on stderr."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their short help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(limit=120)) for name, command in commands if command]
        with formatter.section(COMMANDS):
            formatter.write_dl(rows)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; errors leave with 1, wrong usage with 2."""
        kwargs["standalone_mode"] = False
        try:
            result = super().main(*args, **kwargs)
        except RenkeiError as error:
            _leave(with_codes(error.message, error), 1)
        except ModuleNotFoundError as error:
            message = missing_part(error)
            if message is None:
                raise
            _leave(f"{message} [{PART}]", 1)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "renkei"
            _leave(f"{_usage_error(error)}（使い方: {command} --help） [{USAGE}]", 2)
        except click.ClickException as error:
            _leave(with_codes(error.format_message()), 1)
        except click.Abort:
            _leave("中断しました", 130)
        else:
            sys.exit(result if isinstance(result, int) else 0)


def _leave(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)


def _name(error: click.BadParameter) -> str:
    parameter = error.param
    if parameter is None:
        return error.param_hint if isinstance(error.param_hint, str) else ""
    return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar(error.ctx or _CONTEXT)


_CONTEXT = click.Context(click.Command("renkei"))


def _usage_error(error: click.UsageError) -> str:
    for kind, text in _TEXTS:
        if isinstance(error, kind):
            return text(error)
    return f"指定が正しくありません: {error.format_message()}"


_TEXTS: tuple[tuple[type[click.UsageError], Callable[[Any], str]], ...] = (
    (click.MissingParameter, lambda error: f"{_name(error)} を指定してください"),
    (click.NoSuchOption, lambda error: f"{error.option_name} というオプションはありません"),
    (click.BadOptionUsage, lambda error: f"{error.option_name} の使い方が正しくありません"),
    (click.BadParameter, lambda error: f"{_name(error)} の値が正しくありません: {error.message}"),
)


def command(**options: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Return click's decorator for a command with Japanese help."""
    return click.command(cls=JapaneseCommand, **options)
