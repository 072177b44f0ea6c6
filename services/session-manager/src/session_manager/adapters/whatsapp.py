"""The WhatsApp connections of this process, each behind the port `Connection`."""

import itertools
import os
from pathlib import Path
from typing import Final

from session_manager.adapters.connection import NeonizeConnection, Observe, Shared

_STORE_OPTIONS: Final = "?_foreign_keys=on&_journal_mode=WAL&_synchronous=FULL&_rest="
"""Writing ahead saves an eighth of the CPU a message and loses nothing.

Goneonize appends its own options to these.
"""


class NeonizeWhatsApp:
    """Makes connections, one at a time, through the one gate of the process."""

    def __init__(self, folder: Path, max_sessions: int) -> None:
        """Make the folder of the devices' keys, readable by nobody else.

        Args:
            folder: where the keys lie, one file a session.
            max_sessions: how many sessions may have a call under way at once.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._shared = Shared(max_sessions)
        self._numbers = itertools.count(1)

    async def connect(self, session_id: str, observe: Observe) -> NeonizeConnection:
        """Connect a session's device, a new one if it has none.

        Returns when the library dials no more: logged in or showing QR codes is what `observe` tells.

        Args:
            session_id: whose device.
            observe: called on the event loop with all that is seen of the connection until it is stopped.

        Raises:
            ConnectError: the network or the store did not let it.
        """
        connection = NeonizeConnection(self._shared, f"{session_id}#{next(self._numbers)}".encode(), observe)
        try:
            async with self._shared.line:
                await connection.open(self._store(session_id))
        except BaseException:
            await connection.stop()
            raise
        return connection

    def forget(self, session_id: str) -> None:
        """Destroy a session's keys. A repeat does nothing. Its connection must have been stopped."""
        for path in self._folder.glob(f"{session_id}.db*"):
            path.unlink(missing_ok=True)

    def _store(self, session_id: str) -> str:
        path = self._folder / f"{session_id}.db"
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its other files the same mode
        return f"{path}{_STORE_OPTIONS}"
