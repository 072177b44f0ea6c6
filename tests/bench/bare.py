"""The program that sends with neonize and nothing else: what Griot is measured against.

A process of its own, because the Go library reads its environment when a process starts, and one that imports
nothing of these tests. It takes commands as JSON lines on standard input, and answers in JSON lines: the
clients' QR codes, then the time of each round.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, cycle
from pathlib import Path
from typing import Any

from fakewhatsapp.library import use_library

use_library(Path(sys.argv[1]))

from neonize.aioze.client import NewAClient  # type: ignore[import-untyped]  # noqa: E402  # the library first
from neonize.aioze.events import ConnectedEv  # type: ignore[import-untyped]  # noqa: E402
from neonize.utils.jid import build_jid  # type: ignore[import-untyped]  # noqa: E402

_THREADS = 64  # a connection keeps one for as long as it lasts


class Program:
    """Some clients, connected one after the other, and rounds of messages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clients: list[Any] = []
        self._connections: list[asyncio.Task[None]] = []
        self._numbers = count(1)

    async def connect(self, name: str) -> None:
        """Connect a new client: say its QR code, and return once that was scanned and it is connected."""
        client, connected = NewAClient(str(self._folder / f"{name}.db"), uuid=name), asyncio.Event()
        loop = asyncio.get_running_loop()

        async def on_qr(_: Any, code: bytes) -> None:
            say(qr=code.decode())

        async def on_connected(*_: Any) -> None:
            loop.call_soon_threadsafe(connected.set)  # neonize calls back on a loop of its own

        client.event.qr(on_qr)
        client.event(ConnectedEv)(on_connected)
        self._clients.append(client)
        self._connections.append(asyncio.create_task(client.connect()))
        await connected.wait()

    async def send(self, text: str, recipients: list[list[str]], messages: int, at_once: int) -> float:
        """Send so many, the clients in turn, each to its own recipients in turn; the seconds it took.

        Each has a number put into the text.
        """
        each = [(client, cycle(to)) for client, to in zip(self._clients, recipients, strict=False)]
        turns = iter([turn for _, turn in zip(range(messages), cycle(each), strict=False)])
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._one_after_the_other(text, turns))
        return time.perf_counter() - started

    async def _one_after_the_other(self, text: str, turns: Iterator[tuple[Any, Iterator[str]]]) -> None:
        for client, to in turns:
            await client.send_message(build_jid(next(to).lstrip("+")), text.format(next(self._numbers)))


async def main() -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS))
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    program = Program(Path(sys.argv[2]))
    while line := await reader.readline():
        match json.loads(line):
            case {"connect": name}:
                await program.connect(name)
                say(done=0)
            case {"text": text, "recipients": recipients, "messages": messages, "at_once": at_once}:
                say(done=await program.send(text, recipients, messages, at_once))
            case unknown:
                sys.exit(f"not a command: {unknown}")
    os._exit(0)  # the Go library's threads do not end by themselves


def say(**line: Any) -> None:
    sys.stdout.write(f"\n{json.dumps(line)}\n")  # the Go side prints to the same place, without line ends
    sys.stdout.flush()


asyncio.run(main())
