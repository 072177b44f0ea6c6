"""A dropped database comes back from the log: what was cancelled stays so, what waits long is not lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from dispatcher.rebuild import rebuild
from dispatcher.settings import DispatcherSettings
from griot_chassis import clock, ids
from griot_chassis.records import Partition
from griot_contracts.deliveries import DeliveryUnknown
from griot_contracts.messages import DispatchMessage, MessageAccepted
from griot_contracts.sessions import SessionCreated, SessionUpdated, WhenUnknown
from griot_contracts.topics import DISPATCH_COMMANDS
from griot_local.processes import Process
from tests.conftest import a_broker
from tests.integration.dispatcher.conftest import World, cancel, connected, dispatch, many, partition_of
from tests.support import eventually
from tests.topics import forget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A broker of these tests' own: what they make the log forget, others need."""
    async with a_broker(tmp_path_factory.mktemp("dropped-kafka")) as bootstrap:
        yield bootstrap


async def test_a_cancelled_message_is_not_sent_by_a_dispatcher_whose_database_was_dropped(
    world: World, process: Process, session: str, database: Any
) -> None:
    kept, cancelled = many(session, 2)
    await world.tell(kept, cancelled)
    await told(world, cancelled.message_id, "MessageQueued")
    await world.tell(cancel(cancelled))
    await told(world, cancelled.message_id, "MessageCancelled")

    await process.kill()
    await database.client.drop_database(database.name)
    await process.start()
    await world.tell(connected(session))

    await told(world, kept.message_id, "MessageSent")
    last = dispatch(session, ids.new_id())
    await world.tell(last)
    await told(world, last.message_id, "MessageSent")
    assert [command.message_id for command in world.asked(session)] == [kept.message_id, last.message_id]


async def test_what_was_given_up_in_doubt_is_not_sent_by_a_dispatcher_whose_database_was_dropped(
    world: World, process: Process, session: str, database: Any
) -> None:
    """Found by the chaos run: the delivery was read before what the session's owner wants."""
    world.answers = False
    doubtful, last = many(session, 2)
    created = SessionCreated(account_id="a", at=clock.now(), session_id=session, session_key="shop")
    wanted = SessionUpdated(account_id="a", at=clock.now(), session_id=session, when_unknown=WhenUnknown.FAIL)
    await world.tell(created, wanted, connected(session), doubtful)
    await eventually(lambda: len(world.asked(session)), equals=1, what="it is asked for")
    await world.tell(in_doubt(doubtful))
    await told(world, doubtful.message_id, "MessageFailed")

    await process.kill()
    await database.client.drop_database(database.name)
    await process.start()
    world.answers = True
    await world.tell(last)

    await told(world, last.message_id, "MessageSent")
    assert [command.message_id for command in world.asked(session)] == [doubtful.message_id, last.message_id]
    stored = await database["messages"].find_one({"_id": doubtful.message_id})
    assert (stored["status"], stored["in_doubt"]) == ("failed", True)


async def test_what_waits_longer_than_its_command_is_kept_is_taken_up_from_its_acceptance(
    world: World, process: Process, session: str, database: Any, settings: DispatcherSettings
) -> None:
    waiting, cancelled, scheduled = many(session, 3)
    scheduled = scheduled.model_copy(update={"send_at": clock.now() + timedelta(days=29)})
    commands = [waiting, cancelled, scheduled]
    await world.tell(*map(accepted, commands), *commands)
    await told(world, scheduled.message_id, "MessageQueued")
    await world.tell(cancel(cancelled))
    await told(world, cancelled.message_id, "MessageCancelled")

    await process.kill()
    await forget(settings.kafka_bootstrap, Partition(DISPATCH_COMMANDS.name, partition_of(session)))
    await database.client.drop_database(database.name)
    await process.start()
    later = dispatch(session, ids.new_id())
    await world.tell(connected(session), later)

    await told(world, later.message_id, "MessageSent")
    asked = [command.message_id for command in world.asked(session)]
    assert asked == [waiting.message_id, later.message_id]
    stored = await database["messages"].find_one({"_id": scheduled.message_id})
    assert stored["status"] == "queued"
    assert abs(stored["not_before"] - scheduled.send_at) < timedelta(milliseconds=1)


@pytest.mark.usefixtures("process")
async def test_a_rebuild_ends_though_the_records_of_a_partition_are_all_too_old_to_be_kept(
    world: World, session: str, database: Any, settings: DispatcherSettings
) -> None:
    """What is not kept is never read, so nobody comes to where it ends."""
    [sent] = many(session, 1)
    await world.tell(connected(session), sent)
    await told(world, sent.message_id, "MessageSent")
    await forget(settings.kafka_bootstrap, Partition(DISPATCH_COMMANDS.name, partition_of(session)))

    async with asyncio.timeout(60):
        await rebuild(lambda _done, _total: None, settings)

    assert await database["sessions"].find_one({"_id": session}) is not None


async def told(world: World, message_id: str, what: str) -> None:
    await eventually(lambda: what in world.told(message_id), what=f"{what} is told")


def in_doubt(command: DispatchMessage) -> DeliveryUnknown:
    return DeliveryUnknown(
        account_id="a",
        at=clock.now(),
        session_id=command.session_id,
        message_id=command.message_id,
        attempt=1,
        reason="no_answer",
    )


def accepted(command: DispatchMessage) -> MessageAccepted:
    return MessageAccepted(**dict(command))
