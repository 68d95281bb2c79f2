"""Options that many commands have."""

from __future__ import annotations

from pathlib import Path

import click

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="データの置き場所。省くと RENKEI_DATA、それもなければ利用者のデータフォルダー。",
)
packs_option = click.option(
    "--packs",
    multiple=True,
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="ほかの場所にある市のパックのフォルダー。",
)
