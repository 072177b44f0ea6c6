"""The data folder of a run."""

import shutil
import stat
from pathlib import Path

import pytest

from griot_local.folder import FirstAccount, FolderInUseError, held, in_memory, memory

ACCOUNT = FirstAccount(email="owner@example.com", password="a password", key="grt_live_1")


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(FolderInUseError), held(tmp_path):
        pass


def test_the_folder_is_free_again_after_a_run(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    with held(tmp_path):
        pass


def test_the_first_account_is_found_again(tmp_path: Path) -> None:
    assert FirstAccount.load(tmp_path) is None

    ACCOUNT.save(tmp_path)

    assert FirstAccount.load(tmp_path) == ACCOUNT


def test_the_first_account_is_for_this_user_only(tmp_path: Path) -> None:
    ACCOUNT.save(tmp_path)

    assert stat.S_IMODE(FirstAccount.file(tmp_path).stat().st_mode) == 0o600


@pytest.mark.skipif(memory() is None, reason="this machine has no room for files in memory")
def test_a_folder_in_memory_is_used_again_and_made_anew_when_it_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    in_memory(folder)
    (folder / "record").touch()
    in_memory(folder)
    assert (folder / "record").exists()

    shutil.rmtree(folder.resolve())
    in_memory(folder)

    assert list(folder.iterdir()) == []
    folder.resolve().rmdir()


def test_a_folder_that_is_there_stays_where_it_is(tmp_path: Path) -> None:
    in_memory(tmp_path)

    assert not tmp_path.is_symlink()
