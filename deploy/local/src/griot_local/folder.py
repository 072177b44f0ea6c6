"""The folder a run keeps its data in, and what of it is kept for the person."""

import fcntl
import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # below it every folder is made by mkdtemp, for this user only
_ENOUGH: Final = 2**30


class FolderInUseError(Exception):
    """Another run holds the folder."""


def memory() -> Path | None:
    """Where files lie in memory, on a machine that has room for it.

    For data that nobody keeps: Kafka waits for the disk some thousand times when Griot's partitions are made.
    """
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH else None


def in_memory(folder: Path) -> None:
    """Have what is written to `folder` lie in memory, if it is a new folder and there is room."""
    room = memory()
    if room is None or folder.exists():
        return
    folder.unlink(missing_ok=True)  # it led to a folder that did not outlive the machine's last restart
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(tempfile.mkdtemp(prefix="griot-", dir=room))


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """Hold a data folder, made if need be, so that no two runs start servers on the same files.

    Raises:
        FolderInUseError: another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(f"Griot is running already, on {folder}: stop that run first") from None
        yield folder


def secret_of(folder: Path) -> str:
    """The installation's secret, made by the first start, where only this user can read it."""
    file = folder / "secret"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


@dataclass(frozen=True)
class FirstAccount:
    """The account that the first start opens, for the person who runs Griot."""

    email: str
    password: str
    key: str

    @staticmethod
    def file(folder: Path) -> Path:
        return folder / "first-account.json"

    @classmethod
    def load(cls, folder: Path) -> "FirstAccount | None":
        file = cls.file(folder)
        return cls(**json.loads(file.read_text())) if file.exists() else None

    def save(self, folder: Path) -> None:
        """Keep it where only this user can read it."""
        file = self.file(folder)
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(self), indent=2))
