"""A wire between Griot and a server, which can be cut."""

import asyncio
from typing import Self

from griot_local.ports import LOOPBACK

_AT_ONCE = 65_536
_NOBODY_THERE_S = 0.2
"""How long it takes to find out; who asks again at once would do nothing else."""


class Wire:
    """Carries TCP connections from a port of its own to a server's, both on this machine."""

    def __init__(self, port: int, *, to: int) -> None:
        self.port = port
        self._to = to
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, LOOPBACK, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """End every connection, in the middle of whatever is said on it."""
        for writer in self._writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(LOOPBACK, self._to)
        except OSError:
            await asyncio.sleep(_NOBODY_THERE_S)
            writer.transport.abort()
            return
        ends = {writer, back}
        self._writers |= ends
        try:
            await asyncio.gather(_pour(reader, back), _pour(there, writer))
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until either side is gone; then the other side is, too."""
    try:
        while data := await reader.read(_AT_ONCE):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.transport.abort()
