"""All of Griot, twice where that can be, with wires that can be cut to servers that can be killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pymongo import AsyncMongoClient

from fakewhatsapp.client import RemoteNetwork
from griot_local.kafka import KafkaServer
from griot_local.mongo import MongoServer
from griot_local.ports import LOOPBACK, free_port
from griot_local.processes import Process
from griot_local.stack import Stack
from tests.chaos.plan import BROKER, DATABASE, TWINS, WRITERS
from tests.chaos.wire import Wire
from tests.services import service

READY_WITHIN = 180.0
_UNDER_WAY_S = 0.5


@dataclass(frozen=True)
class Site:
    """Everything that something can happen to; `processes` are all of Griot's, the twins too."""

    stack: Stack
    processes: dict[str, Process]
    kafka: KafkaServer
    mongo: MongoServer
    wires: dict[str, Wire]
    network: RemoteNetwork

    @property
    def servers(self) -> dict[str, KafkaServer | MongoServer]:
        return {BROKER: self.kafka, DATABASE: self.mongo}

    def process(self, target: str) -> Process:
        """The process of a server or of Griot."""
        return self.servers[target].process if target in self.servers else self.processes[target]

    async def drop(self, database: str) -> None:
        """Drop a database, as soon as its server answers, between two writes of those that write it.

        They stand still meanwhile: once, after a drop in the middle of it all, the local server held two
        documents under one id.
        """
        await self.mongo.process.wait_ready(within=READY_WITHIN)
        name = WRITERS[database]
        writers = [self.processes[name], self.processes[TWINS[name]]]
        async with AsyncMongoClient[dict[str, object]](self.mongo.url) as client:
            for writer in writers:
                writer.pause()
            try:
                await asyncio.sleep(_UNDER_WAY_S)
                await client.drop_database(database)
            finally:
                for writer in writers:
                    writer.resume()

    async def heal(self) -> None:
        """Nothing goes wrong any more, and everything is up."""
        await self.network.faults.clear()
        for server in self.servers.values():
            server.process.resume()
            await server.process.wait_ready(within=READY_WITHIN)
        for process in self.processes.values():
            process.resume()
        for process in self.processes.values():
            await process.wait_ready(within=READY_WITHIN)


@asynccontextmanager
async def opened_site(folder: Path) -> AsyncIterator[Site]:
    kafka_port, mongo_port = free_port(), free_port()
    kafka = KafkaServer(folder / "kafka", advertised_port=kafka_port)
    mongo = MongoServer(folder / "mongo")
    wires = {BROKER: Wire(kafka_port, to=kafka.port), DATABASE: Wire(mongo_port, to=mongo.port)}
    stack = Stack(
        folder,
        own_whatsapp=True,
        settings={"GRIOT_SEND_WITHIN_S": "10"},  # a message without an answer is unknown then, not in 80
        session_managers=2,
        kafka_bootstrap=f"{LOOPBACK}:{kafka_port}",
        mongo_url=f"mongodb://{LOOPBACK}:{mongo_port}/?directConnection=true",
    )
    async with kafka, mongo, wires[BROKER], wires[DATABASE], stack, AsyncExitStack() as more:
        assert stack.network is not None
        twins = {
            twin: _twin(stack, name, twin) for name, twin in TWINS.items() if twin not in stack.processes
        }
        for process in twins.values():
            await more.enter_async_context(process)
        network = await more.enter_async_context(RemoteNetwork(stack.network.control))
        yield Site(stack, stack.processes | twins, kafka, mongo, wires, network)


def _twin(stack: Stack, name: str, twin: str) -> Process:
    """Another instance, in the same group."""
    first, log = stack.processes[name], stack.folder / "logs" / f"{twin}.log"
    own = {"GRIOT_INSTANCE_ID": twin}
    return service(twin, first.argv, log=log, environment=first.environment | own)
