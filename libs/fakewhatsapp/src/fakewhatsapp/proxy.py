"""The way in: an HTTP CONNECT proxy that answers for WhatsApp's hosts itself.

A client told to use it (HTTPS_PROXY) asks for `web.whatsapp.com:443` and gets this network, over TLS, on the
very same connection. Nothing is ever forwarded: any other host is refused.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from fnmatch import fnmatch
from typing import cast

from fakewhatsapp.tls import HOSTS

_END = b"\r\n\r\n"
_MAX_REQUEST = 8192
MakeHandler = Callable[[], asyncio.Protocol]


class Proxy(asyncio.Protocol):
    """One connection: reads the CONNECT request, then hands it over to an HTTP handler, inside TLS."""

    def __init__(
        self, make_handler: MakeHandler, tls: ssl.SSLContext, tasks: set[asyncio.Task[None]]
    ) -> None:
        self._make_handler = make_handler
        self._tls = tls
        self._tasks = tasks  # the event loop itself keeps only weak references to tasks
        self._request = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Collect the request; answer it once it is whole."""
        self._request += data
        if _END in self._request:
            self._answer(self._request.split(b"\r\n", 1)[0].decode("latin-1"))
        elif len(self._request) > _MAX_REQUEST:
            self._transport.abort()

    def _answer(self, request: str) -> None:
        method, _, rest = request.partition(" ")
        host = rest.partition(" ")[0].rpartition(":")[0]
        if method != "CONNECT" or not any(fnmatch(host, pattern) for pattern in HOSTS):
            self._transport.write(b"HTTP/1.1 403 Not on this network\r\nContent-Length: 0\r\n\r\n")
            self._transport.close()
            return
        self._transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        task = asyncio.get_running_loop().create_task(self._hand_over())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _hand_over(self) -> None:
        handler = self._make_handler()
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self._transport, handler, self._tls, server_side=True)
        except (OSError, ssl.SSLError):  # the client left, or does not trust us: both are its own business
            self._transport.abort()
            return
        if transport is not None:
            handler.connection_made(transport)
