"""The file store on a real file system, and the documents that lie in it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.registry import registry_at, some_case
from workers.adapters.files import FileStore
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Document
from workers.errors import BusyError, PermanentError

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]
WRITER = """
import asyncio, sys
from pathlib import Path
from workers.adapters.files import FileStore

async def main() -> None:
    store = FileStore(Path(sys.argv[1]))
    number = 0
    while True:
        number += 1
        sha256 = await store.write(f"{sys.argv[2]}-{number} ".encode() * 100_000)
        print(sha256, flush=True)

asyncio.run(main())
"""


def stored(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.parent.name != "incoming"]


async def store(uow: SqlUnitOfWork, content: bytes, *, kind: str = "agreement", draft: bool = False) -> Document:
    return await uow.documents.store(
        case_id="sakura-2026-1", kind=kind, name="協定書.docx", media_type="application/x", content=content, draft=draft
    )


@pytest.mark.parametrize("content", [b"", b"abc", os.urandom(3_000_000)], ids=["empty", "small", "large"])
async def test_bytes_come_back_under_their_hash_and_only_the_owner_can_read_them(
    tmp_path: Path, content: bytes
) -> None:
    files = FileStore(tmp_path / "files")
    sha256 = await files.write(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert await files.read(sha256) == content
    assert files.path(sha256).stat().st_mode & 0o077 == 0
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


async def test_the_same_content_is_kept_once_also_when_written_in_parallel(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    content = os.urandom(500_000)
    hashes = await asyncio.gather(*(files.write(content) for _ in range(16)))
    assert len(set(hashes)) == 1
    assert len(stored(tmp_path)) == 1
    assert list((tmp_path / "incoming").iterdir()) == []
    inode = files.path(hashes[0]).stat().st_ino
    await files.write(content)
    assert files.path(hashes[0]).stat().st_ino == inode


async def test_changed_bytes_are_never_handed_out_and_storing_again_mends_them(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    sha256 = await files.write(b"agreement")
    files.path(sha256).write_bytes(b"agreemenT")
    with pytest.raises(PermanentError, match="変わっているか壊れて"):
        await files.read(sha256)
    assert await files.write(b"agreement") == sha256
    assert await files.read(sha256) == b"agreement"


async def test_a_missing_file_is_named_in_japanese(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="ファイルがありません"):
        await FileStore(tmp_path).read("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "0" * 63 + "G", "0" * 64 + "\n", "A" * 64])
async def test_a_name_that_is_no_hash_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(PermanentError, match="ハッシュ値"):
        await FileStore(tmp_path).read(name)


async def test_bytes_reach_the_disk_before_the_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    files = FileStore(tmp_path)
    await files.write(b"makes the folders of incoming files")
    really_sync, really_replace = os.fsync, Path.replace

    def sync(handle: int) -> None:
        really_sync(handle)
        done.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().relative_to(tmp_path.parent).parts[1:2]}")

    def replace(self: Path, target: Path) -> Path:
        done.append("name")
        return really_replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    folder = (await files.write(b"content"))[:2]
    assert done[-3:] == ["sync ('incoming',)", "name", f"sync ('{folder}',)"]


async def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "incoming").mkdir()
    folder = hashlib.sha256(b"content").hexdigest()[:2]
    (tmp_path / folder).mkdir()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BusyError, match="空きがありません"):
        await FileStore(tmp_path).write(b"content")
    assert stored(tmp_path) == []
    assert list((tmp_path / "incoming").iterdir()) == []


async def test_killed_writers_leave_only_whole_files_and_keep_all_they_answered_for(tmp_path: Path) -> None:
    answered: set[str] = set()
    for kill in range(6):
        writer = subprocess.Popen(  # noqa: ASYNC220 (nothing else runs meanwhile)
            [sys.executable, "-c", WRITER, str(tmp_path), str(kill)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        answered.update(writer.stdout.readline().strip() for _ in range(kill + 1))
        writer.send_signal(signal.SIGKILL)  # in the middle of whatever it does next
        answered.update(line.strip() for line in writer.stdout.read().splitlines() if len(line) == 64)
        writer.wait(timeout=10)
        writer.stdout.close()
    whole = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in stored(tmp_path)}
    assert all(path.parent.name + path.name == sha256 for sha256, path in whole.items())
    assert len(answered) >= 21
    assert answered <= set(whole)
    assert await FileStore(tmp_path).write(b"and it goes on")


async def test_a_document_comes_back_with_its_bytes(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        async with units() as uow:
            await uow.cases.add(some_case())
            await store(uow, b"draft", draft=True)
            await uow.commit()
        async with units() as uow:
            found = await uow.documents.latest("sakura-2026-1", "agreement")
            assert found is not None
            assert await uow.documents.read(found) == b"draft"
            assert (found.name, found.size, found.draft) == ("協定書.docx", 5, True)
            assert found.created_at == uow.clock.now()
            registry.files.path(found.sha256).write_bytes(b"forged")
            with pytest.raises(PermanentError):
                await uow.documents.read(found)
            assert await uow.documents.latest("sakura-2026-1", "offer") is None


async def test_the_same_content_of_a_kind_is_one_document_and_the_last_stored_is_the_latest(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        await uow.cases.add(some_case())
        first = await store(uow, b"one")
        second = await store(uow, b"two")
        assert second.id != first.id
        assert await uow.documents.latest("sakura-2026-1", "agreement") is second
        assert await store(uow, b"one") is first
        assert await uow.documents.latest("sakura-2026-1", "agreement") is first
        final = await store(uow, b"one", draft=True)
        other_kind = await store(uow, b"one", kind="attachment")
        found = await uow.documents.of_case("sakura-2026-1")
        assert found == [first, second, final, other_kind]


async def test_documents_stored_in_parallel_are_kept_once(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        processes = [registry.units() for _ in range(3)]
        async with processes[0]() as uow:
            await uow.cases.add(some_case())
            await uow.commit()

        async def keep(number: int) -> int | None:
            async with processes[number % 3]() as uow:
                document = await store(uow, b"the same")
                await uow.commit()
                return document.id

        async with asyncio.timeout(60):
            ids = await asyncio.gather(*(keep(number) for number in range(9)))
        assert len(set(ids)) == 1
        async with processes[0]() as uow:
            assert len(await uow.documents.of_case("sakura-2026-1")) == 1
