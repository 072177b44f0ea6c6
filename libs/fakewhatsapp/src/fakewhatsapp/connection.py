"""One client's connection, from its first frame to its last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from fakewhatsapp.wire.frames import FrameReader, framed
from fakewhatsapp.wire.noise import Handshake, Transport

if TYPE_CHECKING:
    from fakewhatsapp.model import Device, Registration
    from fakewhatsapp.network import Network
    from fakewhatsapp.wire.nodes import Node


_GRACE_S = 0.5
"""How long a client has to act on the last nodes: at the end it forgets what it has not handled."""


class Connection:
    """A client's connection. `send` never waits: frames go out in order, together when they pile up."""

    def __init__(self, network: Network, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.network = network
        self.device: Device | None = None
        """The linked device that is logged in here."""
        self.registration: Registration | None = None
        """Who is here, while they are not linked to a phone."""
        self.deaf = False
        """Whether what the client sends is no longer heard, and nothing is said."""
        self.outcast = False
        """Whether its device was logged out without being told."""
        self.unheard = 0
        """How many frames came while it was deaf."""
        self.delay_s = 0.0
        """How long each frame is held back before it goes out."""
        self.faults_had: set[int] = set()
        """The faults that have happened here, and do not happen here again."""
        self.on_result: dict[str, Callable[[Node], None]] = {}
        """What to do with the answers to queries that the network sent, by the query's id."""
        self._socket = socket
        self._transport = request.transport
        self._noise: Transport | None = None
        self._outbox: list[bytes] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._gone = asyncio.Event()
        self._ids = 0

    async def run(self, on_login: Callable[[Connection, bytes, bytes], None]) -> None:
        """Serve the client until it leaves or is thrown out.

        Raises:
            ProtocolError: it broke the protocol.
        """
        writer = asyncio.get_running_loop().create_task(self._write())
        try:
            await self._read(on_login)
        finally:
            self._closing = True
            self._gone.set()
            self._wake.set()
            await writer

    def send(self, node: Node) -> None:
        """Send a node, unless the connection is closing."""
        if not self._closing:
            self._outbox.append(self.network.codec.encode(node))
            self._wake.set()

    def finish(self, *nodes: Node) -> None:
        """Send these last nodes, then close."""
        for node in nodes:
            self.send(node)
        self._closing = True
        self._wake.set()

    def drop(self) -> None:
        """Cut the connection at once, as a broken network does."""
        self._closing = True
        self._outbox.clear()
        if self._transport is not None:
            self._transport.abort()

    def next_id(self) -> str:
        """An id for a query of the network's own."""
        self._ids += 1
        return f"srv-{self._ids}"

    async def _read(self, on_login: Callable[[Connection, bytes, bytes], None]) -> None:
        reader, handshake = FrameReader(), Handshake(self.network.server_keys)
        hello = True
        async for message in self._socket:
            if message.type is not WSMsgType.BINARY:
                continue
            for frame in reader.feed(message.data):
                if self._noise is not None:
                    await self._receive(frame)
                elif hello:
                    await self._socket.send_bytes(framed(handshake.answer(frame)))
                    hello = False
                else:
                    static, payload, self._noise = handshake.finish(frame)
                    on_login(self, static, payload)

    async def _receive(self, frame: bytes) -> None:
        assert self._noise is not None
        plain = self._noise.decrypt(frame)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.deaf:
            self.unheard += 1
        elif not self._closing:
            self.network.receive(self, self.network.codec.decode(plain))

    async def _write(self) -> None:
        try:
            while not self._closing or self._outbox:
                await self._wake.wait()
                self._wake.clear()
                await self._flush()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _GRACE_S)
            await self._socket.close()
        except ConnectionError:  # the client is gone; the reader sees it too, and ends the connection
            self._outbox.clear()

    async def _flush(self) -> None:
        plain, self._outbox = self._outbox, []
        if self.deaf or not plain or self._noise is None:
            return
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        await self._socket.send_bytes(b"".join([framed(self._noise.encrypt(one)) for one in plain]))
