"""The handle on the program that sends with neonize alone."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from fakewhatsapp.client import RemoteNetwork
from tests.bench.load import RECIPIENTS_OF_A_SESSION, TEXT
from tests.e2e.people import a_number

_PROGRAM = Path(__file__).with_name("bare.py")
_CONNECTED_WITHIN_S = 60
_SENT_WITHIN_S = 120


class BareNeonize:
    """A process with some clients, each linked to a phone of the network."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._recipients: list[list[str]] = []

    @classmethod
    @asynccontextmanager
    async def started(cls, network: RemoteNetwork, folder: Path) -> AsyncIterator[Self]:
        """The process, without clients yet."""
        with (folder / "bare.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(_PROGRAM), str(network.library), str(folder)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, **network.environment},
            )
        try:
            yield cls(process)
        finally:
            process.kill()
            await process.communicate()  # to the end of what it said, or the pipe would stay open

    @property
    def pid(self) -> int:
        return self._process.pid

    async def connect(self, network: RemoteNetwork) -> None:
        """One more client."""
        async with asyncio.timeout(_CONNECTED_WITHIN_S):
            self._tell(connect=f"client-{len(self._recipients)}")
            phone, scanned = network.phone(a_number()), False
            while "done" not in (said := await self._said()):
                if not scanned:
                    scanned = True
                    await phone.scan(said["qr"])
        self._recipients.append([a_number() for _ in range(RECIPIENTS_OF_A_SESSION)])

    async def send(self, *, clients: int, messages: int, at_once: int) -> float:
        """Send with the first so many of the clients; the seconds it took until the last was acknowledged."""
        recipients = self._recipients[:clients]
        self._tell(text=TEXT, recipients=recipients, messages=messages, at_once=at_once)
        async with asyncio.timeout(_SENT_WITHIN_S):
            return float((await self._said())["done"])

    def _tell(self, **command: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _said(self) -> dict[str, Any]:
        """The next line that is the program's own.

        Raises:
            EOFError: it has ended.
        """
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"{"):
                said: dict[str, Any] = json.loads(line)
                return said
        raise EOFError("the program with neonize has ended")
