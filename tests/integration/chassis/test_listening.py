"""Hearing what is written as it is written, and reading a stretch of the log from the side."""

from griot_chassis import ids
from griot_chassis.records import Partition
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from tests.integration.chassis.conftest import Running, Seen, deliver, publish, start
from tests.support import eventually


async def test_a_live_listener_hears_what_is_written_once_it_is_ready(
    settings: ServiceSettings, running: Running
) -> None:
    before, after = ids.new_id(), ids.new_id()
    writer = Service("test", settings)
    async with running(writer):
        await publish(writer, start(before))

        live, from_start = Seen(), Seen()
        service = Service("test", settings)
        service.listen([topics.SESSION_COMMANDS], live)
        service.listen([topics.SESSION_COMMANDS], from_start, from_start=True)
        async with running(service):
            assert before in from_start.sessions
            await publish(writer, start(after))
            await eventually(lambda: after in live.sessions, what="it is heard")
            assert before not in live.sessions


async def test_a_stretch_of_the_log_is_read_to_its_end_as_it_was(
    settings: ServiceSettings, running: Running
) -> None:
    service, session = Service("test", settings), ids.new_id()
    async with running(service):
        await publish(service, deliver(session, "1"), deliver(session, "2"))
        found = [
            record
            for number in range(topics.SESSION_COMMANDS.partitions)
            async for record in service.log_reader.read(Partition(topics.SESSION_COMMANDS.name, number))
            if record.key == session
        ]
        [second] = [record for record in found if record.body.content.text == "2"]  # type: ignore[attr-defined]
        later = [r async for r in service.log_reader.read(second.at, since=second.written_at)]

    assert [record.offset for record in found] == sorted(record.offset for record in found)
    assert second in later
