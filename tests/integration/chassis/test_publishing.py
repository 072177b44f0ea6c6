"""What the log does not take is told apart from a log that is away."""

import asyncio
import sys

import pytest

from griot_chassis import ids
from griot_chassis.ending import TRY_AGAIN
from griot_chassis.errors import RecordTooLargeError
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from tests.integration.chassis.conftest import Running, deliver, publish

TOO_LONG = "a" * 2**20
LOSES_COUNT = """
import asyncio, sys
from aiokafka import TopicPartition
from griot_chassis import clock
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts.sessions import StartSession
from griot_contracts.topics import SESSION_COMMANDS

async def main():
    kafka, mongo = sys.argv[1:]
    settings = ServiceSettings(kafka_bootstrap=kafka, mongo_url=mongo, instance_id="loses-count", ops_port=0)
    async with Service("test", settings) as service:
        service.consume([SESSION_COMMANDS], None, group="loses-count")
        running = asyncio.create_task(service.run())
        while await service.readiness.failing():
            await asyncio.sleep(0.1)
        command = StartSession(account_id="a", session_id="s", at=clock.now())
        publish = lambda: service.publisher.publish([service.publisher.envelope(command, id="1")])
        await publish()
        print("published", flush=True)
        numbers = service._broker.config.producer._producer.producer._txn_manager
        for number in range(SESSION_COMMANDS.partitions):
            numbers.increment_sequence_number(TopicPartition(SESSION_COMMANDS.name, number), 5)
        await publish()

asyncio.run(main())
"""
"""A process one of whose records failed for good: those after it have numbers that fit no more."""


async def test_a_record_that_is_too_large_is_refused_for_good_and_by_its_id(
    settings: ServiceSettings, running: Running
) -> None:
    service, id_ = Service("test", settings), ids.new_id()
    async with running(service):
        too_large = service.publisher.envelope(deliver(ids.new_id(), TOO_LONG), id=id_)
        with pytest.raises(RecordTooLargeError, match=id_):
            await service.publisher.publish([too_large])

        await publish(service, deliver(ids.new_id(), "short"))


async def test_a_process_whose_records_the_broker_takes_no_more_ends_to_be_started_again(
    kafka: str, mongo: str
) -> None:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOSES_COUNT, kafka, mongo, stdout=pipe, stderr=pipe
    )
    said, logged = await process.communicate()

    assert said == b"published\n"
    assert b"takes no record of this process any more" in logged
    assert process.returncode == TRY_AGAIN
