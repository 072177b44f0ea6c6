"""The handle on a process that runs the real neonize."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakewhatsapp.network import Network

DRIVER = Path(__file__).with_name("driver.py")
Event = dict[str, Any]


class NeonizeError(Exception):
    """neonize raised something."""


class NeonizeProcess:
    """A running driver: opens clients in it, and sorts what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._clients: dict[str, NeonizeClient] = {}
        self.ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def start(cls, network: Network) -> AsyncIterator[Self]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(DRIVER),
            str(network.library),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **network.environment},
            limit=1 << 24,
        )
        running = cls(process)
        try:
            await asyncio.wait_for(running.ready.wait(), 20)
            yield running
        finally:
            await running.kill()

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def open(self, name: str, store: Path) -> NeonizeClient:
        client = self._clients[name] = NeonizeClient(self, name)
        await self.call("open", name=name, store=str(store))
        return client

    async def call(self, do: str, **arguments: Any) -> Any:
        number = len(self._answers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "do": do, **arguments}).encode() + b"\n")
        return await asyncio.wait_for(answer, 30)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"{"):
                self._take(json.loads(line))

    def _take(self, line: Event) -> None:
        if "id" in line:
            answer = self._answers[line["id"]]
            if answer.done():
                return
            if "error" in line:
                answer.set_exception(NeonizeError(line["error"]))
            else:
                answer.set_result(line["result"])
        elif "client" in line:
            self._clients[line["client"]].take(line["event"], line["body"])
        else:
            self.ready.set()


class NeonizeClient:
    """One client in that process, and what it has told so far."""

    def __init__(self, process: NeonizeProcess, name: str) -> None:
        self._process = process
        self._name = name
        self._told: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        self._announcing: set[asyncio.Task[None]] = set()

    def take(self, event: str, body: Any) -> None:
        self._told.append((event, body))
        task = asyncio.create_task(self._announce())
        self._announcing.add(task)
        task.add_done_callback(self._announcing.discard)

    async def event(
        self, kind: str, matching: Callable[[Any], bool] = lambda _: True, *, within: float = 60
    ) -> Any:
        """The first event of this kind that was not taken yet, and fits."""
        async with asyncio.timeout(within), self._news:
            while True:
                for told in self._told:
                    if told[0] == kind and matching(told[1]):
                        self._told.remove(told)
                        return told[1]
                await self._news.wait()

    def count(self, kind: str) -> int:
        """How many events of this kind were not taken yet."""
        return sum(1 for told, _ in self._told if told == kind)

    async def receipt(self, message_id: str, kind: str) -> Any:
        """The receipt of a kind (`DELIVERED`, `READ`) for a message."""
        return await self.event(
            "Receipt", lambda one: message_id in one["MessageIDs"] and one.get("Type", "DELIVERED") == kind
        )

    async def message(self) -> Any:
        """The next message that arrives, except those by which a phone sets its devices up."""
        return await self.event("Message", lambda one: one["Info"].get("Category") != "peer")

    async def text(self) -> str:
        """The text of the next message that arrives."""
        return text_of(await self.message())

    async def send(self, to: str, text: str) -> str:
        return str(await self._process.call("send", name=self._name, to=to, text=text))

    async def send_image(self, to: str, image: bytes, caption: str) -> str:
        encoded = base64.b64encode(image).decode()
        return str(
            await self._process.call("send_image", name=self._name, to=to, image=encoded, caption=caption)
        )

    async def download(self, message_id: str) -> bytes:
        return base64.b64decode(await self._process.call("download", name=self._name, message_id=message_id))

    async def call(self, do: str, **arguments: Any) -> Any:
        return await self._process.call(do, name=self._name, **arguments)

    async def _announce(self) -> None:
        async with self._news:
            self._news.notify_all()


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def text_of(event: Any) -> str:
    """The text in a message event; clients write it in one of two places."""
    message = event["Message"]
    return str(message.get("conversation") or message.get("extendedTextMessage", {}).get("text", ""))


Reopened = Callable[[], Awaitable[NeonizeClient]]
"""Opens another client with the keys of one that was stopped."""
