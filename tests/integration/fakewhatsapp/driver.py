"""The program that runs the real neonize: commands on standard input, answers and events out, as JSON lines.

It is a process of its own because the Go library reads its environment when a process starts.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from fakewhatsapp.library import use_library

use_library(Path(sys.argv[1]))

from google.protobuf.json_format import MessageToDict  # noqa: E402  # the library comes before all that loads it
from neonize.aioze import events  # type: ignore[import-untyped]  # noqa: E402
from neonize.aioze.client import NewAClient  # type: ignore[import-untyped]  # noqa: E402
from neonize.proto.Neonize_pb2 import JID  # type: ignore[import-untyped]  # noqa: E402
from neonize.utils.enum import ReceiptType  # type: ignore[import-untyped]  # noqa: E402

EVENTS = [
    "ClientOutdated",
    "Connected",
    "ConnectFailure",
    "Disconnected",
    "HistorySync",
    "LoggedOut",
    "Message",
    "OfflineSyncCompleted",
    "PairStatus",
    "Receipt",
    "StreamError",
    "StreamReplaced",
    "TemporaryBan",
]


def say(**line: Any) -> None:
    sys.stdout.write(
        "\n" + json.dumps(line) + "\n"
    )  # the Go side prints to the same place, without line ends
    sys.stdout.flush()


def jid(text: str) -> JID:
    user, _, server = text.partition("@")
    return JID(
        User=user.lstrip("+"),
        Server=server or "s.whatsapp.net",
        RawAgent=0,
        Device=0,
        Integrator=0,
        IsEmpty=False,
    )


class Driver:
    """Holds the clients by name, and carries out commands on them."""

    def __init__(self) -> None:
        self.clients: dict[str, Any] = {}
        self.running: set[asyncio.Task[Any]] = set()
        self.inbound: dict[str, Any] = {}

    async def open(self, name: str, store: str) -> None:
        client = NewAClient(store, uuid=name)
        self.clients[name] = client

        async def on_qr(_: Any, data: bytes) -> None:
            say(client=name, event="QR", body=data.decode())

        client.event.qr(on_qr)
        for event in EVENTS:
            client.event(getattr(events, f"{event}Ev"))(self._teller(name, event))
        self._spawn(client.connect())

    def _teller(self, name: str, event: str) -> Callable[[Any, Any], Awaitable[None]]:
        async def tell(_: Any, message: Any) -> None:
            if event == "Message":
                self.inbound[message.Info.ID] = message.Message
            say(client=name, event=event, body=MessageToDict(message))

        return tell

    async def send(self, name: str, to: str, text: str) -> str:
        return str((await self.clients[name].send_message(jid(to), text)).ID)

    async def send_image(self, name: str, to: str, image: str, caption: str) -> str:
        sent = await self.clients[name].send_image(jid(to), base64.b64decode(image), caption=caption)
        return str(sent.ID)

    async def download(self, name: str, message_id: str) -> str:
        data = await self.clients[name].download_any(self.inbound[message_id])
        return base64.b64encode(data).decode()

    async def is_on_whatsapp(self, name: str, number: str) -> bool:
        return bool((await self.clients[name].is_on_whatsapp(number))[0].IsIn)

    async def pair(self, name: str, number: str) -> str:
        return str(await self.clients[name].PairPhone(number, show_push_notification=False))

    async def mark_read(self, name: str, message_id: str, chat: str) -> None:
        await self.clients[name].mark_read(
            message_id, chat=jid(chat), sender=jid(chat), receipt=ReceiptType.READ
        )

    async def logout(self, name: str) -> None:
        await self.clients[name].logout()

    async def stop(self, name: str) -> None:
        client = self.clients.pop(name, None)
        if client is not None:
            await client.stop()

    async def carry_out(self, line: bytes) -> None:
        command = json.loads(line)
        number = command.pop("id")
        try:
            say(id=number, result=await getattr(self, command.pop("do"))(**command))
        except Exception as error:  # noqa: BLE001  # whatever it is, the test wants to see it
            say(id=number, error=f"{type(error).__name__}: {error}")

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(256))
        reader = asyncio.StreamReader(limit=1 << 24)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        say(event="ready")
        while line := await reader.readline():
            self._spawn(self.carry_out(line))
        os._exit(0)  # the Go library's threads do not end by themselves


asyncio.run(Driver().run())
