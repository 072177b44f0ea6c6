"""What every consumer of Griot promises, against a real broker and a real database."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from griot_chassis import clock, ids
from griot_chassis.consumer import Consumer
from griot_chassis.records import Partition, Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_contracts.dead_letters import DeadLetter
from griot_contracts.messages import CancelMessage
from tests.integration.chassis.conftest import (
    Running,
    Seen,
    dead_letters,
    deleted,
    is_ready,
    publish,
    publish_as,
    start,
)
from tests.support import eventually

PARTITIONS: Final = topics.SESSION_COMMANDS.partitions


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
        await eventually(lambda: first in seen_before.sessions, what="the first is handled")

    service = Service("test", settings)
    service.consume(
        [topics.SESSION_COMMANDS], seen_after, group=group, positions=service.positions("t", group)
    )
    async with running(service):
        await publish(service, start(second))
        await eventually(lambda: second in seen_after.sessions, what="the second is handled")

    assert first not in seen_after.sessions


async def test_a_batch_that_does_not_end_is_let_go_when_another_member_comes(
    settings: ServiceSettings, running: Running
) -> None:
    group, session = ids.new_id(), ids.new_id()
    taken, seen = asyncio.Queue[Sequence[Record]](), Seen()

    async def never_ends(records: Sequence[Record]) -> None:
        taken.put_nowait(records)
        with suppress(asyncio.CancelledError):  # as aiokafka's consumer does while it stops
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    slow, other = Service("slow", settings), Service("other", another(settings))
    first = slow.consume([topics.SESSION_COMMANDS], never_ends, group=group)
    second = other.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(slow):
        await publish(slow, start(session))
        await taken.get()
        async with running(other):
            await eventually(lambda: first.ready and second.ready, what="both are members")
            await eventually(
                lambda: owned(first) and owned(second) and owned(first) + owned(second) == PARTITIONS,
                what="each has its share",
            )


class Refusing:
    """A listener whose database is away for good."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def assigned(self, partitions: set[Partition]) -> None:
        self.asked.set()
        raise ConnectionError("the database is away")

    async def revoked(self, partitions: set[Partition]) -> None: ...


async def test_a_service_stops_though_what_it_is_dealt_can_never_be_taken(settings: ServiceSettings) -> None:
    listener = Refusing()
    async with Service("test", settings) as service:
        service.consume([topics.SESSION_COMMANDS], Seen(), group=ids.new_id(), listener=listener)
        task = asyncio.create_task(service.run())
        await listener.asked.wait()
        service.stop()
        await eventually(task.done, what="it has stopped")


def another(settings: ServiceSettings) -> ServiceSettings:
    return settings.model_copy(update={"instance_id": ids.new_id()})


def owned(consumer: Consumer) -> int:
    numbers = range(PARTITIONS)
    return sum(consumer.owns(Partition(topics.SESSION_COMMANDS.name, number)) for number in numbers)


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
        await eventually(lambda: session in before.sessions, what="it is handled")

    service = Service("test", settings)
    await service.mongo["t"]["positions"].delete_many({"_id": {"$regex": f"^{group}"}})
    service.consume([topics.SESSION_COMMANDS], after, group=group, positions=service.positions("t", group))
    async with running(service):
        await eventually(lambda: session in after.sessions, what="it is handled again")


async def test_a_database_that_forgets_while_the_consumer_runs_is_told_again(
    settings: ServiceSettings, running: Running
) -> None:
    group, lost, next_one = ids.new_id(), ids.new_id(), ids.new_id()
    service, seen = Service("test", settings), Seen()
    service.consume([topics.SESSION_COMMANDS], seen, group=group, positions=service.positions("t", group))
    async with running(service):
        await publish(service, start(lost))
        await eventually(lambda: seen.sessions.count(lost) == 1, what="it is handled")
        positions = service.mongo["t"]["positions"]
        place = {"_id": f"{group}:{topics.SESSION_COMMANDS.name}:{seen.places[lost]}"}
        await eventually(lambda: positions.find_one(place), what="and that is written down")

        await positions.delete_many({"_id": {"$regex": f"^{group}"}})
        await publish(service, start(lost), start(next_one))
        await eventually(lambda: seen.sessions.count(lost) > 2, what="it is handled again")
        await eventually(lambda: next_one in seen.sessions, what="and so is what came after")


async def test_a_record_on_a_topic_that_does_not_carry_it_is_put_aside(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session, group = Service("test", settings), Seen(), ids.new_id(), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        await publish_as(service, deleted(session), topics.SESSION_COMMANDS, key=session)
        await publish(service, start(session))
        await eventually(lambda: session in seen.sessions, what="the next record is handled")

        [(letter, _)] = await dead_letters(service, group, session)
    assert letter.reason == "session.commands.v1 does not carry a SessionDeleted"


async def test_a_batch_whose_handler_fails_comes_again_until_it_is_handled(
    settings: ServiceSettings, running: Running
) -> None:
    service, seen, session = Service("test", settings), Seen(fail_first=3), ids.new_id()
    service.consume([topics.SESSION_COMMANDS], seen, group=ids.new_id())
    async with running(service):
        await publish(service, start(session))
        await eventually(lambda: seen.sessions.count(session) == 1, what="it is handled")


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
        await eventually(lambda: session in seen.sessions, what="the next record is handled")
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
            await service._broker.publish(
                b"junk", topics.DISPATCH_COMMANDS.name, key=session.encode(), partition=0
            )
            cancelled = cancel(ids.new_id())  # which breaks no other's row
            await publish_as(service, cancelled, topics.DISPATCH_COMMANDS, key="s", partition=1)
        await eventually(lambda: not_ready(service), what="readiness fails")

        assert await service.readiness.failing() == ["consumers"]
        assert len(await dead_letters(service, group, session)) == settings.max_dead_letters_in_a_row


async def test_an_unreadable_record_is_put_aside_once_however_often_its_batch_comes(
    settings: ServiceSettings, running: Running
) -> None:
    service, session, group = Service("test", settings), ids.new_id(), ids.new_id()
    seen = Seen(fail_first=2 * settings.max_dead_letters_in_a_row)
    service.consume([topics.SESSION_COMMANDS], seen, group=group)
    async with running(service):
        await service._broker.publish(b"junk", topics.SESSION_COMMANDS.name, key=session.encode())
        await publish(service, start(session))
        await eventually(lambda: session in seen.sessions, what="the next record is handled")

        assert len(await dead_letters(service, group, session)) == 1


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
                what="every session is handled by one of the two",
            )
            assert set(sessions) & set(seen_by_other.sessions)

    both = [session for session in seen_by_one.sessions + seen_by_other.sessions if session in sessions]
    assert sorted(both) == sorted(sessions)


def cancel(message_id: str) -> CancelMessage:
    return CancelMessage(account_id="a", session_id="s", message_id=message_id, at=clock.now())


async def not_ready(service: Service) -> bool:
    return not await is_ready(service)
