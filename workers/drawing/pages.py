"""Files for people: pictures of diagrams and pages that show a difference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workers.drawing import diff, tables
from workers.drawing.diff import FileDiff
from workers.drawing.picture import draw_steps, draw_svg, draw_top
from workers.errors import InputError, InputErrors
from workers.packs.diagrams import model

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_SUFFIXES: Final = (".bpmn", ".dmn")


def render(paths: Sequence[Path], out: Path) -> list[Path]:
    """Write a picture (SVG) of every diagram and decision table and return the files.

    A picture is called like its file; of two files with one name the folder's name goes before it. What lies in folded
    steps is in a second picture ``NAME-steps.svg``, to which the boxes of the first one lead. Raises InputErrors
    (Japanese) for a path that does not exist or holds nothing to draw, and InputError for a file that cannot be drawn.
    """
    sources = _sources(paths)
    stems = [source.stem for source in sources]
    pictures: dict[str, str] = {}
    for source in sources:
        prefix = f"{source.resolve().parent.name}-" if stems.count(source.stem) > 1 else ""
        pictures |= _pictures(source, f"{prefix}{source.stem}")
    _make(out)
    for name, picture in pictures.items():
        _write(out / name, picture)
    return [out / name for name in pictures]


def write_diff(difference: FileDiff, out: Path) -> Path:
    """Write a page with the sentences and both pictures side by side; returns the file."""
    pictures = []
    if difference.name.endswith(".bpmn"):
        for title, path, of_new in (("変更前", difference.old, False), ("変更後", difference.new, True)):
            if path is not None:
                anchor = "after-" if of_new else "before-"
                picture = draw_svg(path, colours=difference.colours(of_new=of_new), anchor=anchor)
                pictures.append((title, Markup(picture)))  # noqa: S704 (lxml wrote it and escaped every text)
    colours = {"added": diff.ADDED, "removed": diff.REMOVED, "changed": diff.CHANGED, "moved": diff.MOVED}
    page = _TEMPLATES.get_template("diff.html.j2").render(
        diff=difference,
        pictures=pictures,
        colours=colours,
        marked=sorted(difference.removed | difference.added | difference.changed),
    )
    _make(out)
    target = out / f"{difference.name.replace('/', '-')}.diff.html"
    _write(target, page)
    return target


def _sources(paths: Sequence[Path]) -> list[Path]:
    found: dict[Path, Path] = {}
    errors = []
    for path in paths:
        files = [path] if path.is_file() and path.suffix in _SUFFIXES else []
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
        if not files:
            message = (
                "図にするファイル（.bpmn .dmn）がありません" if path.exists() else "ファイルもフォルダーもありません"
            )
            errors.append(InputError(str(path), message))
        found.update({file.resolve(): file for file in files})
    if errors:
        raise InputErrors(errors)
    return list(found.values())


def _pictures(source: Path, name: str) -> dict[str, str]:
    """Return the pictures of a file by their file names."""
    top, steps = f"{name}.svg", f"{name}-steps.svg"
    if source.suffix != ".bpmn":
        return {top: tables.draw_svg(source)}
    diagram = model.load(source)
    drawn = {top: draw_top(diagram, steps=steps)}
    return drawn | ({steps: draw_steps(diagram, top=top)} if len(diagram.planes) > 1 else {})


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(str(out), f"フォルダーを作れません（{error.strerror}）") from error


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(str(target), f"書き込めません（{error.strerror}）") from error
