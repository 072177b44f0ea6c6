"""A server that answers as it was told to, and both clients before it."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import h11
import pytest

from griot import AsyncGriot, Griot

KEY = "grt_live_of-a-test"
NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """An answer to give; without a status the connection is cut instead. `hold` keeps it open afterwards."""

    status: int | None = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    hold: bool = False

    def bytes(self) -> bytes:
        content = self.text if self.text is not None else json.dumps(self.body)
        kind = "text/event-stream" if self.text is not None else "application/json"
        headers = {"Content-Type": kind, "Connection": "close", **self.headers}
        if self.text is None:
            headers["Content-Length"] = str(len(content))
        lines = [f"HTTP/1.1 {self.status} -", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", content]).encode()


class Teller:
    """The server: gives the replies in turn and remembers what was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        self.url = ""
        self.over = asyncio.Event()

    def answers(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _request(reader)
            if asked is not None:
                self.asked.append(asked)
                await self._reply(writer)
        finally:
            writer.close()

    async def _reply(self, writer: asyncio.StreamWriter) -> None:
        reply = self.replies.pop(0)
        if reply.status is not None:
            writer.write(reply.bytes())
            await writer.drain()
        if reply.hold:
            await self.over.wait()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    parser, body = h11.Connection(h11.SERVER), b""
    request: h11.Request | None = None
    while True:
        match parser.next_event():
            case h11.NEED_DATA:
                parser.receive_data(await reader.read(65_536))
            case h11.Request() as came:
                request = came
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage() if request is not None:
                headers = {name.decode(): value.decode() for name, value in request.headers}
                target = request.target.decode()
                return Asked(request.method.decode(), target, headers, json.loads(body) if body else None)
            case _:
                return None


@pytest.fixture
async def server() -> AsyncIterator[Teller]:
    teller = Teller()
    listener = await asyncio.start_server(teller.serve, "127.0.0.1", 0)
    host, port = listener.sockets[0].getsockname()
    teller.url = f"http://{host}:{port}"
    yield teller
    teller.over.set()
    listener.close()
    await listener.wait_closed()


class Asking:
    """Either client, asked the same way: `await ask(lambda griot: griot.account())`."""

    def __init__(self, kind: type[Griot | AsyncGriot], url: str) -> None:
        self._kind = kind
        self._url = url

    async def __call__(
        self, what: Callable[[Any], Any], *, retry_for: timedelta = timedelta(seconds=10)
    ) -> Any:
        if self._kind is Griot:
            return await asyncio.to_thread(self._blocking, what, retry_for)
        async with AsyncGriot(KEY, base_url=self._url, retry_for=retry_for) as griot:
            found = what(griot)
            return [one async for one in found] if inspect.isasyncgen(found) else await found

    def _blocking(self, what: Callable[[Any], Any], retry_for: timedelta) -> Any:
        with Griot(KEY, base_url=self._url, retry_for=retry_for) as griot:
            found = what(griot)
            return list(found) if inspect.isgenerator(found) else found


@pytest.fixture(params=[Griot, AsyncGriot], ids=["sync", "async"])
def ask(server: Teller, request: pytest.FixtureRequest) -> Asking:
    return Asking(request.param, server.url)


@pytest.fixture
def taken() -> Reply:
    return Reply(202, {"id": "m1", "toPhone": "+237612345678", "type": "text", "status": "pending"})


def problem(status: int, code: str, /, *, headers: Mapping[str, str] | None = None, **more: Any) -> Reply:
    document = {"code": code, "detail": f"It is {code}.", "status": status, "requestId": "r1", **more}
    return Reply(status, document, headers or {})
