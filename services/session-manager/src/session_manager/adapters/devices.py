"""Where the devices' keys lie: a file each, or one database for all workers."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pydantic import SecretStr

_FILE_OPTIONS: Final = "?_foreign_keys=on&_journal_mode=WAL&_synchronous=FULL&_rest="
"""Writing ahead saves an eighth of the CPU a message and loses nothing.

Goneonize appends its own options to these.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the library finds one device, or makes it.

    Attributes:
        store: the store, as the library is told; it may hold a password, so it is in no log.
        jid: which device of the store's; None is the only one of its file.
        new: make a new device, whatever the store holds.
        file: the store's, where it is one.
    """

    store: str
    jid: str | None = None
    new: bool = False
    file: Path | None = None

    def without_secrets(self, words: str) -> str:
        """The library's words about it, as they may be told."""
        return words.replace(self.store, "the store")

    def __repr__(self) -> str:
        return f"Place(jid={self.jid!r}, new={self.new!r})"


class Devices(Protocol):
    """Keeps the devices' keys."""

    def place(self, session_id: str, jid: str | None) -> Place:
        """Where a session's device is, or is to be made; `jid` is the one it was linked as, if it was."""

    def forget(self, session_id: str) -> None:
        """Destroy a session's keys, as far as the library has not. A repeat does nothing."""


class DeviceFiles:
    """A SQLite file for each session. The worker that has the folder is the only one there can be."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, readable by nobody else."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def place(self, session_id: str, jid: str | None) -> Place:
        """The session's own file, which holds its device or none."""
        path = self._folder / f"{session_id}.db"
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its other files the same mode
        return Place(f"{path}{_FILE_OPTIONS}", file=path)

    def forget(self, session_id: str) -> None:
        """Destroy a session's file. A repeat does nothing."""
        for path in self._folder.glob(f"{session_id}.db*"):
            path.unlink(missing_ok=True)


class DeviceDatabase:
    """A PostgreSQL database for all sessions of all workers."""

    def __init__(self, url: SecretStr) -> None:
        """Nothing is sent: the library opens it."""
        self._url = url

    def place(self, session_id: str, jid: str | None) -> Place:
        """The session's device among all; asked for none by name, the library takes the first it finds."""
        return Place(self._url.get_secret_value(), jid, new=jid is None)

    def forget(self, session_id: str) -> None:
        """Do nothing: the library deletes a device's rows when it is logged out, by us or by WhatsApp."""
