"""A network in a process of its own, as `python -m fakewhatsapp` starts it."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fakewhatsapp.exchange import Announcement


@dataclass(frozen=True)
class RunningNetwork:
    process: Process
    folder: Path
    announcement: Announcement


@asynccontextmanager
async def running_network(folder: Path) -> AsyncIterator[RunningNetwork]:
    """Start one, and make sure that it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(*program(folder), stdout=PIPE, stderr=DEVNULL)
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 20)
        yield RunningNetwork(process, folder, Announcement.model_validate_json(line))
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.communicate(), 10)


async def command(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a sub-command: its exit code, and what it printed."""
    process = await asyncio.create_subprocess_exec(*program(folder), *arguments, stdout=PIPE, stderr=PIPE)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode or 0, out.decode(), err.decode()


def program(folder: Path) -> list[str]:
    return [sys.executable, "-m", "fakewhatsapp", "--folder", str(folder)]
