"""All of Griot on this machine: the servers it needs, the five processes, a WhatsApp network where asked."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from griot_local.folder import secret_of
from griot_local.kafka import KafkaServer
from griot_local.mongo import MongoServer
from griot_local.network import WhatsAppNetwork
from griot_local.ports import LOOPBACK, free_port
from griot_local.postgres import PostgresServer
from griot_local.processes import Probe, Process

PROGRAMS = {
    "api": "api",
    "projector": "api.projector",
    "quota": "quota",
    "dispatcher": "dispatcher",
    "session-manager": "session_manager",
}

_SESSION_MANAGER = "session-manager"

Report = Callable[[str, float], None]
"""Is told the name of each part that has come up, and the seconds it took."""


class Stack:
    """Everything, in one folder, from `start` until `stop`; `async with` does both.

    Attributes:
        processes: The five processes by name, for tests to `kill`, `pause`, `start` and so on. Of several
            session managers the others are `session-manager-2` and so on, and they share a PostgreSQL server.
        kafka: The broker, or None where one was given.
        mongo: The database, or None where one was given.
        network: The WhatsApp network, or None where the real one is used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        own_whatsapp: bool,
        kafka_bootstrap: str | None = None,
        mongo_url: str | None = None,
        api_port: int | None = None,
        session_managers: int = 1,
        settings: Mapping[str, str] | None = None,
        on_restart: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self.folder = folder.resolve()
        self.kafka = None if kafka_bootstrap else KafkaServer(self.folder / "kafka")
        self.mongo = None if mongo_url else MongoServer(self.folder / "mongo")
        self.network = WhatsAppNetwork(self.folder / "whatsapp-network") if own_whatsapp else None
        self.kafka_bootstrap = kafka_bootstrap or (self.kafka.bootstrap if self.kafka else "")
        self.mongo_url = mongo_url or (self.mongo.url if self.mongo else "")
        self.api_port = api_port or free_port()
        self._settings = dict(settings or {})
        self._on_restart = on_restart
        self.postgres = PostgresServer() if session_managers > 1 else None
        self._programs = PROGRAMS | {
            f"{_SESSION_MANAGER}-{number}": PROGRAMS[_SESSION_MANAGER]
            for number in range(2, session_managers + 1)
        }
        self._ops_ports = {name: free_port() for name in self._programs}
        self._http = httpx.AsyncClient(timeout=2, trust_env=False)
        self.processes = {name: self._process(name) for name in self._programs}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """Where the public API is, without `/api/v1`."""
        return f"http://{LOOPBACK}:{self.api_port}"

    def ops_url(self, name: str) -> str:
        """Where a process serves `/healthz`, `/readyz` and `/metrics`."""
        return f"http://{LOOPBACK}:{self._ops_ports[name]}"

    async def start(self, report: Report = lambda _name, _seconds: None) -> None:
        """Start servers and processes, all at once, and wait until each says that it is ready.

        A process bears a server that is not there yet. Only a session manager on a network of this machine
        has to be told where that is, and starts after it.

        Raises:
            ProcessFailedError: a part did not come up; all the others have been stopped.
            FileNotFoundError: something is not installed; `make install` brings it.
        """
        try:
            parts = {**self.servers, **self.processes}
            late = {"WhatsApp network", *self.session_managers}
            starts = [_timed(name, part.start(), report) for name, part in parts.items() if name not in late]
            await _together([self._start_session_managers(report), *starts])
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything: first the processes, which finish what they took, then what they stand on."""
        await asyncio.gather(*(process.stop() for process in self.processes.values()))
        await asyncio.gather(*(server.stop() for server in self.servers.values()))
        await self._http.aclose()

    @property
    def servers(self) -> dict[str, KafkaServer | MongoServer | PostgresServer | WhatsAppNetwork]:
        """What runs beside the five processes, by the name to show."""
        named = {
            "Apache Kafka": self.kafka,
            "MongoDB protocol": self.mongo,
            "PostgreSQL": self.postgres,
            "WhatsApp network": self.network,
        }
        return {name: server for name, server in named.items() if server}

    @property
    def session_managers(self) -> dict[str, Process]:
        """Those of the processes that keep sessions connected, by name."""
        return {
            name: one
            for name, one in self.processes.items()
            if self._programs[name] == PROGRAMS[_SESSION_MANAGER]
        }

    async def _start_session_managers(self, report: Report) -> None:
        if self.network:
            await _timed("WhatsApp network", self.network.start(), report)
            for one in self.session_managers.values():
                one.environment.update(self.network.session_manager_settings)
        managers = self.session_managers.items()
        await _together([_timed(name, one.start(), report) for name, one in managers])

    def _process(self, name: str) -> Process:
        return Process(
            name,
            [sys.executable, "-m", self._programs[name]],
            log=self.folder / "logs" / f"{name}.log",
            is_ready=self._answers_ready(name),
            environment=self._environment(name),
            on_restart=self._on_restart,
        )

    def _environment(self, name: str) -> dict[str, str]:
        environment = {
            "GRIOT_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "GRIOT_MONGO_URL": self.mongo_url,
            "GRIOT_INSTANCE_ID": f"{name}-1",
            "GRIOT_OPS_HOST": LOOPBACK,
            "GRIOT_OPS_PORT": str(self._ops_ports[name]),
            "GRIOT_DATA_DIR": str(self.folder / name),
        }
        if name == "api":
            if "GRIOT_SECRET" not in os.environ:
                environment["GRIOT_SECRET"] = secret_of(self.folder)
            environment |= {"GRIOT_API_HOST": LOOPBACK, "GRIOT_API_PORT": str(self.api_port)}
        if self.postgres and self._programs[name] == PROGRAMS[_SESSION_MANAGER]:
            environment["GRIOT_DEVICE_STORE_URL"] = self.postgres.url
        return environment | self._settings

    def _answers_ready(self, name: str) -> Probe:
        async def ask() -> bool:
            try:
                answer = await self._http.get(f"{self.ops_url(name)}/readyz")
            except httpx.TransportError:
                return False
            return answer.is_success

        return ask


async def _timed(name: str, start: Awaitable[None], report: Report) -> None:
    started = time.monotonic()
    await start
    report(name, time.monotonic() - started)


async def _together(starts: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run them side by side; the first that fails ends the others, and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for start in starts:
                group.create_task(start)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
