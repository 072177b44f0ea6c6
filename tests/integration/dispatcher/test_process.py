"""The dispatcher on a real log and a real database: what it asks for and tells, and what a crash does."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from griot_chassis import ids
from griot_contracts.messages import DeliverMessage, MessageSent
from griot_contracts.sessions import SessionStatus
from griot_local.processes import Process
from tests.integration.dispatcher.conftest import World, connected, dispatch, many, receipt, sent, status
from tests.support import eventually


async def all_sent(world: World, message_ids: list[str]) -> None:
    await eventually(
        lambda: sum("MessageSent" in world.told(id_) for id_ in message_ids),
        equals=len(message_ids),
        what="all are sent",
    )


@pytest.mark.usefixtures("process")
async def test_a_message_goes_out_once_its_session_is_connected(world: World, session: str) -> None:
    message_id = ids.new_id()
    await world.tell(dispatch(session, message_id))
    await eventually(lambda: world.told(message_id), equals=["MessageQueued"], what="it is queued")

    await world.tell(connected(session))
    await all_sent(world, [message_id])

    assert sorted(world.told(message_id)) == [
        "DeliverMessage",
        "MessageQueued",
        "MessageSending",
        "MessageSent",
    ]


@pytest.mark.usefixtures("process")
async def test_a_queue_waits_for_its_session_and_goes_on_in_order(
    world: World, session: str, database: Any
) -> None:
    messages = many(session, 150)
    order = [message.message_id for message in messages]
    world.answers = False
    await world.tell(connected(session), *messages)
    [first] = await eventually(lambda: world.asked(session), what="the first is asked for")

    await world.tell(status(session, SessionStatus.DISCONNECTED))
    await eventually(lambda: is_disconnected(database, session), what="it is heard of")
    await world.tell(sent(first))
    await all_sent(world, order[:1])
    assert len(world.asked(session)) == 1

    world.answers = True
    await world.tell(connected(session))
    await all_sent(world, order)
    assert [command.message_id for command in world.asked(session)] == order


async def test_receipts_are_told_whenever_they_come(world: World, process: Process, session: str) -> None:
    early, late = ids.new_id(), ids.new_id()
    world.answers = False
    await world.tell(connected(session), dispatch(session, early), dispatch(session, late))
    [first] = await eventually(lambda: world.asked(session), what="the first is asked for")

    world.answers = True
    await world.tell(receipt(session, early, read=False))
    await world.tell(sent(first))
    await all_sent(world, [early, late])
    await process.kill()
    await process.start()
    await world.tell(receipt(session, late, read=True), receipt(session, early, read=False))

    await eventually(lambda: "MessageRead" in world.told(late), what="the late one is told as read")
    assert "MessageDelivered" in world.told(early)


async def is_disconnected(database: Any, session: str) -> bool:
    return bool(await database["sessions"].count_documents({"_id": session, "connected": False}))


async def at_work(world: World, session: str, count: int) -> None:
    await eventually(lambda: len(world.asked(session)) > count, what="it is at work")


async def test_a_dropped_database_comes_back_from_the_log_and_nothing_is_asked_for_again(
    world: World, process: Process, session: str, database: Any
) -> None:
    carried, waiting = many(session, 20), many(session, 5)
    await world.tell(connected(session), *carried)
    await all_sent(world, [message.message_id for message in carried])
    read = carried[0].message_id
    await world.tell(receipt(session, read, read=True), status(session, SessionStatus.DISCONNECTED))
    await eventually(lambda: "MessageRead" in world.told(read), what="it is told as read")
    await world.tell(*waiting)
    await eventually(lambda: stored(database, session), equals=25, what="all are stored")
    before, asked = await documents(database, session), len(world.asked(session))

    await process.kill()
    await database.client.drop_database(database.name)
    await process.start()
    await eventually(lambda: stored(database, session), equals=25, what="all are stored again")
    await eventually(lambda: documents(database, session), equals=before, what="the same is stored")
    assert len(world.asked(session)) == asked

    await world.tell(connected(session))
    await all_sent(world, [message.message_id for message in waiting])
    assert [command.message_id for command in world.asked(session)[asked:]] == [
        message.message_id for message in waiting
    ]


async def stored(database: Any, session: str) -> int:
    return len(await documents(database, session))


async def documents(database: Any, session: str) -> list[dict[str, Any]]:
    found = await database["messages"].find({"session_id": session}).to_list(None)
    return sorted(found, key=lambda document: int(document["sequence"]))


async def test_it_ends_in_order_when_it_is_told_to(process: Process) -> None:
    await process.stop()

    assert process.log.read_text().count('"stopped"') == 1


@pytest.mark.slow
async def test_killed_again_and_again_it_loses_nothing_keeps_the_order_and_repeats_the_same_ids(
    world: World, process: Process, session: str
) -> None:
    async def upset() -> None:
        await process.kill()
        await process.start()

    order = await sent_though_upset(world, session, upset)

    asked = [command.message_id for command in world.asked(session)]
    assert list(dict.fromkeys(asked)) == order
    for message_id in order:
        assert len(set(world.ids_of(message_id, DeliverMessage))) == 1
        assert len(set(world.ids_of(message_id, MessageSent))) == 1
    assert {command.attempt for command in world.asked(session)} == {1}


@pytest.mark.slow
async def test_dropped_under_load_it_loses_nothing_keeps_the_order_and_stores_the_same_again(
    world: World, process: Process, session: str, database: Any
) -> None:
    order = await sent_though_upset(world, session, lambda: database.client.drop_database(database.name))

    asked = [command.message_id for command in world.asked(session)]
    assert list(dict.fromkeys(asked)) == order
    assert {command.attempt for command in world.asked(session)} == {1}
    for message_id in order:
        assert len(set(world.ids_of(message_id, MessageSent))) == 1
    await eventually(lambda: statuses(database, session), equals={"sent": 150}, what="all are stored again")
    assert process.restarts == 0


async def sent_though_upset(world: World, session: str, upset: Callable[[], Awaitable[None]]) -> list[str]:
    """Have 150 messages sent, upset three times wherever that is; their ids, in order."""
    messages = many(session, 150)
    order = [message.message_id for message in messages]
    await world.tell(connected(session))
    for start in range(0, len(messages), 50):
        await world.tell(*messages[start : start + 50])
        await at_work(world, session, start + 10)
        await upset()
    await all_sent(world, order)
    return order


async def statuses(database: Any, session: str) -> Counter[str]:
    found = database["messages"].find({"session_id": session})
    return Counter([document["status"] async for document in found])
