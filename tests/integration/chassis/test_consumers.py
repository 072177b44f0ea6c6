"""What every consumer of Griot promises, against a real broker and a real database."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from griot_chassis import ids
from griot_chassis.records import Partition, Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_contracts.cloudevents import encode
from griot_contracts.dead_letters import DeadLetter
from griot_contracts.messages import DeliverMessage, TextContent
from tests.integration.chassis.conftest import Running, deleted, deliver, is_ready, publish, start
from tests.support import eventually

SOON = timedelta(seconds=15)


class Seen:
    """A handler that remembers the sessions it was told to start."""

    def __init__(self, *, fail_first: int = 0) -> None:
        self.sessions: list[str] = []
        self._failures_left = fail_first

    async def __call__(self, records: Sequence[Record]) -> None:
        if self._failures_left:
            self._failures_left -= 1
            raise ConnectionError("the database is away")
        self.sessions += [record.key or "" for record in records]


async def test_a_restarted_consumer_goes_on_after_what_it_handled(
    settings: ServiceSettings, running: Running
) -> None:
    group, first, second = ids.new_id(), ids.new_id(), ids.new_id()
    seen_before, seen_after = Seen(), Seen()

    service = Service("test", settings)
    service.consume(
        [topics.SESSION_COMMANDS], seen_before, group=group, positions=service.positions("t", group)
    )
    async with running(service):
        await publish(service, start(first))
        await eventually(lambda: first in seen_before.sessions, within=SOON, what="the first is handled")

    service = Service("test", settings)
    service.consume(
        [topics.SESSION_COMMANDS], seen_after, group=group, positions=service.positions("t", group)
    )
    async with running(service):
        await publish(service, start(second))
        await eventually(lambda: second in seen_after.sessions, within=SOON, what="the second is handled")

    assert first not in seen_after.sessions


async def test_a_position_beside_the_effect_wins_over_the_one_in_kafka(
    settings: ServiceSettings, running: Running
) -> None:
    """A database that lost its last second is given that second's records again."""
    group, session = ids.new_id(), ids.new_id()
    service = Service("test", settings)
    before, after = Seen(), Seen()
    service.consume([topics.SESSION_COMMANDS], before, group=group, positions=service.positions("t", group))
    async with running(service):
        await publish(service, start(session))
        await eventually(lambda: session in before.sessions, within=SOON, what="it is handled")

    service = Service("test", settings)
    await service.mongo["t"]["positions"].delete_many({"_id": {"$regex": f"^{group}"}})
    service.consume([topics.SESSION_COMMANDS], after, group=group, positions=service.positions("t", group))
    async with running(service):
        await eventually(lambda: session in after.sessions, within=SOON, what="it is handled again")


async def test_a_database_that_forgets_while_the_consumer_runs_is_told_again(
    settings: ServiceSettings, running: Running
) -> None:
    group, lost, next_one = ids.new_id(), ids.new_id(), ids.new_id()
    service, seen = Service("test", settings), Seen()
    service.consume([topics.SESSION_COMMANDS], seen, group=group, positions=service.positions("t", group))
    async with running(service):
        await publish(service, start(lost))
        await eventually(lambda: seen.sessions.count(lost) == 1, within=SOON, what="it is handled")

        await service.mongo["t"]["positions"].delete_many({"_id": {"$regex": f"^{group}"}})
        await publish(service, start(lost), start(next_one))
        await eventually(lambda: seen.sessions.count(lost) > 2, within=SOON, what="it is handled again")
        await eventually(lambda: next_one in seen.sessions, within=SOON, what="and so is what came after")


async def test_a_record_on_a_topic_that_does_not_carry_it_is_put_aside(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session, group = Service("test", settings), Seen(), ids.new_id(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        headers, value = encode(service.publisher.envelope(deleted(session), id=ids.new_id()))
        named = {name: raw.decode() for name, raw in headers}
        await service._broker.publish(
            value, topics.SESSION_COMMANDS.name, key=session.encode(), headers=named
        )
        await publish(service, start(session))
        await eventually(lambda: session in seen.sessions, within=SOON, what="the next record is handled")

        [(letter, _)] = await dead_letters(service, group, session)
    assert letter.reason == "session.commands.v1 does not carry a SessionDeleted"


async def test_a_batch_whose_handler_fails_comes_again_until_it_is_handled(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session = Service("test", settings), Seen(fail_first=3), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=ids.new_id())
    async with running(service):
        await publish(service, start(session))
        await eventually(lambda: seen.sessions.count(session) == 1, within=SOON, what="it is handled")


async def test_a_record_that_cannot_be_read_is_put_aside_and_the_consumer_goes_on(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session, group = Service("test", settings), Seen(), ids.new_id(), ids.new_id()
    letters: list[tuple[DeadLetter, bytes]] = []
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        broker = service._broker
        await broker.publish(b"{not json", topics.SESSION_COMMANDS.name, key=session.encode())
        await publish(service, start(session))
        await eventually(lambda: session in seen.sessions, within=SOON, what="the next record is handled")
        letters = await dead_letters(service, group, session)

    assert [(letter.topic, value) for letter, value in letters] == [
        (topics.SESSION_COMMANDS.name, b"{not json")
    ]
    assert "missing headers" in letters[0][0].reason


async def test_too_many_unreadable_records_in_a_row_stop_the_consumer_and_its_readiness(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session, group = Service("test", settings), Seen(), ids.new_id(), ids.new_id()
    service.consume([topics.DISPATCH_COMMANDS], seen, group=group)
    async with running(service):
        for _ in range(settings.max_dead_letters_in_a_row + 1):
            await service._broker.publish(b"junk", topics.DISPATCH_COMMANDS.name, key=session.encode())
        await eventually(lambda: not_ready(service), within=SOON, what="readiness fails")

        assert await service.readiness.failing() == ["consumers"]
        assert len(await dead_letters(service, group, session)) == settings.max_dead_letters_in_a_row


class Held:
    """A keyed handler that holds one session's records until it is let go."""

    def __init__(self, held: str) -> None:
        self.done: list[tuple[str, str]] = []
        self.release = asyncio.Event()
        self._held = held

    async def __call__(self, record: Record) -> None:
        if record.key == self._held:
            await self.release.wait()
        if isinstance(record.body, DeliverMessage) and isinstance(record.body.content, TextContent):
            self.done.append((record.key or "", record.body.content.text))

    def of(self, session: str) -> list[str]:
        return [text for key, text in self.done if key == session]


class Assigned:
    """A listener that remembers since when records were pending."""

    def __init__(self) -> None:
        self.pending: dict[Partition, datetime | None] = {}

    async def assigned(
        self, partitions: set[Partition], pending_since: dict[Partition, datetime | None]
    ) -> None:
        self.pending = pending_since

    async def revoked(self, partitions: set[Partition]) -> None: ...


async def test_a_slow_key_holds_up_only_itself_and_keeps_its_order(
    settings: ServiceSettings, running: Running
) -> None:
    slow, quick = ids.new_id(), ids.new_id()
    service, handle = Service("test", settings), Held(slow)
    service.consume_keyed(topics.SESSION_COMMANDS, handle, group=ids.new_id())
    async with running(service):
        await publish(
            service, deliver(slow, "1"), deliver(quick, "1"), deliver(slow, "2"), deliver(quick, "2")
        )
        await eventually(lambda: handle.of(quick) == ["1", "2"], within=SOON, what="the quick one is through")
        assert handle.of(slow) == []
        handle.release.set()
        await eventually(lambda: handle.of(slow) == ["1", "2"], within=SOON, what="the slow one follows")


async def test_what_was_not_finished_comes_again_and_its_owner_is_told_since_when(
    settings: ServiceSettings, running: Running
) -> None:
    session, group = ids.new_id(), ids.new_id()
    service, handle = Service("test", settings), Held(session)
    service.consume_keyed(topics.SESSION_COMMANDS, handle, group=group)
    async with running(service):
        await publish(service, deliver(session, "1"))
        await eventually(lambda: f"lane {group}" in task_names(), within=SOON, what="it is begun")

    service, again, listener = Service("test", settings), Held("nobody"), Assigned()
    service.consume_keyed(topics.SESSION_COMMANDS, again, group=group, listener=listener)
    async with running(service):
        await eventually(lambda: again.of(session) == ["1"], within=SOON, what="it comes again")

    assert handle.of(session) == []
    assert len([since for since in listener.pending.values() if since is not None]) >= 1


async def test_a_partition_moves_to_another_member_only_when_its_batch_is_finished(
    settings: ServiceSettings, running: Running
) -> None:
    group, sessions = ids.new_id(), [ids.new_id() for _ in range(40)]
    one, other = Service("test", settings), Service("test", settings.model_copy(update={"instance_id": "b"}))
    seen_by_one, seen_by_other = Seen(), Seen()
    one.consume([topics.SESSION_COMMANDS], seen_by_one, group=group)
    other.consume([topics.SESSION_COMMANDS], seen_by_other, group=group)
    async with running(one):
        await publish(one, *map(start, sessions[:20]))
        async with running(other):
            await publish(one, *map(start, sessions[20:]))
            await eventually(
                lambda: set(sessions) <= {*seen_by_one.sessions, *seen_by_other.sessions},
                within=SOON,
                what="every session is handled by one of the two",
            )
            assert set(sessions) & set(seen_by_other.sessions)

    both = [session for session in seen_by_one.sessions + seen_by_other.sessions if session in sessions]
    assert sorted(both) == sorted(sessions)


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
            await eventually(lambda: after in live.sessions, within=SOON, what="it is heard")
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


async def not_ready(service: Service) -> bool:
    return not await is_ready(service)


def task_names() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}


async def dead_letters(service: Service, group: str, session: str) -> list[tuple[DeadLetter, bytes]]:
    from aiokafka import AIOKafkaConsumer, TopicPartition  # noqa: PLC0415  # only this looks below the chassis

    consumer = AIOKafkaConsumer(
        bootstrap_servers=service._settings.kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    places = [TopicPartition(topics.DEAD_LETTERS.name, n) for n in range(topics.DEAD_LETTERS.partitions)]
    consumer.assign(places)
    found = []
    for place, end in (await consumer.end_offsets(places)).items():
        while await consumer.position(place) < end:
            found += [
                (DeadLetter.from_headers(raw.headers), raw.value)
                for raw in (await consumer.getmany(place, timeout_ms=500)).get(place, ())
                if raw.key == session.encode()
            ]
    await consumer.stop()
    return [(letter, value) for letter, value in found if letter.group == group]
