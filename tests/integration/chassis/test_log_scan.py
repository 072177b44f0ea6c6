"""A long log is read without keeping the event loop from everybody else: heartbeats must go out meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from griot_chassis import ids
from griot_chassis.log_reader import LogReader
from griot_chassis.log_scan import LogScan
from griot_chassis.records import Partition, Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from tests.integration.chassis.conftest import Running, publish, start

RECORDS = 2_000


class Turns:
    """Counts how often the event loop came round."""

    def __init__(self) -> None:
        self.count = 0

    async def run(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)


@pytest.fixture
async def turns() -> AsyncIterator[Turns]:
    turns = Turns()
    task = asyncio.create_task(turns.run())
    yield turns
    task.cancel()


@pytest.fixture
async def where(settings: ServiceSettings, running: Running) -> Partition:
    """A partition with many records."""
    service, session, told = Service("test", settings), ids.new_id(), asyncio.Queue[Partition]()

    async def hear(records: Sequence[Record]) -> None:
        for record in records:
            if record.key == session:
                told.put_nowait(record.at)

    service.listen([topics.SESSION_COMMANDS], hear)
    async with running(service):
        await publish(service, *(start(session) for _ in range(RECORDS)))
        return await told.get()


async def test_a_scan_gives_way_after_each_batch(
    settings: ServiceSettings, where: Partition, turns: Turns
) -> None:
    seen = [turns.count async for _ in LogScan(settings.kafka_bootstrap, [where]).records()]

    assert len(seen) >= RECORDS // 500
    assert len(set(seen)) == len(seen)


async def test_a_reader_gives_way_every_500_records(
    settings: ServiceSettings, where: Partition, turns: Turns
) -> None:
    seen = [turns.count async for _ in LogReader(settings.kafka_bootstrap).read(where)]

    assert len(seen) >= RECORDS
    assert len(set(seen)) >= RECORDS // 500
