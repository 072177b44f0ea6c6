"""Serving HTTP inside a service's own loop and life: uvicorn without its signal handlers."""

import contextlib
import socket
from collections.abc import Generator
from typing import Any, Final

import uvicorn

_FINISH_WITHIN_S: Final = 5


class HttpServer(uvicorn.Server):
    """An ASGI app on a socket that is bound when this is made, so that its port is known before it answers.

    Raises:
        OSError: the address is in use.
    """

    def __init__(self, app: Any, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port), backlog=2048)
        # asyncio does this only for sockets that name their protocol; without it an answer in two writes
        # waits 40 ms for the client's delayed acknowledgement. Accepted connections inherit it.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=_FINISH_WITHIN_S,
            )
        )

    async def run_until_stopped(self) -> None:
        """Answer until `stop`; then finish the requests under way, for five seconds at most."""
        try:
            await self.serve(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Take no more requests."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the service."""
        yield
