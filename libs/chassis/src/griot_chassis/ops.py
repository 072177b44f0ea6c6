"""What operators ask a process: is it alive, is it ready, what does it count."""

from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[bool]]


class Readiness:
    """The checks that must all hold for a process to be ready."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Make readiness depend on `check`, which must answer within about a second."""
        self._checks[name] = check

    async def failing(self) -> list[str]:
        """The names of the checks that do not hold; none means ready."""
        return [name for name, check in self._checks.items() if not await check()]


def make_ops_app(readiness: Readiness) -> Starlette:
    """`/healthz` (the loop turns), `/readyz` (200, or 503 and what is missing), `/metrics` (Prometheus)."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        failing = await readiness.failing()
        body: dict[str, Any] = {"status": "waiting", "for": failing} if failing else {"status": "ready"}
        return JSONResponse(body, status_code=503 if failing else 200)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    )
