"""The servers behind the proxy: the chat's websocket, and the hosts that keep media."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING

from aiohttp import web

from fakewhatsapp.connection import Connection
from fakewhatsapp.errors import ProtocolError
from fakewhatsapp.login import on_login
from fakewhatsapp.proxy import Proxy
from fakewhatsapp.tls import MEDIA_HOST

if TYPE_CHECKING:
    from fakewhatsapp.network import Network

_log = logging.getLogger(__name__)
_MAX_MEDIA = 128 << 20


class Server:
    """The TCP port that a client's HTTPS_PROXY names, and everything behind it."""

    def __init__(self, network: Network, tls: ssl.SSLContext) -> None:
        self._network = network
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str) -> None:
        """Listen on a free port."""
        app = web.Application(client_max_size=_MAX_MEDIA)
        app.router.add_get("/ws/chat", self._chat)
        app.router.add_post("/mms/{kind}/{token}", self._upload)
        app.router.add_delete("/mms/{kind}/{token}", self._delete)
        app.router.add_get("/v/{name}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        make = self._runner.server
        assert make is not None
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Proxy(make, self._tls, self._tasks), host, 0)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening, and cut every connection."""
        self._listener.close()
        for connection in list(self._network.connections):
            connection.drop()
        await self._runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 24)
        await socket.prepare(request)
        connection = Connection(self._network, socket, request)
        self._network.connections.add(connection)
        try:
            await connection.run(on_login)
        except ProtocolError as error:
            _log.warning("a client broke the protocol: %s", error)
            connection.drop()
        finally:
            self._network.connections.discard(connection)
            self._network.left(connection)
        return socket

    async def _upload(self, request: web.Request) -> web.Response:
        data = await request.read()
        token = self._network.attachments.token_of(data)
        if request.match_info["token"] != token or request.query.get("token") != token:
            return web.Response(status=400, text="the token is not the hash of the body")
        path = self._network.attachments.keep(data)
        return web.json_response({"url": f"https://{MEDIA_HOST}{path}", "direct_path": path})

    async def _delete(self, request: web.Request) -> web.Response:
        self._network.attachments.delete(request.match_info["token"])
        return web.Response()

    async def _download(self, request: web.Request) -> web.Response:
        data = self._network.attachments.get(request.path)
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="application/octet-stream")
