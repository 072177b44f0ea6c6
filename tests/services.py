"""A service as a process of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from griot_local.ports import LOOPBACK, free_port
from griot_local.processes import Process


def service(name: str, argv: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> Process:
    """A process that is up when it says so itself, on an ops port of its own. Not started yet."""
    port = free_port()

    async def is_ready() -> bool:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            try:
                return (await http.get(f"http://{LOOPBACK}:{port}/readyz")).is_success
            except httpx.TransportError:
                return False

    return Process(
        name, argv, log=log, is_ready=is_ready, environment={**environment, "GRIOT_OPS_PORT": str(port)}
    )
