"""Running a network as a process of its own."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from fakewhatsapp.control import control_server
from fakewhatsapp.exchange import FILE, Announcement
from fakewhatsapp.network import Network


async def run(
    folder: Path, control_port: int, *, quick_pairing: bool, announce: Callable[[Announcement], None]
) -> None:
    """Run a network until SIGTERM or SIGINT; `announce` is called when it takes connections.

    Raises:
        OSError: the control port is in use.
        LibraryError: neonize's library is not the one this package knows.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        Network(folder, quick_pairing=quick_pairing) as network,
        control_server(network, port=control_port) as announcement,
    ):
        file = folder / FILE
        _write(file, announcement)
        announce(announcement)
        try:
            await stop.wait()
        finally:
            file.unlink(missing_ok=True)


def _write(file: Path, announcement: Announcement) -> None:
    """Whoever waits for the file finds all of it or nothing."""
    new = file.with_suffix(".new")
    new.write_text(announcement.model_dump_json())
    new.replace(file)
