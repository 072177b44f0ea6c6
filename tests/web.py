"""A web server of the tests' own, that says what it is told to say, byte by byte if need be."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from griot_local.ports import LOOPBACK

Page = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Web:
    """Serves `pages` by path on loopback; `hits` counts the requests, `heads` keeps them."""

    def __init__(self, host: str = LOOPBACK, *, tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.hits: Counter[str] = Counter()
        self.heads: list[str] = []
        self._host = host
        self._tls = tls
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()

    def put(self, path: str, data: bytes) -> str:
        """Serve these bytes; the answer is their URL."""
        return self.say(path, answer(data))

    def say(self, path: str, raw: bytes) -> str:
        """Serve this answer as it stands, head and all."""

        async def write(to: asyncio.StreamWriter) -> None:
            to.write(raw)

        return self.serve(path, write)

    def serve(self, path: str, page: Page) -> str:
        """Serve whatever `page` writes."""
        self.pages[path] = page
        return self.url(path)

    def url(self, path: str, host: str | None = None) -> str:
        return f"{'https' if self._tls else 'http'}://{host or self._host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            self.hits[path] += 1
            self.heads.append(head)
            page = self.pages.get(path)
            if page is None:
                writer.write(answer(b"nothing here", status="404 Not Found"))
            else:
                await page(writer)
            await writer.drain()
        writer.close()
        self._connections.discard(task)


def answer(data: bytes, *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """An HTTP answer; `length` is what it says of its own length, the truth unless told."""
    said = len(data) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {said}\r\n{headers}\r\n".encode() + data


def redirect(to: str) -> bytes:
    return answer(b"", status="302 Found", headers=f"Location: {to}\r\n")
