"""``renkei new-city``: a whole pack or nothing, and every refusal one clear line (ALL-8)."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workers.cli import main
from workers.cli.running import local_settings
from workers.errors import InputError
from workers.lint import linter
from workers.packs import CityPacks
from workers.packs.new_pack import STARTER, STARTER_CODE, STARTER_NAME, write_pack
from workers.packs.scenarios import read_scenario, scenario_files
from workers.settings import Settings


def _made(folder: Path, code: str = "midori", name: str = "みどり野市") -> Path:
    return write_pack(folder, code, name, taken=())


def test_the_pack_is_found_read_and_without_findings(tmp_path: Path) -> None:
    made = _made(tmp_path)
    city = CityPacks([tmp_path]).city("midori")
    assert (city.code, city.name, city.signing_process) == ("midori", "みどり野市", "midori-signing")
    assert linter.lint([made], home=Settings().home, packs=[tmp_path]).findings == []
    assert {path.stem for path in scenario_files(made)} == {"signed", "declined", "hard", "withdrawn", "given-up"}
    assert all(read_scenario(path).steps for path in scenario_files(made))


def test_nothing_of_the_starters_own_names_is_left(tmp_path: Path) -> None:
    made = _made(tmp_path, "a-1")
    for path in made.rglob("*"):
        assert STARTER_CODE not in path.name
        if path.is_file():
            content = path.read_text(encoding="utf-8")
            assert STARTER_CODE not in content
            assert STARTER_NAME not in content
    assert len(list(made.rglob("*"))) == len(list(STARTER.rglob("*")))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "「」は使えません"),
        ("Midori", "「Midori」は使えません"),
        ("1ban", "「1ban」は使えません"),
        ("みどり", "「みどり」は使えません"),
        ("../midori", "「../midori」は使えません"),
        ("/midori", "「/midori」は使えません"),
        ("midori\n", "は使えません"),
        ("midori-", "「midori-」は使えません"),
        ("mi--dori", "「mi--dori」は使えません"),
        ("m" * 31, "長すぎます"),
        ("common", "すべての市が使うもの"),
        ("common-park", "すべての市が使うもの"),
        ("templates", "すべての市が使うもの"),
        ("sakura", "「sakura」の市はすでにあります"),
    ],
)
def test_a_code_that_cannot_be_used_is_refused(code: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_pack(tmp_path / "packs", code, "みどり野市", taken={"sakura"})
    assert caught.value.message.startswith("市のコード: ")
    assert said in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "空です"),
        ("　", "空です"),
        ("<市>", "「<>」は使えません"),
        ('"市"', '「""」は使えません'),
        ("{{ 7*7 }}市", "使えません"),
        ("=市&市", "「=&」は使えません"),
        ("み\nどり", "1行で"),
        ("市" * 21, "20文字"),
        ("市\x00", "市の名前: "),
    ],
)
def test_a_name_that_a_file_cannot_hold_is_refused(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_pack(tmp_path / "packs", "midori", name, taken=())
    assert caught.value.message.startswith("市の名前: ")
    assert said in caught.value.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["みどり野市", "つがる市", "いちき串木野市", "龍ケ崎市", "佐々町", "ニセコ町", "新・市2"]
)
def test_names_of_municipalities_are_taken(name: str, tmp_path: Path) -> None:
    _made(tmp_path, name=name)
    assert CityPacks([tmp_path]).city("midori").name == name


def test_what_lies_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "midori").mkdir()
    (tmp_path / "midori" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="すでにあります"):
        _made(tmp_path)
    assert [path.name for path in (tmp_path / "midori").iterdir()] == ["mine.txt"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    (packs / "midori").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="すでにあります"):
        _made(packs)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="書き込めません"):
        _made(tmp_path / "file")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["new-city", *arguments], standalone_mode=False)


def test_the_command_says_how_to_go_on_and_draws_the_flow(tmp_path: Path) -> None:
    result = _run("midori", "みどり野市", "--dir", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert f"renkei deploy midori --packs {tmp_path}" in result.output
    assert (tmp_path / "midori" / "midori-signing.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "![締結の流れ](midori-signing.svg)" in (tmp_path / "midori" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("where", [".", "packs", "packs/midori"])
def test_packs_are_found_from_the_folder_in_which_a_command_is_given(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = _run("midori", "みどり野市", "--dir", "packs")
    assert "renkei deploy midori\n" in made.output
    monkeypatch.chdir(tmp_path / where)
    assert local_settings(None).packs == [tmp_path / "packs"]
    assert local_settings(None, packs=[tmp_path / "packs"]).packs == [tmp_path / "packs"]


def test_a_city_of_the_project_or_of_other_packs_is_not_written_again(tmp_path: Path) -> None:
    assert "「isesaki」の市はすでにあります" in _run("isesaki", "市", "--dir", str(tmp_path)).output
    _made(tmp_path / "others")
    again = _run("midori", "市", "--dir", str(tmp_path / "mine"), "--packs", str(tmp_path / "others"))
    assert "「midori」の市はすでにあります" in again.output
    assert not (tmp_path / "mine").exists()


def test_an_installed_program_asks_where_to_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKEI_HOME", str(tmp_path / "_packs"))
    assert "--dir: パックを置くフォルダーを指定してください" in _run("midori", "市").output


@pytest.mark.parametrize("name", ["up", "deploy", "worker", "lint", "start", "agreements", "demo", "new-city"])
def test_every_command_that_reads_packs_takes_more_folders_of_them(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert "--packs DIR" in result.output


def test_packs_of_the_command_line_join_those_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RENKEI_PACKS", f'["{tmp_path / "a"}"]')
    settings = local_settings(tmp_path, packs=[tmp_path / "b"])
    assert settings.packs == [tmp_path / "a", tmp_path / "b"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('title = "取下げ"', "title = ", "値を読めません"),
        ('outcome = "withdrawn"', 'outcome = "gone"', "「gone」は使えません"),
        ('task = "Task_SubmitOffer"', 'task = "Task_SubmitOffer"\ntimer = "Event_Due"', "どれか1つ"),
        ('task = "Task_SubmitOffer"', 'taks = "Task_SubmitOffer"', "知らない項目です"),
        ('input = "offer-example.toml"', 'input = "offer-none.toml"', "申出のファイル「offer-none.toml」がありません"),
        ('title = "取下げ"', "", "ありません。書き加えてください"),
    ],
)
def test_a_mistake_in_a_scenario_is_found_with_file_and_place(
    before: str, after: str, said: str, tmp_path: Path
) -> None:
    path = _made(tmp_path) / "scenarios" / "withdrawn.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    found = linter.lint([tmp_path / "midori"], home=Settings().home, packs=[tmp_path]).findings
    assert {(finding.file, finding.rule) for finding in found} == {(path, "scenario")}
    assert any(said in finding.message for finding in found), found


@pytest.mark.parametrize(
    ("file", "content", "place"),
    [
        ("city.toml", "", "code"),
        ("city.toml", "code = 'midori'\ncode = 'midori'\n", "2行目"),
        ("city.toml", "code = '../midori'\n", "code"),
        ("departments.csv", "", "departments.csv"),
        ("departments.csv", "code,部,課,group,email,surveyed\nx,部,課,g,メール,yes\n", "2行目 email"),
        ("departments.csv", "code,部,課,group,email,surveyed\n../x,部,課,g,a@b.example,yes\n", "2行目 code"),
        ("departments.csv", "code,部,課\nx,部,課\n", "1行目"),
    ],
)
def test_a_half_filled_or_hostile_pack_is_told_by_file_and_place(
    file: str, content: str, place: str, tmp_path: Path
) -> None:
    made = _made(tmp_path)
    (made / file).write_text(content, encoding="utf-8")
    found = linter.lint([made], home=Settings().home, packs=[tmp_path]).findings
    assert {finding.file for finding in found} == {made / file}
    assert any(place in f"{finding.file.name} {finding.element} {finding.message}" for finding in found)
    assert not any(finding.message.isascii() for finding in found)
