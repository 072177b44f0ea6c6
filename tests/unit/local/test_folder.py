"""The data folder of a run."""

import stat
from pathlib import Path

import pytest

from griot_local.folder import FirstAccount, FolderInUseError, held

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
