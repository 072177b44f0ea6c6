"""Ten thousand messages of one account wait; another account's first goes out among their first."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from griot_chassis import ids
from griot_contracts.messages import DeliverMessage, DispatchMessage, MessageQueued
from griot_local.processes import Process
from tests.conftest import a_broker
from tests.integration.dispatcher.conftest import World, connected, dispatch, many, partition_of
from tests.support import eventually

MANY = 10_000
AT_ONCE = 1_000
SESSIONS = 4
SHARE = MANY * 2 // 5
"""What of them may be taken in before: far more than one's turn, far less than all."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
async def kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A broker of these tests' own: every other dispatcher would read what is written here."""
    async with a_broker(tmp_path_factory.mktemp("fairness-kafka")) as bootstrap:
        yield bootstrap


async def test_ten_thousand_waiting_messages_of_one_account_do_not_hold_up_anothers_first(
    world: World, process: Process
) -> None:
    mine, *theirs = sessions_apart(SESSIONS + 1)
    await process.kill()
    await write(world, [message for one in theirs for message in many(one, MANY // SESSIONS)])
    first = dispatch(mine, ids.new_id())
    await world.tell(first, *map(connected, [*theirs, mine]))

    await process.start()
    await eventually(
        lambda: "DeliverMessage" in world.told(first.message_id),
        within=timedelta(seconds=90),
        what="the other account's first is asked for",
    )

    assert taken_in_before(world, first.message_id) < SHARE


def sessions_apart(count: int) -> list[str]:
    """Sessions that share no partition: in one partition there is one line."""
    found: dict[int, str] = {}
    while len(found) < count:
        session = ids.new_id()
        found[partition_of(session)] = session
    return list(found.values())


async def write(world: World, messages: list[DispatchMessage]) -> None:
    for start in range(0, len(messages), AT_ONCE):
        await world.tell(*messages[start : start + AT_ONCE])


def taken_in_before(world: World, message_id: str) -> int:
    """How many other messages were in the queue when this one was asked for, by the log's own times."""
    [asked] = [record for record in world.heard[message_id] if isinstance(record.body, DeliverMessage)]
    others = (record for records in world.heard.values() for record in records)
    return sum(
        isinstance(record.body, MessageQueued) and record.written_at < asked.written_at for record in others
    )
