"""Controlling a network from other processes: an HTTP server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from fakewhatsapp.errors import FakeWhatsAppError
from fakewhatsapp.exchange import Announcement, Problem
from fakewhatsapp.network import Network
from fakewhatsapp.routes import Controlled, router

_FINISH_WITHIN_S = 1


def create_app(controlled: Controlled) -> FastAPI:
    """The ASGI app. Entries of the ledger leave it as they are, because validating thousands takes long."""
    app = FastAPI(title="fakewhatsapp", description="A WhatsApp network on this machine, controlled.")
    app.state.controlled = controlled
    app.include_router(router)
    app.add_exception_handler(FakeWhatsAppError, _tell)
    app.add_exception_handler(TimeoutError, _tell)
    return app


@asynccontextmanager
async def control_server(
    network: Network, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Announcement]:
    """Serve a running network until the block is left.

    Raises:
        OSError: the port is in use.
    """
    with socket.create_server((host, port)) as listener:
        # asyncio does so only for sockets that name their protocol; without it answers wait 40 ms for an ACK
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        controlled = Controlled(network, f"http://{host}:{listener.getsockname()[1]}")
        server = _Server(
            uvicorn.Config(
                create_app(controlled),
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=_FINISH_WITHIN_S,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield controlled.announcement()
        finally:
            server.should_exit = True
            await controlled.close()
            await serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the process: the network has to be closed as well."""
        yield


async def _tell(_: Request, error: Exception) -> Response:
    status, problem = Problem.of(error)
    return JSONResponse(problem.model_dump(), status, {"x-problem": problem.error})
