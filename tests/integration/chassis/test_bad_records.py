"""What others may write, or the log may give, does not hold up a consumer, and nothing of it is lost."""

import pytest
from aiokafka import AIOKafkaProducer

from griot_chassis import ids
from griot_chassis.raw_log import RawLog
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_contracts.cloudevents import encode
from tests.integration.chassis.conftest import Running, Seen, dead_letters, publish, publish_as, start
from tests.support import eventually

NEARLY_A_MEGABYTE = 2**20 - 200


async def test_a_record_that_is_too_large_beside_its_reason_is_named_in_the_dead_letters(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session, group = Service("test", settings), Seen(), ids.new_id(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        large = b"x" * NEARLY_A_MEGABYTE
        await service._broker.publish(large, topics.SESSION_COMMANDS.name, key=session.encode())
        await publish(service, start(session))
        await eventually(lambda: session in seen.sessions, what="the next record is handled")

        [(letter, value)] = await dead_letters(service, group)
    assert letter.reason.startswith("missing headers")
    assert letter.reason.endswith("(too large to be kept here: see its own place)")
    assert value == b""


async def test_a_record_with_a_header_that_has_no_value_is_put_aside(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session, group = Service("test", settings), Seen(), ids.new_id(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        headers, value = encode(service.publisher.envelope(start(session), id=ids.new_id()))
        without = [(name, None if name == "ce_id" else raw) for name, raw in headers]
        async with RawLog.open(settings.kafka_bootstrap) as log:
            await log.append(topics.SESSION_COMMANDS.name, session.encode(), value, without)  # type: ignore[arg-type]  # others may
        await publish(service, start(session))
        await eventually(lambda: session in seen.sessions, what="the next record is handled")

        [(letter, _)] = await dead_letters(service, group, session)
    assert letter.reason == "headers without a value: ce_id"


async def test_a_record_under_another_key_than_its_own_is_put_aside(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session, group = Service("test", settings), Seen(), ids.new_id(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        await publish_as(service, start(session), topics.SESSION_COMMANDS, key="other")
        await eventually(lambda: dead_letters(service, group, "other"), what="it is put aside")

        [(letter, _)] = await dead_letters(service, group, "other")
    assert letter.reason == "not under its session_id as key"
    assert session not in seen.sessions


@pytest.mark.parametrize("compression", ["gzip", "lz4", "snappy", "zstd"])
async def test_what_others_have_compressed_is_read(
    settings: ServiceSettings, running: Running, compression: str
) -> None:
    service, seen, session = Service("test", settings), Seen(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=ids.new_id())
    async with (
        running(service),
        AIOKafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap, compression_type=compression
        ) as producer,
    ):
        headers, value = encode(service.publisher.envelope(start(session), id=ids.new_id()))
        await producer.send_and_wait(
            topics.SESSION_COMMANDS.name, value, key=session.encode(), headers=headers
        )
        await eventually(lambda: session in seen.sessions, what="it is handled")
