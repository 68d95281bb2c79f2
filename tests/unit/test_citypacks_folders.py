"""All packs of all pack folders (ALL-8)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from workers.errors import InputError, InputErrors
from workers.packs import CityPacks

CHECKOUT = Path(__file__).resolve().parents[2] / "bpmn"
SOME_PACK = next(path.parent for path in sorted(CHECKOUT.glob("*/city.toml")))


def copy_pack(folder: Path, code: str) -> Path:
    """Put a copy of one of the project's packs into a folder under another code."""
    pack = folder / code
    pack.mkdir(parents=True, exist_ok=code == "common")
    for name in ("city.toml", "departments.csv"):
        text = (SOME_PACK / name).read_text(encoding="utf-8")
        (pack / name).write_text(text.replace(f'"{SOME_PACK.name}', f'"{code}'), encoding="utf-8")
    mails = folder / "common" / "mails.toml"  # which a city's own rules for a common mail change
    mails.parent.mkdir(exist_ok=True)
    shutil.copyfile(CHECKOUT / "common" / "mails.toml", mails)
    return pack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two packs and things that are none."""
    folder = tmp_path / "packs"
    copy_pack(folder, "midori")
    copy_pack(folder, "aoi")
    copy_pack(folder, "common")
    copy_pack(folder, "Upper")
    (folder / "empty").mkdir()
    (folder / "file").write_text("x", encoding="utf-8")
    return folder


def test_every_pack_of_the_project_is_sound() -> None:
    """ALL-8: with at least 15 departments to ask (the signing flow's survey)."""
    packs = CityPacks([CHECKOUT])
    assert packs.codes()
    for code in packs.codes():
        city = packs.city(code)
        assert city.code == code
        assert sum(department.surveyed for department in city.departments) >= 15
        assert packs.folder(code) == CHECKOUT / code


def test_codes_are_the_folders_that_hold_a_pack(folder: Path) -> None:
    """ALL-8: ``common`` is shared by all cities and is none itself."""
    assert CityPacks([folder]).codes() == ["aoi", "midori"]


def test_several_folders_are_searched_alike(folder: Path, tmp_path: Path) -> None:
    """ALL-8: packs from outside the checkout."""
    packs = CityPacks([CHECKOUT, folder, tmp_path / "missing", folder])
    assert set(packs.codes()) >= {"aoi", "midori", SOME_PACK.name}
    assert packs.city("midori").code == "midori"
    assert packs.folder("midori") == folder / "midori"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "common",
        "Upper",
        "empty",
        "file",
        "nowhere",
        ".",
        "..",
        "../packs/midori",
        "midori/../aoi",
        "/etc",
        "midori/",
        "midori\n",
        "midori\0",
        "ｍidori",
        "-",
        "1a",
        "a" * 5000,
    ],
)
def test_what_is_no_citys_code_is_refused_and_never_a_path(folder: Path, code: str) -> None:
    """ALL-10: with the codes that there are."""
    packs = CityPacks([folder])
    with pytest.raises(InputError) as caught:
        packs.city(code)
    assert caught.value.where == "市"
    assert caught.value.message.endswith("という市はありません（使える市: aoi・midori）")
    assert len(caught.value.message) < 200


def test_without_any_pack_the_message_says_so(tmp_path: Path) -> None:
    """ALL-10."""
    with pytest.raises(InputError, match="使える市: ありません"):
        CityPacks([tmp_path]).city("midori")


def test_links_that_lead_out_of_the_pack_folder_are_no_packs(folder: Path, tmp_path: Path) -> None:
    """ALL-10: neither a linked folder nor a linked file."""
    outside = copy_pack(tmp_path / "outside", "kuro")
    (folder / "kuro").symlink_to(outside)
    linked = copy_pack(folder, "shiro")
    for name in ("city.toml", "departments.csv"):
        kept = (linked / name).read_bytes()
        (linked / name).unlink()
        (outside / name).write_bytes(kept)
        (linked / name).symlink_to(outside / name)
        assert CityPacks([folder]).codes() == ["aoi", "midori"]
        (linked / name).unlink()
        (linked / name).write_bytes(kept)
    assert CityPacks([folder]).codes() == ["aoi", "midori", "shiro"]


def test_a_link_that_leads_to_itself_is_no_pack(folder: Path) -> None:
    """ALL-10."""
    (folder / "loop").symlink_to(folder / "loop")
    pack = copy_pack(folder, "wa")
    (pack / "departments.csv").unlink()
    (pack / "departments.csv").symlink_to(pack / "departments.csv")
    assert CityPacks([folder]).codes() == ["aoi", "midori"]


def test_a_linked_pack_folder_itself_is_followed(folder: Path, tmp_path: Path) -> None:
    """ALL-8: only what lies below it must stay there."""
    (tmp_path / "link").symlink_to(folder)
    assert CityPacks([tmp_path / "link"]).city("aoi").code == "aoi"


def test_a_code_that_two_given_folders_claim_is_refused(folder: Path, tmp_path: Path) -> None:
    """ALL-8: which of them is meant is for a person to say."""
    copy_pack(tmp_path / "more", "aoi")
    packs = CityPacks([tmp_path / "own", folder, tmp_path / "more"])
    with pytest.raises(InputError, match="「aoi」が2か所にあります"):
        packs.city("aoi")
    assert packs.city("midori").code == "midori"


def test_a_given_pack_stands_in_for_the_project_s_of_the_same_code(folder: Path, tmp_path: Path) -> None:
    """ALL-8: whoever names a folder means what is in it; its diagrams go before the project's, too."""
    copy_pack(tmp_path / "more", "aoi")
    for place in (folder, tmp_path / "more"):
        (place / "aoi" / "aoi-signing.bpmn").write_text("", encoding="utf-8")
    packs = CityPacks([folder, tmp_path / "more"])
    assert packs.folder("aoi") == tmp_path / "more" / "aoi"
    assert packs.folder("midori") == folder / "midori"
    assert packs.diagram_file("aoi-signing") == tmp_path / "more" / "aoi" / "aoi-signing.bpmn"
    assert packs.codes() == ["aoi", "midori"]


def test_an_unchanged_pack_is_read_once(folder: Path) -> None:
    """ALL-8: every job asks for its city."""
    packs = CityPacks([folder])
    assert packs.city("aoi") is packs.city("aoi")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("city.toml", "answer_days = 10", "answer_days = 12"), ("departments.csv", ",yes", ",no")],
)
def test_an_edited_pack_is_seen(folder: Path, name: str, old: str, new: str) -> None:
    """ALL-8: a running worker takes the new facts."""
    packs = CityPacks([folder])
    before = packs.city("aoi")
    file = folder / "aoi" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    after = packs.city("aoi")
    assert after != before
    assert packs.city("aoi") is after


def test_an_edit_of_the_same_length_within_one_tick_is_seen_by_its_new_file(folder: Path) -> None:
    """ALL-8: editors and git replace files; size and time may stay the same."""
    packs = CityPacks([folder])
    packs.city("aoi")
    file = folder / "aoi" / "city.toml"
    status = file.stat()
    copy = file.with_suffix(".new")
    copy.write_text(file.read_text(encoding="utf-8").replace("answer_days = 10", "answer_days = 12"), encoding="utf-8")
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    copy.replace(file)
    assert packs.city("aoi").survey.answer_days == 12


def test_a_pack_that_breaks_is_refused_and_comes_back_when_mended(folder: Path) -> None:
    """ALL-10: old facts are not used on in silence."""
    packs = CityPacks([folder])
    packs.city("aoi")
    file = folder / "aoi" / "departments.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "x\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(InputErrors, match=r"aoi/departments\.csv"):
            packs.city("aoi")
    file.write_text(text, encoding="utf-8")
    assert packs.city("aoi").code == "aoi"
    file.unlink()
    with pytest.raises(InputErrors, match=r"aoi/departments\.csv: ファイルがありません"):
        packs.city("aoi")


def test_a_pack_added_or_removed_is_seen(folder: Path) -> None:
    """ALL-8."""
    packs = CityPacks([folder])
    assert packs.city("aoi")
    copy_pack(folder, "murasaki")
    assert packs.codes() == ["aoi", "midori", "murasaki"]
    shutil.rmtree(folder / "aoi")
    with pytest.raises(InputError, match="「aoi」という市はありません"):
        packs.city("aoi")
