"""What earlier runs have found out holds only as long as nothing of what it depends on has changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path

import pytest

from tests.kit.lint_examples import GOOD
from tests.kit.seeds import ROOT, Field, Seed, seeds
from workers.lint import kept, linter
from workers.lint.findings import Finding
from workers.lint.kept import Kept

_SEEDS = {seed.name: seed for seed in seeds()}


@dataclass(frozen=True)
class Ground:
    """A copy of one city, the common parts and their templates, with what is kept of it."""

    field: Field
    cache: Path
    before: list[Finding] = attribute(default_factory=list)

    def lint(self, *paths: Path, remembering: bool = True) -> list[Finding]:
        """Check these paths, else all packs, with what earlier runs have found out or without."""
        home = self.field.home
        known = Kept.of(self.cache, home, []) if remembering else None
        return linter.lint(paths or [home / "bpmn"], home=home, kept=known).findings


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("kept")
    shutil.copytree(GOOD, folder / "home")
    real, made = ROOT / "bpmn" / "isesaki", folder / "home" / "bpmn" / "midori"
    for name in (
        "city.toml",
        "departments.csv",
        "scenarios/annual-quiet.toml",
        ".camunda/element-templates/tasks.json",
    ):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        text = (real / name).read_text(encoding="utf-8").replace("isesaki", "midori")
        (made / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "bpmn" / "common" / "mails.toml", folder / "home" / "bpmn" / "common" / "mails.toml")
    mails = folder / "home" / "templates" / "common" / "mail"
    mails.mkdir()
    (mails / "tasks-due.txt.j2").write_text("件名: 確認\n\n{{ partner.name }} 様\n", encoding="utf-8")
    ground = Ground(Field(folder / "home"), folder / "cache")
    ground.before.extend(ground.lint(remembering=False))  # the small pack lacks some of what a real city needs
    return ground


_EDITS = {
    "a diagram": ("midori/midori-signing.bpmn", 'type="send-mail"', 'type="send-mails"'),
    "a called diagram": ("common/common-review.bpmn", "common-review", "common-reviews"),
    "a form": ("midori/midori-answer.form", '"key": "rating"', '"key": "rated"'),
    "a decision": ("midori/midori-check.dmn", "<text>fieldCount</text>", "<text>fieldCounts</text>"),
    "the city's file": ("midori/city.toml", 'signing_process = "midori-signing"', 'signing_process = "midori-sign"'),
    "the departments": ("midori/departments.csv", "@", "＠"),
    "the city's Modeler templates": (
        "midori/.camunda/element-templates/tasks.json",
        '"renkei.task.midori-annual-start"',
        '"renkei.task.midori-answer"',
    ),
    "a scenario": ("midori/scenarios/annual-quiet.toml", 'task = "', 'task = "x'),
    "a mail of the city": ("templates/midori/mail/notice.txt.j2", "{{ ", "{{ nothing_of_the_kind "),
    "a common mail": ("templates/common/mail/tasks-due.txt.j2", "件名: 確認", "件名: {{ nothing }}"),
    "the common mails' rules": ("common/mails.toml", 'answer_form = "', 'answer_form = "x'),
}


@pytest.mark.parametrize("edit", _EDITS.values(), ids=list(_EDITS))
def test_after_an_edit_a_run_that_remembers_finds_what_a_fresh_one_finds(
    ground: Ground, edit: tuple[str, str, str]
) -> None:
    """Each kind of file; and it forgets again when the edit is taken back."""
    file, old, new = edit
    assert ground.lint() == ground.before
    with _edited(ground.field, file, old, new):
        fresh = ground.lint(remembering=False)
        assert ground.lint() == fresh
        assert fresh != ground.before, "the edit is a mistake, so that a stale judgement would show"
    assert ground.lint() == ground.before


@contextmanager
def _edited(field: Field, file: str, old: str, new: str) -> Iterator[None]:
    pattern = file if file.startswith("templates/") else f"bpmn/{file}"
    path = next(one for one in sorted(field.home.glob(pattern)) if old in one.read_text(encoding="utf-8"))
    before = path.read_bytes()
    path.write_text(before.decode().replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)


def test_a_file_that_comes_or_goes_is_seen(ground: Ground) -> None:
    """A template that is missing, a form that nobody has any more, a diagram beside the others."""
    home = ground.field.home
    for file in (
        "bpmn/midori/midori-answer.form",
        "templates/midori/mail/notice.txt.j2",
        "templates/common/documents/paper.docx",
        "bpmn/common/common-review.bpmn",
    ):
        away = (home / file).rename(home / "away")
        assert ground.lint() == ground.lint(remembering=False) != ground.before, file
        away.rename(home / file)
    copy = home / "bpmn/midori/midori-copy.bpmn"
    shutil.copy(home / "bpmn/midori/midori-signing.bpmn", copy)
    assert ground.lint() == ground.lint(remembering=False) != ground.before
    copy.unlink()
    assert ground.lint() == ground.before


def test_what_has_not_changed_is_not_judged_again(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment in one diagram: that diagram, and those that look into it."""
    ground.lint()
    judged = _counted(monkeypatch)
    ground.lint()
    assert judged == []
    with _edited(ground.field, "common/common-review.bpmn", "</bpmn:definitions>", "</bpmn:definitions><!-- x -->"):
        ground.lint()
        assert {name.split("/")[-1] for name in judged} <= {"common-review.bpmn", "midori-signing.bpmn"}
        assert judged
    ground.lint()


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the names of judgements that are made anew."""
    judged: list[str] = []
    keep = Kept.judged

    def counted(self: Kept, name: str, key: str, work: kept.Work, *, whole: bool = False) -> list[Finding]:
        def noted() -> list[Finding]:
            judged.append(name)
            return list(work())

        return keep(self, name, key, noted, whole=whole)

    monkeypatch.setattr(Kept, "judged", counted)
    return judged


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"0" * 32 + b"\n{}", None], ids=repr)
def test_a_torn_file_costs_time_only(ground: Ground, content: bytes | None) -> None:
    """Also one that was cut in the middle, and one of another version of the checks."""
    ground.lint()
    (file,) = (ground.cache / "lint").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if content is None else content)
    ground.lint(ground.field.home / "bpmn" / "midori" / "midori-answer.form")
    assert Kept.of(ground.cache, ground.field.home, [])._content["judged"]
    file.write_bytes(whole)


def test_other_checks_judge_anew(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A judgement of another version of renkei, of Python or of a library is none."""
    ground.lint()
    monkeypatch.setattr(kept, "version", lambda: "another")
    assert Kept.of(ground.cache, ground.field.home, [])._content == {"contributions": {}, "judged": {}}


def test_fresh_believes_nothing(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.lint()
    judged = _counted(monkeypatch)
    form = ground.field.path("midori/midori-answer.form")
    linter.lint([form], home=ground.field.home, kept=Kept.of(ground.cache, ground.field.home, [], fresh=True))
    assert len(judged) == 1


def test_a_folder_that_cannot_be_written_to_costs_time_only(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "lint").write_text("no folder", encoding="utf-8")
    form = ground.field.path("midori/midori-answer.form")
    found = linter.lint([form], home=ground.field.home, kept=Kept.of(tmp_path, ground.field.home, [])).findings
    assert found == ground.lint(form, remembering=False)


def test_runs_beside_each_other_leave_a_whole_file(tmp_path: Path) -> None:
    """The last one counts; none reads half of another's."""
    file = tmp_path / "lint" / "one.json"

    def run(number: int) -> bool:
        for turn in range(20):
            one = Kept(file)
            one.keep(f"{number}", "key", turn)
            one.save()
            if Kept(file).known("1", "key") is None and Kept(file).known("0", "key") is None:
                return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, range(2))) == [True, True]
    assert [path.name for path in file.parent.iterdir()] == ["one.json"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [pytest.param(seed, id=name) for name, seed in _SEEDS.items()])
def test_every_seeded_mistake_is_found_by_a_run_that_remembers(ground_of_all: Ground, seed: Seed) -> None:
    """The same findings as a fresh run, whatever file the mistake is in."""
    pack = ground_of_all.field.home / "bpmn" / seed.pack
    with ground_of_all.field.sown(seed):
        assert ground_of_all.lint(pack) == ground_of_all.lint(pack, remembering=False)


@pytest.fixture(scope="module")
def ground_of_all(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("kept-all")
    made = Ground(Field.made(folder / "home"), folder / "cache")
    made.lint()
    return made


def test_nothing_of_the_rules_is_loaded_where_every_judgement_is_known() -> None:
    """That is what makes the second run quick."""
    code = "import sys, workers.lint.linter; print([n for n in sys.modules if n in {'docx','jinja2','pydantic'}])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
