"""What cannot be read in one partition costs the others nothing, nor what else is in it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from griot_chassis import ids
from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.log_reader import LogReader
from griot_chassis.log_scan import LogScan
from griot_chassis.raw_log import RawLog
from griot_chassis.records import Partition
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_contracts.cloudevents import encode
from griot_local.kafka import KafkaServer
from tests.integration.chassis.conftest import Running, Seen, dead_letters, is_ready, publish_as, start
from tests.segments import rewrite
from tests.support import eventually
from tests.topics import forget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]  # a broker of its own

BAD = Partition(topics.SESSION_COMMANDS.name, 3)
WHOLE, SPOILT = b"whole", b"spoil"
NAME, NOT_UTF8 = b"a-name", b"a-\xff\xfeme"


@pytest.fixture
def settings(own_kafka: KafkaServer, mongo: str) -> ServiceSettings:
    return ServiceSettings(kafka_bootstrap=own_kafka.bootstrap, mongo_url=mongo, instance_id=ids.new_id())


@pytest.fixture
async def writer(settings: ServiceSettings, running: Running) -> AsyncIterator[Service]:
    async with running(Service("writer", settings)) as service:
        yield service


@asynccontextmanager
async def begun(reader: Service) -> AsyncIterator[None]:
    """It runs, whether it comes to be ready or not."""
    async with reader:
        task = asyncio.create_task(reader.run())
        try:
            yield
        finally:
            reader.stop()
            await task


async def write(writer: Service, settings: ServiceSettings) -> list[str]:
    """Three records of the bad partition, each a batch of its own; the second one can be spoilt."""
    sessions = [ids.new_id() for _ in range(3)]
    for session in sessions:
        headers, value = encode(writer.publisher.envelope(start(session), id=ids.new_id()))
        more = [(NAME.decode(), WHOLE)] if session == sessions[1] else []
        async with RawLog.open(settings.kafka_bootstrap) as log:
            await log.append(BAD, session.encode(), value, [*headers, *more])
    return sessions


async def write_elsewhere(writer: Service) -> list[str]:
    """A record of each of the other partitions."""
    others = [number for number in range(topics.SESSION_COMMANDS.partitions) if number != BAD.number]
    sessions = {number: ids.new_id() for number in others}
    for number, session in sessions.items():
        await publish_as(writer, start(session), topics.SESSION_COMMANDS, key=session, partition=number)
    return list(sessions.values())


async def test_a_batch_whose_checksum_does_not_hold_holds_nobody_up_and_is_read_once_it_does(
    own_kafka: KafkaServer, settings: ServiceSettings, writer: Service
) -> None:
    reader, seen = Service("reader", settings), Seen()
    reader.consume([topics.SESSION_COMMANDS], seen, group=ids.new_id())
    elsewhere = await write_elsewhere(writer)
    here = await write(writer, settings)
    rewrite(own_kafka, BAD, WHOLE, SPOILT)
    async with begun(reader):
        await eventually(lambda: {*elsewhere, here[0]} <= {*seen.sessions}, what="the others are handled")
        elsewhere += await write_elsewhere(writer)
        await eventually(lambda: {*elsewhere} <= {*seen.sessions}, what="the others go on")
        assert not await is_ready(reader)
        assert here[1] not in seen.sessions

        rewrite(own_kafka, BAD, SPOILT, WHOLE)
        await eventually(lambda: here[2] in seen.sessions, what="what was spoilt is read")
        await eventually(lambda: is_ready(reader), what="it is ready")

    assert [one for one in seen.sessions if one in here] == here
    assert Counter(seen.sessions) == Counter([*elsewhere, *here])


async def test_a_partition_goes_on_once_kafka_is_told_to_forget_what_cannot_be_read(
    own_kafka: KafkaServer, settings: ServiceSettings, writer: Service
) -> None:
    reader, seen = Service("reader", settings), Seen()
    reader.consume([topics.SESSION_COMMANDS], seen, group=ids.new_id())
    here = await write(writer, settings)
    rewrite(own_kafka, BAD, WHOLE, SPOILT)
    async with begun(reader):
        await eventually(lambda: here[0] in seen.sessions, what="what lies before it is handled")

        await forget(own_kafka.bootstrap, BAD)
        later = await write(writer, settings)

        await eventually(lambda: later[2] in seen.sessions, what="what comes later is handled")
        await eventually(lambda: is_ready(reader), what="it is ready")
    assert seen.sessions == [here[0], *later]


async def test_a_record_of_which_the_client_can_read_nothing_is_named_in_the_dead_letters(
    own_kafka: KafkaServer, settings: ServiceSettings, writer: Service
) -> None:
    reader, seen, group = Service("reader", settings), Seen(), ids.new_id()
    reader.consume([topics.SESSION_COMMANDS], seen, group=group)
    elsewhere, here = await write_elsewhere(writer), await write(writer, settings)
    rewrite(own_kafka, BAD, NAME, NOT_UTF8, sealed=True)
    async with begun(reader):
        readable = [*elsewhere, here[0], here[2]]
        await eventually(lambda: {*readable} <= {*seen.sessions}, what="the others are handled")
        await eventually(lambda: is_ready(reader), what="it is ready")

        [(letter, value)] = await dead_letters(writer, group)
    assert Counter(seen.sessions) == Counter(readable)
    assert (letter.topic, letter.partition, letter.offset) == (BAD.topic, BAD.number, 1)
    assert letter.reason == "the name of a header is not UTF-8 (see its own place)"
    assert value == b""


async def test_whoever_reads_from_the_side_passes_over_what_nobody_can_read(
    own_kafka: KafkaServer, settings: ServiceSettings, writer: Service
) -> None:
    here = await write(writer, settings)
    rewrite(own_kafka, BAD, NAME, NOT_UTF8, sealed=True)

    read = [record.key async for record in LogReader(settings.kafka_bootstrap).read(BAD)]

    assert read == [here[0], here[2]]


async def test_whoever_reads_from_the_side_is_told_of_a_checksum_that_does_not_hold(
    own_kafka: KafkaServer, settings: ServiceSettings, writer: Service
) -> None:
    await write(writer, settings)
    rewrite(own_kafka, BAD, WHOLE, SPOILT)

    with pytest.raises(BrokerUnavailableError, match="CorruptRecord"):
        _ = [batch async for batch in LogScan(settings.kafka_bootstrap, [BAD]).raw()]
