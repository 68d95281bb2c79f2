"""``renkei test`` and ``renkei replay``: a pack is tried before it is released."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, show_json
from workers.domain.wareki import parse_date

if TYPE_CHECKING:
    from workers.trial.replay import Replayed
    from workers.trial.result import Result, Run


@command(
    name="test",
    short_help="市のパックを、配備する前に筋書きで試します。",
    help="CITY（市のコード）の筋書き（scenarios/*.toml）を、この場だけの Camunda で動かし、"
    "書いてあるとおりに進むかを確かめます。"
    "SCENARIO を書くと、その筋書きだけを動かします。"
    "\n\n動いている Camunda、台帳、メールには触れません。時計は進めて待ち時間を飛ばし、メールは送りません。"
    "前に試したときとの違いも示します。通らない筋書きがあれば終了コード 1 を返します。",
)
@click.argument("city", metavar="CITY")
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]…")
@click.option("--slow", is_flag=True, help="時間のかかる筋書き（slow = true）も動かします。")
@click.option(
    "--pictures",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="通った道筋の絵（SVG）を図ごとに書き出すフォルダー。なければ作ります。",
)
@json_option
@packs_option
@data_option
def test(  # noqa: PLR0913 (the options of the command)
    *,
    city: str,
    scenarios: tuple[str, ...],
    slow: bool,
    pictures: Path | None,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> int:
    """Play the scenarios and tell of each; 1 when one did not go as its file says."""
    from workers.trial import lastrun
    from workers.trial.session import try_city
    from workers.trial.ways import write_ways

    settings = command_settings(data, packs)
    began = time.monotonic()
    trial = try_city(
        settings,
        city,
        scenarios,
        slow=slow,
        say=lambda text: click.echo(text, err=True),
        told=lambda result: None if as_json else _show(result),
    )
    before = lastrun.last_run(settings, city)
    differences = lastrun.compare(before, trial.run)
    lastrun.keep(settings, trial.run)
    written = write_ways(trial.files, trial.run.results, pictures) if pictures else []
    if as_json:
        content = {
            "city": city,
            "passed": trial.run.passed,
            "results": [result.as_json() for result in trial.run.results],
            "differences": differences.as_json() if before else None,
            "pictures": [str(path) for path in written],
            "seconds": {name: round(seconds, 2) for name, seconds in trial.run.seconds.items()},
        }
        show_json(content)
        return int(not trial.run.passed)
    told = list(differences.told(trial.names))
    if before:
        click.echo("\n前回との違い" if told else "\n前回との違いはありません。")
        for sentence in told:
            click.echo(f"  {sentence}")
    if written:
        click.echo(f"\n道筋の絵: {pictures}（{len(written)} 枚）")
    _sum_up(trial.run, time.monotonic() - began)
    return int(not trial.run.passed)


@command(
    short_help="終わった案件を、今の図でもう一度進めて比べます。",
    help="CITY（市のコード）の、DATE から後に始まり、もう終わった締結と更新の案件を、"
    "台帳の記録のとおりに今の図で進め直し、"
    "別の終わり方をするもの、記録にない作業を求めるものを挙げます。"
    "\n\nこの場だけの Camunda を使い、台帳は読むだけです。メールは送らず、人の名前と宛先は仮のものに替えます。"
    "違う案件があれば終了コード 1 を返します。",
)
@click.argument("city", metavar="CITY")
@click.option("--since", required=True, metavar="DATE", help="この日から後に始まった案件（例: 2026-04-01）。")
@json_option
@packs_option
@data_option
def replay(*, city: str, since: str, as_json: bool, packs: tuple[Path, ...], data: Path | None) -> int:
    """Play past cases again and tell which differ; 1 when one does."""
    from workers.trial.session import replay_city

    done = replay_city(
        command_settings(data, packs),
        city,
        parse_date(since, "--since"),
        say=lambda text: click.echo(text, err=True),
        told=lambda case: None if as_json else _show_replayed(case),
    )
    if as_json:
        content = {
            "city": city,
            "replayed": len(done.cases),
            "differing": [vars(case) for case in done.differing],
            "left": [vars(case) for case in done.left],
            "seconds": {name: round(seconds, 2) for name, seconds in done.seconds.items()},
        }
        show_json(content)
        return int(bool(done.differing))
    for case in done.left:
        click.echo(f"- {case.case_id}: 再生しません（{case.why}）")
    outcome = f"{len(done.differing)} 件が変わります" if done.differing else "変わるものはありません"
    click.echo(f"\n{len(done.cases)} 件のうち、{outcome}")
    return int(bool(done.differing))


def _show_replayed(case: Replayed) -> None:
    if case.differs:
        click.echo(f"{click.style('✗', fg='red')} {case.case_id}: {case.where}: {case.what}")


def _show(result: Result) -> None:
    mark = click.style("✓", fg="green") if result.passed else click.style("✗", fg="red")
    click.echo(f"{mark} {result.scenario}: {result.title}")
    for failure in result.failures:
        click.echo(f"    {failure.place}")
        click.echo(f"      書いてあること: {failure.expected}")
        click.echo(f"      起きたこと: {failure.came}")


def _sum_up(run: Run, seconds: float) -> None:
    count, failed = len(run.results), sum(not result.passed for result in run.results)
    outcome = f"{failed} 本が通りませんでした" if failed else "すべて通りました"
    parts = "、".join(
        f"{name} {run.seconds[key]:.1f} 秒"
        for key, name in (("engine", "起動"), ("deploy", "配備"), ("play", "筋書き"))
        if key in run.seconds
    )
    click.echo(f"\n{count} 本の筋書きのうち、{outcome}（{seconds:.1f} 秒: {parts}）")


commands = (test, replay)
